"""The one thread that writes: whatever waits together is committed together."""

import asyncio
import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from casare_robot.domain.errors import JournalError
from casare_robot.journal.answers import After, Answer, Done, Order, Outcome, answer_all
from casare_robot.journal.connection import Connection
from casare_robot.journal.failure import as_robot_error
from casare_robot.journal.log_room import LogRoom

log = logging.getLogger(__name__)

LARGEST_BATCH = 512
PAGE = 4096
"""Bytes of a page of the database, SQLite's default; a commit takes one of the log at least."""

Operation: TypeAlias = "str | Group | Callable[[Connection], Any]"
"""Static SQL that changes at most one row (result: whether it did), an
operation of many callers, or a function of the connection for anything else
(result: what it returns). It may be run again after a rollback and touches
nothing but the database and the writer's memory.
"""


class Group(ABC):
    """An operation that is done at once for all who ask for it one after the other."""

    @abstractmethod
    def is_one_change(self, call: Any) -> bool:
        """Whether one call alone is one changing statement: it then needs no transaction."""

    @abstractmethod
    def run(self, connection: Connection, calls: list[Any]) -> list[Any]:
        """Do it; the results are what its callers get."""


class Memory:
    """What operations know by heart besides the database; here nothing."""

    def read(self, connection: Connection) -> None:
        """Know what the database holds, and nothing else."""

    def keep(self) -> None:
        """What operations changed is on disk."""

    def take_back(self) -> None:
        """What operations changed since ``keep`` has not happened."""


