"""Logs in the file; each function is part of a transaction."""

from collections.abc import Sequence
from typing import Any

from casare_robot.store.json_text import check_names, check_seconds, from_text, is_text, to_text
from casare_robot.store.records import Entry, Reading
from casare_robot.store.sqlite.worker import Transaction


def append(transaction: Transaction, stream: str, bodies: Sequence[Any]) -> int:
    """Add entries under the next numbers of their stream; the last of them."""
    check_names(stream=stream)
    ((number, newest),) = transaction.execute(
        "INSERT INTO streams (name, newest) VALUES (?, ?) "
        "ON CONFLICT (name) DO UPDATE SET newest = newest + excluded.newest RETURNING id, newest",
        (stream, len(bodies)),
    )
    for seq, body in enumerate(bodies, newest - len(bodies) + 1):
        transaction.execute(
            "INSERT INTO log VALUES (?, ?, ?, ?)", (number, seq, transaction.now, to_text(body))
        )
    transaction.rings.add(stream)
    return int(newest)


def read(transaction: Transaction, stream: str, after: int, limit: int) -> Reading:
    """See `Store.read`."""
    known: Any = (
        is_text(stream)
        and transaction.execute(
            "SELECT id, newest, (SELECT min(seq) FROM log WHERE stream = id) FROM streams "
            "WHERE name = ?",
            (stream,),
        ).fetchone()
    )
    if not known:
        return Reading(entries=(), oldest=1, newest=0)
    number, newest, oldest = known
    found = transaction.execute(
        "SELECT seq, at, body FROM log WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?",
        (number, after, limit),
    )
    return Reading(
        entries=tuple(
            Entry(stream=stream, seq=seq, at=at, body=from_text(text)) for seq, at, text in found
        ),
        oldest=newest + 1 if oldest is None else oldest,
        newest=newest,
    )


def trim(transaction: Transaction, stream: str, keep: int | None, max_age: float | None) -> int:
    """See `Store.trim`."""
    check_seconds(max_age=max_age)
    known: Any = transaction.execute(
        "SELECT id, newest FROM streams WHERE name = ?", (stream,)
    ).fetchone()
    if known is None:
        return 0
    number, newest = known
    last = 0 if keep is None else newest - keep
    if max_age is not None:
        ((young,),) = transaction.execute(
            "SELECT min(seq) FROM log WHERE stream = ? AND at >= ?",
            (number, transaction.now - max_age),
        )
        last = max(last, newest if young is None else young - 1)
    gone = transaction.execute(
        "DELETE FROM log WHERE stream = ? AND seq <= ? RETURNING 1", (number, last)
    )
    return len(gone.fetchall())
