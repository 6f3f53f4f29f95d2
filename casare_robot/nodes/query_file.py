"""The rows of a query, saved as they come: a file of any length in little memory."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from typing import IO, Any

import msgspec

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.nodes.file_writing import replacing
from casare_robot.nodes.paths import told_plainly, writable
from casare_robot.nodes.sql_connection import Stream

_LOOK = 1000
"""Rows after which is asked whether the job is cancelled."""


def save_rows(ctx: NodeContext, output_file: str, found: Stream) -> tuple[str, int]:
    """Write rows into a file, wholly or not at all; its path, and how many they are.

    Raises:
        NodeFailure: The name ends in none of the known endings, or it cannot be written.
    """
    with told_plainly():
        path = writable(ctx, output_file)
        write = _WRITERS.get(path.suffix.lower())
        if write is None:
            raise NodeFailure(
                f"output_file ends in one of {', '.join(_WRITERS)}, not {path.suffix!r}",
                retryable=False,
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(ctx, path) as file:
            count = write(file, found.columns, _until_cancelled(ctx, found.rows))
        return str(path), count


def _until_cancelled(ctx: NodeContext, rows: Iterable[Sequence[Any]]) -> Iterable[Sequence[Any]]:
    for number, row in enumerate(rows):
        if number % _LOOK == 0 and ctx.cancelled():
            raise NodeFailure("cancelled while rows were saved")
        yield row


def _as_csv(file: IO[bytes], columns: list[str], rows: Iterable[Sequence[Any]]) -> int:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    count = 0
    for row in rows:
        count += 1
        writer.writerow(map(_shown, row))
    text.detach()
    return count


def _as_lines(file: IO[bytes], columns: list[str], rows: Iterable[Sequence[Any]]) -> int:
    encode = msgspec.json.Encoder(enc_hook=str).encode
    count = 0
    for row in rows:
        count += 1
        file.write(encode(dict(zip(columns, map(_shown, row), strict=True))) + b"\n")
    return count


def _shown(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value


_WRITERS: dict[str, Callable[[IO[bytes], list[str], Iterable[Sequence[Any]]], int]] = {
    ".csv": _as_csv,
    ".jsonl": _as_lines,
    ".ndjson": _as_lines,
}
