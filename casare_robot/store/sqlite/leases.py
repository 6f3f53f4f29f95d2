"""Leases in the file; each function is part of a transaction."""

from collections.abc import Sequence
from typing import Any

import msgspec

from casare_robot.domain.errors import StaleLeaseError
from casare_robot.store.json_text import is_text, to_text
from casare_robot.store.lease_rule import FORGOTTEN_AFTER, Verdict, decide, is_in_force
from casare_robot.store.records import Fence, Lease
from casare_robot.store.sqlite.worker import Transaction


def take_many(
    transaction: Transaction, names: Sequence[str], holder: str, ttl: float
) -> tuple[Lease | None, ...]:
    """See `Store.lease_many`; those that are held already, as nearly always, in one statement."""
    now = transaction.now
    found = transaction.execute(
        "UPDATE leases SET ttl = ?, expires = ? WHERE holder = ? AND expires > ? "
        "AND name IN (SELECT value FROM json_each(?)) RETURNING name, token",
        (ttl, now + ttl, holder, now, to_text(list(names))),
    )
    renewed = {
        name: Lease(name=name, holder=holder, token=token, ttl=ttl, expires=now + ttl)
        for name, token in found
    }
    return tuple(renewed.get(name) or _take(transaction, name, holder, ttl) for name in names)


def _take(transaction: Transaction, name: str, holder: str, ttl: float) -> Lease | None:
    held, now = _known(transaction, name), transaction.now
    match decide(held, holder, now=now):
        case Verdict.TAKE:
            return give(transaction, name, holder, ttl)
        case Verdict.RENEW if held is not None:
            renewed = msgspec.structs.replace(held, ttl=ttl, expires=now + ttl)
            transaction.execute(
                "UPDATE leases SET ttl = ?, expires = ? WHERE name = ?",
                (ttl, renewed.expires, name),
            )
            return renewed
        case Verdict.SHORTEN if held is not None:
            _end(transaction, name, now + held.ttl)
    return None


def give(transaction: Transaction, name: str, holder: str, ttl: float) -> Lease:
    """Let a holder have a lease that is free, with a token greater than any before."""
    now = transaction.now
    transaction.execute("DELETE FROM leases WHERE expires < ?", (now - FORGOTTEN_AFTER,))
    lease = Lease(
        name=name, holder=holder, token=transaction.next_number(), ttl=ttl, expires=now + ttl
    )
    transaction.execute(
        "INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?, ?)", msgspec.structs.astuple(lease)
    )
    return lease


def release(transaction: Transaction, fence: Fence) -> bool:
    """See `Store.unlease`."""
    held = _known(transaction, fence.name)
    if held is None or held.token != fence.token or not is_in_force(held, now=transaction.now):
        return False
    _end(transaction, fence.name, transaction.now)
    transaction.rings.add(f"lease:{fence.name}")
    return True


def check(transaction: Transaction, fence: Fence | None) -> None:
    """Refuse whoever lost the lease.

    Raises:
        StaleLeaseError: The fence does not hold.
    """
    if fence is None:
        return
    held = _known(transaction, fence.name)
    if held is None or held.token != fence.token or not is_in_force(held, now=transaction.now):
        current = 0 if held is None else held.token
        raise StaleLeaseError(fence.name, token=fence.token, current=current)


def in_force(transaction: Transaction, names: Sequence[str]) -> dict[str, Lease]:
    """See `Store.held`."""
    known = ((name, _known(transaction, name)) for name in names if is_text(name))
    return {name: held for name, held in known if held and is_in_force(held, now=transaction.now)}


def _known(transaction: Transaction, name: str) -> Lease | None:
    row: Any = transaction.execute(
        "SELECT name, holder, token, ttl, expires FROM leases WHERE name = ?", (name,)
    ).fetchone()
    return None if row is None else _lease(row)


def _lease(row: Sequence[Any]) -> Lease:
    name, holder, token, ttl, expires = row
    return Lease(name=name, holder=holder, token=token, ttl=ttl, expires=expires)


def _end(transaction: Transaction, name: str, expires: float) -> None:
    transaction.execute("UPDATE leases SET expires = ? WHERE name = ?", (expires, name))
