"""Connections to PostgreSQL, and its errors as the robot's own."""

import asyncio
import importlib.util
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from casare_robot.domain.errors import StoreError, StoreUnavailableError
from casare_robot.store import wire

if TYPE_CHECKING:
    import psycopg

PATIENCE = 5
"""Seconds to wait for a connection."""
LONGEST_LOCK = "10s"
"""To wait for a row that others hold; they do so for milliseconds."""

KEEP_ALIVE: dict[str, str | int] = {
    "client_encoding": "utf8",
    "connect_timeout": PATIENCE,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


def check_installed() -> None:
    """Make sure that the driver is there.

    Raises:
        StoreError: Says how to install it.
    """
    if importlib.util.find_spec("psycopg") is None:
        raise StoreError(
            "a store in PostgreSQL needs psycopg; "
            "install it with: pip install 'casare-robot[postgres]'"
        )


def connect(url: str) -> "psycopg.Connection[Any]":
    """Open a connection on which every statement is a transaction of its own.

    Raises:
        StoreError: It cannot be; the address is not told.
    """
    import psycopg
    import psycopg.conninfo

    try:
        told = psycopg.conninfo.make_conninfo(url, **KEEP_ALIVE)
        connection = psycopg.connect(told, autocommit=True)
    except psycopg.ProgrammingError as error:
        raise StoreError("this is no address of a PostgreSQL database") from error
    except psycopg.Error as error:
        raise as_store_error(error) from error
    if is_direct(connection):
        connection.prepare_threshold = 1
        connection.execute(f"SET lock_timeout = '{LONGEST_LOCK}'")
    else:
        connection.prepare_threshold = None
    return connection


async def opened(
    how: "Callable[[], psycopg.Connection[Any]]",
) -> "psycopg.Connection[Any]":
    """Open a connection in a thread; one that comes after its caller was cancelled is closed.

    Raises:
        StoreError: It cannot be.
    """
    opening = asyncio.get_running_loop().run_in_executor(None, how)
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_close)
        raise
    except Exception as error:
        mended = as_store_error(error)
        if mended is error:
            raise
        raise mended from error


def _close(opening: "asyncio.Future[psycopg.Connection[Any]]") -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()


def is_direct(connection: "psycopg.Connection[Any]") -> bool:
    """Whether no pooler is between: the server's process is the one that answered at first."""
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    return row is not None and row[0] == connection.info.backend_pid


def is_alive(connection: "psycopg.Connection[Any] | None") -> bool:
    """Whether the other side has not ended it; asks nobody."""
    import psycopg

    if connection is None or connection.closed:
        return False
    try:
        connection.pgconn.consume_input()
    except psycopg.OperationalError:
        return False
    return bool(connection.pgconn.status == psycopg.pq.ConnStatus.OK)


def as_store_error(error: Exception) -> Exception:
    """The robot's own error for one of PostgreSQL's; any other as it is."""
    import psycopg

    if not isinstance(error, psycopg.Error):
        return error
    code = error.sqlstate or ""
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) or code[:2] == "57":
        mended: StoreError = StoreUnavailableError(
            f"the store cannot be reached: {str(error).splitlines()[0]}"
        )
    else:
        mended = wire.refusal(code, error.diag.message_primary or "", error.diag.message_detail)
    mended.__cause__ = error
    return mended
