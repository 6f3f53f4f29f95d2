"""Start at login tells the truth."""

import plistlib
import sys

import pytest

from casare_robot.desktop import autostart_macos, autostart_windows, autostart_xdg

COMMAND = (sys.executable, "-m", "casare_robot", "tray", "--hidden")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "of_all"))
    return tmp_path


ON_WINDOWS = sys.platform == "win32"
not_on_windows = pytest.mark.skipif(ON_WINDOWS, reason="its files have other places there")


@pytest.fixture(params=[autostart_windows] if ON_WINDOWS else [autostart_xdg, autostart_macos])
def system(request):
    if ON_WINDOWS:
        request.param.disable()  # a registry has no folder for tests
    yield request.param
    if ON_WINDOWS:
        request.param.disable()


def test_what_is_switched_on_is_on_until_it_is_switched_off(system) -> None:
    before = system.state(COMMAND)
    system.enable(COMMAND)
    on = system.state(COMMAND)
    system.disable()
    system.disable()

    assert [before.is_on, on.is_on, system.state(COMMAND).is_on] == [False, True, False]
    assert on.why == ""


def test_an_entry_of_another_installation_is_on_and_says_so(system) -> None:
    system.enable((sys.executable, "tray"))

    state = system.state(COMMAND)

    assert state.is_on
    assert "starts another command" in state.why
    assert "tray" in state.why


SWITCHED_OFF = ["Hidden=true", "X-GNOME-Autostart-enabled=false"]


@not_on_windows
@pytest.mark.parametrize("line", SWITCHED_OFF)
def test_what_the_desktop_switched_off_is_off(home, line) -> None:
    autostart_xdg.enable(COMMAND)
    entry = home / "config" / "autostart" / autostart_xdg.ENTRY
    entry.write_text(entry.read_text() + line + "\n")

    state = autostart_xdg.state(COMMAND)

    assert not state.is_on
    assert "desktop" in state.why


@not_on_windows
def test_keys_of_other_groups_do_not_count(home) -> None:
    autostart_xdg.enable(COMMAND)
    entry = home / "config" / "autostart" / autostart_xdg.ENTRY
    entry.write_text(entry.read_text() + "\n[Desktop Action x]\nHidden=true\n")

    assert autostart_xdg.state(COMMAND).is_on


@not_on_windows
@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("/usr/bin/python3", "/usr/bin/python3"),
        ("/home/Zoë Łuk/py", '"/home/Zoë Łuk/py"'),
        ("100%", "100%%"),
        ('a"b', '"a\\\\"b"'),
        ("a\\b", '"a\\\\\\\\b"'),
        ("$HOME", '"\\\\$HOME"'),
    ],
)
def test_words_of_a_command_are_quoted_as_the_specification_says(home, word, written) -> None:
    autostart_xdg.enable((word,))

    text = (home / "config" / "autostart" / autostart_xdg.ENTRY).read_text("utf-8")
    assert f"Exec={written}\n" in text
    assert "another command" not in autostart_xdg.state((word,)).why


@not_on_windows
@pytest.mark.parametrize("name", ["robot", "Zoë's rob\\ot"])
def test_an_entry_whose_program_is_gone_is_off_and_says_so(home, name) -> None:
    program = home / name
    program.touch()
    autostart_xdg.enable((str(program), "tray"))
    before = autostart_xdg.state((str(program), "tray"))
    program.unlink()

    state = autostart_xdg.state((str(program), "tray"))

    assert before.is_on
    assert not state.is_on
    assert f"{program}, which is not there" in state.why


@pytest.fixture
def of_all(home):
    """The entry of a package, for all users."""
    entry = home / "of_all" / "autostart" / autostart_xdg.ENTRY
    entry.parent.mkdir(parents=True)
    autostart_xdg.enable(COMMAND)
    (home / "config" / "autostart" / autostart_xdg.ENTRY).rename(entry)
    return entry


@not_on_windows
def test_what_a_package_starts_for_all_users_is_on_until_one_switches_it_off(home, of_all) -> None:
    before = autostart_xdg.state(COMMAND)
    autostart_xdg.disable()
    off = autostart_xdg.state(COMMAND)
    autostart_xdg.enable(COMMAND)

    assert [before.is_on, off.is_on, autostart_xdg.state(COMMAND).is_on] == [True, False, True]
    assert not (home / "config" / "autostart" / autostart_xdg.ENTRY).exists()


@not_on_windows
def test_an_entry_for_all_users_that_starts_another_command_is_overruled(home, of_all) -> None:
    command = (sys.executable, "-m", "casare_robot", "tray", "--home", "/elsewhere")
    autostart_xdg.enable(command)

    assert autostart_xdg.state(command).why == ""
    assert "--home" in (home / "config" / "autostart" / autostart_xdg.ENTRY).read_text()


@not_on_windows
def test_an_entry_that_cannot_be_read_is_told(home) -> None:
    autostart_xdg.enable(COMMAND)
    (home / "config" / "autostart" / autostart_xdg.ENTRY).write_bytes(b"\xff\xfe")

    assert "cannot be read" in autostart_xdg.state(COMMAND).why


@not_on_windows
def test_a_launch_agent_that_is_disabled_is_off(home) -> None:
    autostart_macos.enable(COMMAND)
    file = home / "Library" / "LaunchAgents" / "casare-robot.plist"
    file.write_bytes(plistlib.dumps({**plistlib.loads(file.read_bytes()), "Disabled": True}))

    assert not autostart_macos.state(COMMAND).is_on


@pytest.mark.skipif(not ON_WINDOWS, reason="asks the registry")
def test_what_windows_settings_switched_off_is_off_until_it_is_switched_on(system) -> None:
    import winreg

    system.enable(COMMAND)
    with winreg.CreateKey(winreg.HKEY_CURRENT_USER, system.APPROVED) as key:
        winreg.SetValueEx(key, system.NAME, 0, winreg.REG_BINARY, b"\x03" + bytes(11))
    off = system.state(COMMAND)
    system.enable(COMMAND)

    assert not off.is_on
    assert "Windows settings" in off.why
    assert system.state(COMMAND).is_on
