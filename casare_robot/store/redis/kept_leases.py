"""Leases as the scripts tell them. Pure."""

from collections.abc import Iterable, Sequence

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


def given(names: Iterable[str], holder: str, ttl: float, told: bytes) -> dict[str, Lease | None]:
    """Leases that were asked for, as they are told together; None for those others have."""
    end, *tokens = told.split()
    expires = float(end)
    return {
        name: Lease(name=name, holder=holder, token=token, ttl=ttl, expires=expires)
        if token
        else None
        for name, token in zip(names, map(int, tokens), strict=True)
    }
