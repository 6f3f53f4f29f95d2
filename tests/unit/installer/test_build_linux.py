"""The Debian package's own decisions; that it works is proven by installing it."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

INSTALLER = Path(__file__).parents[3] / "installer"


@pytest.fixture
def build(monkeypatch):
    monkeypatch.syspath_prepend(str(INSTALLER))
    yield importlib.import_module("build_linux")
    for name in ("build_linux", "build_windows", "linux_folder", "wheels"):
        sys.modules.pop(name, None)


def test_the_size_that_dpkg_is_told_is_in_kibibytes_rounded_up(build) -> None:
    told = build.control("1.2.3", 2049)

    assert "Installed-Size: 3\n" in told
    assert "Version: 1.2.3\n" in told


def test_the_package_asks_for_the_libraries_that_the_set_up_adds(build, monkeypatch) -> None:
    bootstrap = importlib.import_module("bootstrap")
    monkeypatch.delitem(sys.modules, "bootstrap")

    assert set(bootstrap.LIBRARIES) - {"libatomic1"} <= set(build.SYSTEM)


@pytest.mark.skipif(sys.platform == "win32", reason="the scripts are for a POSIX shell")
@pytest.mark.parametrize("name", ["COMMAND", "PREREMOVE"])
def test_scripts_can_be_read_by_the_shell(build, name) -> None:
    subprocess.run(["sh", "-n"], input=getattr(build, name), text=True, check=True)


def test_the_start_is_python(build) -> None:
    compile(build.START, "start.py", "exec")


def test_what_the_package_puts_into_the_system_starts_its_own_command(
    build, monkeypatch, tmp_path
) -> None:
    monkeypatch.setattr(build, "put_robot", lambda home, *, uv: None)

    build.fill(tmp_path, uv="")

    unit = (tmp_path / "usr/lib/systemd/user/casare-robot.service").read_text("utf-8")
    login = (tmp_path / "etc/xdg/autostart/casare-robot.desktop").read_text("utf-8")
    assert (tmp_path / "usr/bin/casare-robot").exists()
    assert "\nExecStart=/usr/bin/casare-robot run\n" in unit
    assert "\nExec=/usr/bin/casare-robot tray --hidden\n" in login
    assert "\nTryExec=/usr/bin/casare-robot\n" in login  # the entry stays when it is removed


def test_a_folder_is_told_no_feed(build, capsys) -> None:
    with pytest.raises(SystemExit):
        build.main(["--folder", "--update-feed", "https://example.org/feed.json"])

    assert "over a folder" in capsys.readouterr().err
