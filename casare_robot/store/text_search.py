"""Words, and which texts say most about them. Pure; the same for every store.

A row is found by the words of its top field ``content``, if that is text. Case
and accents do not matter, and everything but letters and digits separates.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from heapq import nlargest
from typing import Any, TypeVar

T = TypeVar("T")

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


def tally(words: Sequence[str], wanted: Sequence[str]) -> tuple[int, ...]:
    """How many words a text has, then how often it has each of those that are wanted."""
    return (len(words), *map(Counter(words).__getitem__, wanted))


def best(found: Sequence[T], tallies: Sequence[Sequence[int]], limit: int) -> list[T]:
    """Those that say most about the wanted words, most first (BM25); of equals the first.

    A word that few of these texts have counts for more, one in a long text for less.

    Args:
        found: What has these texts.
        tallies: Of each text, as `tally` counts.
        limit: At most so many.
    """
    if not found:
        return []
    lengths, *counts = zip(*tallies, strict=True)
    average = sum(lengths) / len(lengths) or 1.0
    dampened = [
        _OFTEN_ENOUGH * (1 - _LENGTH_MATTERS + _LENGTH_MATTERS * length / average)
        for length in lengths
    ]
    scores = [0.0] * len(found)
    for each in counts:
        without = each.count(0)
        weight = math.log(1 + (without + 0.5) / (len(found) - without + 0.5))
        scores = [
            score + weight * count / (count + damper)
            for score, count, damper in zip(scores, each, dampened, strict=True)
        ]
    places = nlargest(limit, range(len(found)), key=scores.__getitem__)
    return [found[place] for place in places]
