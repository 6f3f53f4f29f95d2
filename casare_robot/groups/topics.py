"""Who wants to hear of a topic. Pure.

Topics are words with colons between them. In a pattern ``*`` stands for one
word; at the beginning or the end for one or more; alone for everything.
"""

from typing import Generic, TypeVar

from casare_robot.groups.words import canonical

T = TypeVar("T")
MANY = "**"
REMEMBERED = 4096
"""Topics whose listeners are remembered; a topic costs one look-up after the first time."""


class _Branch(Generic[T]):
    __slots__ = ("below", "here", "is_many")

    def __init__(self, *, is_many: bool = False) -> None:
        self.is_many = is_many
        self.below: dict[str, _Branch[T]] = {}
        self.here: list[T] = []


class TopicIndex(Generic[T]):
    """Listeners by pattern; what a topic costs does not depend on how many patterns there are."""

    def __init__(self) -> None:
        self._root: _Branch[T] = _Branch()
        self._known: dict[str, tuple[T, ...]] = {}

    def add(self, pattern: str, listener: T) -> None:
        """Let a listener hear all topics of a pattern."""
        self._branch(pattern).here.append(listener)
        self._known.clear()

    def remove(self, pattern: str, listener: T) -> None:
        """Let it hear no more; nothing happens if it never did."""
        here = self._branch(pattern).here
        if listener in here:
            here.remove(listener)
            self._known.clear()

    def listeners(self, topic: str) -> tuple[T, ...]:
        """Who hears this topic, each once for every pattern of theirs."""
        known = self._known.get(topic)
        if known is None:
            known = tuple(self._search(canonical(topic).split(":")))
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[topic] = known
        return known

    def _branch(self, pattern: str) -> _Branch[T]:
        branch = self._root
        for word in words_of(pattern):
            branch = branch.below.setdefault(word, _Branch(is_many=word == MANY))
        return branch

    def _search(self, words: list[str]) -> list[T]:
        states: dict[int, _Branch[T]] = {id(self._root): self._root}
        for word in words:
            following = {id(branch): branch for branch in states.values() if branch.is_many}
            for branch in states.values():
                for key in (word, "*", MANY):
                    below = branch.below.get(key)
                    if below is not None:
                        following[id(below)] = below
            states = following
        return [listener for branch in states.values() for listener in branch.here]


def words_of(pattern: str) -> list[str]:
    """The words of a pattern, ``**`` for a star that may stand for several."""
    words = canonical(pattern).split(":")
    last = len(words) - 1
    return [MANY if word == "*" and n in (0, last) else word for n, word in enumerate(words)]


def matches(pattern: str, topic: str) -> bool:
    """Whether a topic is one of a pattern's."""
    index: TopicIndex[bool] = TopicIndex()
    index.add(pattern, True)
    return bool(index.listeners(topic))
