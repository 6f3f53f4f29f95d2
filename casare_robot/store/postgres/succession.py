"""Leadership that passes on when a process dies: the lock of a session tells the others."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from casare_robot.store import wire
from casare_robot.store.postgres import line
from casare_robot.store.postgres.connecting import as_store_error, connect, opened
from casare_robot.store.records import Fence, Lease

if TYPE_CHECKING:
    import psycopg

SUCCEED = "SELECT casare_robot.succeed($1, $2, $3)"


class _Stand:
    """One who waits or leads, on a connection of its own."""

    def __init__(self) -> None:
        self.token = 0
        self.line: line.Line | None = None
        self.lost: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()

    def lose(self, error: Exception) -> None:
        """The connection is lost."""
        if not self.lost.done():
            self.lost.set_result(error)


class Succession:
    """The leases that this process waits for and leads by, a connection for each name.

    Args:
        url: The database.
        set_clock: For tests: tells a connection the time.
    """

    def __init__(self, url: str, set_clock: Callable[[line.Line], None]) -> None:
        self._url = url
        self._set_clock = set_clock
        self._stands: dict[str, _Stand] = {}

    def is_busy(self, name: str) -> bool:
        """Whether one of this process waits for it, or leads: a session is for one alone."""
        return name in self._stands

    async def wait(self, name: str, holder: str, ttl: float) -> Lease:
        """Wait for a lease and take it; kept until `end`, or the connection is lost.

        Raises:
            StoreUnavailableError: The connection was lost.
        """
        stand = self._stands[name] = _Stand()
        stand.lost.add_done_callback(lambda _: self._close(name, stand))
        try:
            talking = await self._open(stand)
            while True:
                told = await self._ask(talking, stand, [name, holder, repr(ttl)])
                if told is not None:
                    stand.token = int(told[0])
                    return wire.given(name, holder, ttl, told)
        except BaseException:
            self._close(name, stand)
            raise

    def end(self, fence: Fence) -> None:
        """Let the next one lead, if this lease was taken here."""
        stand = self._stands.get(fence.name)
        if stand is not None and stand.token == fence.token:
            self._close(fence.name, stand)

    def close(self) -> None:
        """End all."""
        for name, stand in list(self._stands.items()):
            self._close(name, stand)

    async def _open(self, stand: _Stand) -> line.Line:
        connection = await opened(self._connected)
        stand.line = line.Line(connection, on_call=lambda _: None, on_lost=stand.lose)
        return stand.line

    def _connected(self) -> "psycopg.Connection[Any]":
        connection = connect(self._url)
        line.prepare(connection, SUCCEED)
        return connection

    async def _ask(self, talking: line.Line, stand: _Stand, values: list[str]) -> Any:
        answer: asyncio.Future[tuple[Exception | None, Any]] = stand.lost.get_loop().create_future()

        def answered(error: Exception | None, told: Any) -> None:
            if not answer.done():
                answer.set_result((error, told))

        self._set_clock(talking)
        talking.ask(SUCCEED, values, answered)
        waiting: set[asyncio.Future[Any]] = {answer, stand.lost}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        error, told = answer.result() if answer.done() else (stand.lost.result(), None)
        if error is not None:
            raise as_store_error(error)
        return told

    def _close(self, name: str, stand: _Stand) -> None:
        if stand.line is not None:
            stand.line.close()
        if self._stands.get(name) is stand:
            del self._stands[name]
