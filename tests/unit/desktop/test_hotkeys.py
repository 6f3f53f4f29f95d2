"""What every keyboard that is listened to does: one of the tests, and Windows' own."""

import asyncio
import sys
from contextlib import suppress
from threading import Event, Thread

import pytest

from casare_robot.desktop.hotkeys import hotkeys_are, is_pressed
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.screen_work import Stroke
from tests.small_desktop import SmallHotkeys

A = Stroke("a", ("CTRL", "SHIFT"))
ON_WINDOWS = pytest.mark.skipif(sys.platform != "win32", reason="needs a Windows desktop")


def windows():
    from casare_robot.desktop.hotkeys_windows import WindowsHotkeys

    return WindowsHotkeys()


def press_on_windows(stroke):
    from casare_robot.desktop.screen_windows import WindowsScreen

    WindowsScreen().stroke(stroke)


@pytest.fixture(
    params=["small", pytest.param("windows", marks=ON_WINDOWS)],
)
def keyboard(request):
    """Hotkeys, with ``press`` as a person does."""
    if request.param == "small":
        return SmallHotkeys()
    hotkeys = windows()
    hotkeys.press = press_on_windows
    return hotkeys


@pytest.fixture
def pressing(keyboard):
    """Press again and again until it is over: what waits may not have begun."""
    over = Event()
    started = []

    def begin(stroke):
        def press():
            while not over.wait(0.05):
                keyboard.press(stroke)

        started.append(Thread(target=press))
        started[-1].start()

    yield begin
    over.set()
    for thread in started:
        thread.join()


@pytest.mark.parametrize("consumes", [True, False])
def test_a_combination_that_is_pressed_ends_the_waiting(keyboard, pressing, consumes):
    pressing(A)

    assert keyboard.wait(A, Event(), seconds=60, consumes=consumes)


@pytest.mark.parametrize("consumes", [True, False])
def test_another_one_does_not(keyboard, pressing, consumes):
    pressing(Stroke("b", ("CTRL",)))

    assert not keyboard.wait(A, Event(), seconds=1, consumes=consumes)


def test_two_cannot_have_one_combination(keyboard):
    over = Event()

    def hold():
        while not over.is_set():  # the other may have it for a moment
            with suppress(NodeFailure):
                keyboard.wait(A, over, seconds=60, consumes=True)

    def ask_until_it_is_held():
        while True:
            keyboard.wait(A, Event(), seconds=0.05, consumes=True)

    first = Thread(target=hold)
    first.start()
    try:
        with pytest.raises(NodeFailure, match=r"CTRL\+SHIFT\+a cannot be waited for"):
            ask_until_it_is_held()
    finally:
        over.set()
        first.join()


async def test_who_stops_waiting_lets_the_combination_go():
    keyboard = SmallHotkeys()
    with hotkeys_are(keyboard):
        waiting = asyncio.create_task(is_pressed(A, seconds=None, consumes=True))
        while not keyboard.taken:
            await asyncio.sleep(0.01)
        waiting.cancel()
        while keyboard.taken:
            await asyncio.sleep(0.01)


@pytest.mark.skipif(sys.platform == "win32", reason="there is a desktop")
async def test_elsewhere_it_says_what_it_needs():
    with pytest.raises(NodeFailure, match="needs a Windows desktop"):
        await is_pressed(A, seconds=1, consumes=True)
