"""The desktop of this process, and the one thread that works on it."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.screen_work import ScreenWork

NOT_ATTEMPTED = "E-DESK-409"
T = TypeVar("T")


class _Screen:
    """A desktop with its thread: UI Automation wants to be used by the thread that opened it."""

    def __init__(self, open_screen: Callable[[], ScreenWork]) -> None:
        self._open = open_screen
        self._opened: ScreenWork | None = None
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="screen")

    def do(self, work: Callable[[ScreenWork], T]) -> T:
        """Do something, unless the desktop cannot be reached now."""
        if self._opened is None:
            self._opened = self._open()
        if why := self._opened.obstacle():
            message = f"not attempted: {why}, so nobody can work on this desktop"
            raise NodeFailure(message, error_type="DesktopNotReadyError", code=NOT_ATTEMPTED)
        return work(self._opened)


def _open() -> ScreenWork:
    if sys.platform == "win32":
        from casare_robot.desktop.screen_windows import WindowsScreen

        return WindowsScreen()
    raise NodeFailure(f"this needs a Windows desktop, and this is {sys.platform}", retryable=False)


_current: list[_Screen] = []


def _screen() -> _Screen:
    if not _current:
        _current.append(_Screen(_open))
    return _current[-1]


def later(work: Callable[[ScreenWork], object]) -> Callable[[], None]:
    """What does something on the desktop of now when it is called, and waits for it."""
    screen = _screen()

    def do() -> None:
        screen.thread.submit(screen.do, work).result()

    return do


async def on_screen(work: Callable[[ScreenWork], T]) -> T:
    """Do something on the desktop, in its thread.

    Raises:
        NodeFailure: Its session is locked or disconnected (nothing was attempted),
            there is no desktop, or it cannot be done.
    """
    screen = _screen()
    return await asyncio.get_running_loop().run_in_executor(screen.thread, screen.do, work)


@contextmanager
def screen_is(screen: ScreenWork) -> Iterator[None]:
    """Work on another desktop for a while."""
    stand_in = _Screen(lambda: screen)
    _current.append(stand_in)
    try:
        yield
    finally:
        _current.remove(stand_in)
        stand_in.thread.shutdown()
