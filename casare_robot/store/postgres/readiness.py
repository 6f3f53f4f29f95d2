"""Being told when a socket can be read, or written, in any event loop."""

import asyncio
import selectors
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol


class Readiness(Protocol):
    """Calls back in the loop's own thread, again and again, until it is closed."""

    def wants_to_write(self, wanted: bool) -> None:
        """Say whether to be called too when it can be written."""
        ...

    def close(self) -> None:
        """Call no more; the socket may be closed after that."""
        ...


def watch(number: int, call: Callable[[], None]) -> Readiness:
    """Watch a socket by its number: by the loop, or by a thread where the loop cannot.

    Windows' default loop cannot.
    """
    try:
        return ByLoop(number, call)
    except NotImplementedError:
        return ByThread(number, call)


class ByLoop:
    """The loop itself watches; costs nothing."""

    def __init__(self, number: int, call: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._number = number
        self._call = call
        self._loop.add_reader(number, call)

    def wants_to_write(self, wanted: bool) -> None:
        """See `Readiness`."""
        if wanted:
            self._loop.add_writer(self._number, self._call)
        else:
            self._loop.remove_writer(self._number)

    def close(self) -> None:
        """See `Readiness`."""
        self._loop.remove_reader(self._number)
        self._loop.remove_writer(self._number)


class ByThread:
    """A thread watches, and waits after each call until it has been carried out."""

    def __init__(self, number: int, call: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._call = call
        self._waker, self._woken = socket.socketpair()
        self._is_done = threading.Event()
        self._is_closed = False
        self._selector = selectors.DefaultSelector()
        self._number = number
        self._selector.register(number, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._events = selectors.EVENT_READ
        self._thread = threading.Thread(target=self._run, name="store socket", daemon=True)
        self._thread.start()

    def wants_to_write(self, wanted: bool) -> None:
        """See `Readiness`."""
        self._events = selectors.EVENT_READ | (selectors.EVENT_WRITE if wanted else 0)
        self._waker.send(b"x")

    def close(self) -> None:
        """See `Readiness`."""
        self._is_closed = True
        self._is_done.set()
        self._waker.send(b"x")
        self._thread.join()
        self._waker.close()
        self._woken.close()

    def _run(self) -> None:
        while not self._is_closed:
            self._selector.modify(self._number, self._events)
            ready = {key.fileobj for key, _ in self._selector.select()}
            if self._woken in ready:
                self._woken.recv(4096)
            if self._number in ready and not self._is_closed:
                self._is_done.clear()
                with suppress(RuntimeError):  # the loop is closed: nobody waits here
                    self._loop.call_soon_threadsafe(self._carry_out)
                    self._is_done.wait()
        self._selector.close()

    def _carry_out(self) -> None:
        try:
            if not self._is_closed:
                self._call()
        finally:
            self._is_done.set()
