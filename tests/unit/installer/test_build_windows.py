"""The build's own decisions; that an installed robot works is proven under wine."""

import base64
import importlib
import json
import py_compile
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest

INSTALLER = Path(__file__).parents[3] / "installer"


@pytest.fixture
def build(monkeypatch):
    monkeypatch.syspath_prepend(str(INSTALLER))
    yield importlib.import_module("build_windows")
    for name in ("build_windows", "wheels"):
        sys.modules.pop(name, None)


@pytest.fixture
def wheels(build):
    return build.wheels


def test_packages_come_from_the_lock_with_hashes_and_every_variant(wheels) -> None:
    lock = wheels.Lock(
        "a==1 ; x \\\n    --hash=sha256:1\nA==2 ; y \\\n    --hash=sha256:2\nb-c==3 \\\n"
        "    --hash=sha256:3 \\\n    --hash=sha256:4\n"
    )

    assert lock.only(["b_c", "a"]) == (
        "b-c==3 \\\n    --hash=sha256:3 \\\n    --hash=sha256:4\n"
        "a==1 ; x \\\n    --hash=sha256:1\nA==2 ; y \\\n    --hash=sha256:2\n"
    )


def test_a_package_outside_the_lock_is_refused_by_name(wheels) -> None:
    with pytest.raises(ValueError, match="does not have new-one"):
        wheels.Lock("a==1\n").only(["a", "new-one"])


@pytest.mark.parametrize(
    ("path", "useless"),
    [
        ("PySide6/QtCore.pyd", False),
        ("PySide6/QtQuick.pyd", True),
        ("PySide6/Qt6Core.dll", False),
        ("PySide6/Qt6Designer.dll", True),
        ("PySide6/opengl32sw.dll", True),
        ("PySide6/plugins/platforms/qwindows.dll", False),
        ("PySide6/plugins/sqldrivers/qsqlite.dll", True),
        ("PySide6/translations/qtbase_de.qm", False),
        ("PySide6/translations/qt_de.qm", True),
        ("PySide6/support/deprecated.py", False),
        ("PySide6/support/__pycache__/deprecated.cpython-310.pyc", True),
        ("PySide6/Qt/lib/libQt6Gui.so.6", False),
        ("PySide6/Qt/lib/libQt6Qml.so.6", True),
        ("PySide6/Qt/lib/libicudata.so.73", False),
        ("shiboken6/shiboken6.abi3.dll", False),
        ("casare_robot/tray/languages/de.qm", False),
        ("casare_robot/orchestrator/page/index.html", False),
        ("lxml/includes/etree.pxd", True),
        ("PIL/_avif.cp311-win_amd64.pyd", True),
        ("cffi/api.py", True),
        ("_cffi_backend.cp311-win_amd64.pyd", False),
        ("httpx-0.28.1.dist-info/METADATA", False),
        ("httpx-0.28.1.dist-info/licenses/LICENSE.md", False),
        ("httpx-0.28.1.dist-info/RECORD", True),
    ],
)
def test_what_no_robot_reads_is_left_out(wheels, path, useless) -> None:
    assert wheels.is_useless(PurePosixPath(path)) is useless


def test_bytecode_takes_the_place_of_sources_and_is_the_same_each_time(wheels, tmp_path) -> None:
    made = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "m.py").write_text("X = 1\n")
        wheels.compile_all(folder)
        made.append({path.name: path.read_bytes() for path in folder.iterdir()})

    assert made[0] == made[1]
    assert list(made[0]) == ["m.pyc"]


def test_others_sources_lose_their_words_and_keep_their_lines(wheels) -> None:
    source = b'''# -*- coding: utf-8 -*-
"""A module.

It tells much."""
from __future__ import annotations  # must come early

def f(x="# no comment"):
    # a comment
    """Does it, \xc3\xa4h."""; y = 1
    return f"{x}#{y}"

class Only:
    """Nothing else."""
'''

    made = wheels.silenced(source)

    assert made.count(b"\n") == source.count(b"\n")
    assert b"comment" not in made.replace(b"# no comment", b"")
    assert b"tells" not in made
    space = {}
    exec(compile(made, "m", "exec"), space)
    assert space["f"]() == "# no comment#1"
    assert space["Only"].__doc__ == ""


