"""A run as a whole: limits, variables, names, warnings, secrets."""

import asyncio
import json

import pytest

from casare_robot.agent.run_workflow import arun_workflow, run_workflow
from casare_robot.domain.errors import NodeFailure
from casare_robot.execution.state import SavedState
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

# Time limits


async def test_a_node_ends_at_the_files_node_timeout():
    file = workflow("s > f", f="Forever", parts={"execution_settings": {"node_timeout": "0.01"}})

    result = await prepared(file).run()

    assert result.status == "failed"
    assert (result.error.code, result.error.node_id) == ("E-NODE-408", "f")


@pytest.mark.looptime
async def test_the_designers_untouched_timeout_limits_each_node_not_the_run(looptime):
    waits = node("Wait", duration=100)
    settings = {"settings": {"stop_on_error": True, "timeout": 120, "retry_count": 0}}

    result = await prepared(workflow("s > a > b", a=waits, b=waits, parts=settings)).run()
    assert result.status == "completed", result.error
    assert looptime == 200

    result = await prepared(workflow("s > a > f", a=waits, f="Forever", parts=settings)).run()
    assert result.status == "failed"
    assert result.error.node_id == "f"
    assert looptime == 420


@pytest.mark.looptime
@pytest.mark.parametrize("key", ["settings", "execution_settings"])
async def test_any_other_timeout_limits_the_run(key, looptime):
    waits = node("Wait", duration=100)
    file = workflow("s > a > b > c", a=waits, b=waits, c=log("no"), parts={key: {"timeout": 130}})

    result = await prepared(file).run()

    assert result.status == "timed_out"
    assert (result.error.code, result.error.node_id) == ("E-JOB-408", "b")
    assert said(result) == []
    assert looptime == 130


@pytest.mark.looptime
async def test_the_shorter_of_the_jobs_and_the_files_limit_counts(looptime):
    file = workflow("s > f", f="Forever", parts={"settings": {"timeout": 50}})

    assert (await prepared(file, timeout=20).run()).status == "timed_out"
    assert looptime == 20


async def test_a_loop_that_only_computes_ends_at_the_limit_too():
    file = workflow(
        "s > w.body > x",
        w=node("WhileLoopStart", expression="true", max_iterations=10**9),
        x=set_("x", 1),
    )

    result = await prepared(file, timeout=0.02).run()

    assert result.status == "timed_out"


# Names


def test_a_variable_comes_before_the_node_of_its_name():
    result = run(
        "s > a > b > l",
        a=set_("x", "output"),
        b=set_("a", "variable"),
        l=log("{{a}} {{b.value}}"),
    )

    assert said(result) == ["variable variable"]
    assert result.outputs["a"]["value"] == "output"


def test_a_node_without_a_variable_of_its_name_is_found_by_its_id():
    result = run("s > a > l", a=set_("x", {"k": [1, 2]}), l=log("{{a.value.k[1]}} {{a}}"))

    assert said(result) == ["2 {'value': {'k': [1, 2]}}"]


def test_a_reference_that_nothing_answers_stays_with_a_warning_of_node_and_name():
    result = run("s > l > m", l=log("{{unheard_of}}"), m=set_("x", "<{{deep.er[3]}}>"))

    assert result.status == "completed", result.error
    assert result.variables["x"] == "<{{deep.er[3]}}>"
    warned = [(w.code, w.node_id, w.node_type, w.key) for w in result.warnings]
    assert warned == [
        ("W-REF-1", "l", "LogNode", "{{unheard_of}}"),
        ("W-REF-1", "m", "SetVariableNode", "{{deep.er[3]}}"),
    ]


def test_a_warning_is_told_once_however_often_it_happens():
    result = run(
        "s > loop.body > l > e",
        loop=node("ForLoopStart", items=[1, 2, 3]),
        l=log("{{unheard_of}}"),
        e=node("ForLoopEnd", paired_start_id="loop"),
    )

    assert codes(result) == [("W-REF-1", "l")]


def test_a_whole_reference_keeps_its_type_and_an_embedded_one_becomes_text():
    result = run(
        "s > a > b > c",
        a=set_("whole", " {{data}} "),
        b=set_("part", "<{{data}}>"),
        c=set_("nothing", "<{{none}}>"),
        inputs={"data": {"k": 1}, "none": None},
    )

    assert result.variables["whole"] == {"k": 1}
    assert result.variables["part"] == "<{'k': 1}>"
    assert result.variables["nothing"] == "<>"


# Variables


