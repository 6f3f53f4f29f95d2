"""Leases as the scripts tell them. Pure."""

from collections.abc import Sequence

from casare_robot.store.records import Lease


def lease(told: Sequence[bytes]) -> Lease:
    """A lease that is told whole."""
    name, holder, token, ttl, expires = told
    return Lease(
        name=name.decode(),
        holder=holder.decode(),
        token=int(token),
        ttl=float(ttl),
        expires=float(expires),
    )


def given(name: str, holder: str, ttl: float, told: str) -> Lease | None:
    """A lease that was asked for, told as ``token:end``; None if somebody else has it."""
    if not told:
        return None
    token, _, expires = told.partition(":")
    return Lease(name=name, holder=holder, token=int(token), ttl=ttl, expires=float(expires))
