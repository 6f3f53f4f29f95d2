"""The folder's own decisions; that it works without a Python is proven in a Debian."""

import importlib
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

INSTALLER = Path(__file__).parents[3] / "installer"
START = INSTALLER / "linux" / "start.py"


@pytest.fixture
def linux_folder(monkeypatch):
    monkeypatch.syspath_prepend(str(INSTALLER))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    yield importlib.import_module("linux_folder")
    for name in ("linux_folder", "wheels"):
        sys.modules.pop(name, None)


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "casare-robot-1"
    (made / "lib").mkdir(parents=True)
    (made / "casare-robot").write_bytes(b"\0GLIBC_2.3.4\0GLIBC_2.7\0")
    (made / "lib" / "libz.so.1").write_bytes(b"\0GLIBC_2.34\0GLIBC_2.14\0")
    (made / "lib" / "words.txt").write_bytes(b"\0GLIBC_2.99\0")
    return made


def test_the_newest_version_that_any_library_asks_for_counts(linux_folder, folder) -> None:
    assert linux_folder.glibc(folder) == "2.34"


@pytest.mark.skipif(sys.platform == "win32", reason="rights of Linux")
def test_an_archive_holds_one_folder_and_nothing_of_who_made_it(linux_folder, folder) -> None:
    (folder / "casare-robot").chmod(0o700)
    first = linux_folder.pack(folder, folder.parent, is_quick=False).read_bytes()
    os.utime(folder / "casare-robot", (1, 1))
    made = linux_folder.pack(folder, folder.parent, is_quick=False)

    with tarfile.open(made) as archive:
        entries = archive.getmembers()
    assert {entry.name.partition("/")[0] for entry in entries} == {"casare-robot-1"}
    assert {(entry.uid, entry.mtime, entry.uname) for entry in entries} == {(0, 1.7e9, "root")}
    assert {oct(entry.mode) for entry in entries} == {"0o755", "0o644"}
    assert made.name.endswith("_linux-x86_64.tar.xz")
    assert made.read_bytes() == first


@pytest.mark.parametrize("before", ["", "/opt/own"])
def test_what_jobs_start_does_not_see_the_libraries_of_the_folder(tmp_path, before) -> None:
    package = tmp_path / "site" / "casare_robot"
    package.mkdir(parents=True)
    package.joinpath("__init__.py").touch()
    package.joinpath("__main__.py").write_text(
        "import os, sys\ndef main():\n"
        "    print(os.environ.get('LD_LIBRARY_PATH'), '_PYI_ARCHIVE_FILE' in os.environ)\n"
    )
    program = str(tmp_path / "casare-robot")
    code = f"import sys; sys.executable = {program!r}; exec({START.read_text()!r})"
    told = subprocess.run(
        [sys.executable, "-I", "-c", code],
        env={
            **os.environ,
            "LD_LIBRARY_PATH": "/folder/lib",
            "_PYI_ARCHIVE_FILE": "x",
            **({"LD_LIBRARY_PATH_ORIG": before} if before else {}),
        },
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert told == f"{before or None} False\n"


def test_every_tool_is_exact_and_hashed() -> None:
    for entry in re.split(r"\n(?=\w)", (INSTALLER / "linux/pyinstaller.lock").read_text().strip()):
        assert re.match(r"[\w.-]+==[\w.]+ ", entry), entry
        assert "--hash=sha256:" in entry, entry
