import pytest

A = [{"id": 1, "n": "x"}, {"id": 2, "n": "y"}, {"id": 3, "n": "z"}]
B = [{"id": 2, "n": "Y"}, {"id": 1, "n": "x"}, {"id": 4, "n": "w"}]


def compare(run_node, a=A, b=B, **config):
    return run_node("DataCompareNode", config, inputs={"data_a": a, "data_b": b})


def test_rows_are_matched_by_their_key(run_node):
    outputs = compare(run_node, key_columns="id").outputs
    assert outputs["only_in_a"] == [A[2]]
    assert outputs["only_in_b"] == [B[2]]
    assert outputs["matched"] == [
        {
            "key": {"id": 1},
            "row_a": A[0],
            "row_b": B[1],
            "is_modified": False,
            "different_columns": [],
        },
        {
            "key": {"id": 2},
            "row_a": A[1],
            "row_b": B[0],
            "is_modified": True,
            "different_columns": ["n"],
        },
    ]
    assert outputs["diff_summary"] == {
        "added_count": 1,
        "removed_count": 1,
        "modified_count": 1,
        "matched_count": 2,
        "total_a": 3,
        "total_b": 3,
        "key_columns": ["id"],
    }
    assert outputs["has_differences"] is True


@pytest.mark.parametrize("option", [{"case_sensitive": False}, {"compare_all_columns": False}])
def test_a_difference_may_not_count(run_node, option):
    outputs = compare(run_node, key_columns="id", **option).outputs
    assert outputs["diff_summary"]["modified_count"] == 0


def test_case_may_not_count_in_keys_either(run_node):
    a, b = [{"k": "A"}], [{"k": "a"}]
    assert compare(run_node, a, b, key_columns="k").outputs["has_differences"] is True
    outputs = compare(run_node, a, b, key_columns="k", case_sensitive="false").outputs
    assert outputs["has_differences"] is False


def test_without_key_columns_rows_are_matched_by_position(run_node):
    outputs = compare(run_node, A, [*A, {"id": 9}]).outputs
    assert [pair["key"] for pair in outputs["matched"]] == [{"index": i} for i in range(3)]
    assert outputs["only_in_b"] == [{"id": 9}]


def test_rows_with_the_same_key_are_matched_in_their_order(run_node):
    rows = [{"id": [1], "n": 1}, {"id": [1], "n": 2}]
    outputs = compare(run_node, rows, rows[:1], key_columns="id").outputs
    assert outputs["only_in_a"] == rows[1:]


@pytest.mark.parametrize(
    ("a", "columns", "error"),
    [
        (None, "id", "Input is not a list"),
        ([1], "", "row 0 of data_a is a int, no dictionary"),
        (A, "id, idd", "no row of data_a has the key column 'idd'"),
    ],
)
def test_what_is_no_table_is_told(run_node, a, columns, error):
    assert compare(run_node, a, B, key_columns=columns).error == error
