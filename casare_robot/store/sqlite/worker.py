"""The one thread of a process that uses the file: what waits together is committed together."""

import asyncio
import logging
import random
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, TypeAlias, TypeVar

import apsw

from casare_robot.domain.errors import (
    Fault,
    InvalidRecordError,
    StoreBusyError,
    StoreError,
    StoreUnavailableError,
)

log = logging.getLogger(__name__)

T = TypeVar("T")

LARGEST_BATCH = 256
MERGE = 0.02
"""Seconds within which names that follow others are rung together."""
LONGEST_WAIT = 10.0
"""Seconds to wait for the write lock; others hold it for milliseconds."""


class Transaction:
    """What an operation works with.

    Args:
        connection: In a transaction.
        clock: The store's clock, asked after the lock was taken.
    """

    def __init__(self, connection: apsw.Connection, clock: Callable[[], float]) -> None:
        self.execute = connection.execute
        self.now = clock()
        self.rings: set[str] = set()
        """Names to ring after the commit."""

    def next_number(self) -> int:
        """A number greater than any before in this store."""
        ((value,),) = self.execute("UPDATE counter SET value = value + 1 RETURNING value")
        return int(value)


Operation: TypeAlias = Callable[[Transaction], Any]
Ring: TypeAlias = Callable[[frozenset[str], apsw.Connection], None]


class _Order(NamedTuple):
    operation: Operation
    writes: bool
    future: "asyncio.Future[Any]"


class _Outcome(NamedTuple):
    error: BaseException | None
    result: Any
    rings: frozenset[str] = frozenset()


