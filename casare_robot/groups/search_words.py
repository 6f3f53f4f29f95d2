"""The words by which memories are found: of their text, its shape, meaning, tags, metadata. Pure.

A store finds rows by whole words. So everything that a memory is to be found by
is written as words: stems, three letters at a time, tags and metadata as digests,
and where its vector lies in space (locality-sensitive hashing: vectors that point
the same way fall on the same side of most random planes). Digits before a word
keep the kinds apart.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from casare_robot.groups.embedding import trigrams
from casare_robot.store.text_search import words_of

STEMS_LENGTH = 60_000
"""Letters of stems that are kept of one text; a store looks at 100,000 of all words."""
TABLES, BITS, COORDINATES = 16, 4, 16
"""So many times a vector is placed in space, each by four times so many planes, each with so
many of its numbers."""
DEPTHS = (4, 3, 2, 1)
"""How finely, from few that are very near to many that are somewhere near."""
_SUFFIXES = ("ations", "ation", "ings", "ing", "edly", "ies", "ied", "ed", "es", "ly", "s", "e")


def all_words(
    text: str,
    tags: Iterable[str],
    metadata: Mapping[str, Any],
    vector: Sequence[float] | None,
) -> str:
    """What a memory is found by, as one text."""
    places = [word for depth in DEPTHS for word in place_words(vector, depth)] if vector else []
    words = [word for tag in tags for word in (tag_word(tag), *tag_stems(tag))]
    words += [*metadata_words(metadata), *places]
    return " ".join([*words, " ".join(stems(text))[:STEMS_LENGTH], *shape_words(text)])


def stems(text: str) -> list[str]:
    """The words of a text, in order, without case, accents and endings."""
    return [stem(word) for word in words_of(text)]


def stem(word: str) -> str:
    """A word without its ending, at least three letters."""
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            base = word[: -len(suffix)]
            return base[:-1] if len(base) > 3 and base[-1] == base[-2] not in "lsz" else base
    return word


def shape_words(text: str) -> list[str]:
    """Three letters of a text at a time, without those that say only how a word begins."""
    found = (trigram.replace(" ", "0") for trigram in trigrams(text) if trigram[:2] != "  ")
    return sorted(f"3{letters}" for letters in found)


def tag_word(tag: str) -> str:
    """A whole tag as one word."""
    return f"4{_digest(tag)}"


def tag_stems(tag: str) -> list[str]:
    """What the last part of a tag is about."""
    return [f"7{word}" for word in stems(tag.rpartition(":")[2].replace("-", " "))]


def metadata_words(metadata: Mapping[str, Any]) -> list[str]:
    """Every value of metadata and where it is; JSON that contains other JSON has all its words."""
    return [f"6{_digest(leaf)}" for leaf in dict.fromkeys(_leaves(metadata, ""))]


def place_words(vector: Sequence[float], depth: int) -> list[str]:
    """Where a vector lies, this finely (1 to 4)."""
    planes = _planes(len(vector))
    words = []
    for table in range(TABLES):
        place = ""
        for digit in range(depth):
            number = 0
            for plane in planes[table][digit]:
                number = 2 * number + (sum(sign * vector[at] for at, sign in plane) >= 0)
            place += f"{number:x}"
        words.append(f"5{depth}{table:x}{place}")
    return words


@lru_cache(maxsize=4)
def _planes(dimensions: int) -> tuple[tuple[tuple[tuple[tuple[int, int], ...], ...], ...], ...]:
    """The same for everybody: by table, digit and bit the numbers that count, and their signs."""
    return tuple(
        tuple(
            tuple(_plane(f"{table} {digit} {bit}", dimensions) for bit in range(BITS))
            for digit in range(max(DEPTHS))
        )
        for table in range(TABLES)
    )


def _plane(name: str, dimensions: int) -> tuple[tuple[int, int], ...]:
    dice = hashlib.blake2b(name.encode(), digest_size=4 * COORDINATES).digest()
    thrown = [int.from_bytes(dice[n : n + 4], "big") for n in range(0, len(dice), 4)]
    return tuple((number % dimensions, 1 if number >> 31 else -1) for number in thrown)


def _leaves(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}/{name}")
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _leaves(inner, f"{path}[]")
    else:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        yield f"{path}={json.dumps(float(value) if is_number else value)}"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=6).hexdigest()
