"""The connection that works and hears: what is asked together travels and is committed together.

In the event loop itself: a thread would cost each call two changes of thread.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from casare_robot.domain.errors import StoreUnavailableError
from casare_robot.store import wire
from casare_robot.store.json_text import to_text
from casare_robot.store.postgres import line, schema
from casare_robot.store.postgres.connecting import as_store_error, connect, is_alive, opened

if TYPE_CHECKING:
    import psycopg

log = logging.getLogger(__name__)

LARGEST_BATCH = 60
"""Calls in one transaction; PostgreSQL is quick with up to 64 parts of one."""
MOST_TRIES = 5
"""Of a transaction that a deadlock undid."""
RETRY = 1.0
"""Seconds after which a lost connection is tried again; meanwhile one looks each second."""

ONE = "SELECT casare_robot.call($1, $2)"
MANY = "SELECT casare_robot.many($1)"
CLOCK = "SELECT set_config('casare_robot.clock', %s, false)"
HEAR = "LISTEN casare_robot"


class _Order(NamedTuple):
    """What was asked; the names of leases stand apart: what is the same for others is one call."""

    what: str
    arguments: str
    future: "asyncio.Future[Any]"
    names: Sequence[str] = ()


_Call: TypeAlias = list[_Order]
"""Orders that one call of a function carries out."""


class Worker:
    """Carries out calls of the functions in resources/sql.

    Args:
        url: The database.
        clock: For tests: instead of the database's clock.
        on_call: Called with names that may have news; None for all, as when a
            connection is there again.
    """

    def __init__(
        self,
        url: str,
        clock: Callable[[], float] | None,
        on_call: Callable[[frozenset[str] | None], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._url = url
        self._clock = clock
        self._on_call = on_call
        self._line: line.Line | None = None
        self._connection: psycopg.Connection[Any] | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._waiting: list[_Order] = []
        self._asked: list[_Call] = []
        self._is_closed = False
        self._is_needed = False
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self.is_direct = True
        """Whether no pooler was seen between."""

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection now, as far as is known."""
        return self._line is not None

    async def open(self) -> None:
        """Connect, and bring the database to this release's format.

        Raises:
            StoreError: It cannot be used.
        """
        self._use(await opened(self._connected))

    async def call(self, what: str, arguments: Mapping[str, Any] | str) -> Any:
        """Call a function; its answer.

        Args:
            what: As ``casare_robot.call`` names it.
            arguments: A JSON object, or its text.
        """
        text = arguments if isinstance(arguments, str) else to_text(dict(arguments))
        return await self._order(what, text)

    async def lease(self, names: Sequence[str], holder: str, ttl: float) -> Any:
        """Call ``casare_robot.lease``; what one holder asks for together is one call."""
        return await self._order("lease", to_text({"holder": holder, "ttl": ttl}), names)

    def set_clock(self, told: line.Line) -> None:
        """Tell a connection the time, in tests that have a clock of their own."""
        if self._clock is not None:
            told.execute(CLOCK, (repr(self._clock()),))

    def stay(self) -> None:
        """Connect again whenever the connection is lost, even if nothing is asked: to hear."""
        self._is_needed = True

    async def close(self) -> None:
        """Finish what was handed in, and disconnect."""
        if not self._is_closed:
            self._is_closed = True
            self._hand_in()
        await asyncio.shield(self._ended)

    def _order(self, what: str, text: str, names: Sequence[str] = ()) -> "asyncio.Future[Any]":
        if self._is_closed:
            raise StoreUnavailableError("the store is closed")
        future: asyncio.Future[Any] = self._loop.create_future()
        if not self._waiting:  # what is asked for in the same turn of the loop goes together
            self._loop.call_soon(self._hand_in)
        self._waiting.append(_Order(what, text, future, names))
        return future

    def _hand_in(self) -> None:
        if self._asked or self._connecting is not None:
            return
        self._waiting = [order for order in self._waiting if not order.future.cancelled()]
        if self._waiting or (self._is_needed and self._line is None and not self._is_closed):
            if self._line is None or not is_alive(self._connection):
                self._hang_up()
                self._connecting = self._loop.create_task(self._connect(), name="store connects")
                return
            calls = _calls(self._waiting)
            self._asked = calls[:LARGEST_BATCH]
            self._waiting = list(chain(*calls[LARGEST_BATCH:]))
            self._ask(1)
        elif self._is_closed and not self._ended.done():
            self._hang_up()
            self._ended.set_result(None)

    def _ask(self, tried: int) -> None:
        asked = [_told(call) for call in self._asked]
        if len(asked) == 1:
            statement, values = ONE, list(asked[0])
        else:
            told = ",".join(f'{{"what":"{what}","with":{with_}}}' for what, with_ in asked)
            statement, values = MANY, [f"[{told}]"]
        if self._line is not None:
            self.set_clock(self._line)
        if self._line is not None:
            self._line.ask(statement, values, partial(self._answered, tried, statement is ONE))

    def _answered(self, tried: int, is_one: bool, error: Exception | None, told: Any) -> None:
        code = getattr(error, "sqlstate", None) or ""
        if code.startswith("40") and tried < MOST_TRIES:
            log.info("a transaction is done again: %s", error)
            self._ask(tried + 1)
            return
        calls, self._asked = self._asked, []
        if error is not None:
            _settle(chain(*calls), as_store_error(error))
        else:
            outcomes = [(None, told)] if is_one else map(_outcome, told)
            for call, outcome in zip(calls, outcomes, strict=True):
                _settle(call, *outcome)
        self._hand_in()

    async def _connect(self) -> None:
        try:
            connection = await opened(self._connected)
        except Exception as error:  # noqa: BLE001 - told to every caller
            waiting, self._waiting = self._waiting, []
            _settle(waiting, error)
            if self._is_needed and not self._is_closed:
                log.warning("the store's bell is silent: %s", error)
                self._loop.call_later(RETRY, self._hand_in)
        else:
            self._use(connection)
            self._on_call(None)
        self._connecting = None
        if self._line is not None or self._is_closed:
            self._hand_in()

    def _connected(self) -> "psycopg.Connection[Any]":
        connection = connect(self._url)
        try:
            schema.prepare(connection)
            line.prepare(connection, ONE, MANY)
            connection.execute(HEAR)
        except BaseException:
            connection.close()
            raise
        return connection

    def _use(self, connection: "psycopg.Connection[Any]") -> None:
        self._connection = connection
        self.is_direct = connection.prepare_threshold is not None
        self._line = line.Line(connection, on_call=self._heard, on_lost=self._lost)

    def _heard(self, text: str) -> None:
        self._on_call(frozenset(text.split("\n")) if text else None)

    def _lost(self, error: Exception) -> None:
        self._line = None
        calls, self._asked = self._asked, []
        _settle(chain(*calls), as_store_error(error))
        self._loop.call_soon(self._hand_in)

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


def _calls(orders: Iterable[_Order]) -> list[_Call]:
    """Those for leases of one holder are one, and the first; each other is one of its own."""
    calls: dict[Any, _Call] = {}
    for order in orders:
        calls.setdefault(order.arguments if order.names else order.future, []).append(order)
    return sorted(calls.values(), key=lambda call: not call[0].names)


def _told(call: _Call) -> tuple[str, str]:
    """A call as ``casare_robot.call`` takes it."""
    what, arguments, *_ = call[0]
    names = [name for order in call for name in order.names]
    return what, f'{{"names":{to_text(names)},{arguments[1:]}' if names else arguments


def _settle(orders: Iterable[_Order], error: Exception | None, result: Any = None) -> None:
    for order in orders:
        if order.future.done():
            continue
        if error is None:
            order.future.set_result(result)
        else:
            order.future.set_exception(error)


def _outcome(told: Mapping[str, Any]) -> tuple[Exception | None, Any]:
    if "ok" in told:
        return None, told["ok"]
    return wire.refusal(told["code"], told["message"], told["detail"]), None
