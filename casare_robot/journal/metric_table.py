"""One row of figures a minute, for charts."""

from casare_robot.journal.connection import Connection


def put(connection: Connection, minute: int, data: bytes, *, oldest: int) -> None:
    """Keep the figures of a minute and forget those of before ``oldest``."""
    connection.execute("REPLACE INTO metrics VALUES (?, ?)", (minute, data))
    connection.execute("DELETE FROM metrics WHERE minute < ?", (oldest,))


def read(connection: Connection, since: int, until: int) -> list[tuple[int, bytes]]:
    """Minutes with their figures, oldest first, both ends included."""
    return connection.execute(
        "SELECT minute, data FROM metrics WHERE minute BETWEEN ? AND ? ORDER BY minute",
        (since, until),
    ).fetchall()
