"""The bootstrap's own decisions; that it works from nothing is proven by running it."""

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

FILE = Path(__file__).parents[3] / "installer" / "bootstrap.py"


@pytest.fixture
def bootstrap(tmp_path):
    """The script, as if it stood in an empty checkout."""
    copy = tmp_path / "installer" / "bootstrap.py"
    copy.parent.mkdir()
    copy.write_bytes(FILE.read_bytes())
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "requirements.lock").write_text(
        "typer==1 \\\n    --hash=sha256:a\nuv==2 \\\n    --hash=sha256:b \\\n    --hash=sha256:c\n"
    )
    spec = importlib.util.spec_from_file_location("bootstrap_under_test", copy)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_imports_the_standard_library_only() -> None:
    imported = {
        alias.name
        for statement in ast.walk(ast.parse(FILE.read_text("utf-8")))
        if isinstance(statement, ast.Import | ast.ImportFrom)
        for alias in statement.names
        if isinstance(statement, ast.Import)
    }

    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names


@pytest.mark.parametrize("file", ["pyproject.toml", "requirements.lock", "installer/bootstrap.py"])
def test_a_change_of_any_input_asks_for_a_new_set_up(bootstrap, file) -> None:
    before = bootstrap.fingerprint()
    path = bootstrap.ROOT / file
    path.write_bytes(path.read_bytes() + b"\n# changed\n")

    assert bootstrap.fingerprint() != before


def test_only_uv_and_its_hashes_are_taken_from_the_lock(bootstrap) -> None:
    expected = "uv==2 \\\n    --hash=sha256:b \\\n    --hash=sha256:c\n"

    assert bootstrap.locked("uv") == expected


@pytest.mark.skipif(sys.platform == "win32", reason="Debian is no Windows")
@pytest.mark.parametrize(
    ("system", "user", "asked"), [("debian", 0, True), ("ubuntu", 0, False), ("debian", 1, False)]
)
def test_a_browser_for_the_tests_comes_by_itself_only_to_debians_root(
    bootstrap, monkeypatch, tmp_path, system, user, asked
) -> None:
    about = tmp_path / "os-release"
    about.write_text(f'NAME="x"\nID={system}\nVERSION=1\n')
    done = []
    monkeypatch.setattr(bootstrap, "Path", lambda _: about)
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: user)
    monkeypatch.setattr(bootstrap, "is_installed", lambda name: name != "chromium")
    monkeypatch.setattr(bootstrap, "do", lambda *words, **_: done.append(words))

    bootstrap.add_test_packages()

    assert [words[-1] for words in done[1:]] == (["chromium"] if asked else [])


def test_an_unfit_python_is_told_which_is_needed(bootstrap, monkeypatch, capsys) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST", (4, 0))
    monkeypatch.setattr(bootstrap, "NEWEST", (4, 1))

    assert bootstrap.main([]) == 1
    assert "Python 4.0 to 4.1 is needed" in capsys.readouterr().err


def test_a_step_that_fails_names_its_command_and_leaves_no_stamp(
    bootstrap, monkeypatch, capsys
) -> None:
    def fails() -> None:
        raise subprocess.CalledProcessError(7, ["pip", "install"])

    monkeypatch.setattr(bootstrap, "add_system_packages", fails)

    assert bootstrap.main(["test"]) == 1
    assert "ended with 7: pip install" in capsys.readouterr().err
    assert not bootstrap.STAMP.exists()


def test_an_environment_made_elsewhere_or_for_another_python_is_not_used(
    bootstrap, monkeypatch
) -> None:
    monkeypatch.setattr(bootstrap, "PYTHON", Path(sys.executable))
    bootstrap.VENV.mkdir()
    about = bootstrap.VENV / "pyvenv.cfg"
    version = f"version = {sys.version.split()[0]}"

    about.write_text(f"{version}\ncommand = python -m venv {bootstrap.VENV}\n")
    assert bootstrap.is_usable()
    about.write_text(f"{version}\ncommand = python -m venv /elsewhere/.venv\n")
    assert not bootstrap.is_usable()
    about.write_text(f"version = 3.10.0\ncommand = python -m venv {bootstrap.VENV}\n")
    assert not bootstrap.is_usable()
