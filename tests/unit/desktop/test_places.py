"""Places."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import platformdirs
import pytest
from platformdirs.unix import Unix
from platformdirs.windows import Windows

from casare_robot.desktop.places import find_places


@pytest.fixture(autouse=True)
def _no_home(monkeypatch):
    monkeypatch.delenv("CASARE_ROBOT_HOME", raising=False)


def as_on(monkeypatch, system, platform) -> None:
    monkeypatch.setattr("casare_robot.desktop.places.sys", SimpleNamespace(platform=platform))
    for kind in ("user_config", "user_state", "user_log", "site_config"):

        def folder(name, *, appauthor, roaming=False, kind=kind):
            return getattr(system(name, appauthor, roaming=roaming), f"{kind}_dir")

        monkeypatch.setattr(platformdirs, f"{kind}_dir", folder)


def test_the_variable_moves_everything_of_the_user(monkeypatch, tmp_path) -> None:
    before = find_places()
    monkeypatch.setenv("CASARE_ROBOT_HOME", str(tmp_path))

    places = find_places()

    assert places.config_file == tmp_path / "robot_config.json"
    assert (places.data, places.logs) == (tmp_path / "data", tmp_path / "logs")
    assert places.policy_file == before.policy_file


def test_an_argument_is_stronger_than_the_variable(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("CASARE_ROBOT_HOME", str(tmp_path / "variable"))

    assert find_places(tmp_path / "argument").data == tmp_path / "argument" / "data"


def test_a_relative_home_is_made_absolute_once(monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CASARE_ROBOT_HOME", "robot")

    assert find_places().config == tmp_path / "robot"


def test_on_linux_the_journal_is_state_and_settings_are_config(monkeypatch) -> None:
    as_on(monkeypatch, Unix, "linux")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/home/ada/.config")
    monkeypatch.setenv("XDG_STATE_HOME", "/home/ada/.local/state")
    monkeypatch.setenv("XDG_CONFIG_DIRS", "/home/ada/.config/kdedefaults:/etc/xdg")

    places = find_places()

    assert places.config_file == Path("/home/ada/.config/CasareRobot/robot_config.json")
    assert places.data == Path("/home/ada/.local/state/CasareRobot/data")
    assert places.logs.is_relative_to("/home/ada/.local/state/CasareRobot")
    assert places.policy_file == Path("/etc/xdg/CasareRobot/robot_policy.json")


def test_on_windows_settings_roam_and_the_journal_does_not(monkeypatch) -> None:
    as_on(monkeypatch, Windows, "win32")
    roots = {"CSIDL_APPDATA": "R", "CSIDL_LOCAL_APPDATA": "L", "CSIDL_COMMON_APPDATA": "M"}
    monkeypatch.setattr("platformdirs.windows.get_win_folder", roots.__getitem__)

    places = find_places()

    assert places.config.parts[0] == "R"
    assert (places.data.parts[0], places.logs.parts[0]) == ("L", "L")
    assert places.machine.parts[0] == "M"


def test_importing_places_does_not_import_platformdirs() -> None:
    code = "import sys, casare_robot.desktop.places; sys.exit('platformdirs' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
