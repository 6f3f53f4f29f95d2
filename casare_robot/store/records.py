"""What a store keeps and hands out, and the changes it can make. Pure."""

from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec

from casare_robot.store.conditions import Where


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A JSON record under a key.

    ``version`` grows with every change and is never given twice in a store, not
    even to a row that was dropped and put again. ``expires`` is the second of
    the store's clock from which on the row is gone; None: never.
    """

    table: str
    key: str
    version: int
    record: Mapping[str, Any]
    expires: float | None = None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a log; ``at`` is in seconds of the store's clock."""

    stream: str
    seq: int
    at: float
    body: Any


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """Some entries of a log, in order.

    ``newest`` is the last number given, 0 before the first. ``oldest`` is the
    first that is still kept, ``newest + 1`` if none is: a reader whose cursor
    is below ``oldest - 1`` has missed what was trimmed.
    """

    entries: tuple[Entry, ...]
    oldest: int
    newest: int


class Fence(msgspec.Struct, frozen=True, kw_only=True):
    """In whose name a write is done: a lease and the token it was given with."""

    name: str
    token: int


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """A name held by one holder until ``expires``.

    Renewing keeps the ``token``; a change of hands, or taking it again after it
    ran out, gives a greater one than ever before. ``ttl`` is in seconds,
    ``expires`` in seconds of the store's clock.
    """

    name: str
    holder: str
    token: int
    ttl: float
    expires: float

    @property
    def fence(self) -> Fence:
        """What a write in the name of this lease carries."""
        return Fence(name=self.name, token=self.token)


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A row that was taken, as it is now, and the lease that came with it."""

    row: Row
    lease: Lease


class Put(msgspec.Struct, frozen=True, kw_only=True):
    """Keep a record, whole. Result: the row's new version.

    Args:
        table: One kind of thing, in the singular (``job``, ``robot``).
        key: Unique in its table.
        record: Any JSON object.
        version: Put only if the row has this version; 0: only if there is none;
            None: in any case.
        ttl: Seconds until the row is gone; None: it stays.
    """

    table: str
    key: str
    record: Mapping[str, Any]
    version: int | None = None
    ttl: float | None = None


class Patch(msgspec.Struct, frozen=True, kw_only=True):
    """Replace some fields of a row that exists, and keep the others.

    Result: the row's new version. ``version`` as in `Put`, but never 0; ``ttl`` None:
    it ends when it would have.
    """

    table: str
    key: str
    fields: Mapping[str, Any]
    version: int | None = None
    ttl: float | None = None


class Drop(msgspec.Struct, frozen=True, kw_only=True):
    """Remove a row. Result: 1, or 0 if there was none and no ``version`` was asked for."""

    table: str
    key: str
    version: int | None = None


class Append(msgspec.Struct, frozen=True, kw_only=True):
    """Add to a log; any JSON values. Result: the number of the last one."""

    stream: str
    bodies: tuple[Any, ...]


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """Refuse the whole commit if more rows than ``most`` match at this point.

    Result: how many do.
    """

    table: str
    most: int
    where: Where = msgspec.field(default_factory=dict)


Change: TypeAlias = Put | Patch | Drop | Append | Limit
