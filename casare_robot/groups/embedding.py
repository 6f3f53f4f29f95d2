"""Texts as vectors, and how alike they are. Pure.

The built-in embedder needs no download: it hashes the trigrams of the text.
"""

import hashlib
import math
import re
from collections.abc import Sequence

from casare_robot.store.text_search import words_of

DIMENSIONS = 256
LARGEST = 2000


def hashed_trigrams(text: str) -> tuple[float, ...]:
    """A vector of length 1 with 256 numbers; all 0 for a text without letters."""
    counts = [0.0] * DIMENSIONS
    for trigram in trigrams(text):
        digest = hashlib.blake2b(trigram.encode(), digest_size=4).digest()
        number = int.from_bytes(digest, "big")
        counts[number % DIMENSIONS] += 1.0 if number & 0x8000_0000 else -1.0
    length = math.sqrt(sum(c * c for c in counts))
    return tuple(round(c / length, 4) for c in counts) if length else tuple(counts)


def trigrams(text: str) -> frozenset[str]:
    """Three letters at a time, word by word, as pg_trgm cuts them."""
    found: set[str] = set()
    for word in words_of(text):
        padded = f"  {word} "
        found.update(padded[n : n + 3] for n in range(len(padded) - 2))
    return frozenset(found)


def similarity(a: frozenset[str], b: frozenset[str]) -> float:
    """Share of the trigrams that both have, 0 to 1."""
    return len(a & b) / len(a | b) if a and b else 0.0


def cosine(a: Sequence[float], b: Sequence[float]) -> float:
    """How alike two vectors are, -1 to 1; 0 if their sizes differ."""
    if len(a) != len(b):
        return 0.0
    product = sum(x * y for x, y in zip(a, b, strict=True))
    lengths = math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))
    return product / lengths if lengths else 0.0


def estimate_tokens(text: str) -> int:
    """About as many tokens as a language model counts: four letters, or a sign, each."""
    return sum(
        math.ceil(len(piece) / 4) if piece[0].isalnum() else 1
        for piece in re.findall(r"\w+|[^\w\s]", text)
    )
