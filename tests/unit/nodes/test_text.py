"""Text nodes: put together, cut up, changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casare_robot.nodes.text import text_join, text_lines, text_pad, text_split


def test_concatenate_takes_the_corpus_spelling_of_its_inputs(run_node):
    run = run_node("ConcatenateNode", {"separator": "-"}, inputs={"string_1": 1, "string_2": "b"})

    assert run.outputs == {"result": "1-b"}


FORMATS = [
    # template            variables            result
    ("{a} and {b[c]}", {"a": 1, "b": {"c": 2}}, "1 and 2"),
    ("{a.c}", {"a": {"c": "x"}}, "x"),
    ("{a[1]}", {"a": ["x", "y"]}, "y"),
    ("{{a}}", {"a": 1}, "{a}"),
    ("{n:,.2f} {s!r:>5}", {"n": 1234.5, "s": "x"}, "1,234.50   'x'"),
    ("{price-eur}", {"price-eur": 3}, "3"),
]


@pytest.mark.parametrize(("template", "variables", "result"), FORMATS)
def test_format_fills_names_in(run_node, template, variables, result):
    run = run_node("FormatStringNode", {"template": template, "variables": variables})

    assert run.outputs == {"result": result}


REFUSED_FORMATS = [
    ("{missing}", "'missing'"),
    ("{a.__class__}", "'__class__'"),
    ("{a:99999999999}", "more than"),
    ("{", "cannot be filled"),
    ("{}", "'0'"),
    ("{a:q}", "cannot be filled"),
]


@pytest.mark.parametrize(("template", "complaint"), REFUSED_FORMATS)
def test_format_says_why_it_cannot_fill_a_template(run_node, template, complaint):
    run = run_node("FormatStringNode", {"template": template, "variables": {"a": 1}})

    assert complaint in run.error


def test_split_without_a_separator_cuts_at_white_space(run_node):
    run = run_node("TextSplitNode", {"text": " a  b\nc ", "max_split": "1"})

    assert run.outputs == {"result": ["a", "b\nc "], "count": 2}


@given(st.text(), st.text(min_size=1))
def test_joining_what_was_split_gives_the_text_again(text, separator):
    parts = text_split(text=text, separator=separator, max_split=-1)["result"]

    assert text_join(items=parts, separator=separator) == {"result": text}


REPLACEMENTS = [
    # text    config                                                        result  replaced
    ("aAa", {"old_value": "a", "new_value": "b"}, "bAb", 2),
    ("aAa", {"old_value": "a", "new_value": "b", "ignore_case": True}, "bbb", 3),
    ("aaa", {"old_value": "a", "new_value": "b", "count": "2"}, "bba", 2),
    ("aaa", {"old_value": "a", "new_value": "b", "count": 0}, "aaa", 0),
    ("a.c", {"old_value": ".", "new_value": r"\1", "ignore_case": True}, r"a\1c", 1),
    ("abc", {"old_value": "(b)", "new_value": r"<\1>", "use_regex": True}, "a<b>c", 1),
    ("a\nb", {"old_value": "^b", "use_regex": True, "multiline": True}, "a\n", 1),
    ("a\nb", {"old_value": "a.b", "use_regex": True, "dotall": True}, "", 1),
    ("abc", {"old_value": "", "new_value": "x"}, "abc", 0),
]


@pytest.mark.parametrize(("text", "config", "result", "replaced"), REPLACEMENTS)
def test_replace_honours_every_property(run_node, text, config, result, replaced):
    run = run_node("TextReplaceNode", {"text": text, **config})

    assert run.outputs == {"result": result, "replacements": replaced}


def test_a_replacement_that_names_no_group_fails(run_node):
    run = run_node(
        "TextReplaceNode", {"text": "a", "old_value": "a", "new_value": r"\2", "use_regex": True}
    )

    assert "invalid group reference" in run.error


@pytest.mark.parametrize(("mode", "result"), [("both", "a"), ("left", "axx"), ("right", "xxa")])
def test_trim_cuts_the_given_characters(run_node, mode, result):
    run = run_node("TextTrimNode", {"text": "xxaxx", "mode": mode, "characters": "x"})

    assert run.outputs == {"result": result}


@pytest.mark.parametrize(
    ("case", "result"), [("upper", "AB CD"), ("swapcase", "Ab cD"), ("TITLE", "Ab Cd")]
)
def test_case_is_changed_as_asked(run_node, case, result):
    assert run_node("TextCaseNode", {"text": "aB Cd", "case": case}).outputs == {"result": result}


def test_an_unknown_case_is_refused_with_the_known_ones(run_node):
    run = run_node("TextCaseNode", {"text": "a", "case": "camel"})

    assert run.error == "case 'camel' is none of: upper, lower, title, capitalize, swapcase"


PADS = [("left", "  ab"), ("right", "ab  "), ("center", " ab ")]


@pytest.mark.parametrize(("mode", "result"), PADS)
def test_pad_fills_the_side_it_names(run_node, mode, result):
    run = run_node("TextPadNode", {"text": "ab", "length": "4", "mode": mode, "fill_char": ""})

    assert run.outputs == {"result": result}


@given(st.text(max_size=20), st.integers(-5, 40), st.sampled_from(["left", "right", "center"]))
def test_padded_text_is_at_least_as_long_and_holds_the_text(text, length, mode):
    result = text_pad(text=text, length=length, mode=mode, fill_char="*")["result"]

    assert len(result) == max(len(text), length)
    assert text in result


@pytest.mark.parametrize("config", [{"fill_char": "ab"}, {"length": 10**12}])
def test_pad_refuses_what_it_cannot_do(run_node, config):
    assert run_node("TextPadNode", {"text": "a", **config}).error


def test_reverse_turns_text_around(run_node):
    assert run_node("TextReverseNode", {"text": "abc"}).outputs == {"result": "cba"}


LINES = [
    # config                                          outputs
    ({"text": "a\r\nb\n"}, {"lines": ["a", "b"], "count": 2}),
    ({"text": "a,b", "line_separator": "comma"}, {"lines": ["a", "b"], "count": 2}),
    ({"lines": ["a", 1], "mode": "join"}, {"text": "a\n1", "count": 2}),
    (
        {"lines": ["a", "", "b"], "mode": "join", "line_separator": "crlf", "remove_empty": True},
        {"text": "a\r\nb", "count": 2},
    ),
    ({"text": '["a", "b"]', "mode": "join"}, {"text": '["a", "b"]', "count": 1}),
    ({}, {"lines": [], "count": 0}),
]


@pytest.mark.parametrize(("config", "outputs"), LINES)
def test_lines_are_split_or_joined(run_node, config, outputs):
    came = outputs.get("text", outputs.get("lines"))
    assert run_node("TextLinesNode", config).outputs == {**outputs, "result": came}


def test_the_designers_one_input_serves_both_ways():
    joined = text_lines(
        text=["a", "b"], lines=None, mode="join", line_separator="comma", remove_empty=False
    )

    assert joined == {"text": "a,b", "result": "a,b", "count": 2}


@pytest.mark.parametrize(
    ("items", "result"), [(["a", 1, None], "a, 1, None"), ("ab", "ab"), ([], "")]
)
def test_join_takes_any_items(run_node, items, result):
    run = run_node("TextJoinNode", {"separator": ", "}, inputs={"items": items})

    assert run.outputs == {"result": result}
