"""Where a workflow starts, what is evaluated for whom, and in which order nodes run."""

import pytest

from tests.workflow_builder import codes, disabled, log, node, prepared, run, said, set_, workflow


def test_two_wires_from_one_port_take_turns():
    result = run(
        "s > a1 > a2 > m; s > b1 > b2 > m",
        a1=log("a1"),
        b1=log("b1"),
        a2=log("a2"),
        b2=log("b2"),
        m=log("m"),
    )

    assert result.executed_nodes == ("s", "a1", "b1", "a2", "b2", "m")
    assert said(result) == ["a1", "b1", "a2", "b2", "m"]


def test_a_merge_runs_once_and_after_all_that_leads_to_it():
    result = run(
        "s > short > m > after; s > l1 > l2 > l3 > m",
        short=log("short"),
        l1=log("l1"),
        l2=log("l2"),
        l3=log("l3"),
        m=log("m"),
        after=log("after"),
    )

    assert said(result) == ["short", "l1", "l2", "l3", "m", "after"]


def test_a_merge_of_two_sides_of_an_if_runs_whichever_side_was_taken():
    result = run(
        "s > if.true > a > m; if.false > b > m",
        **{"if": node("If", expression="true")},
        a=log("a"),
        b=log("b"),
        m="Merge",
    )

    assert said(result) == ["a"]
    assert "m" in result.executed_nodes


def test_a_merge_in_a_loop_runs_in_every_turn():
    result = run(
        "s > loop.body > a > m > end; loop.body > b > m",
        loop=node("ForLoopStart", items=[1, 2]),
        a=log("a"),
        b=log("b"),
        m=log("m"),
        end=node("ForLoopEnd", paired_start_id="loop"),
    )

    assert said(result) == ["a", "b", "m"] * 2


def test_a_loop_in_a_merge_of_an_outer_turn_runs_again():
    result = run(
        "s > outer.body > a > inner.body > l > e1; outer.body > inner; inner.completed > e2",
        outer=node("ForLoopStart", items=[1, 2], item_var="o"),
        a=log("a{{o}}"),
        inner=node("ForLoopStart", items=[1, 2], item_var="i"),
        l=log("{{o}}{{i}}"),
        e1=node("ForLoopEnd", paired_start_id="inner"),
        e2=node("ForLoopEnd", paired_start_id="outer"),
    )

    assert said(result) == ["a1", "11", "12", "a2", "21", "22"]


def test_an_end_does_not_stop_the_other_branches():
    result = run("s > e; s > a > b", e="End", a=log("a"), b=log("b"))

    assert said(result) == ["a", "b"]


def test_only_the_first_start_counts_and_what_it_does_not_reach_does_not_run():
    result = run("s > a; t > b", a=log("a"), t="Start", b=log("b"), lone=log("lone"))

    assert said(result) == ["a"]
    assert result.executed_nodes == ("s", "a")


def test_a_file_without_a_start_begins_at_every_node_that_nothing_leads_to():
    result = run("a > b; c > b", a=log("a"), b=log("b"), c=log("c"), lone=log("lone"))

    assert said(result) == ["a", "c", "lone", "b"]


def test_a_trigger_is_the_start_and_hands_on_the_variables_of_its_ports():
    flow = {"t": "WebhookTrigger", "a": log("{{path}}")}

    empty = run("t > a", t="WebhookTrigger", a=log("a"))
    fired = run("t > a", **flow, inputs={"payload": {"n": 7}, "path": "/x"})

    assert (empty.status, empty.executed_nodes, said(empty)) == ("completed", ("t", "a"), ["a"])
    assert said(fired) == ["/x"]
    assert (empty.outputs["t"]["payload"], fired.outputs["t"]["payload"]) == ({}, {"n": 7})


def test_of_several_triggers_only_the_one_that_fired_begins():
    flow = {"t": "WebhookTrigger", "u": "RSSFeedTrigger", "a": log("a"), "b": log("b")}

    by_one = run("t > a; u > b", **flow, inputs={"trigger_node": "u"})
    by_none = run("t > a; u > b", **flow)

    assert (said(by_one), said(by_none)) == (["b"], ["a", "b"])


def test_a_job_begins_at_its_trigger_though_the_file_has_a_start_too():
    flow = {"t": "WebhookTrigger", "a": log("a"), "b": log("b"), "c": log("c")}

    fired = run("s > a > c; t > b > c", **flow, inputs={"trigger_node": "t"})
    unwired = run("s > a", t="WebhookTrigger", a=log("a"), inputs={"trigger_node": "t"})

    assert (said(fired), said(unwired)) == (["b", "c"], ["a"])


def test_a_trigger_in_the_middle_of_a_flow_passes_on():
    result = run("s > t > a", t="RSSFeedTrigger", a=log("a"))

    assert said(result) == ["a"]


# Pull evaluation


def add(a, b):
    return node("MathOperation", operation="add", a=a, b=b)


