"""What the robots of a group know together."""

import hashlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from casare_robot.domain.errors import NotFoundError
from casare_robot.groups import contributions, ranking
from casare_robot.groups.budget import assembled, evictions
from casare_robot.groups.contributions import handed_over, remembered, shares_of
from casare_robot.groups.embedding import cosine, estimate_tokens, hashed_trigrams
from casare_robot.groups.event_text import stream_of
from casare_robot.groups.memory_input import (
    check_content,
    check_limit,
    check_metadata,
    check_tags,
    with_ancestors,
)
from casare_robot.groups.memory_rows import (
    HIDDEN,
    KNOWN,
    TABLE,
    node_of,
    patch_of,
)
from casare_robot.groups.memory_search import Filters, MemorySearch
from casare_robot.groups.memory_vectors import Embedder, MemoryVectors
from casare_robot.groups.records import Node
from casare_robot.groups.search_words import stems
from casare_robot.groups.timeframe import Range, cut_out, ranges_of
from casare_robot.groups.words import invalid, one_of
from casare_robot.groups.working_cache import WorkingCache
from casare_robot.groups.working_set import WorkingSet
from casare_robot.resilience.circuit_breaker import CircuitBreaker
from casare_robot.store.conditions import Below, Where
from casare_robot.store.records import Change, Fence, Patch
from casare_robot.store.store import Store

log = logging.getLogger(__name__)

TokenCounter = Callable[[str], int]

SCOPES = ("group", "fleet")
STRATEGIES = ("fulltext", "vector", "hybrid")
PAGE = 1000
CONTEXTS = ("recent", "frequent", "balanced")