@pytest.mark.parametrize("source", [b"print 'no'\n", b"\xff", b"# coding: latin-1\nx = '\xe4'\n"])
def test_what_is_no_plain_source_stays_as_it_is(wheels, source) -> None:
    assert wheels.silenced(source) == source


def test_a_source_that_does_not_compile_ends_the_build(wheels, tmp_path) -> None:
    (tmp_path / "m.py").write_text("def\n")

    with pytest.raises(py_compile.PyCompileError):
        wheels.compile_all(tmp_path)


def test_the_bill_names_python_and_each_package_with_its_licence(wheels, tmp_path) -> None:
    about = tmp_path / "Some_Thing-2.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Name: Some_Thing\nVersion: 2\nLicense-Expression: MIT\n\nx")

    bill = json.loads(wheels.bill_of_materials(tmp_path, python="3.11.9"))

    assert [part["purl"] for part in bill["components"]] == [
        "pkg:generic/python@3.11.9",
        "pkg:pypi/some-thing@2",
    ]
    assert bill["components"][1]["licenses"] == [{"license": {"name": "MIT"}}]


def test_another_python_than_the_pinned_one_is_refused(build, tmp_path, capsys) -> None:
    other = tmp_path / "python.zip"
    other.write_bytes(b"other")

    assert build.main(["--python-zip", str(other), "--work", str(tmp_path / "work")]) == 1
    assert f"not {build.PYTHON_SHA256}" in capsys.readouterr().err
    assert not (tmp_path / "work").exists()


def test_files_are_unpacked_folder_by_folder_in_one_order(build, tmp_path) -> None:
    app = tmp_path / "app"
    for name in ("b.txt", "a.dll", "in/$x.py"):
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_text("")

    assert list(build.commands(app)) == [
        'SetOutPath "$INSTDIR\\app"',
        f'File "{app}/a.dll"',
        f'File "{app}/b.txt"',
        'SetOutPath "$INSTDIR\\app\\in"',
        f'File "{app}/in/$$x.py"',
    ]


def test_the_standard_library_is_stored_the_same_each_time(build, tmp_path) -> None:
    made = []
    for order in ("ab", "ba"):
        archive = tmp_path / "python311.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
            for name in order:
                packed.writestr(name, name * 100)
        build.store(archive)
        made.append(archive.read_bytes())

    assert made[0] == made[1]


def test_the_signing_command_gets_the_file(build, tmp_path) -> None:
    program = tmp_path / "a program.exe"
    program.write_text("")

    build.sign(
        program, f"{sys.executable} -c \"import sys; open(sys.argv[1], 'w').write('s')\" {{file}}"
    )

    assert program.read_text() == "s"


def test_a_feed_without_a_key_to_believe_it_by_is_refused(wheels, tmp_path) -> None:
    with pytest.raises(ValueError, match="together"):
        wheels.name_feed(tmp_path, "https://host/feed.json", [])
    wheels.name_feed(tmp_path, "", [])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("key", ["", "a2V5", "no base64", "c" * 43])
def test_a_feed_with_what_is_no_key_is_refused(wheels, tmp_path, key) -> None:
    with pytest.raises(ValueError, match="no public key"):
        wheels.name_feed(tmp_path, "https://host/feed.json", [key])
    assert list(tmp_path.iterdir()) == []


def test_an_installation_can_say_where_newer_versions_are(wheels, tmp_path, monkeypatch) -> None:
    from casare_robot.updates.installation import packaged_source

    share = tmp_path / "share" / "casare-robot"
    share.mkdir(parents=True)
    key = base64.b64encode(bytes(32)).decode()
    wheels.name_feed(share, "https://host/feed.json", [key])
    monkeypatch.setattr(sys, "prefix", str(tmp_path))

    assert packaged_source() == ("https://host/feed.json", (key,))


def test_packages_are_copies_for_what_is_linked_is_changed_for_others_too(
    wheels, tmp_path, monkeypatch
) -> None:
    said = []
    monkeypatch.setattr(wheels, "run", lambda *words, **_: said.append(words) or "")

    wheels.install_locked(tmp_path, uv="uv", platform="x", without=())

    installing = said[-1]
    assert installing[installing.index("--link-mode") + 1] == "copy"
