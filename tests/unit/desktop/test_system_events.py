"""What the system tells is heard, and it waits for who must still leave."""

import sys
import threading
import time

import pytest

from casare_robot.desktop.system_event import SystemEvent
from casare_robot.desktop.system_events import NoSystemEvents, system_events

windows_only = pytest.mark.skipif(sys.platform != "win32", reason="messages are Windows'")


@pytest.fixture
def told():
    return []


@pytest.fixture
def events(told):
    events = system_events()
    events.listen(told.append, ending="keeps where its jobs stand")
    yield events
    events.close()


def send(events, message: int, word: int, long: int = 0) -> int:
    import ctypes
    from ctypes import wintypes

    ask = ctypes.WinDLL("user32").SendMessageW
    ask.restype = ctypes.c_ssize_t
    ask.argtypes = (wintypes.HWND, wintypes.UINT, wintypes.WPARAM, wintypes.LPARAM)
    return ask(events.window, message, word, long)


def test_closing_twice_is_closing_once(events) -> None:
    events.close()
    events.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells")
def test_a_system_that_tells_nothing_is_listened_to_all_the_same(events, told) -> None:
    assert isinstance(events, NoSystemEvents)
    assert told == []


@windows_only
@pytest.mark.parametrize(
    ("message", "word", "event"),
    [
        (0x218, 0x4, SystemEvent.SUSPENDING),
        (0x218, 0x12, SystemEvent.RESUMED),
        (0x2B1, 0x7, SystemEvent.LOCKED),
        (0x2B1, 0x8, SystemEvent.UNLOCKED),
        (0x2B1, 0x3, SystemEvent.CONNECTED),
        (0x2B1, 0x4, SystemEvent.DISCONNECTED),
        (0x11, 0, SystemEvent.ENDING),
    ],
)
def test_what_windows_says_is_told(events, told, message, word, event) -> None:
    assert send(events, message, word) == 1
    assert told == [event]


@windows_only
def test_what_means_nothing_to_a_robot_is_not_told(events, told) -> None:
    send(events, 0x218, 0xA)  # the battery's state

    assert told == []


@windows_only
def test_the_system_ends_once_the_robot_has_left(events) -> None:
    ended = threading.Event()

    def end() -> None:
        send(events, 0x11, 0)
        send(events, 0x16, 1)
        ended.set()

    thread = threading.Thread(target=end)
    thread.start()
    waits = not ended.wait(0.3)
    began = time.monotonic()
    events.close()
    thread.join(30)

    assert waits
    assert ended.is_set()
    assert time.monotonic() - began < 4


@windows_only
def test_a_shutdown_that_was_called_off_is_not_waited_for(events) -> None:
    began = time.monotonic()
    send(events, 0x16, 0)

    assert time.monotonic() - began < 4
