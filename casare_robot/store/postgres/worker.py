"""The connection that works, in a thread of its own: what waits together travels together.

A thread, because psycopg's async connections do not run on Windows' default loop.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple

from casare_robot.domain.errors import StoreError, StoreUnavailableError
from casare_robot.store import wire
from casare_robot.store.json_text import to_text
from casare_robot.store.postgres.connecting import as_store_error, connect, is_alive
from casare_robot.store.postgres.schema import prepare

if TYPE_CHECKING:
    import psycopg

log = logging.getLogger(__name__)

LARGEST_BATCH = 60
"""Calls in one transaction; PostgreSQL is quick with up to 64 parts of one."""
MOST_TRIES = 5
"""Of a transaction that a deadlock undid."""

ONE = "SELECT casare_robot.call(%s, %s)::text"
MANY = "SELECT casare_robot.many(%s)::text"
CLOCK = "SELECT set_config('casare_robot.clock', %s, false)"


class _Order(NamedTuple):
    what: str
    arguments: str
    future: "asyncio.Future[Any]"


class _Answer(NamedTuple):
    future: "asyncio.Future[Any]"
    error: Exception | None
    result: Any


class Worker:
    """Carries out calls of the functions in resources/sql.

    Args:
        url: The database.
        clock: For tests: instead of the database's clock.
    """

    def __init__(self, url: str, clock: Callable[[], float] | None) -> None:
        self._loop = asyncio.get_running_loop()
        self._url = url
        self._clock = clock
        self._connection: psycopg.Connection[Any] | None = None
        self._orders: SimpleQueue[list[_Order] | None] = SimpleQueue()
        self._new: list[_Order] = []
        self._is_closed = False
        self._opened: asyncio.Future[Any] = self._loop.create_future()
        self._ended: asyncio.Future[Any] = self._loop.create_future()
        self._thread_start()

    async def opened(self) -> None:
        """Wait until the database is ready.

        Raises:
            StoreError: It cannot be used.
        """
        await asyncio.shield(self._opened)

    async def call(self, what: str, arguments: Mapping[str, Any] | str) -> Any:
        """Call a function; its answer.

        Args:
            what: As ``casare_robot.call`` names it.
            arguments: A JSON object, or its text.
        """
        if self._is_closed:
            raise StoreUnavailableError("the store is closed")
        text = arguments if isinstance(arguments, str) else to_text(dict(arguments))
        future: asyncio.Future[Any] = self._loop.create_future()
        if not self._new:  # what is asked for in the same turn of the loop goes together
            self._loop.call_soon(self._hand_in)
        self._new.append(_Order(what, text, future))
        return await future

    async def close(self) -> None:
        """Finish what was handed in, and disconnect."""
        if not self._is_closed:
            self._is_closed = True
            self._hand_in()
            self._orders.put(None)
        await asyncio.shield(self._ended)

    def _hand_in(self) -> None:
        new, self._new = self._new, []
        if new:
            self._orders.put(new)

    def _thread_start(self) -> None:
        import threading

        threading.Thread(target=self._run, name="store", daemon=True).start()

    def _run(self) -> None:
        try:
            prepare(self._connected())
        except Exception as error:  # noqa: BLE001 - told to the caller
            self._disconnect()
            self._settle([_Answer(self._opened, as_store_error(error), None)])
            return
        self._settle([_Answer(self._opened, None, None)])
        try:
            self._serve()
        except Exception:
            log.exception("the store's thread stopped")
        finally:
            self._disconnect()
            self._settle([_Answer(self._ended, None, None)])

    def _serve(self) -> None:
        is_open = True
        while is_open:
            orders = self._orders.get()
            batch: list[_Order] = []
            with suppress(Empty):
                while orders is not None:
                    batch += orders
                    orders = self._orders.get_nowait()
            is_open = orders is not None
            waiting = [order for order in batch if not order.future.cancelled()]
            for part in _parts(waiting):
                self._settle(self._carry_out(part))

    def _carry_out(self, batch: Sequence[_Order]) -> list[_Answer]:
        leases = [order for order in batch if order.what == "lease"]
        others = [order for order in batch if order.what != "lease"]
        asked = [(order.what, order.arguments) for order in others]
        if leases:
            wanted = ",".join(order.arguments for order in leases)
            asked.append(("lease", f'{{"wanted":[{wanted}]}}'))
        try:
            answers = self._ask(asked)
        except Exception as error:  # noqa: BLE001 - told to every caller
            mended = as_store_error(error)
            return [_Answer(order.future, mended, None) for order in batch]
        results = [
            _Answer(order.future, *answer) for order, answer in zip(others, answers, strict=False)
        ]
        if leases:
            refusal, given = answers[-1]
            told = given if refusal is None else [None] * len(leases)
            results += [
                _Answer(order.future, refusal, each)
                for order, each in zip(leases, told, strict=True)
            ]
        return results

    def _ask(self, asked: Sequence[tuple[str, str]]) -> list[tuple[Exception | None, Any]]:
        for tried in range(MOST_TRIES):
            try:
                if len(asked) == 1:
                    return [(None, self._execute(ONE, asked[0]))]
                orders = ",".join(
                    f'{{"what":"{what}","with":{arguments}}}' for what, arguments in asked
                )
                return [_outcome(told) for told in self._execute(MANY, (f"[{orders}]",))]
            except Exception as error:
                code = getattr(error, "sqlstate", None) or ""
                if not code.startswith("40") or tried == MOST_TRIES - 1:
                    raise
                log.info("a transaction is done again: %s", error)
        raise StoreError("unreachable")

    def _execute(self, statement: str, values: Sequence[str]) -> Any:
        connection = self._connected()
        if self._clock is not None:
            connection.execute(CLOCK, (repr(self._clock()),))
        row = connection.execute(statement, values).fetchone()
        return None if row is None or row[0] is None else json.loads(row[0])

    def _connected(self) -> "psycopg.Connection[Any]":
        if self._connection is not None and not is_alive(self._connection):
            self._disconnect()
            self._connection = None
        if self._connection is None:
            self._connection = connect(self._url)
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _settle(self, answers: Sequence[_Answer]) -> None:
        with suppress(RuntimeError):  # a closed loop has nobody left who waits
            self._loop.call_soon_threadsafe(_tell, answers)


def _parts(orders: Sequence[_Order]) -> Iterator[list[_Order]]:
    """What is carried out together; all leases are one call."""
    leases = [order for order in orders if order.what == "lease"]
    others = [order for order in orders if order.what != "lease"]
    if leases:
        yield leases + others[:LARGEST_BATCH]
        others = others[LARGEST_BATCH:]
    for begin in range(0, len(others), LARGEST_BATCH):
        yield others[begin : begin + LARGEST_BATCH]


def _tell(answers: Sequence[_Answer]) -> None:
    for future, error, result in answers:
        if future.done():
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)


def _outcome(told: Mapping[str, Any]) -> tuple[Exception | None, Any]:
    if "ok" in told:
        return None, told["ok"]
    return wire.refusal(told["code"], told["message"], told["detail"]), None
