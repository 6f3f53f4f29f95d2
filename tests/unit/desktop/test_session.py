"""What the system tells of the session means that a job can use the desktop, or why not."""

import pytest

from casare_robot.desktop.session import desktop_obstacle, logind_obstacle


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("Type=x11\nActive=yes\nLockedHint=no\n", ""),
        ("Type=wayland\nActive=yes\nLockedHint=yes\n", "locked"),
        ("Type=x11\nActive=no\nLockedHint=no\n", "another session"),
        ("Type=tty\nActive=no\nLockedHint=no\n", ""),
        ("", ""),
        ("nonsense", ""),
    ],
)
def test_a_locked_or_hidden_session_is_an_obstacle_and_what_is_unknown_is_none(told, words):
    assert words in logind_obstacle(told)
    assert bool(words) == bool(logind_obstacle(told))


async def test_where_nothing_can_be_told_nothing_is_held_against_it(monkeypatch):
    monkeypatch.setenv("XDG_SESSION_ID", "no-such-session")
    monkeypatch.setenv("PATH", "")

    assert await desktop_obstacle() == ""
