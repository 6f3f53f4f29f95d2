"""Subflows and called workflows."""

import asyncio
import json

import pytest

from casare_robot import run_workflow
from tests.workflow_builder import codes, log, node, prepared, run, said, set_, throw, workflow


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def save(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
        return path

    return write


def port(name, node_id=None, port_name=None, **more):
    return {
        "name": name,
        "internal_node_id": node_id,
        "internal_port_name": port_name,
        **more,
    }


DOUBLE = workflow(
    "",
    m=node("MathOperation", operation="multiply", b=2),
    parts={"inputs": [port("x", "m", "a", required=True)], "outputs": [port("y", "m", "result")]},
)


def sub(**config):
    return node("Subflow", subflow_path="sub.json", **config)


@pytest.mark.parametrize(
    ("wires", "config"),
    [
        ("s > sub > l; sub.y > l.data", {"x": 21}),
        ("s > sub > l; sub.y > l.data", {"x": "{{given}}"}),
        ("s > a > sub > l; a.value > sub.x; sub.y > l.data", {}),
    ],
)
def test_a_subflow_takes_inputs_and_gives_outputs(save, wires, config):
    save("sub.json", DOUBLE)

    nodes = {"a": set_("v", 21)} if "s > a" in wires else {}
    result = run(wires, sub=sub(**config), l=log(""), inputs={"given": 21}, **nodes)

    assert result.status == "completed", result.error
    assert said(result) == ["42.0"]


def test_a_required_input_without_a_value_fails_the_calling_node(save):
    save("sub.json", DOUBLE)

    result = run("s > sub", sub=sub())

    assert result.status == "failed"
    assert result.error.node_id == "sub"
    assert "'x'" in result.error.message


def test_defaults_of_inputs_and_outputs_fill_in(save):
    save(
        "sub.json",
        workflow(
            "s > l",
            l=log("{{x}}"),
            parts={
                "inputs": [port("x", default_value="default x")],
                "outputs": [port("y", "l", "nothing", default_value="default y")],
            },
        ),
    )

    result = run("s > sub > l; sub.y > l.data", sub=sub(x=""), l=log(""))

    assert said(result) == ["default x", "default y"]


@pytest.mark.parametrize(
    ("node_key", "property_key"),
    [
        ("internal_node_id", "internal_property_key"),
        ("internal_node_id", "internal_property_name"),
        ("source_node", "source_property"),
    ],
)
def test_promoted_parameters_reach_the_inner_node(save, node_key, property_key):
    file = workflow(
        "",
        m=node("MathOperation", operation="multiply", a=10, b=2),
        parts={
            "outputs": [port("y", "m", "result")],
            "parameters": [
                {"name": "factor", node_key: "m", property_key: "b", "default_value": 2}
            ],
        },
    )
    save("sub.json", file)

    result = run(
        "s > one > two > l; two.y > l.data", one=sub(), two=sub(factor="5"), l=log("{{one.y}}")
    )

    assert said(result) == ["20.0 | Data: 50.0"]


@pytest.mark.parametrize(
    "what",
    [
        node("Subflow", subflow_path="sub.json"),
        node("CallSubworkflow", subworkflow_path="sub.json"),
    ],
)
def test_variables_of_a_subflow_are_its_own(save, what):
    save("sub.json", workflow("s > a > l", a=set_("mine", "inner"), l=log("{{outer}}")))

    result = run(
        "s > a > n",
        a=set_("mine", "kept"),
        n=what,
        parts={"variables": {"outer": {"default_value": "unseen"}}},
    )

    assert result.variables["mine"] == "kept"
    assert said(result) == ["{outer}"]


def test_execute_workflow_passes_a_copy_of_the_variables(save):
    save("sub.json", workflow("s > l > a", l=log("{{outer}}"), a=set_("outer", "changed")))

    result = run(
        "s > n",
        n=node("ExecuteWorkflow", workflow_path="sub.json"),
        parts={"variables": {"outer": {"default_value": "seen"}}},
    )

    assert said(result) == ["seen"]
    assert result.variables["outer"] == "seen"


def test_call_subworkflow_tells_how_it_went(save):
    save("sub.json", workflow("s > a", a=set_("made", 1)))

    result = run("s > n", n=node("CallSubworkflow", subworkflow_path="sub.json"))

    outputs = result.outputs["n"]
    assert outputs["success"] is True
    assert outputs["made"] == 1
    assert outputs["execution_time_ms"] >= 0


@pytest.mark.parametrize(
    ("type_", "path", "asked", "warns"),
    [
        ("CallSubworkflow", "subworkflow_path", {"execution_mode": "async"}, True),
        ("CallSubworkflow", "subworkflow_path", {"execution_mode": "{{how}}"}, True),
        ("CallSubworkflow", "subworkflow_path", {"execution_mode": "sync"}, False),
        ("CallSubworkflow", "subworkflow_path", {}, False),
        ("ExecuteWorkflow", "workflow_path", {"wait_for_completion": False}, True),
        ("ExecuteWorkflow", "workflow_path", {"wait_for_completion": True}, False),
    ],
)
def test_a_call_that_asks_not_to_be_waited_for_warns_that_it_is(save, type_, path, asked, warns):
    save("sub.json", workflow("s > l", l=log("inside")))

    result = run(
        "s > call > after",
        call=node(type_, **{path: "sub.json"}, **asked),
        after=log("after"),
        inputs={"how": "async"},
    )

    assert said(result) == ["inside", "after"]
    assert codes(result) == ([("E-WF-461", "call")] if warns else [])


def test_a_call_in_a_loop_starts_fresh_each_time(save):
    save(
        "sub.json",
        workflow("s > i > l", i=node("IncrementVariable", variable_name="n"), l=log("{{n}}")),
    )

    result = run("s > loop.body > n", loop=node("ForLoopStart", items=[1, 2]), n=sub())

    assert said(result) == ["1.0", "1.0"]


@pytest.mark.parametrize("wired", [True, False])
def test_a_failure_inside_takes_the_error_port_or_fails_the_caller(save, wired):
    save("sub.json", workflow("s > bad", bad=throw("boom")))

    nodes = {"e": log("handled")} if wired else {}
    result = run("s > n > ok" + ("; n.error > e" if wired else ""), n=sub(), ok=log("ok"), **nodes)

    if wired:
        assert result.status == "completed", result.error
        assert said(result) == ["handled"]
    else:
        assert result.status == "failed"
        assert result.error.node_id == "n"
        assert "bad in sub.json: boom" in result.error.message


def test_a_try_inside_a_subflow_catches_there(save):
    save(
        "sub.json",
        workflow(
            "s > try.try_body > bad; try > catch.catch_body > c",
            **{"try": "Try", "catch": "Catch"},
            bad=throw("boom"),
            c=log("inside"),
        ),
    )

    result = run("s > n > ok", n=sub(), ok=log("ok"))

    assert said(result) == ["inside", "ok"]


def test_a_try_around_a_subflow_catches_its_failure(save):
    save("sub.json", workflow("s > bad", bad=throw("boom")))

    result = run(
        "s > try.try_body > n; try > catch.catch_body > c",
        **{"try": "Try", "catch": "Catch"},
        n=sub(),
        c=log("outside"),
    )

    assert said(result) == ["outside"]


def test_a_break_inside_a_subflow_does_not_leave_the_callers_loop(save):
    save("sub.json", workflow("s > b", b="Break"))

    result = run("s > loop.body > n", loop=node("ForLoopStart", items=[1, 2]), n=sub())

    assert result.status == "failed"
    assert "not inside a loop" in result.error.message


@pytest.mark.parametrize(
    "what",
    [
        node("Subflow", subflow_path="missing.json"),
        node("CallSubworkflow", subworkflow_path="missing.json"),
        node("ExecuteWorkflow", workflow_path="missing.json"),
    ],
)
def test_a_missing_file_takes_the_error_port(what):
    result = run("s > n; n.error > e", n=what, e=log("handled"))

    assert said(result) == ["handled"]


def test_a_file_that_is_not_valid_takes_the_error_port(save):
    save("sub.json", workflow("s > n", n="UnheardOf"))

    result = run("s > n; n.error > e", n=sub(), e=log("handled"))

    assert said(result) == ["handled"]


def test_a_file_that_calls_itself_without_end_is_stopped(save):
    save("sub.json", workflow("s > n", n=sub()))

    result = run("s > n", n=sub())

    assert result.status == "failed"
    assert result.error.code == "E-CALL-409"


def test_paths_are_looked_for_beside_the_caller_then_in_the_working_directory(save):
    save("flows/beside.json", workflow("s > l > n", l=log("flows/beside"), n=sub()))
    save("beside.json", workflow("s > l", l=log("wrong one")))
    save("sub.json", workflow("s > l", l=log("working directory")))
    main = save(
        "flows/main.json",
        workflow("s > n", n=node("Subflow", subflow_path="beside.json")),
    )

    result = run_workflow(main)

    assert result.status == "completed", result.error
    assert said(result) == ["flows/beside", "working directory"]


def test_paths_in_a_called_file_start_at_its_own_folder(save):
    save("main/deep/one.json", workflow("s > n", n=node("Subflow", subflow_path="two.json")))
    save("main/deep/two.json", workflow("s > l", l=log("deep two")))
    main = save(
        "main/main.json", workflow("s > n", n=node("Subflow", subflow_path="deep/one.json"))
    )

    assert said(run_workflow(main)) == ["deep two"]


def test_input_and_output_nodes_of_a_subflow_carry_values(save):
    save(
        "sub.json",
        workflow(
            "s > c; i.value > c.string_1; c.result > o.value",
            i=node("SubflowInput", port_name="who"),
            c=node("Concatenate", string_2="!"),
            o=node("SubflowOutput", port_name="greeting"),
        ),
    )

    result = run("s > n > l; n.greeting > l.data", n=sub(who="you"), l=log(""))

    assert said(result) == ["you!"]


def with_data_only_output(**m):
    return workflow(
        "s > l; n.value > m.a",
        n=node("IncrementVariable", variable_name="n"),
        m=node("MathOperation", operation="add", **m),
        l=log("inside"),
        parts={"outputs": [port("y", "m", "result"), port("n", "n", "value")]},
    )


def test_outputs_of_data_only_nodes_are_evaluated_at_the_end(save):
    save("sub.json", with_data_only_output(b=10))

    result = run("s > n > l; n.y > l.data", n=sub(), l=log(""))

    assert said(result) == ["inside", "11.0"]


def test_a_data_only_output_that_fails_fails_the_calling_node(save):
    save("sub.json", with_data_only_output(b="{{nothing}}"))

    result = run("s > n > l", n=sub(), l=log(""))

    assert result.status == "failed"
    assert result.error.node_id == "n"


def test_a_data_only_output_that_reads_the_world_is_evaluated_too(save, tmp_path):
    (tmp_path / "here.txt").write_text("content")
    save(
        "sub.json",
        workflow(
            "s > l",
            r=node("ReadFile", file_path="here.txt"),
            l=log("inside"),
            parts={"outputs": [port("y", "r", "content")]},
        ),
    )

    result = run("s > n > l; n.y > l.data", n=sub(), l=log(""))

    assert said(result) == ["inside", "content"]


@pytest.mark.looptime
async def test_call_subworkflow_ends_at_its_time_limit(save, looptime):
    save("sub.json", workflow("s > w", w=node("Wait", duration=1000)))

    result = await prepared(
        workflow(
            "s > n; n.error > e",
            n=node("CallSubworkflow", subworkflow_path="sub.json", timeout_seconds="20"),
            e=log("too late"),
        ),
        clock=asyncio.get_running_loop().time,
    ).run()

    assert said(result) == ["too late"]
    assert looptime == 20