@pytest.mark.parametrize(
    ("type_", "given", "value"),
    [
        ("Integer", "7", 7),
        ("Float", "1.5", 1.5),
        ("Boolean", "false", False),
        ("List", "[1, 2]", [1, 2]),
        ("Dict", '{"a": 1}', {"a": 1}),
        ("DataTable", '[{"a": 1}]', [{"a": 1}]),
        ("String", 5, "5"),
        ("Any", "5", "5"),
        ("Any", [1], [1]),
    ],
)
def test_inputs_override_defaults_and_become_the_declared_type(type_, given, value):
    declared = {"variables": {"v": {"name": "v", "type": type_}}}

    result = run("s > l", l=log(""), parts=declared, inputs={"v": given})

    assert result.variables["v"] == value


@pytest.mark.parametrize(("type_", "given"), [("Integer", "many"), ("List", "{no list")])
def test_an_input_that_cannot_be_of_its_type_refuses_the_job(type_, given):
    result = run(
        "s > l",
        l=log("no"),
        parts={"variables": {"v": {"name": "v", "type": type_}}},
        inputs={"v": given},
    )

    assert result.status == "failed"
    assert result.error.key == "v"
    assert said(result) == []


def test_inputs_that_the_file_does_not_declare_are_variables_too():
    assert said(run("s > l", l=log("{{extra}}"), inputs={"extra": 1})) == ["1"]


READONLY = {"variables": {"rate": {"default_value": 19, "readonly": True}}}


def test_a_readonly_variable_cannot_be_set_by_a_node():
    result = run("s > a", a=set_("rate", 20), parts=READONLY)

    assert result.status == "failed"
    assert (result.error.code, result.error.node_id) == ("E-VAR-403", "a")
    assert result.variables["rate"] == 19


def test_a_readonly_variable_cannot_be_given_with_the_job():
    result = run("s > l", l=log("no"), parts=READONLY, inputs={"rate": 20})

    assert result.status == "failed"
    assert (result.error.code, result.error.key) == ("E-VAR-403", "rate")


def test_lists_of_one_run_are_not_those_of_the_next():
    file = workflow(
        "s > a > set > l",
        a=node("ListAppend", list="{{items}}", item="x"),
        set=set_("items", "{{a.result}}"),
        l=log("{{items}}"),
        parts={"variables": {"items": {"type": "List", "default_value": []}}},
    )

    assert said(run_workflow(file)) == ["['x']"]
    assert said(run_workflow(file)) == ["['x']"]


SENSITIVE = {"variables": {"pin": {"default_value": "hunter2", "sensitive": True}}}


def test_sensitive_variables_are_masked_in_everything_that_a_run_says():
    result = run(
        "s > l > c > bad",
        l=log("my pin is {{pin}}"),
        c=node("Concatenate", string_1="pin:", string_2="{{pin}}"),
        bad=throw("wrong pin {{pin}}"),
        parts=SENSITIVE,
    )

    assert result.variables["pin"] == "***"
    assert said(result) == ["my pin is ***"]
    assert result.error.message == "wrong pin ***"
    assert "hunter2" not in repr(result)


def test_the_new_value_of_a_sensitive_variable_is_masked_too():
    result = run("s > a > l", a=set_("pin", "swordfish"), l=log("{{pin}}"), parts=SENSITIVE)

    assert said(result) == ["***"]
    assert "swordfish" not in repr(result)


# Secrets


class Memory:
    """A recorder that keeps what it is given."""

    def __init__(self):
        self.blobs = []

    async def append(self, blob, *, wait):
        self.blobs.append(blob)

    async def replace(self, blob):
        self.blobs = [blob]


TOKEN = "tok-4711-swordfish"
SECRET = workflow(
    "s > a > b > c > d > f > l > bad",
    a=set_("auth", "Bearer {{$secret:api}}"),
    b=node("Concatenate", string_1="{{auth}}", string_2="!"),
    c=set_("copy", "{{b.result}}"),
    d=set_("nested", {"headers": ["{{$secret:api}}", "x"]}),
    f=node("Flaky", counter="{{counter}}"),
    l=log("{{auth}} {{copy}} {{nested}}"),
    bad=throw("no access with {{$secret:api}}"),
)


def secret(name):
    if name != "api":
        raise NodeFailure(f"there is no secret {name!r}")
    return TOKEN


async def test_secrets_are_masked_in_everything_that_a_run_says():
    result = await prepared(SECRET, secrets=secret, inputs={"counter": []}).run()

    assert result.status == "failed"
    assert result.error.message == "no access with ***"
    assert said(result) == ["Bearer *** Bearer ***! {'headers': [***, 'x']}"]
    assert result.variables["auth"] == "Bearer ***"
    assert TOKEN not in repr(result)


async def test_a_secret_where_a_number_belongs_fails_its_node():
    flow = workflow("s > w", w=node("Wait", duration="{{$secret:api}}"))

    result = await prepared(flow, secrets=secret).run()

    assert result.error.code == "E-NODE-422"
    assert "duration of w: a secret can only be text" in result.error.message


