"""How the system, or a person at a terminal, tells a program to end."""

import asyncio
import signal
import sys
from collections.abc import Callable


class EndingSignals:
    """Calls back, in the event loop, when this program is to end.

    SIGTERM, logging off and shutting down mean now. The first Ctrl+C asks
    politely, a second one means now.

    Args:
        politely: After what is under way.
        now: At once: the system gives a few seconds.
    """

    def __init__(self, *, politely: Callable[[], None], now: Callable[[], None]) -> None:
        self._politely = politely
        self._now = now
        self._was_interrupted = False

    def listen(self) -> None:
        """Begin; call inside the loop, in the program's first thread."""
        loop = asyncio.get_running_loop()
        for number in _AT_ONCE:
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(self._now))
        signal.signal(signal.SIGINT, lambda *_: loop.call_soon_threadsafe(self.interrupt))
        _listen_to_console(loop, self._now)

    def interrupt(self) -> None:
        """Ctrl+C was pressed."""
        if self._was_interrupted:
            self._now()
        self._was_interrupted = True
        self._politely()


if sys.platform == "win32":
    import ctypes
    import threading

    _AT_ONCE = (signal.SIGTERM, signal.SIGBREAK)
    _CLOSED = (2, 5, 6)  # CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT
    _handlers: list[object] = []

    def _listen_to_console(loop: asyncio.AbstractEventLoop, now: Callable[[], None]) -> None:
        """The system ends the process when the handler returns, so it does not."""

        @ctypes.WINFUNCTYPE(ctypes.c_int, ctypes.c_uint)
        def handle(event: int) -> int:
            if event not in _CLOSED:
                return 0
            loop.call_soon_threadsafe(now)
            threading.Event().wait()
            return 1

        _handlers.append(handle)
        ctypes.windll.kernel32.SetConsoleCtrlHandler(handle, 1)

else:
    _AT_ONCE = (signal.SIGTERM, signal.SIGHUP)

    def _listen_to_console(loop: asyncio.AbstractEventLoop, now: Callable[[], None]) -> None:
        """Signals say it all."""
