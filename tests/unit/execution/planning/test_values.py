"""Where the values of a node come from: wire, else config, else default."""

import pytest

from tests.workflow_builder import log, node, prepared, run, said, set_, workflow

QUOTES = 'it\'s "quoted" + 1'


@pytest.mark.parametrize(
    ("what", "port", "expected"),
    [
        (node("EvalExpression", expression="{{q}} == q and len('{{q}}') > 3"), "result", True),
        (node("EvalExpression", expression="'<{{q}}>'"), "result", f"<{QUOTES}>"),
        (node("EvalExpression", expression="{{q}}"), "result", QUOTES),
        (node("EvalExpression", expression="{{numbers}}"), "result", [1, 2, 3]),
        (
            node("ListFilter", list="{{texts}}", condition="item == {{q}}"),
            "result",
            [QUOTES],
        ),
        (node("ListFilter", list="{{texts}}", condition="{{rule}}", value="a"), "result", ["a"]),
        (node("ListMap", list=[1], expression="str(item) + {{q}}"), "result", [f"1{QUOTES}"]),
        (
            node("ListSuper", action="Filter", list="{{texts}}", expression="item != {{q}}"),
            "filtered",
            ["a"],
        ),
        (
            node(
                "ListSuper",
                action="Reduce",
                list="{{texts}}",
                reduce_operation="custom",
                expression="acc + item + {{q}}",
            ),
            "result",
            f"a{QUOTES}{QUOTES}",
        ),
        (
            node("AssertSystem", condition="value == {{q}}", value=QUOTES),
            "passed",
            True,
        ),
        (
            node(
                "Validate",
                value=QUOTES,
                validation_type="custom",
                validation_param="value == {{q}}",
            ),
            "is_valid",
            True,
        ),
        (
            node("Validate", value=3, validation_type="min_value", validation_param="{{least}}"),
            "is_valid",
            True,
        ),
    ],
)
def test_references_in_expressions_are_bound_not_pasted(what, port, expected):
    variables = {
        "q": QUOTES,
        "numbers": [1, 2, 3],
        "texts": ["a", QUOTES],
        "rule": "equals",
        "least": 2,
    }

    result = run("s > n", n=what, inputs=variables)

    assert result.status == "completed", result.error
    assert result.outputs["n"][port] == expected
    assert result.warnings == ()


def test_a_wired_expression_is_evaluated():
    result = run(
        "s > a > n; a.value > n.condition",
        a=set_("x", "value > 2"),
        n=node("AssertSystem", value=3),
    )

    assert result.status == "completed", result.error


async def test_a_secret_never_becomes_part_of_an_expression():
    result = await prepared(
        workflow("s > n", n=node("EvalExpression", expression="'{{$secret:pin}}' == 'x'")),
        secrets=lambda _: "1234' or '",
    ).run()

    assert result.status == "failed"
    assert result.error.code == "E-EXPR-423"


@pytest.mark.parametrize(
    ("config", "expected"),
    [({"b": "2"}, 3.0), ({"b": ""}, 1.0), ({"b": "{{two}}"}, 3.0), ({}, 1.0)],
)
def test_numbers_may_be_written_as_text_and_an_empty_text_is_unset(config, expected):
    result = run(
        "s > m", m=node("MathOperation", operation="add", a="1", **config), inputs={"two": "2"}
    )

    assert result.outputs["m"]["result"] == expected


@pytest.mark.parametrize(
    ("what", "port", "expected"),
    [
        (node("Base64", action="Encode", input_text="hi"), "output", "aGk="),
        (node("ListReduce", operation="MAX", list=[1, 2]), "result", 2),
        (node("ListReduce", operation="{{which}}", list=[1, 2]), "result", 1),
        (node("SetVariable", variable_name="v", value="3", variable_type="int32"), "value", 3),
    ],
)
def test_a_choice_may_be_written_in_other_letters(what, port, expected):
    result = run("s > n", n=what, inputs={"which": "Min"})

    assert result.outputs["n"][port] == expected, result.error


