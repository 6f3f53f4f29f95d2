"""Text nodes that look into text."""

import pytest

SUBSTRINGS = [
    ({"start": 1, "end": 3}, "el"),
    ({"start": "-2"}, "lo"),
    ({"end": 2}, "he"),
    ({}, "hello"),
    ({"start": 9}, ""),
]


@pytest.mark.parametrize(("config", "result"), SUBSTRINGS)
def test_substring_counts_from_either_end(run_node, config, result):
    run = run_node("TextSubstringNode", {"text": "hello", **config})

    assert run.outputs == {"result": result, "length": len(result)}


def test_substring_refuses_an_index_that_is_no_number(run_node):
    run = run_node("TextSubstringNode", {"text": "hello"}, inputs={"start": "x"})

    assert run.error == "'x' is not a number"


def test_contains_tells_the_first_place_and_the_number(run_node):
    run = run_node("TextContainsNode", {"text": "abAB", "search": "AB"})

    assert run.outputs == {"contains": True, "position": 2, "count": 1}


@pytest.mark.parametrize(
    ("node_type", "key"), [("TextStartsWithNode", "prefix"), ("TextEndsWithNode", "suffix")]
)
def test_case_counts_only_if_asked(run_node, node_type, key):
    strict = run_node(node_type, {"text": "abXab", key: "AB"})
    lenient = run_node(node_type, {"text": "abXab", key: "AB", "case_sensitive": False})

    assert strict.outputs == {"result": False}
    assert lenient.outputs == {"result": True}


def test_extract_gives_the_first_match_and_its_groups(run_node):
    run = run_node("TextExtractNode", {"text": "a1b2", "pattern": r"([a-z])(\d)(x)?"})

    assert run.outputs == {"match": "a1", "groups": ["a", "1", None], "found": True}


def test_extract_gives_all_matches_if_asked(run_node):
    run = run_node("TextExtractNode", {"text": "a1b2", "pattern": r"\d", "all_matches": True})

    assert run.outputs == {"match": ["1", "2"], "groups": [[], []], "found": True}


def test_extract_of_nothing_is_not_a_failure(run_node):
    run = run_node("TextExtractNode", {"text": "a", "pattern": "z"})

    assert run.outputs == {"match": "", "groups": [], "found": False}


def test_extract_needs_a_pattern(run_node):
    assert run_node("TextExtractNode", {"text": "a"}).error == "Regex pattern is required"


COUNTS = [
    ({"mode": "characters"}, 9),
    ({"mode": "characters", "exclude_whitespace": True}, 6),
    ({"mode": "words"}, 3),
    ({"mode": "lines"}, 2),
]


@pytest.mark.parametrize(("config", "count"), COUNTS)
def test_count_counts_what_the_mode_names(run_node, config, count):
    run = run_node("TextCountNode", {"text": "ab cd\nef\n", **config})

    assert run.outputs["count"] == count
    assert (run.outputs["words"], run.outputs["lines"]) == (3, 2)
