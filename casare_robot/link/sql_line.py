"""Carries statements to PostgreSQL and their rows back, one after the other."""

import asyncio
from typing import Any

import msgspec

from casare_robot.domain.errors import StoreError, StoreUnavailableError
from casare_robot.link.exchange import SqlAnswer, SqlQuestion, frame, parted
from casare_robot.link.session import LineError
from casare_robot.store.postgres.connecting import as_store_error, check_installed, connect

NO_STATE = "XX000"
"""The state of an error that the database has given none."""

_encode = msgspec.json.Encoder(enc_hook=str).encode


class SqlLine:
    """A `Transport` whose frames are statements and their rows.

    Args:
        connection: Open; every statement is a transaction of its own.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._answers: asyncio.Queue[bytes | LineError] = asyncio.Queue()
        self._asking: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()
        self._closing: asyncio.Task[None] | None = None

    async def send(self, frame: bytes) -> None:
        """Ask when it is this frame's turn; the answer is received."""
        task = asyncio.create_task(self._ask(frame), name="link statement")
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def receive(self) -> bytes:
        """The next answer.

        Raises:
            LineError: The database cannot be reached any more.
        """
        answer = await self._answers.get()
        if isinstance(answer, LineError):
            raise answer
        return answer

    async def close(self, reason: str) -> None:
        """Wait for what is under way, and disconnect."""
        if self._asking:
            await asyncio.wait(self._asking)
        await asyncio.to_thread(self._connection.close)

    def abort(self) -> None:
        """Disconnect as soon as what is under way allows."""
        self._answers.put_nowait(LineError("the line was dropped"))
        if self._closing is None:
            self._closing = asyncio.create_task(self.close(""), name="link close")

    async def _ask(self, question: bytes) -> None:
        async with self._turn:
            try:
                self._answers.put_nowait(await asyncio.to_thread(self._carried_out, question))
            except LineError as error:
                self._answers.put_nowait(error)

    def _carried_out(self, question: bytes) -> bytes:
        told = msgspec.json.decode(parted(question)[0], type=SqlQuestion)
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(told.statement, dict(told.values))
                rows = [] if cursor.description is None else _objects(cursor)
        except Exception as error:
            mended = as_store_error(error)
            if isinstance(mended, StoreUnavailableError) or self._connection.closed:
                raise LineError(str(mended)) from error
            state = getattr(error, "sqlstate", None) or NO_STATE
            return frame(SqlAnswer(told.n, state, str(mended)[:1000]))
        return frame(SqlAnswer(told.n), _encode(rows))


async def open_sql(url: str) -> SqlLine:
    """A line to a database.

    Raises:
        LineError: It cannot be reached, or the address is none.
    """
    try:
        check_installed()
        return SqlLine(await asyncio.to_thread(connect, url))
    except StoreUnavailableError as error:
        raise LineError(str(error).replace("the store", "the database", 1)) from error
    except StoreError as error:
        raise LineError(str(error), is_refusal=True) from error


def _objects(cursor: Any) -> list[dict[str, Any]]:
    names = [column.name for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
