"""Tables, as lists of dictionaries: what differs between two."""

from collections import defaultdict, deque
from collections.abc import Hashable
from typing import Any

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.nested import as_list, identity

Row = dict[Any, Any]


@node(
    "DataCompareNode",
    category="data_operation",
    inputs=(
        Port("data_a", DataType.LIST, required=True),
        Port("data_b", DataType.LIST, required=True),
        Port("key_columns", DataType.STRING),
    ),
    outputs=(
        Port("only_in_a", DataType.LIST),
        Port("only_in_b", DataType.LIST),
        Port("matched", DataType.LIST),
        Port("diff_summary", DataType.DICT),
        Port("has_differences", DataType.BOOLEAN),
    ),
    properties=(
        Property("key_columns", DataType.STRING, ""),
        Property("compare_all_columns", DataType.BOOLEAN, True),
        Property("case_sensitive", DataType.BOOLEAN, True),
    ),
)
def data_compare(
    *,
    data_a: Any,
    data_b: Any,
    key_columns: Any,
    compare_all_columns: bool,
    case_sensitive: bool,
) -> Outputs:
    """Match rows by key columns, or by their position if there are none, and compare them.

    Rows with the same key are matched in their order. ``matched`` holds a
    dictionary for each pair: ``key``, ``row_a``, ``row_b``, ``is_modified`` and
    ``different_columns``, which is empty unless all columns are compared.
    """
    keys = _columns(key_columns)
    rows_a, rows_b = _rows(data_a, "data_a", keys), _rows(data_b, "data_b", keys)
    waiting: dict[Hashable, deque[int]] = defaultdict(deque)
    for index, row in enumerate(rows_b):
        waiting[_key(row, index, keys, case_sensitive)].append(index)

    only_in_a: list[Row] = []
    matched: list[Row] = []
    partners: set[int] = set()
    for index, row in enumerate(rows_a):
        same = waiting[_key(row, index, keys, case_sensitive)]
        if not same:
            only_in_a.append(row)
            continue
        partner = same.popleft()
        partners.add(partner)
        differing = (
            _differing(row, rows_b[partner], keys, case_sensitive) if compare_all_columns else []
        )
        matched.append(
            {
                "key": {column: row.get(column) for column in keys} or {"index": index},
                "row_a": row,
                "row_b": rows_b[partner],
                "is_modified": bool(differing),
                "different_columns": differing,
            }
        )
    only_in_b = [row for index, row in enumerate(rows_b) if index not in partners]
    modified = sum(pair["is_modified"] for pair in matched)
    return {
        "only_in_a": only_in_a,
        "only_in_b": only_in_b,
        "matched": matched,
        "diff_summary": {
            "added_count": len(only_in_b),
            "removed_count": len(only_in_a),
            "modified_count": modified,
            "matched_count": len(matched),
            "total_a": len(rows_a),
            "total_b": len(rows_b),
            "key_columns": keys,
        },
        "has_differences": bool(only_in_a or only_in_b or modified),
    }


def _columns(names: Any) -> list[str]:
    parts = names if isinstance(names, list | tuple) else str(names).split(",")
    return [name for part in parts if (name := str(part).strip())]


def _rows(data: Any, port: str, keys: list[str]) -> list[Row]:
    rows = as_list(data)
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            raise NodeFailure(
                f"row {index} of {port} is a {type(row).__name__}, no dictionary", retryable=False
            )
    for column in keys:
        if rows and not any(column in row for row in rows):
            raise NodeFailure(f"no row of {port} has the key column {column!r}", retryable=False)
    return rows


def _key(row: Row, index: int, keys: list[str], case_sensitive: bool) -> Hashable:
    if not keys:
        return index
    return identity([_comparable(row.get(column), case_sensitive) for column in keys])


def _differing(a: Row, b: Row, keys: list[str], case_sensitive: bool) -> list[Any]:
    return [
        column
        for column in {**a, **b}
        if column not in keys
        and _comparable(a.get(column), case_sensitive) != _comparable(b.get(column), case_sensitive)
    ]


def _comparable(value: Any, case_sensitive: bool) -> Any:
    return value if case_sensitive or not isinstance(value, str) else value.casefold()
