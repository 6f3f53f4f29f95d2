from datetime import date

import pytest

from casare_robot.domain.json_guard import check_value
from casare_robot.domain.plain_json import plain, readable


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"a": [1, 2.5, None, True, "x"]}, {"a": [1, 2.5, None, True, "x"]}),
        ((1, 2), [1, 2]),
        ({1: "x"}, {"1": "x"}),
        ("a\ud800b", "a?b"),
        (float("inf"), {"$type": "float", "repr": "inf"}),
        (b"x", {"$type": "bytes", "repr": "b'x'"}),
        (date(2026, 11, 21), {"$type": "date", "repr": "datetime.date(2026, 11, 21)"}),
    ],
)
def test_a_value_becomes_json(value, shown):
    assert plain(value) == shown


def test_what_is_endless_is_described():
    deep = []
    for _ in range(3_000):
        deep = [deep]
    circle = []
    circle.append(circle)

    for value in (deep, circle, 10**2_000, 10**100_000):
        check_value({"a": plain(value)})


def test_what_is_no_character_is_written_out_and_all_else_stays():
    told = {"a\ud800": ["\udfff", ("ä", 1)], "b": None}

    assert readable(told) == {"a\\ud800": ["\\udfff", ["ä", 1]], "b": None}