def test_a_chain_of_data_only_nodes_is_evaluated_for_the_node_that_needs_it():
    result = run(
        "s > l; x.result > y.a; y.result > z.a; z.result > l.data",
        x=add(1, 1),
        y=node("MathOperation", operation="add", b=10),
        z=node("MathOperation", operation="add", b=100),
        l=log(""),
    )

    assert said(result) == ["112.0"]
    assert set(result.executed_nodes) == {"s", "x", "y", "z", "l"}


def test_a_data_only_node_is_evaluated_once_for_each_node_that_asks():
    result = run(
        "s > a > b; c.value > a.data; c.value > b.data",
        a=log("a"),
        b=log("b"),
        c=node("IncrementVariable", variable_name="n"),
    )

    assert said(result) == ["a | Data: 1.0", "b | Data: 2.0"]


def test_a_diamond_of_data_only_nodes_evaluates_its_root_once():
    result = run(
        "s > l; n.value > x.a; n.value > y.a; x.result > z.a; y.result > z.b; z.result > l.data",
        n=node("IncrementVariable", variable_name="n"),
        x=node("MathOperation", operation="add", b=0),
        y=node("MathOperation", operation="add", b=0),
        z=node("MathOperation", operation="add"),
        l=log(""),
    )

    assert said(result) == ["2.0"]
    assert result.variables["n"] == 1


def test_a_data_only_node_is_evaluated_fresh_in_every_turn():
    result = run(
        "s > loop.body > l > end; x.result > l.data",
        loop=node("ForLoopStart", items=[1, 2]),
        x=add("{{item}}", 10),
        l=log(""),
        end=node("ForLoopEnd", paired_start_id="loop"),
    )

    assert said(result) == ["11.0", "12.0"]


def test_the_condition_of_an_if_may_come_from_a_data_only_node():
    result = run(
        "s > if.true > yes; if.false > no; c.result > if.condition",
        **{"if": "If"},
        c=node("Comparison", a=2, b=1, operator=">"),
        yes=log("yes"),
        no=log("no"),
    )

    assert said(result) == ["yes"]


async def test_a_data_only_node_that_acts_is_evaluated_too():
    counter = []
    file = workflow("s > l; f.tries > l.data", f=node("Flaky", counter="{{counter}}"), l=log(""))

    result = await prepared(file, inputs={"counter": counter}).run()

    assert said(result) == ["1"]


async def test_a_data_only_node_that_acts_may_feed_an_if_and_a_loop():
    counter = []
    file = workflow(
        "s > if.true > loop.body > l; f.tries > if.condition; f.tries > loop.end",
        f=node("Flaky", counter="{{counter}}"),
        **{"if": "If"},
        loop=node("ForLoopStart", mode="range"),
        l=log("{{item}}"),
    )

    result = await prepared(file, inputs={"counter": counter}).run()

    assert result.status == "completed", result.error
    assert said(result) == ["0", "1"]


def test_a_failing_data_only_node_fails_the_run_and_is_named():
    result = run(
        "s > l; e.result > l.data", e=node("EvalExpression", expression="1 / 0"), l=log("")
    )

    assert result.status == "failed"
    assert result.error.node_id == "e"


def test_a_data_only_node_that_nobody_needs_is_not_evaluated():
    result = run("s > l", e=node("EvalExpression", expression="1 / 0"), l=log("x"))

    assert result.status == "completed", result.error


# Disabled nodes


def test_a_disabled_node_is_skipped_and_its_branch_goes_on():
    result = run("s > bad > l", bad=disabled("ThrowError"), l=log("after"))

    assert result.status == "completed", result.error
    assert said(result) == ["after"]


def test_a_disabled_node_passes_wired_inputs_to_outputs_of_the_same_name():
    result = run(
        "s > a > b > l; a.value > b.value; b.value > l.data",
        a=set_("x", "through"),
        b=disabled("SetVariable", variable_name="y"),
        l=log(""),
    )

    assert said(result) == ["through"]
    assert "y" not in result.variables


@pytest.mark.parametrize("type_", ["If", "ForLoopStart"])
def test_a_disabled_choice_ends_its_branch_with_a_warning(type_):
    port = "true" if type_ == "If" else "body"

    result = run(f"s > n.{port} > l", n=disabled(type_), l=log("no"))

    assert result.status == "completed"
    assert said(result) == []
    assert codes(result) == [("W-DISABLED-1", "n")]


def test_a_disabled_node_that_cannot_run_here_does_no_harm():
    result = run("s > n > l", n=disabled("LaunchBrowser"), l=log("after"))

    assert result.status == "completed", result.error
    assert said(result) == ["after"]


async def test_a_data_only_node_that_acts_leaves_what_waits_as_it_was():
    file = workflow(
        "s > l; s > a > b; f.tries > l.data",
        f=node("Flaky", counter="{{counter}}"),
        l=log(""),
        a=log("a"),
        b=log("b"),
    )

    result = await prepared(file, inputs={"counter": []}).run()

    assert said(result) == ["1", "a", "b"]


async def test_a_failing_data_only_node_that_acts_is_named_too():
    file = workflow(
        "s > l; f.tries > l.data", f=node("Flaky", counter="{{c}}", failures=9), l=log("")
    )

    result = await prepared(file, inputs={"c": []}).run()

    assert result.status == "failed"
    assert result.error.node_id == "f"
