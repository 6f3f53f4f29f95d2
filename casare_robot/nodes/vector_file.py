"""Texts with their vectors in a file, found again by likeness. SQLite; plain arithmetic."""

import json
import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import mul
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from casare_robot.domain.errors import NodeFailure

if TYPE_CHECKING:
    from sqlite3 import Connection

_TABLE = """
create table if not exists documents (
    collection text not null,
    id text not null,
    content text not null,
    metadata text not null,
    vector blob not null,
    primary key (collection, id)
) without rowid
"""


class Document(NamedTuple):
    """A text to be found; ``id`` is its name in its collection."""

    id: str
    content: str
    metadata: Mapping[str, Any]


def add(
    path: Path, collection: str, documents: Sequence[Document], vectors: Sequence[Sequence[float]]
) -> None:
    """Keep documents; one of the same id is replaced. All or none.

    Raises:
        NodeFailure: The file is no such store, or a vector is none or of another length.
    """
    rows = [
        (collection, one.id, one.content, json.dumps(one.metadata, default=str), _unit(vector))
        for one, vector in zip(documents, vectors, strict=True)
    ]
    with _opened(path) as connection:
        kept = connection.execute(
            "select length(vector) from documents where collection = ? limit 1", (collection,)
        ).fetchone()
        sizes = {len(row[-1]) for row in rows} | ({kept[0]} if kept else set())
        if len(sizes) > 1:
            raise NodeFailure(
                f"the vectors of {collection!r} have {sorted(size // 4 for size in sizes)} numbers:"
                " a collection takes those of one model",
                retryable=False,
            )
        connection.executemany("insert or replace into documents values (?, ?, ?, ?, ?)", rows)


def search(
    path: Path,
    collection: str,
    vector: Sequence[float],
    *,
    most: int,
    wanted: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """The documents most like a vector, best first.

    Args:
        path: The file; without one nothing is found.
        collection: Where to look.
        vector: From the model that made the others.
        most: How many at most.
        wanted: Metadata that they must have.

    Returns:
        Of each ``id``, ``content``, ``metadata``, ``score`` (cosine) and ``distance``.

    Raises:
        NodeFailure: The file is no such store, or the vector has another length.
    """
    if not path.exists():
        return []
    sought = array("f", _unit(vector))
    found = []
    with _opened(path) as connection:
        for id_, content, metadata, kept in connection.execute(
            "select id, content, metadata, vector from documents where collection = ?",
            (collection,),
        ):
            about = json.loads(metadata)
            if any(about.get(key) != value for key, value in (wanted or {}).items()):
                continue
            other = array("f", kept)
            if len(other) != len(sought):
                raise NodeFailure(
                    f"the query has {len(sought)} numbers and {collection!r} has {len(other)}:"
                    " they come from different models",
                    retryable=False,
                )
            found.append((sum(map(mul, sought, other)), id_, content, about))
    found.sort(key=lambda one: (-one[0], one[1]))
    return [
        {"id": id_, "content": content, "metadata": about, "score": score, "distance": 1 - score}
        for score, id_, content, about in found[:most]
    ]


def delete(path: Path, collection: str, ids: Sequence[str]) -> int:
    """Forget documents; how many there were.

    Raises:
        NodeFailure: The file is no such store.
    """
    if not path.exists():
        return 0
    with _opened(path) as connection:
        return sum(
            connection.execute(
                "delete from documents where collection = ? and id = ?", (collection, id_)
            ).rowcount
            for id_ in ids
        )


@contextmanager
def _opened(path: Path) -> "Iterator[Connection]":
    import sqlite3
    from contextlib import closing

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=30)) as connection, connection:
            connection.execute(_TABLE)
            yield connection
    except sqlite3.Error as error:
        raise NodeFailure(f"the vector store {path} cannot be used: {error}") from error


def _unit(vector: Sequence[float]) -> bytes:
    try:
        numbers = [float(number) for number in vector]
    except (TypeError, ValueError):
        numbers = []
    length = math.sqrt(sum(map(mul, numbers, numbers)))
    if not length or not math.isfinite(length):
        raise NodeFailure("a vector is a list of numbers that are not all 0", retryable=False)
    return array("f", [number / length for number in numbers]).tobytes()
