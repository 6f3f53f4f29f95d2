"""What the reference executor gets wrong, ours gets right: one test or more for each B number.

Source: workflow format, section 3.
"""

import asyncio
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest

from casare_robot import run_workflow
from casare_robot.agent.run_workflow import arun_workflow
from tests.workflow_builder import (
    Watcher,
    codes,
    log,
    node,
    prepared,
    run,
    said,
    set_,
    throw,
    workflow,
)


@pytest.mark.parametrize(
    "what",
    [
        node("MathOperation", operation="add", a=1, b=2),
        node("Comparison", a=1, b=2, operator="=="),
        node("CreateList", item_1="a"),
        node("ListLength", list=[1, 2]),
        node("DictKeys", dict={"a": 1}),
        node("JsonParse", json_string="[1]"),
        node("RegexMatch", text="a", pattern="a"),
        node("FormatString", template="x", variables={}),
    ],
    ids=lambda what: what["node_type"],
)
def test_b01_a_node_that_succeeds_goes_on_to_the_next(what):
    result = run("s > n > after", n=what, after=log("after"))

    assert result.status == "completed", result.error
    assert said(result) == ["after"]


def test_b02_inputs_that_a_node_can_do_without_are_not_required():
    result = run("s > l > c", l=log("no data"), c=node("Concatenate", string_1="a"))

    assert result.status == "completed", result.error
    assert said(result) == ["no data"]
    assert result.outputs["c"]["result"] == "a"


def test_b03_values_typed_into_config_count_for_ports():
    result = run(
        "s > if.true > loop.body > l; if.false > no",
        **{"if": node("If", condition=True)},
        loop=node("ForLoopStart", items=["a", "b"]),
        l=log("{{item}}"),
        no=log("no"),
    )

    assert said(result) == ["a", "b"]


def test_b03_a_while_condition_typed_into_config_counts():
    result = run(
        "s > zero > while.body > add > end; while.completed > l",
        zero=set_("n", 0),
        **{"while": node("WhileLoopStart", condition="n < 3")},
        add=node("IncrementVariable", variable_name="n"),
        end=node("WhileLoopEnd", paired_start_id="while"),
        l=log("{{n}}"),
    )

    assert said(result) == ["3.0"]


@pytest.mark.parametrize(
    ("name", "value", "expression"),
    [
        ("name", "bob", "{{name}} == 'bob'"),
        ("name", 'it\'s "bob"', "{{name}} == name"),
        ("input_file", 3, "{{input_file}} > 2"),
        ("open_dir", "x", "open_dir == 'x'"),
        ("evaluation", [1, 2], "len({{evaluation}}) == 2"),
    ],
)
def test_b04_expressions_bind_values_whatever_they_contain(name, value, expression):
    result = run(
        "s > if.true > yes; if.false > no",
        **{"if": node("If", expression=expression)},
        yes=log("yes"),
        no=log("no"),
        parts={"variables": {name: {"default_value": value}}},
    )

    assert said(result) == ["yes"]


def test_b04_an_expression_that_cannot_be_evaluated_fails_its_node():
    result = run("s > if.true > yes", **{"if": node("If", expression="1 +")}, yes=log("yes"))

    assert result.status == "failed"
    assert result.error.node_id == "if"


TRY = "s > try.try_body > body; try > catch.catch_body > handle; handle > finally.finally_body > f"


def try_nodes(body):
    return {
        "try": "Try",
        "body": body,
        "catch": "Catch",
        "handle": log("caught {{catch.error_message}}"),
        "finally": "Finally",
        "f": log("finally {{finally.had_error}}"),
    }


def test_b05_a_failure_is_caught_as_the_designer_wires_it():
    result = run(TRY, **try_nodes(throw("boom")))

    assert result.status == "completed", result.error
    assert result.errors == ()
    assert said(result) == ["caught boom", "finally True"]


async def test_b05_a_time_limit_is_caught_too():
    file = workflow(
        TRY,
        **try_nodes("Forever"),
        parts={"execution_settings": {"node_timeout": 0.01}},
    )

    result = await prepared(file).run()

    assert result.status == "completed"
    assert said(result) == ["caught body did not finish within 0.01 s", "finally True"]


def test_b05_finally_runs_after_a_body_without_failures():
    result = run(TRY, **try_nodes(log("body")))

    assert said(result) == ["body", "finally False"]


