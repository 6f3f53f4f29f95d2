"""Every action of the text super node, with its own properties."""

import pytest

from casare_robot.nodes.catalogue import load_catalogue

ACTIONS = [
    # action, config, outputs
    ("Substring", {"text": "hello", "start": 1, "end": 3}, {"result": "el", "length": 2}),
    (
        "Contains",
        {"text": "Hello", "search": "ELL", "case_sensitive": False},
        {"contains": True, "position": 1, "count": 1},
    ),
    ("Starts With", {"text": "ab", "prefix": "a"}, {"result": True}),
    ("Ends With", {"text": "ab", "suffix": "a"}, {"result": False}),
    (
        "Extract (Regex)",
        {"text": "a12", "pattern": r"\d", "all_matches": True},
        {"match": ["1", "2"], "groups": [[], []], "found": True},
    ),
    (
        "Split",
        {"text": "a,b,c", "separator": ",", "max_split": 1},
        {"result": ["a", "b,c"], "count": 2},
    ),
    (
        "Replace",
        {"text": "aaa", "old_value": "a", "new_value": "b", "replace_count": 1},
        {"result": "baa", "replacements": 1},
    ),
    ("Trim", {"text": "xax", "trim_mode": "left", "trim_characters": "x"}, {"result": "ax"}),
    ("Case", {"text": "a", "case_transform": "upper"}, {"result": "A"}),
    ("Pad", {"text": "a", "length": 3, "pad_mode": "right", "fill_char": "."}, {"result": "a.."}),
    ("Reverse", {"text": "abc"}, {"result": "cba"}),
    (
        "Lines",
        {"lines": ["a", "b"], "lines_mode": "join", "line_separator": "comma"},
        {"text": "a,b", "result": "a,b", "count": 2},
    ),
    ("Join", {"items": ["a", "b"], "separator": "-"}, {"result": "a-b"}),
]


@pytest.mark.parametrize(("action", "config", "outputs"), ACTIONS, ids=[row[0] for row in ACTIONS])
def test_an_action_does_what_the_simple_node_does(run_node, action, config, outputs):
    run = run_node("TextSuperNode", {"action": action, **config})

    assert (run.error, run.outputs) == (None, outputs)


def test_count_picks_by_its_mode(run_node):
    run = run_node("TextSuperNode", {"action": "Count", "text": "a b", "count_mode": "words"})

    assert run.outputs["count"] == 2


def test_every_action_has_a_case_here():
    tested = {row[0] for row in ACTIONS} | {"Count"}

    assert set(load_catalogue().get("TextSuperNode").actions) == tested
