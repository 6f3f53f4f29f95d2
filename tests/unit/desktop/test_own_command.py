"""An installed robot starts its programs by its own launchers."""

import sys

import pytest

from casare_robot.desktop.own_command import agent_command, own_command, tray_command, windowed


@pytest.fixture
def installed(tmp_path, monkeypatch):
    for name in ("casare-robot.exe", windowed()):
        (tmp_path / name).write_text("")
    monkeypatch.setattr(sys, "frozen", "installed", raising=False)
    return tmp_path


@pytest.mark.parametrize("started_by", ["casare-robot.exe", "CasareRobot.exe"])
def test_a_login_starts_windows_and_a_tray_the_console_program(
    installed, monkeypatch, started_by
) -> None:
    monkeypatch.setattr(sys, "executable", str(installed / started_by))

    assert tray_command(None) == [str(installed / "CasareRobot.exe"), "tray", "--hidden"]
    assert agent_command(None) == [str(installed / "casare-robot.exe"), "run"]


def test_a_package_with_one_program_uses_it_for_all(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(sys, "frozen", "installed", raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "casare-robot"))

    assert own_command() == own_command(has_window=True) == [str(tmp_path / "casare-robot")]