async def test_secrets_that_no_node_used_are_masked_too():
    result = await prepared(workflow("s > a", a=set_("x", "{{$secret:api}}"))).run()

    assert result.outputs["a"]["value"] == "***"
    assert result.variables["x"] == "***"


async def test_records_hold_secrets_as_references_only():
    memory = Memory()

    await prepared(SECRET, secrets=secret, recorder=memory, inputs={"counter": []}).run()

    assert len(memory.blobs) > 1
    assert TOKEN not in repr(memory.blobs)


async def test_a_node_is_given_the_secret_itself():
    file = workflow(
        "s > c > e",
        c=node("Concatenate", string_1="{{$secret:api}}", string_2="!"),
        e=node("Everything", direct="{{$secret:api}}", nested={"k": ["{{$secret:api}}"]}),
    )
    started = prepared(file, secrets=secret)

    await started.run()

    outputs = started._root_scope.outputs
    assert outputs[1] == {"result": f"{TOKEN}!"}
    assert outputs[2] == {"given": {"direct": TOKEN, "nested": {"k": [TOKEN]}}}


async def test_after_a_resume_values_with_secrets_are_as_they_were():
    file = workflow(
        "s > a > b > f > c > e",
        a=set_("auth", "Bearer {{$secret:api}}"),
        b=node("Concatenate", string_1="{{auth}}", string_2="!"),
        f="Forever",
        c=node("Concatenate", string_1="{{b.result}}", string_2="{{auth}}"),
        e="End",
    )
    memory, watcher = Memory(), Watcher()
    first = prepared(file, secrets=secret, recorder=memory, events=watcher)
    task = asyncio.create_task(first.run())
    await watcher.began("f")
    first.cancel()
    await task
    file["nodes"]["f"] = {"node_id": "f", "node_type": "MergeNode", "config": {}}

    second = prepared(file, secrets=secret, saved=SavedState.fold(memory.blobs))
    result = await second.run()

    assert TOKEN not in repr(memory.blobs)
    assert result.status == "completed", result.error
    index = second.plan.index_of["c"]
    assert second._root_scope.outputs[index] == {"result": f"Bearer {TOKEN}!Bearer {TOKEN}"}


async def test_a_secret_that_is_not_there_fails_its_node():
    result = await prepared(workflow("s > l", l=log("{{$secret:nobody}}")), secrets=secret).run()

    assert result.status == "failed"
    assert result.error.node_id == "l"
    assert "nobody" in result.error.message


async def test_a_failing_node_that_names_a_secret_is_masked_in_warnings_and_records():
    memory = Memory()
    file = workflow(
        "s > c > f > bad > l",
        c=node("Concatenate", string_1="{{$secret:api}}"),
        f=node("Flaky", counter="{{counter}}", failures=1, retry_count=1),
        bad=throw("{{c.result}}"),
        l=log("end"),
        parts={"settings": {"stop_on_error": False}},
    )

    result = await prepared(file, secrets=secret, recorder=memory, inputs={"counter": []}).run()

    assert [error.message for error in result.errors] == ["***"]
    assert TOKEN not in repr(memory.blobs)


# What a result says


def test_a_refused_file_says_everything_that_is_wrong_and_runs_nothing():
    result = run("s > a > b", a="UnheardOf", b=node("MathOperation", a="x", operation="add"))

    assert result.status == "failed"
    assert {error.node_id for error in result.errors} == {"a", "b"}
    assert result.nodes_executed == 0


def test_nodes_are_counted_and_listed_in_the_order_of_their_first_run():
    result = run(
        "s > loop.body > l > e; loop.completed > d",
        loop=node("ForLoopStart", items=[1, 2]),
        l=log("x"),
        e=node("ForLoopEnd", paired_start_id="loop"),
        d=log("done"),
    )

    assert result.executed_nodes == ("s", "loop", "l", "e", "d")
    assert result.nodes_executed == 7


async def test_a_run_can_be_cancelled_from_its_task():
    file = workflow("s > f", f="Forever")
    watcher = Watcher()
    task = asyncio.create_task(prepared(file, events=watcher).run())
    await watcher.began("f")

    task.cancel()

    assert (await task).status == "cancelled"


async def test_many_runs_of_one_file_at_once_share_nothing():
    file = workflow(
        "s > loop.body > i > e; loop.completed > l",
        loop=node("ForLoopStart", mode="range", end="{{turns}}"),
        i=node("IncrementVariable", variable_name="n"),
        e=node("ForLoopEnd", paired_start_id="loop"),
        l=log("{{n}}"),
    )

    results = await asyncio.gather(
        *(arun_workflow(json.loads(json.dumps(file)), {"turns": turns}) for turns in range(1, 9))
    )

    assert [said(result) for result in results] == [[f"{turns}.0"] for turns in range(1, 9)]
