"""Regular expression nodes."""

import pytest

MATCHES = [
    # config                                          all matches
    ({"text": "aA", "pattern": "a"}, ["a"]),
    ({"text": "aA", "pattern": "a", "ignore_case": True}, ["a", "A"]),
    ({"text": "a\nb", "pattern": "^.", "multiline": True}, ["a", "b"]),
    ({"text": "a\nb", "pattern": "a.b", "dotall": True}, ["a\nb"]),
    ({"text": 42, "pattern": r"\d"}, ["4", "2"]),
]


@pytest.mark.parametrize(("config", "found"), MATCHES)
def test_match_honours_every_flag(run_node, config, found):
    run = run_node("RegexMatchNode", config)

    assert run.outputs["all_matches"] == found
    assert run.outputs["match_count"] == len(found)


def test_no_match_is_not_a_failure(run_node):
    run = run_node("RegexMatchNode", {"text": "a", "pattern": "b"})

    assert run.outputs == {
        "match_found": False,
        "first_match": "",
        "all_matches": [],
        "groups": [],
        "match_count": 0,
    }


@pytest.mark.parametrize(("max_count", "result"), [(0, "#b#"), ("1", "#b2")])
def test_replace_stops_at_max_count(run_node, max_count, result):
    run = run_node(
        "RegexReplaceNode",
        {"text": "1b2", "pattern": r"\d", "replacement": "#", "max_count": max_count},
    )

    assert run.outputs["result"] == result


@pytest.mark.parametrize("pattern", ["(", "[", "a{99999999999}", "(?P<1>a)"])
def test_a_broken_pattern_fails_with_the_reason(run_node, pattern):
    assert run_node("RegexReplaceNode", {"text": "a", "pattern": pattern}).error