class Writer:
    """Runs operations in order, durably, many callers to a commit.

    An operation that fails fails alone: its neighbours in the batch are
    committed all the same. No caller hears of success before the commit.
    A caller that blocks anyway, and finds nobody before it, commits in its own
    thread: two changes of thread would cost as much as the commit's own work.

    Args:
        connect: Opens the database, in autocommit mode, usable from any thread.
        wal_reserve: Bytes the write-ahead log is grown to, in pieces as commits
            need them or at the first idle moment; the database has a table ``about``.
        idle_after: Seconds without work that count as idle; the log is then
            folded back into the database.
        memory: What the operations know by heart; goes with every commit and rollback.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        *,
        wal_reserve: int = 0,
        idle_after: float = 0.5,
        memory: Memory | None = None,
    ) -> None:
        self._connection = connect()
        self._memory = memory or Memory()
        self._room = LogRoom(self._connection, wal_reserve)
        self._idle_after = idle_after
        self._turn = threading.Lock()
        self._door = threading.Lock()
        self._gate = threading.Condition(self._door)
        self._orders: list[Order] = []
        self._is_busy = False
        self._is_closed = False
        self._is_tidy = False
        self._was_used = False
        self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)
        self._thread.start()

    def submit(
        self, operation: Operation, parameters: Sequence[Any] = (), *, after: After | None = None
    ) -> "asyncio.Future[Any]":
        """Hand in an operation from a coroutine; the future completes after the commit.

        Cancelling the future changes nothing about the write. ``after`` runs on
        the event loop whether or not anybody still waits, before the future
        completes, once for all calls of a commit that name it.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._put((operation, parameters, after, loop, future))
        return future

    async def write(self, operation: Operation, parameters: Sequence[Any] = ()) -> Any:
        """Run an operation and wait until it is on disk.

        Cancelling the wait is safe: the write happens as a whole all the same.

        Raises:
            JournalError: It could not be written; nothing of it was.
        """
        return await self.submit(operation, parameters)

    def write_now(self, operation: Operation, parameters: Sequence[Any] = ()) -> Any:
        """Run an operation and block this thread until it is on disk.

        Raises:
            JournalError: It could not be written; nothing of it was.
        """
        if threading.current_thread() is self._thread:
            raise JournalError("the writer thread cannot wait for itself")
        outcome = self._commit_here(operation, parameters)
        if outcome is None:
            answer = Answer()
            self._put((operation, parameters, None, None, answer))
            outcome = answer.wait()
        error, result = outcome
        if error is not None:
            raise error
        return result

    def post(self, operation: Operation, parameters: Sequence[Any] = (), *, done: Done) -> None:
        """Hand in an operation; ``done`` is called in the writer thread after the commit.

        ``done`` must be quick and must not wait for another write.
        """
        self._put((operation, parameters, None, None, done))

    def close(self) -> None:
        """Finish what was handed in, fold the log back and close the database."""
        with self._gate:
            self._is_closed = True
            self._gate.notify()
        self._thread.join()

    def _put(self, order: Order) -> None:
        with self._door:  # the gate's own; entering it directly costs a third
            if self._is_closed:
                raise JournalError("the journal is closed")
            self._orders.append(order)
            if len(self._orders) == 1:
                self._gate.notify()

    def _commit_here(self, operation: Operation, parameters: Sequence[Any]) -> Outcome | None:
        """Commit in this thread; None if others come first or the writer sleeps.

        A writer that sleeps has to be woken anyway, to watch for the next idle moment.
        """
        if not self._turn.acquire(blocking=False):
            return None
        try:
            with self._gate:
                if self._is_closed or self._is_tidy or self._is_busy or self._orders:
                    return None
                self._was_used = True
            self._room.use()
            return self._alone(operation, parameters)
        except BaseException:  # Ctrl+C arrives here, never in the writer thread
            self._roll_back()
            self._remember()
            raise
        finally:
            self._turn.release()

    def _remember(self) -> None:
        """Read what is known by heart again, as nobody saw whether a commit was done."""
        try:
            self._memory.read(self._connection)
        except Exception:
            log.exception("the journal could not be read; later writes may fail")

    def _run(self) -> None:
        try:
            self._serve()
        except Exception:
            log.exception("the journal's writer stopped; what still waits was not written")
        finally:
            self._end()

    def _serve(self) -> None:
        while True:
            batch = self._next_batch()
            if batch:
                with self._turn:
                    self._room.use()
                    outcomes = self._commit(batch)
                with self._gate:
                    self._is_busy = False
                answer_all(batch, outcomes)
            elif self._is_closed:
                return
            else:
                self._rest()

    def _next_batch(self) -> list[Order]:
        """Wait for what is handed in; nothing when the writer is closed or long idle."""
        with self._gate:
            if not self._orders and not self._is_closed:
                self._gate.wait(None if self._is_tidy else self._idle_after)
            batch = self._orders[:LARGEST_BATCH]
            del self._orders[:LARGEST_BATCH]
            self._is_busy = bool(batch)
            self._is_tidy = self._is_tidy and not batch
        return batch

    def _rest(self) -> None:
        """Nothing was handed in for a while; tidy up unless callers commit by themselves."""
        with self._turn:
            if self._was_used:
                self._was_used = False
            else:
                self._tidy()
                self._is_tidy = True

    def _commit(self, batch: list[Order]) -> list[Outcome]:
        """Run a batch in one transaction, or each alone if that fails."""
        if len(batch) > 1:
            try:
                self._connection.execute("BEGIN")
                outcomes = self._together(batch)
                self._connection.execute("COMMIT")
            except Exception:  # noqa: BLE001 - whose it is shows below
                self._roll_back()
            else:
                self._memory.keep()
                return outcomes
        return [self._alone(order[0], order[1]) for order in batch]

    def _alone(self, operation: Operation, parameters: Sequence[Any]) -> Outcome:
        connection = self._connection
        try:
            if isinstance(operation, str):
                result: Any = connection.execute(operation, parameters).rowcount == 1
            elif isinstance(operation, Group) and operation.is_one_change(parameters):
                (result,) = operation.run(connection, [parameters])
            else:
                connection.execute("BEGIN")
                if isinstance(operation, Group):
                    (result,) = operation.run(connection, [parameters])
                else:
                    result = operation(connection)
                connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - handed to its caller
            self._roll_back()
            return as_robot_error(error), None
        self._memory.keep()
        return None, result

    def _together(self, batch: list[Order]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        begin = 0
        while begin < len(batch):
            operation = batch[begin][0]
            end = begin + 1
            if isinstance(operation, (str, Group)):
                while end < len(batch) and batch[end][0] == operation:
                    end += 1
                calls = [order[1] for order in batch[begin:end]]
                if isinstance(operation, str):
                    results: list[Any] = self._rows(operation, calls)
                else:
                    results = operation.run(self._connection, calls)
                outcomes += [(None, result) for result in results]
            else:
                outcomes.append((None, operation(self._connection)))
            begin = end
        return outcomes

    def _rows(self, sql: str, rows: list[Sequence[Any]]) -> list[bool]:
        """Run one statement for each row and say which of them changed something."""
        connection, changes = self._connection, []

        def fed() -> Iterator[Sequence[Any]]:
            for row in rows:
                before = connection.total_changes
                yield row
                changes.append(connection.total_changes > before)

        connection.executemany(sql, fed())
        return changes

    def _roll_back(self) -> None:
        self._memory.take_back()
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except Exception:
            log.exception("the journal could not roll back; later writes will fail")

    def _tidy(self) -> None:
        """Use an idle moment: fold the log back, and make the room that is missing."""
        if self._room.is_missing and self._fold("RESTART"):
            self._room.make_all(lambda: not self._orders)
        self._fold("RESTART")
        self._room.restart()

    def _fold(self, mode: str) -> bool:
        """Checkpoint; False if the disk would not have it (the log then stays)."""
        try:
            self._connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchall()
        except Exception as error:  # noqa: BLE001 - the log keeps all; the next idle moment retries
            log.warning("the journal's log could not be folded back: %s", error)
            return False
        return True

    def _end(self) -> None:
        with self._gate:
            self._is_closed = True
            stopped, self._orders = self._orders, []
        answer_all(stopped, [(JournalError("the journal is closed"), None)] * len(stopped))
        with self._turn:
            self._fold("TRUNCATE")
            try:
                self._connection.close()
            except Exception:
                log.exception("the journal could not be closed cleanly")
