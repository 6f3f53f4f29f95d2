"""The connection that listens, in a thread of its own: names that may have news."""

import asyncio
import logging
import selectors
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from casare_robot.domain.errors import StoreError
from casare_robot.store.postgres.connecting import as_store_error, connect, is_direct

if TYPE_CHECKING:
    import psycopg

log = logging.getLogger(__name__)

RETRY = 1.0
"""Seconds after which a lost connection is tried again; meanwhile one looks each second."""


class Listener:
    """Hears what others notify, and says so in the loop's own thread.

    Args:
        url: The database.
        on_call: Called with names to look at; None for all, as when a
            connection is there again.
    """

    def __init__(self, url: str, on_call: Callable[[frozenset[str] | None], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._url = url
        self._on_call = on_call
        self._sockets: tuple[socket.socket, socket.socket] | None = None
        self._is_closed = False
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self.is_direct = True
        """Whether no pooler was seen between."""
        self.is_listening = False
        """Whether there is a connection now."""
        self._thread: threading.Thread | None = None

    async def open(self) -> None:
        """Begin to hear; returns after the first try, whether it succeeded or not."""
        self._sockets = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="store bell", daemon=True)
        self._thread.start()
        await asyncio.shield(self._ready)

    async def close(self) -> None:
        """Hear no more."""
        self._is_closed = True
        if self._sockets is None or self._thread is None:
            return
        waker, woken = self._sockets
        waker.send(b"x")
        await asyncio.to_thread(self._thread.join)
        waker.close()
        woken.close()

    def _run(self) -> None:
        while not self._is_closed:
            try:
                with connect(self._url) as connection:
                    self.is_direct = is_direct(connection)
                    connection.execute("LISTEN casare_robot")
                    self.is_listening = True
                    self._say(self._begin)
                    self._listen(connection)
            except Exception as error:  # noqa: BLE001 - whatever it was, one tries again
                if not self._is_closed:
                    log.warning("the store's bell is silent: %s", as_store_error(error))
            finally:
                self.is_listening = False
            self._say(self._opened)
            self._wait(None, RETRY)

    def _listen(self, connection: "psycopg.Connection[Any]") -> None:
        import psycopg

        while not self._is_closed:
            names: set[str] = set()
            is_all = False
            connection.pgconn.consume_input()
            while (call := connection.pgconn.notifies()) is not None:
                text = call.extra.decode(errors="replace")
                is_all = is_all or not text
                names.update(text.split("\n"))
            if names:
                self._say(self._on_call, None if is_all else frozenset(names))
            if connection.pgconn.status != psycopg.pq.ConnStatus.OK:
                raise StoreError("the connection was lost")
            self._wait(connection.fileno(), None)

    def _wait(self, connection: int | None, seconds: float | None) -> None:
        if self._is_closed or self._sockets is None:
            return
        with selectors.DefaultSelector() as selector:
            selector.register(self._sockets[1], selectors.EVENT_READ)
            if connection is not None:
                selector.register(connection, selectors.EVENT_READ)
            selector.select(seconds)

    def _begin(self) -> None:
        self._opened()
        self._on_call(None)

    def _opened(self) -> None:
        if not self._ready.done():
            self._ready.set_result(None)

    def _say(self, callback: Callable[..., None], *arguments: Any) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody watches here
            self._loop.call_soon_threadsafe(callback, *arguments)