@pytest.mark.parametrize(
    ("what", "input_", "brought", "port", "expected"),
    [
        (node("ForLoopStart", mode="range"), "end", "3", "current_index", 2),
        (node("ForLoopStart", mode="range"), "end", 3.0, "current_index", 2),
        (node("ListGetItem", list=[1, 2]), "index", "-1", "item", 2),
        (node("ListReverse"), "list", "[1, 2]", "result", [2, 1]),
        (node("ListSort", list=[1, 2]), "reverse", "false", "result", [1, 2]),
        (node("TextReverse"), "text", "[1, 2]", "result", "]2 ,1["),
    ],
)
def test_a_wired_value_is_made_what_the_input_is(what, input_, brought, port, expected):
    result = run(
        f"s > v > n; v.value > n.{input_}",
        v=node("GetVariable", variable_name="x"),
        n=what,
        inputs={"x": brought},
    )

    assert result.outputs["n"][port] == expected, result.error


def test_a_wired_value_that_is_no_number_is_refused_by_name():
    result = run(
        "s > v > n; v.value > n.end",
        v=set_("x", "many"),
        n=node("ForLoopStart", mode="range"),
    )

    assert result.error.message == "end of n: 'many' is not a number"


def test_a_wire_wins_over_config_unless_it_brings_none():
    result = run(
        "s > a > b > l; a.value > l.data; b.value > m.data; l > m",
        a=set_("x", "wired"),
        b=set_("y", None),
        l=node("Log", message="", data="typed"),
        m=node("Log", message="", data="typed"),
    )

    assert said(result) == ["wired", "typed"]


def test_of_several_wires_to_an_input_the_last_counts_with_a_warning():
    result = run(
        "s > a > b > l; a.value > l.data; b.value > l.data",
        a=set_("x", "first"),
        b=set_("y", "last"),
        l=log(""),
    )

    assert said(result) == ["last"]
    assert [(w.code, w.node_id, w.key) for w in result.warnings] == [("E-WF-456", "l", "data")]


def test_an_open_port_that_is_empty_is_unset_and_the_canvas_noise_is_not_passed():
    result = run(
        "s > n",
        n=node(
            "Concatenate",
            string_1="a",
            string_2="",
            status="running",
            paired_start_id="x",
            _cache_enabled=True,
        ),
    )

    assert result.status == "completed", result.error
    assert result.outputs["n"]["result"] == "a"


async def test_a_node_with_open_ports_is_given_only_what_has_a_value():
    file = workflow(
        "s > a > n; a.value > n.wired; a.value > n.both",
        a=set_("x", 1),
        n=node(
            "Everything",
            typed=2,
            both=3,
            empty="",
            nothing=None,
            status="idle",
            position=[0, 0],
            display_name="N",
            paired_start_id="x",
            _disabled=False,
            _cache_enabled=True,
            _on_unknown="redo",
        ),
    )

    result = await prepared(file).run()

    assert result.outputs["n"]["given"] == {"wired": 1, "both": 1, "typed": 2}


@pytest.mark.parametrize(
    ("what", "code", "named"),
    [
        (node("ListLength"), "E-NODE-415", "list of n has no value, and ListLengthNode needs one"),
        (node("ListLength", list="{{nothing}}"), "E-NODE-415", "list of n has no value"),
        (node("GmailArchiveEmail"), "E-NODE-415", "message_id of n has no value"),
        (node("StructuredDataSuper", action="parse"), "E-NODE-418", "'parse' is none of: Read"),
    ],
)
def test_a_node_without_what_it_needs_fails_when_the_flow_comes_to_it(what, code, named):
    result = run(
        "s > before > n > after",
        before=log("before"),
        n=what,
        after=log("after"),
        parts={"variables": {"nothing": None}},
    )

    assert (result.status, result.error.code, result.error.node_id) == ("failed", code, "n")
    assert named in result.error.message
    assert said(result) == ["before"]


def test_what_a_node_lacks_can_be_caught():
    result = run(
        "s > t.try_body > n; t > c.catch_body > after; c.error_message > after.message",
        t="Try",
        n="ListLength",
        c="Catch",
        after="Log",
    )

    assert "list of n has no value" in said(result)[0]
