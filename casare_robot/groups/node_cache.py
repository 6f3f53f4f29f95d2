"""The memories of a group as this process knows them, kept in step by the group's log."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from casare_robot.groups.embedding import trigrams
from casare_robot.groups.event_text import stream_of
from casare_robot.groups.records import Node
from casare_robot.store.store import Store

TABLE = "memory"
_SUFFIXES = ("ations", "ation", "ings", "ing", "edly", "ies", "ied", "ed", "es", "ly", "s", "e")


class NodeCache:
    """All memories of one group, with the words in them.

    `refresh` reads what the log says has changed, and nothing else: an answer
    is never older than the log was at that moment.

    Args:
        store: Where they are.
        group: Whose.
    """

    def __init__(self, store: Store, group: str) -> None:
        self.nodes: dict[str, Node] = {}
        self.versions: dict[str, int] = {}
        self.cursor = 0
        self._store = store
        self._group = group
        self._is_filled = False
        self._words: defaultdict[str, set[str]] = defaultdict(set)
        self._stems: dict[str, frozenset[str]] = {}
        self._trigrams: dict[str, frozenset[str]] = {}

    async def refresh(self) -> int:
        """Take over what changed; how many memories did."""
        stream = stream_of(self._group)
        if not self._is_filled:
            newest = (await self._store.read(stream, after=2**62, limit=1)).newest
            rows = await self._store.find(TABLE, {"group": self._group})
            for found in rows:
                self._keep(found.key, found.record, found.version)
            self.cursor, self._is_filled = newest, True
            return len(rows)
        changed: set[str] = set()
        while True:
            reading = await self._store.read(stream, after=self.cursor)
            if self.cursor + 1 < reading.oldest:
                self._is_filled = False
                self._forget_all()
                return await self.refresh()
            for entry in reading.entries:
                self.cursor = entry.seq
                changed.update(_nodes_of(entry.body))
            if not reading.entries or self.cursor >= reading.newest:
                break
        for node_id in changed:
            row = await self._store.get(TABLE, node_id)
            if row is None:
                self._drop(node_id)
            else:
                self._keep(node_id, row.record, row.version)
        return len(changed)

    def with_words(self, words: Iterable[str]) -> dict[str, int]:
        """How many of these words, stemmed, each memory has that has any."""
        hits: defaultdict[str, int] = defaultdict(int)
        for word in set(words):
            for node_id in self._words.get(word, ()):
                hits[node_id] += 1
        return hits

    def rarity(self, word: str) -> int:
        """How many memories have this word."""
        return len(self._words.get(word, ()))

    def stems_of(self, node: Node) -> frozenset[str]:
        """The words of its text, stemmed."""
        return self._stems.get(node.id) or stems(node.content)

    def trigrams_of(self, node: Node) -> frozenset[str]:
        """The trigrams of its text."""
        known = self._trigrams.get(node.id)
        if known is None:
            known = self._trigrams[node.id] = trigrams(node.content)
        return known

    def _keep(self, node_id: str, record: Mapping[str, Any], version: int) -> None:
        node = msgspec.convert(record, Node)
        before = self.nodes.get(node_id)
        if before is not None and before.content == node.content:
            self.nodes[node_id], self.versions[node_id] = node, version
            return
        self._drop(node_id)
        self.nodes[node_id] = node
        self.versions[node_id] = version
        self._stems[node_id] = stems(node.content)
        for word in self._stems[node_id]:
            self._words[word].add(node_id)

    def _drop(self, node_id: str) -> None:
        node = self.nodes.pop(node_id, None)
        self.versions.pop(node_id, None)
        self._trigrams.pop(node_id, None)
        if node is not None:
            for word in self._stems.pop(node_id):
                self._words[word].discard(node_id)

    def _forget_all(self) -> None:
        for node_id in tuple(self.nodes):
            self._drop(node_id)


def stems(text: str) -> frozenset[str]:
    """The words of a text without case and endings. Pure."""
    return frozenset(stem(word) for word in re.findall(r"\w+", text.lower()))


def stem(word: str) -> str:
    """A word without its ending, at least three letters. Pure."""
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            base = word[: -len(suffix)]
            return base[:-1] if len(base) > 3 and base[-1] == base[-2] not in "lsz" else base
    return word


def _nodes_of(body: Any) -> tuple[str, ...]:
    if not isinstance(body, Mapping) or not str(body.get("topic", "")).startswith("memory:"):
        return ()
    payload = body.get("payload") or {}
    one = payload.get("node_id")
    return (*((one,) if one else ()), *payload.get("node_ids", ()))