def test_b06_the_branches_of_a_fork_run():
    result = run(
        "s > fork.branch_1 > a > join > end; fork.branch_2 > b > join",
        fork="Fork",
        a=set_("x", 1),
        b=set_("y", 2),
        join="Join",
        end=log("end"),
    )

    assert result.status == "completed", result.error
    assert result.variables["branch_1_x"] == 1
    assert result.variables["branch_2_y"] == 2
    assert said(result) == ["end"]


def test_b06_the_body_of_a_parallel_for_each_runs_for_each_item():
    result = run(
        "s > each.body > l; each.completed > end; each.current_item > l.data",
        each=node("ParallelForEach", items=["a", "b", "c"], batch_size=2),
        l=log(""),
        end=log("end"),
    )

    assert sorted(said(result)[:3]) == ["a", "b", "c"]
    assert said(result)[3:] == ["end"]


def test_b06_a_retry_tries_again():
    result = run(
        "s > retry.retry_body > add > if.true > ok; if.false > bad; retry.success > end",
        retry=node("Retry", max_attempts=5, initial_delay=0),
        add=node("IncrementVariable", variable_name="n"),
        **{"if": node("If", expression="n >= 3")},
        ok="RetrySuccess",
        bad="RetryFail",
        end=log("after {{n}}"),
    )

    assert result.status == "completed", result.error
    assert said(result) == ["after 3.0"]


@pytest.mark.parametrize(
    "what",
    [
        node("Subflow", subflow_path="is/not/there.json"),
        node("CallSubworkflow", subworkflow_path="is/not/there.json"),
        node("ExecuteWorkflow", workflow_path="is/not/there.json"),
    ],
    ids=lambda what: what["node_type"],
)
def test_b07_a_wired_failure_port_is_followed(what):
    result = run("s > n > fine; n.error > handle", n=what, fine=log("fine"), handle=log("handled"))

    assert result.status == "completed", result.error
    assert said(result) == ["handled"]


def test_b07_exec_error_is_followed():
    result = run(
        "s > n > fine; n.exec_error > handle",
        n=node("DatabaseSuper", action="Query (SELECT)", query="SELECT 1", connection="none"),
        fine=log("fine"),
        handle=log("handled"),
    )

    assert said(result) == ["handled"]


def test_b08_continue_on_error_goes_on_after_the_node_and_says_so():
    result = run(
        "s > bad > after > more",
        bad=throw("boom"),
        after=log("after"),
        more=log("more"),
        parts={"settings": {"stop_on_error": False}},
    )

    assert result.status == "completed"
    assert [(error.node_id, error.message) for error in result.errors] == [("bad", "boom")]
    assert said(result) == ["after", "more"]


@pytest.mark.parametrize(
    ("jump", "lines"), [("Break", ["1", "done"]), ("Continue", ["1", "3", "done"])]
)
def test_b09_break_and_continue_without_ids_belong_to_the_innermost_loop(jump, lines):
    result = run(
        "s > loop.body > if.true > jump; if.false > l > end; loop.completed > done",
        loop=node("ForLoopStart", items=[1, 2, 3]),
        **{"if": node("If", expression="item == 2")},
        jump=node(jump, paired_loop_start_id=""),
        l=log("{{item}}"),
        end=node("ForLoopEnd", paired_start_id="loop"),
        done=log("done"),
    )

    assert said(result) == lines


def test_b10_data_only_nodes_are_evaluated_for_those_that_need_them():
    result = run(
        "s > l; sum.result > l.data",
        sum=node("MathOperation", operation="add", a=1, b=2),
        l=log("sum"),
    )

    assert said(result) == ["sum | Data: 3.0"]


def test_b11_a_wire_to_a_data_port_that_is_not_there_is_a_warning_with_node_and_port():
    result = run("s > l; s > a; a.value > l.nonsense", a=set_("x", 1), l=log("x"))

    assert result.status == "completed"
    (warning,) = result.warnings
    assert (warning.node_id, warning.node_type, warning.key) == ("l", "LogNode", "nonsense")


def test_b11_the_designers_port_names_are_accepted():
    result = run(
        "s > merge; one.value > merge.dict1; two.value > merge.dict2; s > one > two > merge",
        one=set_("a", {"a": 1}),
        two=set_("b", {"b": 2}),
        merge="DictMerge",
    )

    assert result.status == "completed", result.error
    assert result.outputs["merge"]["result"] == {"a": 1, "b": 2}


