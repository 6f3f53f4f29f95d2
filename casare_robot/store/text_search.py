"""Words, and which texts say most about them. Pure; the same for every store.

A row is found by the words of its top field ``content``, if that is text. Case
and accents do not matter, and everything but letters and digits separates.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

SEARCHED_FIELD = "content"
"""The top field of a record whose words are found."""
SEARCHED_LENGTH = 100_000
"""Characters of a text that are looked at; what follows is not found."""
LONGEST_WORD = 100
"""Characters of a word that count."""
MOST_WORDS = 32
"""Different words of a query that count."""
NEWEST = 200
"""Rows that match and are ranked: the newest so many."""

_WORD = re.compile(r"[^\W_]+")
_OFTEN_ENOUGH = 1.2
_LENGTH_MATTERS = 0.75


def words_of(text: str) -> list[str]:
    """The words of a text, in order, in small letters without accents."""
    text = text[:SEARCHED_LENGTH].lower()
    if not text.isascii():
        whole = unicodedata.normalize("NFKD", text)
        text = "".join(letter for letter in whole if not unicodedata.combining(letter))
    return [word[:LONGEST_WORD] for word in _WORD.findall(text)]


def words_of_record(record: Mapping[str, Any]) -> list[str]:
    """The words by which a row is found."""
    text = record.get(SEARCHED_FIELD)
    return words_of(text) if isinstance(text, str) else []


def words_of_query(text: str) -> list[str]:
    """The different words of a query, in order."""
    return list(dict.fromkeys(words_of(text)))[:MOST_WORDS]


def has_words(words: Sequence[str], wanted: Sequence[str], *, every: bool) -> bool:
    """Whether a text has one of the words that are wanted, or every one."""
    there = set(words)
    return (all if every else any)(word in there for word in wanted)


def scores(texts: Sequence[Sequence[str]], wanted: Sequence[str]) -> list[float]:
    """How much each text says about the wanted words; greater is more (BM25).

    A word that few of these texts have counts for more, one in a long text for less.
    """
    counts = [Counter(words) for words in texts]
    weights = {word: _weight(word, counts) for word in wanted}
    average = sum(map(len, texts)) / max(1, len(texts)) or 1.0
    return [
        sum(
            weight * _share(count[word], len(words) / average)
            for word, weight in weights.items()
            if count[word]
        )
        for words, count in zip(texts, counts, strict=True)
    ]


def _weight(word: str, counts: Sequence[Counter[str]]) -> float:
    having = sum(word in count for count in counts)
    return math.log(1 + (len(counts) - having + 0.5) / (having + 0.5))


def _share(count: int, length: float) -> float:
    dampened = _OFTEN_ENOUGH * (1 - _LENGTH_MATTERS + _LENGTH_MATTERS * length)
    return count * (_OFTEN_ENOUGH + 1) / (count + dampened)
