"""One connection to PostgreSQL in the event loop: questions one at a time, and calls any time."""

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from casare_robot.store.postgres.readiness import watch

if TYPE_CHECKING:
    import psycopg
    from psycopg.pq.abc import PGresult


class Line:
    """Asks without a thread and without waiting, over libpq as psycopg wraps it.

    Args:
        connection: Open; from now on used by this line alone.
        on_call: Called with what a notification says.
        on_lost: Called, once, when the connection is; a question that was under
            way has no answer.
    """

    def __init__(
        self,
        connection: "psycopg.Connection[Any]",
        *,
        on_call: Callable[[str], None],
        on_lost: Callable[[Exception], None],
    ) -> None:
        self._connection = connection
        self._libpq = connection.pgconn
        self._on_call = on_call
        self._on_lost = on_lost
        self._on_answer: Callable[[Exception | None, Any], None] | None = None
        self._result: PGresult | None = None
        self._is_direct = connection.prepare_threshold is not None
        self._readiness = watch(self._libpq.socket, self._ready)
        self._is_closed = False

    def ask(
        self,
        statement: str,
        values: Sequence[str],
        on_answer: Callable[[Exception | None, Any], None],
    ) -> None:
        """Send a question; the one before must have been answered.

        Args:
            statement: As `prepare` made it known, by its text.
            values: Its parameters.
            on_answer: Called with the driver's error, or with the value of the
                one field, which is JSON.
        """
        import psycopg

        self._on_answer = on_answer
        encoded = [value.encode() for value in values]
        try:
            if self._is_direct:
                self._libpq.send_query_prepared(_name(statement), encoded)
            else:
                self._libpq.send_query_params(statement.encode(), encoded)
            self._flush()
        except psycopg.Error as error:
            self._lose(error)

    def execute(self, statement: str, values: Sequence[str]) -> None:
        """Execute something at once, and wait for it; for tests."""
        import psycopg

        try:
            self._connection.execute(statement, values)
        except psycopg.Error as error:
            self._lose(error)

    def close(self) -> None:
        """Hang up."""
        if not self._is_closed:
            self._is_closed = True
            self._readiness.close()
            self._connection.close()

    def _flush(self) -> None:
        self._readiness.wants_to_write(self._libpq.flush() == 1)

    def _ready(self) -> None:
        import psycopg

        try:
            self._libpq.consume_input()
            self._flush()
            self._hear()
            self._answer()
        except psycopg.Error as error:
            self._lose(error)

    def _hear(self) -> None:
        while (call := self._libpq.notifies()) is not None:
            self._on_call(call.extra.decode(errors="replace"))

    def _answer(self) -> None:
        while self._on_answer is not None and not self._libpq.is_busy():
            result = self._libpq.get_result()
            if result is not None:
                self._result = result
                continue
            answer, self._on_answer = self._on_answer, None
            answer(*self._told())

    def _told(self) -> tuple[Exception | None, Any]:
        import psycopg

        result, self._result = self._result, None
        if result is None or result.status != psycopg.pq.ExecStatus.TUPLES_OK:
            if result is None or self._libpq.status != psycopg.pq.ConnStatus.OK:
                raise psycopg.OperationalError("the connection was lost")
            return psycopg.errors.error_from_result(result), None
        told = result.get_value(0, 0)
        return None, None if told is None else json.loads(told.decode())

    def _lose(self, error: Exception) -> None:
        if not self._is_closed:
            self.close()
            self._on_lost(error)


def prepare(connection: "psycopg.Connection[Any]", *statements: str) -> None:
    """Make questions known to a connection; one with a pooler between keeps none."""
    if connection.prepare_threshold is not None:
        for statement in statements:
            connection.pgconn.prepare(_name(statement), statement.encode())


def _name(statement: str) -> bytes:
    return b"q%x" % (hash(statement) & 0xFFFFFFFFFFFFFFFF)
