"""A store whose work the SQL functions of resources/sql do, however they are called."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from casare_robot.store import wire
from casare_robot.store.conditions import Where
from casare_robot.store.json_text import check_names, is_text, record_text, to_text
from casare_robot.store.records import Change, Claim, Fence, Lease, Reading, Row
from casare_robot.store.store import Store
from casare_robot.store.text_search import NEWEST, words_of_query, words_of_record

MOST = 2**62
"""More than there can be; PostgreSQL's own limit is a little greater."""


class Calls(Protocol):
    """How the functions are called."""

    async def call(self, what: str, arguments: Mapping[str, Any] | str) -> Any:
        """Call a function as ``casare_robot.call`` names it; its answer.

        ``arguments`` is a JSON object, or its text.

        Raises:
            StoreError: It refused, or cannot be reached.
        """
        ...

    async def lease(self, names: Sequence[str], holder: str, ttl: float) -> Any:
        """Call ``casare_robot.lease``: token and end by name, None for those others hold."""
        ...


class FunctionStore(Store):
    """Everything of a `Store` that is a call of a function; bells and ends are its heirs'.

    Attributes:
        _space: Stands before the name of every table, stream and lease, unseen by callers.
    """

    _space = ""

    @property
    @abstractmethod
    def _calls(self) -> Calls:
        """What the functions are called with."""
        ...

    async def commit(self, *changes: Change, fence: Fence | None = None) -> tuple[int, ...]:
        """See `Store.commit`."""
        told = ",".join(wire.change_text(change, self._space) for change in changes)
        arguments = f'{{"changes":[{told}],"fence":{to_text(wire.fence_json(fence, self._space))}}}'
        return tuple(await self._calls.call("commit", arguments))

    async def get(self, table: str, key: str) -> Row | None:
        """See `Store.get`."""
        if not (is_text(table) and is_text(key)):
            return None
        told = await self._calls.call("get", {"tbl": self._space + table, "key": key})
        return None if told is None else wire.row(table, told)

    async def find(
        self,
        table: str,
        where: Where | None = None,
        *,
        order: Sequence[str] = (),
        limit: int | None = None,
        skip: int = 0,
    ) -> tuple[Row, ...]:
        """See `Store.find`."""
        told = await self._calls.call(
            "find",
            {
                "tbl": self._space + table,
                "conditions": wire.conditions(where),
                "fields": wire.ordering(order),
                "most": limit,
                "skip": skip,
            },
        )
        return tuple(wire.row(table, each) for each in told)

    async def count(self, table: str, where: Where | None = None) -> int:
        """See `Store.count`."""
        told = {"tbl": self._space + table, "conditions": wire.conditions(where)}
        return int(await self._calls.call("count", told))

    async def search(
        self,
        table: str,
        text: str,
        *,
        where: Where | None = None,
        every: bool = False,
        limit: int = 10,
    ) -> tuple[Row, ...]:
        """See `Store.search`."""
        meant = wire.conditions(where)
        words = words_of_query(text)
        if not words:
            return ()
        told = await self._calls.call(
            "search",
            {
                "tbl": self._space + table,
                "query": wire.query(words, every=every),
                "conditions": meant,
                "most": limit,
                "newest": NEWEST,
            },
        )
        return tuple(wire.row(table, each) for each in told)

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
        """See `Store.claim_many`; in one statement."""
        check_names(holder=holder)
        fields = fields or {}
        told = to_text(
            {
                "tbl": self._space + table,
                "holder": holder,
                "ttl": ttl,
                "conditions": wire.conditions(where),
                "fields": wire.ordering(order),
                "words": wire.vector(words_of_record(fields)),
                "most": most,
                "fence": wire.fence_json(fence, self._space),
            }
        )
        claims = await self._calls.call("claim", f'{told[:-1]},"record":{record_text(fields)}}}')
        return tuple(wire.claim(table, each, self._space) for each in claims)

    async def read(self, stream: str, *, after: int = 0, limit: int = 1000) -> Reading:
        """See `Store.read`."""
        if not is_text(stream):
            return wire.reading(stream, None)
        told = {"stream": self._space + stream, "after": after, "most": min(limit, MOST)}
        return wire.reading(stream, await self._calls.call("read", told))

    async def trim(
        self, stream: str, *, keep: int | None = None, max_age: float | None = None
    ) -> int:
        """See `Store.trim`."""
        told = {"stream": self._space + stream, "keep": keep, "max_age": max_age}
        return int(await self._calls.call("trim", told))

    async def lease_many(
        self, names: Sequence[str], holder: str, *, ttl: float
    ) -> tuple[Lease | None, ...]:
        """See `Store.lease_many`; in one statement."""
        check_names(holder=holder)
        for name in names:
            check_names(lease=name)
        if not names:
            return ()
        asked = [self._space + name for name in names]
        told = await self._calls.lease(asked, holder, ttl)
        return tuple(
            None if each is None else wire.given(name, holder, ttl, each)
            for name, each in zip(names, map(told.get, asked), strict=True)
        )

    async def held(self, *names: str) -> dict[str, Lease]:
        """See `Store.held`."""
        asked = [self._space + name for name in names if is_text(name)]
        told = await self._calls.call("held", {"names": asked})
        leases = (wire.lease(each, self._space) for each in told)
        found = {lease.name: lease for lease in leases}
        return {name: found[name] for name in names if name in found}

    async def stats(self) -> dict[str, int]:
        """See `Store.stats`."""
        return dict(await self._calls.call("stats", {}))