def test_b12_outputs_of_a_node_do_not_overwrite_the_variable_of_its_name():
    result = run(
        "s > total > l",
        total=node("MathOperation", operation="add", a=1, b=2),
        l=log("{{total}}"),
        parts={"variables": {"total": {"default_value": "mine"}}},
    )

    assert result.variables["total"] == "mine"
    assert said(result) == ["mine"]


async def test_b13_two_jobs_of_the_same_file_at_once_keep_their_own_values():
    file = workflow(
        "s > a > wait > b",
        a=set_("seen", "{{who}}"),
        wait=node("Wait", duration=0),
        b=log("{{seen}}"),
    )

    first, second = await asyncio.gather(
        arun_workflow(file, {"who": "A"}), arun_workflow(file, {"who": "B"})
    )

    assert said(first) == ["A"]
    assert said(second) == ["B"]


def test_b14_defaults_of_the_file_are_loaded_and_inputs_override_them():
    declared = {"variables": {"n": {"type": "Integer", "default_value": "7"}}}

    assert said(run("s > l", l=log("{{n}}"), parts=declared)) == ["7"]
    assert said(run("s > l", l=log("{{n}}"), parts=declared, inputs={"n": 8})) == ["8"]


def test_b14_the_error_says_what_failed_and_where():
    result = run("s > bad", bad=throw("the invoice has no number"))

    assert result.error.message == "the invoice has no number"
    assert (result.error.node_id, result.error.node_type) == ("bad", "ThrowErrorNode")


async def test_b15_a_cancelled_job_ends_inside_its_node_and_runs_nothing_after():
    file = workflow("s > l > forever > after", l=log("waits"), forever="Forever", after=log("no"))
    watcher = Watcher()
    started = prepared(file, events=watcher)
    task = asyncio.create_task(started.run())
    await watcher.began("forever")

    started.cancel()
    result = await task

    assert result.status == "cancelled"
    assert said(result) == ["waits"]


def test_b15_a_loop_that_only_computes_can_be_cancelled():
    async def cancelled():
        started = prepared(
            workflow(
                "s > loop.body > x",
                loop=node("WhileLoopStart", expression="true", max_iterations=10**9),
                x=set_("x", 1),
            )
        )
        task = asyncio.create_task(started.run())
        await asyncio.sleep(0)
        started.cancel()
        return await task

    assert asyncio.run(cancelled()).status == "cancelled"


DOUBLE = {
    "$schema_version": "1.0.0",
    "inputs": [
        {"name": "x", "type": "INTEGER", "internal_node_id": "m", "internal_port_name": "a"}
    ],
    "outputs": [
        {"name": "y", "type": "FLOAT", "internal_node_id": "m", "internal_port_name": "result"}
    ],
    "nodes": {
        "m": {"type": "MathOperationNode", "properties": {"operation": "multiply", "b": "2"}}
    },
    "connections": [],
}


def test_b16_a_subflow_with_ports_runs(save, tmp_path):
    save("double.json", DOUBLE)

    result = run(
        "s > sub > l; sub.y > l.data",
        sub=node("Subflow", subflow_path="double.json", x=21),
        l=log(""),
    )

    assert result.status == "completed", result.error
    assert said(result) == ["42.0"]


def test_b16_execute_workflow_runs_the_nodes_of_the_other_file(save):
    save("child.json", workflow("s > x", x=set_("seen", "{{mine}}")))

    result = run(
        "s > call > l; call.seen > l.data",
        call=node("ExecuteWorkflow", workflow_path="child.json"),
        l=log(""),
        parts={"variables": {"mine": {"default_value": "parent"}}},
    )

    assert said(result) == ["parent"]


async def test_b17_the_time_is_taken_fresh_at_each_use():
    moment = datetime(2026, 1, 1, tzinfo=UTC)

    def now():
        nonlocal moment
        moment += timedelta(seconds=1)
        return moment

    result = await prepared(
        workflow("s > a > b", a=log("{{$timestamp}}"), b=log("{{$timestamp}}")), now=now
    ).run()

    first, second = map(int, said(result))
    assert second > first


def test_b17_none_on_a_wire_does_not_leave_the_value_of_the_turn_before():
    result = run(
        "s > loop.body > get > l; get.value > l.data",
        loop=node("ForLoopStart", items=[{"k": 1}, {}]),
        get=node("DictGet", dict="{{item}}", key="k"),
        l=node("Log", message="k", data="none"),
    )

    assert said(result) == ["k | Data: 1", "k | Data: none"]


