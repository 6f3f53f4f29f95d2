"""What running single flow nodes means."""

import pytest

from tests.workflow_builder import log, node, run, said, set_


@pytest.mark.parametrize(
    ("value", "cases", "taken"),
    [
        ("b", ["a", "b"], "case_b"),
        ("c", ["a", "b"], "default"),
        (2, [1, 2], "case_2"),
        ("2", [1, 2], "case_2"),
        (True, [True, False], "case_true"),
        (False, ["true", "false"], "case_false"),
        ("b", "a, b", "case_b"),
        ("b", '["a", "b"]', "case_b"),
        (2.0, [1, 2], "case_2"),
    ],
)
def test_a_switch_takes_the_case_of_its_value(value, cases, taken):
    ports = ["case_a", "case_b", "case_1", "case_2", "case_true", "case_false", "default"]
    listed = {f"case_{str(case).lower()}" for case in _as_list(cases)} | {"default"}
    wired = [port for port in ports if port in listed]

    result = run(
        "s > a > sw; a.value > sw.value; " + "; ".join(f"sw.{port} > {port}" for port in wired),
        a=set_("v", value),
        sw=node("Switch", cases=cases),
        **{port: log(port) for port in wired},
    )

    assert result.status == "completed", result.error
    assert said(result) == [taken]


def _as_list(cases):
    if isinstance(cases, str):
        return [case.strip(' []"') for case in cases.split(",")]
    return cases


@pytest.mark.parametrize(("value", "taken"), [("a", "first"), ("b", "second"), ("z", "other")])
def test_cases_may_be_numbered(value, taken):
    result = run(
        "s > sw.case_0 > first; sw.case_1 > second; sw.default > other",
        sw=node("Switch", cases=["a", "b"], expression=f"'{value}'"),
        first=log("first"),
        second=log("second"),
        other=log("other"),
    )

    assert said(result) == [taken]


@pytest.mark.parametrize("key", ["expression", "value"])
def test_a_switch_may_decide_by_an_expression(key):
    result = run(
        "s > sw.case_6 > six; sw.default > other",
        sw=node("Switch", cases=["6"], **{key: "{{n}} * 2"}),
        six=log("six"),
        other=log("other"),
        inputs={"n": 3},
    )

    assert said(result) == ["six"]


@pytest.mark.parametrize(
    ("value", "taken"), [("b", "b"), ("{{given}}", "a"), ("given", "a"), ("not yet", "other")]
)
def test_a_switch_may_decide_by_a_written_value(value, taken):
    result = run(
        "s > sw.case_a > a; sw.case_b > b; sw.default > other",
        sw=node("Switch", cases=["a", "b"], value=value),
        a=log("a"),
        b=log("b"),
        other=log("other"),
        inputs={"given": "a"},
    )

    assert said(result) == [taken]


def test_a_switch_without_a_wire_for_its_case_takes_default():
    result = run(
        "s > sw.default > other",
        sw=node("Switch", cases=["a"], expression="'a'"),
        other=log("other"),
    )

    assert said(result) == ["other"]


@pytest.mark.parametrize(
    ("config", "taken"),
    [
        ({"condition": "{{flag}}"}, "yes"),
        ({"condition": "{{flag}} and n > 2"}, "yes"),
        ({"condition": "false"}, "no"),
        ({"condition": ""}, "no"),
        ({"expression": "n == 3", "condition": "false"}, "yes"),
        ({"expression": "not flag"}, "no"),
        ({"expression": "text"}, "yes"),
        ({"expression": "empty"}, "no"),
    ],
)
def test_an_if_decides_by_its_condition(config, taken):
    result = run(
        "s > if.true > yes; if.false > no",
        **{"if": node("If", **config)},
        yes=log("yes"),
        no=log("no"),
        inputs={"flag": True, "n": 3, "text": "x", "empty": []},
    )

    assert result.status == "completed", result.error
    assert said(result) == [taken]


def test_a_wired_condition_wins_over_the_expression():
    result = run(
        "s > a > if.true > yes; if.false > no; a.value > if.condition",
        a=set_("x", False),
        **{"if": node("If", expression="true")},
        yes=log("yes"),
        no=log("no"),
    )

    assert said(result) == ["no"]


def test_reroutes_carry_values_and_execution():
    result = run(
        "s > r1 > a > l; a.value > r2.in; r2.out > l.data",
        r1="Reroute",
        r2="Reroute",
        a=set_("x", "carried"),
        l=log(""),
    )

    assert said(result) == ["carried"]


def test_a_result_that_chooses_its_port_goes_there():
    result = run(
        "s > v.valid > yes; v.invalid > no",
        v=node("Validate", value="", validation_type="not_empty"),
        yes=log("yes"),
        no=log("no"),
    )

    assert said(result) == ["no"]
