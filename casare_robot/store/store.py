"""The interface of everything that robots share."""

import asyncio
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol, Self

import msgspec

from casare_robot.domain.errors import StoreError, StoreUnavailableError
from casare_robot.store.conditions import Where
from casare_robot.store.doorbell import Doorbell
from casare_robot.store.records import (
    Append,
    Change,
    Claim,
    Drop,
    Fence,
    Lease,
    Patch,
    Put,
    Reading,
    Row,
)

QUICK_FIELDS = ("status", "group", "robot")
"""Top fields by whose equality rows are found quickly, in the order of ``-priority``
with ``status``; by any other field it takes as long as the table has rows."""


class StoreHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How a store is: seconds that a write lock took, and what people should know."""

    latency: float
    warnings: tuple[str, ...] = ()


class Store(Protocol):
    """Rows with versions, gapless logs, and leases with fencing tokens.

    Opened by `open_store`, used by the one event loop that opened it, by any
    number of tasks. Every change is durable when its call returns. All times
    are seconds of the store's own clock; a robot's clock decides nothing.

    A cancelled call has been carried out as a whole or not at all; nothing is
    ever half done. Any call may raise `StoreUnavailableError`, after which the
    same is true, and `InvalidRecordError` for names and values it cannot keep.

    ``lease_ttl`` and ``lease_renewal``: seconds that a lease lasts, and after which it
    is renewed, where nobody says otherwise.

    Whatever takes a ``fence`` is refused with `StaleLeaseError`, in the same
    transaction, if that lease ran out or was given to anybody since.
    """

    lease_ttl: float = 5.0
    lease_renewal: float = 2.0

    @property
    def poll(self) -> float:
        """Seconds from one look to the next of those who are called when there is news."""
        return 1.0

    @abstractmethod
    async def commit(self, *changes: Change, fence: Fence | None = None) -> tuple[int, ...]:
        """Make all these changes, in this order, or none.

        Returns:
            The result of each, as its own docstring says.

        Raises:
            ConflictError: A row has another version than was asked for.
            NotFoundError: A row to patch is not there.
            LimitReachedError: A `Limit` does not hold.
            StaleLeaseError: The fence does not hold.
        """
        ...

    async def put(
        self,
        table: str,
        key: str,
        record: Mapping[str, Any],
        *,
        version: int | None = None,
        ttl: float | None = None,
        fence: Fence | None = None,
    ) -> int:
        """Keep a record; the one change of a `commit`. See `Put`."""
        change = Put(table=table, key=key, record=record, version=version, ttl=ttl)
        return (await self.commit(change, fence=fence))[0]

    async def patch(
        self,
        table: str,
        key: str,
        fields: Mapping[str, Any],
        *,
        version: int | None = None,
        ttl: float | None = None,
        fence: Fence | None = None,
    ) -> int:
        """Replace some fields of a row; the one change of a `commit`. See `Patch`."""
        change = Patch(table=table, key=key, fields=fields, version=version, ttl=ttl)
        return (await self.commit(change, fence=fence))[0]

    async def drop(
        self, table: str, key: str, *, version: int | None = None, fence: Fence | None = None
    ) -> bool:
        """Remove a row; whether there was one. See `Drop`."""
        change = Drop(table=table, key=key, version=version)
        return bool((await self.commit(change, fence=fence))[0])

    async def append(self, stream: str, *bodies: Any, fence: Fence | None = None) -> int:
        """Add to a log; the number of the last entry. See `Append`.

        The numbers of a log are 1, 2, 3 and so on, in the order in which they
        become visible: who has read up to a number has missed nothing below it.
        """
        return (await self.commit(Append(stream=stream, bodies=bodies), fence=fence))[0]

    @abstractmethod
    async def get(self, table: str, key: str) -> Row | None:
        """One row; None if there is none, or it has expired."""
        ...

    @abstractmethod
    async def find(
        self,
        table: str,
        where: Where | None = None,
        *,
        order: Sequence[str] = (),
        limit: int | None = None,
        skip: int = 0,
    ) -> tuple[Row, ...]:
        """Rows that meet all conditions.

        Args:
            table: Where to look.
            where: Field to condition; see `store.conditions`.
            order: Fields to sort by, ``-`` before one for the greatest first;
                equals, or without any, in the order in which they were first put.
            limit: At most so many.
            skip: Leave out so many at the beginning.
        """
        ...

    @abstractmethod
    async def count(self, table: str, where: Where | None = None) -> int:
        """How many rows meet all conditions."""
        ...

    @abstractmethod
    async def search(
        self,
        table: str,
        text: str,
        *,
        where: Where | None = None,
        every: bool = False,
        limit: int = 10,
    ) -> tuple[Row, ...]:
        """Rows whose ``content`` has these words, those that say most about them first.

        Of more than `NEWEST` rows that match, only the newest so many (by when
        they were first put) are ranked: it takes no longer for common words. Of
        rows that say equally much the newest is first. See `text_search.best`;
        PostgreSQL has a ranking of its own.

        Args:
            table: Where to look.
            text: Any text; its words count, in any order. None: nothing is found.
            where: Conditions that rows must meet too.
            every: Every word must be there, not only one of them.
            limit: At most so many.
        """
        ...

    async def claim(
        self,
        table: str,
        *,
        holder: str,
        ttl: float,
        where: Where | None = None,
        order: Sequence[str] = (),
        fields: Mapping[str, Any] | None = None,
        fence: Fence | None = None,
    ) -> Claim | None:
        """Take the first row that matches and that nobody has; the one of a `claim_many`."""
        claims = await self.claim_many(
            table,
            most=1,
            holder=holder,
            ttl=ttl,
            where=where,
            order=order,
            fields=fields,
            fence=fence,
        )
        return claims[0] if claims else None

    @abstractmethod
    async def claim_many(
        self,
        table: str,
        *,
        most: int,
        holder: str,
        ttl: float,
        where: Where | None = None,
        order: Sequence[str] = (),
        fields: Mapping[str, Any] | None = None,
        fence: Fence | None = None,
    ) -> tuple[Claim, ...]:
        """Take the first rows, up to so many, that match and that nobody has.

        Each row gets these ``fields``, and the caller its lease ``TABLE:KEY`` for
        ``ttl`` seconds, in one transaction; all together may be several. A row
        whose lease is in force, the caller's own included, is passed over. Of
        many who claim at once each gets different rows.

        Raises:
            StaleLeaseError: The fence does not hold.
        """
        ...

    @abstractmethod
    async def read(self, stream: str, *, after: int = 0, limit: int = 1000) -> Reading:
        """Entries with numbers greater than ``after``, oldest first, at most ``limit``.

        The cursor is the reader's: it asks with the last number it has dealt
        with. Kept as a row and committed with the effects, each is dealt with
        exactly once.
        """
        ...

    @abstractmethod
    async def trim(
        self, stream: str, *, keep: int | None = None, max_age: float | None = None
    ) -> int:
        """Forget old entries; how many. Numbers go on where they were.

        Args:
            stream: The log.
            keep: The newest so many stay.
            max_age: Those older than so many seconds go.
        """
        ...

    @abstractmethod
    def watch(self, *streams: str) -> Doorbell:
        """A bell that rings when there may be something new, for ``async with``.

        Appending to a stream rings its name, giving a lease back rings
        ``lease:NAME``. It says only "look"; see `Doorbell`.
        """
        ...

    async def lease(self, name: str, holder: str, *, ttl: float) -> Lease | None:
        """Take a lease that is free, or renew one's own; None if somebody else has it.

        Never waits. Renewing keeps the token. `HeldLease` does this for as long
        as the lease is needed, and knows how long it may be trusted.

        Args:
            name: What is leased, such as ``job:4711``.
            holder: Who asks: unique for each start of a process, or two would share it.
            ttl: Seconds from now.
        """
        return (await self.lease_many([name], holder, ttl=ttl))[0]

    @abstractmethod
    async def lease_many(
        self, names: Sequence[str], holder: str, *, ttl: float
    ) -> tuple[Lease | None, ...]:
        """Take or renew several leases, each as `lease` does; hardly slower than one."""
        ...

    async def succeed(self, name: str, holder: str, *, ttl: float) -> Lease:
        """Wait until a lease can be taken, and take it; for leadership. Cancelled, it holds none.

        A store that sees a process die gives its lease to the next who waits here
        at once, though it has not run out. That is safe where whatever is done in
        the lease's name is a fenced write, as all that a leader does; never for
        work on the world outside.

        Args:
            name: What is led, such as ``fleet``.
            holder: Who asks: unique for each start of a process.
            ttl: Seconds from when it is taken.
        """
        async with self.watch(f"lease:{name}") as bell:
            async for _ in bell:
                asking = asyncio.ensure_future(self.lease(name, holder, ttl=ttl))
                try:
                    lease = await asyncio.shield(asking)
                except asyncio.CancelledError:
                    with suppress(StoreError):  # it may have been given meanwhile
                        lease = await asking
                        if lease is not None:
                            await self.unlease(lease.fence)
                    raise
                if lease is not None:
                    return lease
        raise StoreUnavailableError("the store is closed")

    @abstractmethod
    async def unlease(self, fence: Fence) -> bool:
        """Give a lease back; False, and nothing happens, if it is not held with this token."""
        ...

    @abstractmethod
    async def held(self, *names: str) -> dict[str, Lease]:
        """Those of these leases that are in force, by name."""
        ...

    @abstractmethod
    async def health(self) -> StoreHealth:
        """Try whether it can be written.

        Raises:
            StoreUnavailableError: It cannot.
        """
        ...

    @abstractmethod
    async def stats(self) -> dict[str, int]:
        """Counts: ``rows``, ``entries``, ``streams``, ``leases`` (in force), ``bytes``."""
        ...

    @abstractmethod
    async def close(self) -> None:
        """Finish what was begun and let go; doing so twice is fine.

        Leases are not given back: they run out, unless their holders did so.
        """
        ...

    async def __aenter__(self) -> Self:
        """Itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        await self.close()