def test_b17_a_value_that_looks_like_a_reference_is_not_expanded_again():
    result = run(
        "s > l",
        l=log("{{outer}}"),
        parts={"variables": {"outer": {"default_value": "{{inner}}"}, "inner": "secret"}},
    )

    assert "secret" not in said(result)[0]


def test_b18_braces_in_a_message_are_text():
    result = run("s > l", l=log('{} {0} {"a": {1}} {x!r}'))

    assert said(result) == ['{} {0} {"a": {1}} {x!r}']


@pytest.mark.parametrize(
    ("what", "port", "value"),
    [
        (
            node("TextSuper", action="Replace", text="aba", old_value="a", new_value="c"),
            "result",
            "cbc",
        ),
        (node("TextSuper", action="Count", text="a b", count_mode="words"), "count", 2),
        (node("ListSuper", action="Sort", list=[2, 1]), "sorted", [1, 2]),
        (node("ListSuper", action="Length", list=[2, 1]), "length", 2),
        (node("DictSuper", action="Get Keys", dict={"a": 1}), "keys", ["a"]),
        (node("DictSuper", action="Has Key", dict={"a": 1}, key="a"), "has_key", True),
    ],
)
def test_b19_actions_of_super_nodes_work(what, port, value):
    result = run("s > n", n=what)

    assert result.status == "completed", result.error
    assert result.outputs["n"][port] == value


def test_b20_the_files_time_limit_ends_the_run():
    result = run("s > w", w=node("Wait", duration=60), parts={"settings": {"timeout": 0.01}})

    assert result.status == "timed_out"
    assert result.error.node_id == "w"


def test_b20_the_files_retries_are_made(tmp_path):
    result = run(
        "s > r",
        r=node("ReadFile", file_path=str(tmp_path / "missing.txt")),
        parts={"settings": {"retry_count": 2}},
    )

    assert result.status == "failed"
    assert codes(result) == [("W-RETRY-1", "r")]


def test_b20_a_while_loop_at_its_limit_is_an_error_with_node_and_limit():
    result = run(
        "s > w.body > x > e",
        w=node("WhileLoopStart", expression="true", max_iterations=5),
        x=set_("x", 1),
        e=node("WhileLoopEnd", paired_start_id="w"),
    )

    assert result.status == "failed"
    assert result.error.node_id == "w"
    assert "5" in result.error.message


@pytest.mark.parametrize(("digits", "expected"), [("", 2.5), ("0", 2.0), ("1", 2.5)])
def test_b20_round_digits_rounds_only_when_it_is_written(digits, expected):
    result = run(
        "s > m", m=node("MathOperation", operation="add", a="1", b="1.5", round_digits=digits)
    )

    assert result.outputs["m"]["result"] == expected


def test_b21_words_in_texts_are_harmless():
    text = "please exec() eval( open( __import__ subprocess. os.system"

    assert said(run("s > l", l=log(text))) == [text]


def test_b21_files_outside_of_what_the_policy_allows_are_not_written():
    result = run("s > w", w=node("WriteFile", file_path="/etc/casare-test.txt", content="x"))

    assert result.status == "failed"
    assert "/etc" in result.error.message


def loop_of(turns):
    return workflow(
        "s > loop.body > add > end; loop.completed > done",
        loop=node("ForLoopStart", mode="range", end=turns),
        add=node("IncrementVariable", variable_name="n"),
        end=node("ForLoopEnd", paired_start_id="loop"),
        done=log("done"),
    )


def test_b21_a_long_loop_leaves_a_short_result_and_no_growing_memory():
    def peak(turns):
        tracemalloc.start()
        try:
            result = run_workflow(loop_of(turns))
            return result, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)  # what is cached on first use
    _, short = peak(10_000)
    result, long = peak(50_000)

    assert result.status == "completed"
    assert result.nodes_executed == 100_003
    assert result.executed_nodes == ("s", "loop", "add", "end", "done")
    assert long < short + 100_000


def test_b22_a_node_that_cannot_be_made_refuses_the_file():
    result = run("s > m > x", m=node("MathOperation", operation="add", a="much"), x=log("x"))

    assert result.status == "failed"
    assert result.error.node_id == "m"
    assert result.nodes_executed == 0


def test_b22_success_does_not_follow_other_ports_called_exec(tmp_path):
    result = run(
        "s > n > fine; n.exec_error > handle",
        n=node("DatabaseSuper", action="Connect", db_type="sqlite", database=":memory:"),
        fine=log("fine"),
        handle=log("handled"),
    )

    assert result.status == "completed", result.error
    assert said(result) == ["fine"]
