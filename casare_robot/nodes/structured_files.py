"""CSV and JSON files."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.file_writing import write_whole
from casare_robot.nodes.files import encoded
from casare_robot.nodes.paths import existing_file, told_plainly, writable

_FILE_PATH = Property("file_path", DataType.STRING, required=True)
_DELIMITER = Property("delimiter", DataType.STRING, ",")
_ENCODING = Property("encoding", DataType.STRING, "utf-8")
_DANGEROUS = Property("allow_dangerous_paths", DataType.BOOLEAN, False)
_PATH = Port("file_path", DataType.STRING, required=True)
_WRITTEN = (Port("file_path", DataType.STRING), Port("attachment_file", DataType.LIST))
_SUCCESS = Port("success", DataType.BOOLEAN)


@node(
    "ReadCSVNode",
    category="file",
    effect=Effect.READS,
    blocking=True,
    inputs=(_PATH,),
    outputs=(
        Port("data", DataType.LIST),
        Port("headers", DataType.LIST),
        Port("row_count", DataType.INTEGER),
        _SUCCESS,
    ),
    properties=(
        _FILE_PATH,
        _DELIMITER,
        Property("has_header", DataType.BOOLEAN, True),
        _ENCODING,
        Property("quotechar", DataType.STRING, '"'),
        Property("skip_rows", DataType.INTEGER, 0),
        Property("max_rows", DataType.INTEGER, 0),
        Property("strict", DataType.BOOLEAN, False),
        Property("doublequote", DataType.BOOLEAN, True),
        Property("escapechar", DataType.STRING, ""),
        _DANGEROUS,
    ),
)
def read_csv(
    ctx: NodeContext,
    *,
    file_path: Any,
    delimiter: str,
    has_header: bool,
    encoding: str,
    quotechar: str,
    skip_rows: int,
    max_rows: int,
    strict: bool,
    doublequote: bool,
    escapechar: str,
) -> Outputs:
    """Rows as dicts of strings by header, or as lists where there is no header.

    ``skip_rows`` lines go before the header; ``max_rows`` 0 is no limit. A row
    shorter than the header has None for the rest, a longer one its surplus as a
    list under ``_extra``; with ``strict`` both fail, and so do stray quotes.
    """
    import csv

    with told_plainly():
        path = existing_file(ctx, file_path, "CSV file")
        with path.open(encoding=_without_mark(encoding), newline="") as file:
            for _ in islice(file, max(skip_rows, 0)):
                pass
            try:
                rows = csv.reader(
                    file,
                    delimiter=_delimiter(delimiter),
                    quotechar=quotechar or None,
                    quoting=csv.QUOTE_MINIMAL if quotechar else csv.QUOTE_NONE,
                    doublequote=doublequote,
                    escapechar=escapechar or None,
                    strict=strict,
                )
                headers = next(rows, []) if has_header else []
                found = _by_header(rows, headers, strict) if has_header else rows
                data = list(islice(found, max_rows if max_rows > 0 else None))
            except (csv.Error, TypeError, ValueError) as error:
                raise NodeFailure(f"{file_path} cannot be read as CSV: {error}") from error
        return {"data": data, "headers": headers, "row_count": len(data), "success": True}


@node(
    "WriteCSVNode",
    category="file",
    effect=Effect.IDEMPOTENT,
    blocking=True,
    inputs=(_PATH, Port("data", DataType.LIST), Port("headers", DataType.LIST)),
    outputs=(*_WRITTEN, Port("row_count", DataType.INTEGER), _SUCCESS),
    properties=(
        _FILE_PATH,
        _DELIMITER,
        Property("write_header", DataType.BOOLEAN, True),
        _ENCODING,
        _DANGEROUS,
    ),
)
def write_csv(
    ctx: NodeContext,
    *,
    file_path: Any,
    data: Any,
    headers: Any,
    delimiter: str,
    write_header: bool,
    encoding: str,
) -> Outputs:
    """Write rows that are dicts, lists or single values; lines end in CR LF.

    ``headers`` chooses and orders the columns of dicts; without it, every key
    that occurs is a column, in order of first appearance.
    """
    import csv
    import io

    with told_plainly():
        path = writable(ctx, file_path)
        rows = _list_of("data", data)
        columns = [str(name) for name in _list_of("headers", headers)] or _columns(rows)
        text = io.StringIO(newline="")
        try:
            writer = csv.writer(text, delimiter=_delimiter(delimiter))
            if write_header and columns:
                writer.writerow(columns)
            writer.writerows(_cells(row, columns) for row in rows)
        except (csv.Error, TypeError) as error:
            raise NodeFailure(f"{file_path} cannot be written as CSV: {error}") from error
        write_whole(ctx, path, text.getvalue().encode(encoding))
        return {
            "file_path": str(path),
            "attachment_file": [str(path)],
            "row_count": len(rows),
            "success": True,
        }


@node(
    "ReadJSONFileNode",
    category="file",
    effect=Effect.READS,
    blocking=True,
    inputs=(_PATH,),
    outputs=(Port("data", DataType.ANY), _SUCCESS),
    properties=(_FILE_PATH, _ENCODING, _DANGEROUS),
)
def read_json(ctx: NodeContext, *, file_path: Any, encoding: str) -> Outputs:
    """The value that a JSON file holds; NaN and infinities are refused."""
    with told_plainly():
        path = existing_file(ctx, file_path, "JSON file")
        text = path.read_text(encoding=_without_mark(encoding))
        try:
            data = json.loads(text, parse_constant=_no_json)
        except ValueError as error:
            raise NodeFailure(f"Invalid JSON: {error}") from error
        except RecursionError as error:
            raise NodeFailure(f"Invalid JSON: {file_path} is nested too deeply") from error
        return {"data": data, "success": True}


@node(
    "WriteJSONFileNode",
    category="file",
    effect=Effect.IDEMPOTENT,
    blocking=True,
    inputs=(_PATH, Port("data")),
    outputs=(*_WRITTEN, _SUCCESS),
    properties=(
        _FILE_PATH,
        _ENCODING,
        Property("indent", DataType.INTEGER, 2),
        Property("ensure_ascii", DataType.BOOLEAN, False),
        _DANGEROUS,
    ),
)
def write_json(
    ctx: NodeContext, *, file_path: Any, data: Any, encoding: str, indent: int, ensure_ascii: bool
) -> Outputs:
    """Write any value that JSON has; ``indent`` is in spaces."""
    with told_plainly():
        path = writable(ctx, file_path)
        try:
            text = json.dumps(data, indent=indent, ensure_ascii=ensure_ascii, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise NodeFailure(f"the data cannot be written as JSON: {error}") from error
        write_whole(ctx, path, encoded(text, encoding))
        return {"file_path": str(path), "attachment_file": [str(path)], "success": True}


def _by_header(
    rows: Iterable[list[str]], headers: list[str], strict: bool
) -> Iterator[dict[str, Any]]:
    for row in rows:
        if not row:
            continue
        if strict and len(row) != len(headers):
            raise ValueError(f"a row has {len(row)} values, the header {len(headers)}: {row!r:.80}")
        missing: list[None] = [None] * (len(headers) - len(row))
        record: dict[str, Any] = dict(zip(headers, [*row, *missing], strict=False))
        if len(row) > len(headers):
            record["_extra"] = row[len(headers) :]
        yield record


def _columns(rows: list[Any]) -> list[str]:
    return [*{str(key): None for row in rows if isinstance(row, dict) for key in row}]


def _cells(row: Any, columns: list[str]) -> list[Any]:
    if isinstance(row, dict):
        values = {str(key): value for key, value in row.items()}
        return [values.get(column) for column in columns]
    return list(row) if isinstance(row, list | tuple) else [row]


def _list_of(name: str, value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    if not isinstance(value, list | tuple):
        raise NodeFailure(f"{name} must be a list, not {type(value).__name__} {value!r:.80}")
    return list(value)


def _delimiter(text: str) -> str:
    return "\t" if text == "\\t" else text


def _without_mark(encoding: str) -> str:
    """The encoding that also drops a byte order mark, as Excel writes."""
    import codecs

    return "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding


def _no_json(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON value")