class Memory:
    """The memories of one group: long-term ones, and those in the working memory.

    ``sum of tokens of working memories <= max_tokens`` holds in every commit:
    each goes through one row, the group's budget, that is changed by
    compare-and-set. Every change is told in the group's log by the same commit.

    Args:
        store: Where they are.
        group: Whose.
        max_tokens: The budget of the working memory.
        clock: Seconds, the store's.
        count: Counts the tokens of a text; a local estimate by default.
        embedder: Makes vectors of texts; hashed trigrams by default.
        fence: In whose name writes are done; asked for each one.
    """

    def __init__(
        self,
        store: Store,
        group: str,
        *,
        max_tokens: int = 4000,
        clock: Callable[[], float] = time.time,
        count: TokenCounter = estimate_tokens,
        embedder: Embedder = hashed_trigrams,
        fence: Callable[[], Fence | None] = lambda: None,
    ) -> None:
        self.group = group
        self.max_tokens = max_tokens
        self._store = store
        self._clock = clock
        self._count = count
        self._cache = WorkingCache(store, group)
        self._search = MemorySearch(store, group)
        self._set = WorkingSet(store, group, max_tokens=max_tokens, clock=clock, fence=fence)
        self._synced = {"nodes_synced": 0, "evictions_synced": 0, "notifications_received": 0}
        self._vectors = MemoryVectors(store, group, self._set, embedder=embedder, clock=clock)

    @property
    def circuit(self) -> CircuitBreaker:
        """What keeps a failing embedder from being asked all the time."""
        return self._vectors.circuit

    def count_tokens(self, text: str) -> int:
        """How many tokens a text has.

        Raises:
            InvalidRecordError: The counter cannot tell.
        """
        try:
            return int(self._count(text))
        except Exception as error:
            raise invalid("content", f"its tokens cannot be counted: {error}") from error

    async def remember(
        self,
        content: str,
        *,
        originator: str,
        tags: Iterable[str] = (),
        metadata: Mapping[str, Any] | None = None,
        pinned: bool = False,
    ) -> str:
        """Keep a text for all robots of the group; its id, the same for the same text.

        What does not fit into the working memory makes room; a text that is
        larger than the whole of it is kept in long-term memory only.

        Raises:
            InvalidRecordError: The content is empty or too large, or tags or
                metadata cannot be kept.
        """
        text = check_content(content)
        known_tags = with_ancestors(check_tags(tags))
        known_metadata = check_metadata(metadata)
        digest = hashlib.sha256(text.encode()).hexdigest()
        node_id = hashlib.sha256(f"{self.group}\0{digest}".encode()).hexdigest()[:32]
        tokens = self.count_tokens(text)
        fresh = Node(
            id=node_id, group=self.group, content=text, hash=digest, tokens=tokens,
            tags=known_tags, metadata=known_metadata, pinned=pinned, created_by=originator,
        )  # fmt: skip

        async def change() -> tuple[str, list[Change]]:
            row = await self._store.get(TABLE, node_id)
            now = self._clock()
            before = node_of(row) if row else None
            node = remembered(before, fresh, originator, now)
            counted = before.tokens if before and before.working else 0
            changes = await self._set.enter([node], counted=counted, now=now, robot=originator)
            if node.embedding is None:
                changes.append(self._vectors.wanted(node_id))
            changes.append(Patch(table="group_robot", key=originator, fields={"last_active": now}))
            return node_id, changes

        await self._set.ensure_robot(originator)
        await self._set.commit(change)
        return node_id

    async def recall(
        self,
        query: str,
        *,
        limit: int = 20,
        strategy: str = "fulltext",
        timeframe: Any = None,
        with_relevance: bool = False,
        query_tags: Iterable[str] = (),
        metadata: Mapping[str, Any] | None = None,
        raw: bool = True,
        scope: str = "group",
        robot: str = "",
    ) -> list[Any]:
        """Memories that answer a query, the best first; they enter the working memory.

        Args:
            query: Words.
            limit: At most so many, 1 to 1000.
            strategy: ``fulltext``, ``vector`` or ``hybrid``.
            timeframe: Only memories of this time; see `timeframe.ranges_of`.
                ``auto`` takes it out of the query.
            with_relevance: Each with ``relevance``, 0 to 10.
            query_tags: Only memories with one of these tags.
            metadata: Only memories whose metadata contains this.
            raw: False gives the texts alone.
            scope: ``group``, or ``fleet`` for what all groups know.
            robot: Who asks.

        Raises:
            InvalidRecordError: Strategy, limit, timeframe or tags are wrong.
        """
        how = one_of("strategy", str(strategy).lstrip(":"), STRATEGIES)
        most = check_limit(limit)
        frame, query = self._frame(timeframe, query)
        filters = Filters(
            ranges=frame, tags=check_tags(query_tags), metadata=check_metadata(metadata)
        )
        is_own = one_of("scope", scope, SCOPES) == "group"
        search = self._search if is_own else MemorySearch(self._store, None)
        found = await self._found(search, query, most, how, filters)
        vector = await self._vectors.of(query) if with_relevance else None
        if is_own:
            await self._set.mark([node for node, _ in found], robot)
        now = self._clock()
        results: list[Any] = []
        for node, score in found:
            if not raw:
                results.append(node.content)
                continue
            shown = msgspec.to_builtins(node) | {"score": score}
            if vector is not None:
                meaning = cosine(vector, node.embedding or hashed_trigrams(node.content))
                tag = ranking.tag_score(node.tags, set(stems(query)), set(filters.tags))
                shown["relevance"] = ranking.relevance(node, meaning, tag, now)
            results.append(shown)
        return results

    async def contents(self) -> tuple[Node, ...]:
        """The working memory, newest first."""
        await self._cache.refresh()
        return tuple(
            sorted(self._cache.nodes.values(), key=lambda n: (-n.last_remembered_at, n.id))
        )

    async def usage(self) -> dict[str, int]:
        """``nodes`` and ``tokens`` of the working memory, and ``max_tokens``."""
        working = await self.contents()
        tokens = sum(node.tokens for node in working)
        return {"nodes": len(working), "tokens": tokens, "max_tokens": self.max_tokens}

    async def context(self, *, strategy: str = "balanced", max_tokens: int | None = None) -> str:
        """The working memory as one text, a blank line between two memories."""
        how = one_of("strategy", strategy, CONTEXTS)
        most = self.max_tokens if max_tokens is None else max_tokens
        chosen = assembled(await self.contents(), strategy=how, most=most, now=self._clock())
        return "\n\n".join(node.content for node in chosen)

    async def forget(self, node_id: str, *, permanent: bool = False, confirm: bool = False) -> None:
        """Hide a memory; for good only if that is confirmed.

        Raises:
            InvalidRecordError: For good, and not confirmed.
            NotFoundError: There is no such memory.
        """
        if permanent and not confirm:
            raise invalid("confirm", "forgetting for good must be confirmed")
        await self._set.release(
            [node_id], "memory:removed", delete=True, permanent=permanent, is_named=True
        )

    async def forget_content(self, part: str) -> list[str]:
        """Hide all memories whose text has this in it; their ids."""
        ids = [n.id async for page in self._pages() for n in page if part in n.content]
        if ids:
            await self._set.release(ids, "memory:removed", delete=True)
        return ids

    async def restore(self, node_id: str, *, robot: str = "") -> None:
        """Bring a hidden memory back, also into the working memory."""

        async def change() -> tuple[None, list[Change]]:
            row = await self._store.get(TABLE, node_id)
            if row is None:
                raise NotFoundError(TABLE, node_id)
            now = self._clock()
            before = node_of(row)
            node = msgspec.structs.replace(before, deleted_at=None, updated_at=now)
            counted = before.tokens if before.working else 0
            return None, await self._set.enter([node], counted=counted, now=now, robot=robot)

        await self._set.commit(change)

    async def purge(self, *, older_than: float, confirm: bool = False) -> int:
        """Delete for good what was hidden more than so many seconds ago; how many."""
        if not confirm:
            raise invalid("confirm", "deleting for good must be confirmed")
        where = {"group": self.group, "status": HIDDEN}
        limit = self._clock() - older_than
        rows = await self._store.find(TABLE, where | {"deleted_at": Below(limit + 1e-6)})
        ids = [row.key for row in rows]
        if ids:
            await self._set.release(ids, "memory:removed", delete=True, permanent=True)
        return len(ids)

    async def evict(self, needed: int) -> list[dict[str, str]]:
        """Make room for so many tokens; what went, as ``{key, value}``. Long-term memory stays."""
        usage = await self.usage()
        missing = needed - (self.max_tokens - usage["tokens"])
        gone = evictions(await self.contents(), needed=missing, now=self._clock())
        if gone:
            await self._set.release([node.id for node in gone], "memory:evicted")
        return [{"key": node.id, "value": node.content} for node in gone]

    async def clear(self) -> int:
        """Empty the working memory for all robots; how many there were."""
        working = [node.id for node in await self.contents()]
        await self._set.release(working, "memory:cleared")
        return len(working)

    async def sync(self, robot: str) -> int:
        """Bring what this process knows up to the log, and say so; how much was new."""
        before = set(self._cache.nodes)
        changed = await self._cache.refresh()
        after = set(self._cache.nodes)
        self._synced["nodes_synced"] += len(after - before)
        self._synced["evictions_synced"] += len(before - after)
        self._synced["notifications_received"] += changed
        record = {"group": self.group, "robot": robot, "seq": self._cache.cursor}
        known = await self._store.get("memory_cursor", f"{self.group}|{robot}")
        if known is None or known.record["seq"] != record["seq"]:
            await self._store.put("memory_cursor", f"{self.group}|{robot}", record)
        return len(after - before)

    async def in_sync(self, robots: Sequence[str]) -> bool:
        """Whether all these robots know everything; one alone always does."""
        if len(robots) <= 1:
            return True
        rows = await self._store.find("memory_cursor", {"group": self.group})
        at = {row.record["robot"]: int(row.record["seq"]) for row in rows}
        after = min(at.get(robot, 0) for robot in robots)
        while True:
            reading = await self._store.read(stream_of(self.group), after=after)
            if any(
                str(entry.body.get("topic", "")).startswith("memory:") for entry in reading.entries
            ):
                return False
            if not reading.entries or reading.entries[-1].seq >= reading.newest:
                return True
            after = reading.entries[-1].seq

    async def transfer(self, source: str, target: str, *, clear_source: bool = True) -> int:
        """Give one robot's contributions in the working memory to another; how many."""

        async def change() -> tuple[int, list[Change]]:
            mine = [node for node in await self.contents() if source in node.contributions]
            now = self._clock()
            changes: list[Change] = []
            for node in mine:
                given = handed_over(node, source, target, clear=clear_source)
                changes.append(patch_of(node, contributions=given, updated_at=now))
            payload = self._set.payload(None, target) | {"node_ids": [node.id for node in mine]}
            told = [self._set.note("memory:transferred", payload, target)] if mine else []
            return len(mine), [*changes, *told]

        return int(await self._set.commit(change))

    async def attribution(self, node_id: str | None = None) -> Any:
        """Who knows what from whom.

        Returns:
            With a memory: its contributors, as ``{robot, first, last, count}``,
            in order of time. Without: for each robot ``total_nodes``,
            ``in_working_memory``, ``with_embeddings``.
        """
        if node_id is not None:
            row = await self._store.get(TABLE, node_id)
            if row is None or row.record["group"] != self.group:
                raise NotFoundError(TABLE, node_id)
            return shares_of(node_of(row))
        summary: dict[str, dict[str, int]] = {}
        async for page in self._pages():
            contributions.count(summary, page)
        return summary

    async def embed(self, limit: int = 100) -> int:
        """Give vectors to memories that have none yet, so many at most; how many got one.

        A failing embedder opens its circuit after five failures; what it could
        not do is done later, and remembering goes on without it.
        """
        return await self._vectors.catch_up(limit)

    def sync_stats(self) -> dict[str, int]:
        """``nodes_synced``, ``evictions_synced``, ``notifications_received``."""
        return dict(self._synced)

    async def _found(
        self,
        search: MemorySearch,
        query: str,
        limit: int,
        strategy: str,
        filters: Filters,
    ) -> ranking.Ranked:
        if strategy == "fulltext":
            return await search.by_words(query, limit, filters)
        vector = await self._vectors.of(query)
        if strategy == "vector":
            return await search.by_vector(query, vector, limit, filters)
        return await search.hybrid(query, vector, limit, filters)

    async def _pages(self) -> AsyncIterator[list[Node]]:
        """All that are not forgotten, a thousand at a time."""
        skip = 0
        while True:
            where: Where = {"group": self.group, "status": KNOWN}
            rows = await self._store.find(TABLE, where, limit=PAGE, skip=skip)
            yield [node_of(row) for row in rows]
            if len(rows) < PAGE:
                return
            skip += PAGE

    def _frame(self, frame: Any, query: str) -> tuple[tuple[Range, ...], str]:
        if frame is None:
            return (), query
        if str(frame).lstrip(":") == "auto":
            cut = cut_out(query, now=self._clock())
            return ((), query) if cut is None else ((cut[0],), cut[1])
        return ranges_of(frame, now=self._clock()), query
