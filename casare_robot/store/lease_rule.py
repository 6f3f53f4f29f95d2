"""Who gets a lease. Pure.

Source: groups, 4.4 rule 1.
"""

from enum import Enum, auto

from casare_robot.store.records import Lease

FORGOTTEN_AFTER = 86_400.0
"""Seconds after its end at which a lease may be forgotten: tokens come from the
one counter of the store, so that the next is greater all the same."""


class Verdict(Enum):
    """What becomes of a request for a lease."""

    TAKE = auto()
    """It is free: a new holder, a new token."""
    RENEW = auto()
    """It is the caller's already: a new end, the same token."""
    WAIT = auto()
    """Somebody else has it."""
    SHORTEN = auto()
    """Somebody else has it for longer than was ever asked for: the clock was set
    back since. It ends when it would have if it had been renewed now."""


def decide(held: Lease | None, holder: str, *, now: float) -> Verdict:
    """What to do with a request for a lease.

    Args:
        held: The lease as it was last given, run out or not; None if it never was.
        holder: Who asks.
        now: Seconds of the store's clock, read after the lease was locked.
    """
    if held is None or not is_in_force(held, now=now):
        return Verdict.TAKE
    if held.holder == holder:
        return Verdict.RENEW
    return Verdict.SHORTEN if held.expires > now + held.ttl else Verdict.WAIT


def is_in_force(held: Lease | None, *, now: float) -> bool:
    """Whether a lease is held at this moment."""
    return held is not None and now < held.expires