class Worker:
    """Runs operations in order, each as a whole or not at all.

    Args:
        connect: Opens the file; called in the thread.
        clock: The store's clock, in seconds.
        ring: Called in the thread, outside of transactions, with names to ring:
            the first at once, those of the next 20 ms together.
        who_writes: Called when others hold the lock for too long: who it is, and
            what to do about it, as the end of a sentence.
    """

    def __init__(
        self,
        connect: Callable[[], apsw.Connection],
        *,
        clock: Callable[[], float],
        ring: Ring,
        who_writes: Callable[[], str],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._connect = connect
        self._clock = clock
        self._ring = ring
        self._who_writes = who_writes
        self._orders: SimpleQueue[_Order | None] = SimpleQueue()
        self._is_closed = False
        self._to_ring: set[str] = set()
        self._last_ring = -float("inf")
        self._opened: asyncio.Future[Any] = self._loop.create_future()
        self._ended: asyncio.Future[Any] = self._loop.create_future()
        threading.Thread(target=self._run, name="store", daemon=True).start()

    async def opened(self) -> None:
        """Wait until the file is open.

        Raises:
            StoreError: It cannot be.
        """
        await asyncio.shield(self._opened)

    async def run(self, operation: Callable[[Transaction], T], *, writes: bool = True) -> T:
        """Run an operation and wait until what it wrote is on disk.

        Args:
            operation: May be run again after a rollback; touches nothing else.
            writes: False if it only reads.
        """
        if self._is_closed:
            raise StoreUnavailableError("the store is closed")
        future: asyncio.Future[T] = self._loop.create_future()
        self._orders.put(_Order(operation, writes, future))
        return await future

    async def close(self) -> None:
        """Finish what was handed in, and close the file."""
        if not self._is_closed:
            self._is_closed = True
            self._orders.put(None)
        await asyncio.shield(self._ended)

    def _run(self) -> None:
        try:
            connection = self._connect()
        except Exception as error:  # noqa: BLE001 - told to the caller
            self._settle([(self._opened, _Outcome(self._mended(error), None))])
            return
        self._settle([(self._opened, _Outcome(None, None))])
        try:
            self._serve(connection)
        except Exception:
            log.exception("the store's thread stopped")
        finally:
            with suppress(apsw.Error):
                connection.close()
            self._settle([(self._ended, _Outcome(None, None))])

    def _serve(self, connection: apsw.Connection) -> None:
        is_open = True
        while is_open:
            try:
                first = self._orders.get(timeout=self._until_ring())
            except Empty:
                self._ring_now(connection)
                continue
            batch: list[_Order] = []
            order = first
            with suppress(Empty):
                while order is not None:
                    batch.append(order)
                    if len(batch) == LARGEST_BATCH:
                        break
                    order = self._orders.get_nowait()
            is_open = order is not None
            if batch:
                outcomes = self._commit(connection, batch)
                self._settle(zip((order.future for order in batch), outcomes, strict=True))
                self._to_ring.update(*(outcome.rings for outcome in outcomes))
            if self._to_ring and (not is_open or self._until_ring() == 0):
                self._ring_now(connection)

    def _until_ring(self) -> float | None:
        if not self._to_ring:
            return None
        return max(0.0, self._last_ring + MERGE - time.monotonic())

    def _ring_now(self, connection: apsw.Connection) -> None:
        names, self._to_ring = frozenset(self._to_ring), set()
        self._last_ring = time.monotonic()
        try:
            self._ring(names, connection)
        except Exception:
            log.exception("a bell could not be rung; those who watch look each second anyway")

    def _commit(self, connection: apsw.Connection, batch: list[_Order]) -> list[_Outcome]:
        writes = any(order.writes for order in batch)
        try:
            connection.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
            outcomes = [self._try(connection, order, len(batch) == 1) for order in batch]
            if connection.in_transaction:
                connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - told to every caller
            failed = self._mended(error)
            outcomes = [_Outcome(failed, None)] * len(batch)
        if connection.in_transaction:
            with suppress(apsw.Error):
                connection.execute("ROLLBACK")
        return outcomes

    def _try(self, connection: apsw.Connection, order: _Order, is_alone: bool) -> _Outcome:
        """Run one operation; if it fails, its neighbours in the batch are committed all the same.

        Raises:
            apsw.Error: The whole transaction is gone.
        """
        if order.future.cancelled():
            return _Outcome(None, None)
        transaction = Transaction(connection, self._clock)
        if not is_alone:
            connection.execute("SAVEPOINT one")
        try:
            result = order.operation(transaction)
        except Exception as error:
            if not connection.in_transaction:
                raise
            connection.execute("ROLLBACK" if is_alone else "ROLLBACK TO one")
            if not is_alone:
                connection.execute("RELEASE one")
            return _Outcome(self._mended(error), None)
        if not is_alone:
            connection.execute("RELEASE one")
        return _Outcome(None, result, frozenset(transaction.rings))

    def _mended(self, error: Exception) -> Exception:
        if not isinstance(error, apsw.BusyError | apsw.LockedError):
            return as_store_error(error)
        mended = StoreBusyError(
            f"the store has been busy for {LONGEST_WAIT:g} s: {self._who_writes()}"
        )
        mended.__cause__ = error
        return mended

    def _settle(self, answers: Iterable[tuple["asyncio.Future[Any]", _Outcome]]) -> None:
        with suppress(RuntimeError):  # a closed loop has nobody left who waits
            self._loop.call_soon_threadsafe(_answer, list(answers))


def _answer(answers: list[tuple["asyncio.Future[Any]", _Outcome]]) -> None:
    for future, outcome in answers:
        if future.done():
            continue
        if outcome.error is None:
            future.set_result(outcome.result)
        else:
            future.set_exception(outcome.error)


def wait_for_lock(started: list[float], tries: int) -> bool:
    """SQLite's busy handler: short waits of different lengths, so that nobody starves.

    Args:
        started: Where the beginning of this wait is kept.
        tries: How often it was called for this lock.
    """
    if tries == 0:
        started[:] = [time.monotonic()]
    if time.monotonic() - started[0] > LONGEST_WAIT:
        return False
    time.sleep(random.uniform(0.0002, 0.002))  # noqa: S311 - no secret
    return True


def as_store_error(error: Exception) -> Exception:
    """The robot's own error for one of SQLite's; any other as it is."""
    if not isinstance(error, apsw.Error | OSError | UnicodeEncodeError | OverflowError):
        return error
    match error:
        case UnicodeEncodeError() | OverflowError():
            fault = Fault(code=InvalidRecordError.code, message=f"cannot be kept: {error}")
            mended: StoreError = InvalidRecordError([fault])
        case apsw.FullError():
            mended = StoreUnavailableError(f"no space is left for the store: {error}")
        case apsw.CorruptError() | apsw.NotADBError():
            mended = StoreError(f"the store's file is damaged: {error}")
        case _:
            mended = StoreUnavailableError(f"the store cannot be used: {error}")
    mended.__cause__ = error
    return mended
