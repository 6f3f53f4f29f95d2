"""Waits until a person presses a combination of keys, whatever window has the keyboard."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Protocol

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.screen_work import Stroke


class Hotkeys(Protocol):
    """The keyboard of this desktop, as far as it can be listened to. Safe in any thread."""

    def wait(self, stroke: Stroke, over: Event, *, seconds: float | None, consumes: bool) -> bool:
        """Whether the combination was pressed in time. Blocks.

        Args:
            stroke: The combination.
            over: Ends the waiting when it is set.
            seconds: How long at most; None: for ever.
            consumes: No other program sees the combination meanwhile.

        Raises:
            NodeFailure: Another program has the combination already.
        """
        ...


_current: list[Hotkeys] = []


async def is_pressed(stroke: Stroke, *, seconds: float | None, consumes: bool) -> bool:
    """Whether somebody pressed the combination in time; see `Hotkeys.wait`."""
    hotkeys = _current[-1] if _current else _of_this_system()
    over = Event()
    try:
        return await asyncio.to_thread(
            hotkeys.wait, stroke, over, seconds=seconds, consumes=consumes
        )
    finally:
        over.set()


@contextmanager
def hotkeys_are(hotkeys: Hotkeys) -> Iterator[None]:
    """Listen to another keyboard for a while."""
    _current.append(hotkeys)
    try:
        yield
    finally:
        _current.remove(hotkeys)


def _of_this_system() -> Hotkeys:
    if sys.platform == "win32":
        from casare_robot.desktop.hotkeys_windows import WindowsHotkeys

        return WindowsHotkeys()
    raise NodeFailure(f"this needs a Windows desktop, and this is {sys.platform}", retryable=False)
