"""Finds the memories that answer a query, through the store's own search."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from casare_robot.groups import ranking
from casare_robot.groups.embedding import similarity, trigrams
from casare_robot.groups.memory_input import contains
from casare_robot.groups.memory_rows import KNOWN, TABLE, node_of
from casare_robot.groups.ranking import Ranked
from casare_robot.groups.records import Node
from casare_robot.groups.search_words import (
    DEPTHS,
    metadata_words,
    place_words,
    shape_words,
    stems,
    tag_word,
)
from casare_robot.groups.timeframe import Range
from casare_robot.store.conditions import Below
from casare_robot.store.store import Store
from casare_robot.store.text_search import MOST_WORDS, NEWEST, best, tally

LEAST_SIMILARITY = 0.1
CANDIDATES = 100
"""Memories that each way of finding brings to a hybrid ranking."""


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What memories must be, besides answering: of a time, with one of the tags, with metadata."""

    ranges: tuple[Range, ...] = ()
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = {}

    def lets(self, node: Node) -> bool:
        """Whether a memory is so."""
        return (
            (not self.ranges or any(a <= node.created_at < b for a, b in self.ranges))
            and (not self.tags or not set(self.tags).isdisjoint(node.tags))
            and contains(node.metadata, self.metadata)
        )

    def words(self) -> list[tuple[str, ...]]:
        """Words that it must have, all of one of these."""
        always = tuple(metadata_words(self.metadata))[: MOST_WORDS - 2]
        return [(tag_word(tag), *always) for tag in self.tags] or [always]


class MemorySearch:
    """The long-term memory of a group, or of all, as something to be searched.

    Nothing is loaded but what is found; of very many that match, the newest
    are looked at, as `Store.search` says.

    Args:
        store: Where the memories are.
        group: Whose; None: of all groups.
    """

    def __init__(self, store: Store, group: str | None) -> None:
        self._store = store
        self._where: dict[str, Any] = {"status": KNOWN}
        if group is not None:
            self._where["group"] = group

    async def by_words(self, query: str, limit: int, filters: Filters) -> Ranked:
        """Those with the query's words, 1 and more; below them those that only look like it."""
        wanted = list(dict.fromkeys(stems(query)))[:MOST_WORDS]
        if not wanted:
            return []
        filtering = filters.words()
        if filtering == [()]:
            nodes = await self._search(wanted, filters, limit=limit)
        else:
            nodes = await self._search_each(
                [(word, *words) for word in wanted for words in filtering], filters
            )
            nodes = _best(nodes, wanted, limit)
        found = [(node, 1.0 + 1.0 / (1 + place)) for place, node in enumerate(nodes)]
        if len(found) < limit:
            known = {node.id for node in nodes}
            alike = await self._by_shape(query, filters)
            found += ranking.best([hit for hit in alike if hit[0].id not in known], limit)
        return found[:limit]

    async def by_vector(
        self, query: str, vector: Sequence[float], limit: int, filters: Filters
    ) -> Ranked:
        """Those whose embedding points the same way; those without one are passed over."""
        enough = max(NEWEST, 3 * limit)
        shapes = shape_words(query)
        found = {node.id: node for node in await self._narrowed(shapes, filters)} if shapes else {}
        for depth in DEPTHS:
            if len(found) >= enough:
                break
            near = await self._narrowed(place_words(vector, depth), filters)
            found |= {node.id: node for node in near}
        return ranking.by_vector(found.values(), vector, limit)

    async def by_tags(self, query: str, limit: int, filters: Filters) -> Ranked:
        """Those whose tags the query speaks of."""
        words = [f"7{word}" for word in stems(query)] + [tag_word(tag) for tag in filters.tags]
        nodes = await self._narrowed(words, filters) if words else []
        return ranking.by_tags(nodes, query, filters.tags, limit)

    async def hybrid(
        self, query: str, vector: Sequence[float], limit: int, filters: Filters
    ) -> Ranked:
        """All three ways as one ranking."""
        most = max(CANDIDATES, limit)
        found = await asyncio.gather(
            self.by_words(query, most, filters),
            self.by_tags(query, most, filters),
            self.by_vector(query, vector, most, filters),
        )
        return ranking.fused(found, limit)

    async def _by_shape(self, query: str, filters: Filters) -> Ranked:
        shape = trigrams(query)
        found = []
        for node in await self._narrowed(shape_words(query), filters):
            theirs = trigrams(node.content)
            part = len(shape & theirs) / len(shape)
            alike = max(similarity(shape, theirs), part * 0.5)
            if alike >= LEAST_SIMILARITY:
                found.append((node, min(0.999, alike)))
        return found

    async def _narrowed(self, words: Sequence[str], filters: Filters) -> list[Node]:
        """Candidates with some of these words; those that the filters leave, if there are any."""
        filtering = filters.words()
        if filtering == [()]:
            return await self._search(words, filters, limit=NEWEST)
        return await self._search_each(filtering, filters)

    async def _search_each(
        self, combinations: Iterable[Sequence[str]], filters: Filters
    ) -> list[Node]:
        """Those that have all words of one of these."""
        pages = await asyncio.gather(
            *(
                self._search(words, filters, limit=NEWEST, every=True)
                for words in dict.fromkeys(map(tuple, combinations))
            )
        )
        return list({node.id: node for page in pages for node in page}.values())

    async def _search(
        self, words: Sequence[str], filters: Filters, *, limit: int, every: bool = False
    ) -> list[Node]:
        text = " ".join(words)
        most = NEWEST if filters.ranges else limit
        found: dict[str, Node] = {}
        ends: list[float | None] = [end for _, end in filters.ranges]
        for end in ends or [None]:
            where = self._where if end is None else {**self._where, "created_at": Below(end)}
            while True:
                rows = await self._store.search(TABLE, text, where=where, every=every, limit=most)
                page = [node_of(row) for row in rows]
                is_new = any(node.id not in found for node in page)
                found |= {node.id: node for node in page}
                if len(found) >= limit or len(page) < NEWEST or not is_new:
                    break
                oldest = min(node.created_at for node in page)
                where = {**self._where, "created_at": Below(oldest + 1e-6)}
        return [node for node in found.values() if filters.lets(node)]


def _best(nodes: Sequence[Node], wanted: Sequence[str], limit: int) -> list[Node]:
    newest_first = sorted(nodes, key=lambda node: (-node.created_at, node.id))
    return best(newest_first, [tally(stems(n.content), wanted) for n in newest_first], limit)
