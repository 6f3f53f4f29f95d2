"""Start at login tells the truth."""

import plistlib

import pytest

from casare_robot.desktop import autostart_macos, autostart_xdg

COMMAND = ("/usr/bin/python3", "-m", "casare_robot", "tray", "--hidden")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


@pytest.fixture(params=[autostart_xdg, autostart_macos])
def system(request):
    return request.param


def test_what_is_switched_on_is_on_until_it_is_switched_off(system) -> None:
    before = system.state(COMMAND)
    system.enable(COMMAND)
    on = system.state(COMMAND)
    system.disable()
    system.disable()

    assert [before.is_on, on.is_on, system.state(COMMAND).is_on] == [False, True, False]
    assert on.why == ""


def test_an_entry_of_another_installation_is_on_and_says_so(system) -> None:
    system.enable(("/old/python", "tray"))

    state = system.state(COMMAND)

    assert state.is_on
    assert "/old/python tray" in state.why


SWITCHED_OFF = ["Hidden=true", "X-GNOME-Autostart-enabled=false"]


@pytest.mark.parametrize("line", SWITCHED_OFF)
def test_what_the_desktop_switched_off_is_off(home, line) -> None:
    autostart_xdg.enable(COMMAND)
    entry = home / "config" / "autostart" / autostart_xdg.ENTRY
    entry.write_text(entry.read_text() + line + "\n")

    state = autostart_xdg.state(COMMAND)

    assert not state.is_on
    assert "desktop" in state.why


def test_keys_of_other_groups_do_not_count(home) -> None:
    autostart_xdg.enable(COMMAND)
    entry = home / "config" / "autostart" / autostart_xdg.ENTRY
    entry.write_text(entry.read_text() + "\n[Desktop Action x]\nHidden=true\n")

    assert autostart_xdg.state(COMMAND).is_on


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
    assert autostart_xdg.state((word,)).why == ""


def test_an_entry_that_cannot_be_read_is_told(home) -> None:
    autostart_xdg.enable(COMMAND)
    (home / "config" / "autostart" / autostart_xdg.ENTRY).write_bytes(b"\xff\xfe")

    assert "cannot be read" in autostart_xdg.state(COMMAND).why


def test_a_launch_agent_that_is_disabled_is_off(home) -> None:
    autostart_macos.enable(COMMAND)
    file = home / "Library" / "LaunchAgents" / "casare-robot.plist"
    file.write_bytes(plistlib.dumps({**plistlib.loads(file.read_bytes()), "Disabled": True}))

    assert not autostart_macos.state(COMMAND).is_on
