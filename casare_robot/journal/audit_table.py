"""The rows of the audit chain and its heads; what they mean is known to observability."""

from collections.abc import Sequence
from typing import NamedTuple

from casare_robot.journal.connection import Connection


class AuditRow(NamedTuple):
    """One link of the chain, as it was read."""

    seq: int
    body: bytes
    hash: bytes


class HeadRow(NamedTuple):
    """One signed head, as it was read."""

    seq: int
    head: bytes


def last(connection: Connection) -> AuditRow | None:
    """The newest link."""
    row = connection.execute(
        "SELECT seq, body, hash FROM audit ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    return None if row is None else AuditRow(*row)


def last_head(connection: Connection) -> HeadRow | None:
    """The newest head."""
    row = connection.execute(
        "SELECT seq, head FROM audit_heads ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    return None if row is None else HeadRow(*row)


def add(connection: Connection, rows: Sequence[AuditRow], heads: Sequence[HeadRow]) -> None:
    """Put links and heads at the end."""
    connection.executemany("INSERT INTO audit VALUES (?, ?, ?)", rows)
    connection.executemany("INSERT INTO audit_heads VALUES (?, ?)", heads)


def rows_after(connection: Connection, seq: int, limit: int) -> list[AuditRow]:
    """The links that follow, oldest first."""
    found = connection.execute(
        "SELECT seq, body, hash FROM audit WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit)
    ).fetchall()
    return [AuditRow(*row) for row in found]


def heads_after(connection: Connection, seq: int, limit: int) -> list[HeadRow]:
    """The heads that follow, oldest first."""
    found = connection.execute(
        "SELECT seq, head FROM audit_heads WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit)
    ).fetchall()
    return [HeadRow(*row) for row in found]


def cut(connection: Connection, upto: int) -> None:
    """Forget links up to and including one, and the heads before it."""
    connection.execute("DELETE FROM audit WHERE seq <= ?", (upto,))
    connection.execute("DELETE FROM audit_heads WHERE seq < ?", (upto,))
