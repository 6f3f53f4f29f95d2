"""Fork, Join and ParallelForEach."""

import pytest

from tests.extra_nodes import Crowd, barrier
from tests.workflow_builder import log, node, prepared, run, said, set_, throw, workflow

FORK = "s > fork.branch_1 > a > join > after; fork.branch_2 > b > join"


def forked(wires=FORK, *, fork=None, join=None, parts=None, **nodes):
    nodes = {"a": set_("x", "1"), "b": set_("x", "2"), **nodes}
    return run(
        wires,
        fork=node("Fork", **(fork or {})),
        join=node("Join", **(join or {})),
        after=log("after"),
        parts=parts,
        **nodes,
    )


def test_each_branch_has_its_own_variables_which_come_back_under_its_name():
    result = forked(parts={"variables": {"x": "0", "y": "kept"}})

    assert result.status == "completed", result.error
    assert said(result) == ["after"]
    assert result.variables == {"x": "0", "y": "kept", "branch_1_x": "1", "branch_2_x": "2"}


def test_what_a_branch_opened_is_no_variable_of_the_workflow(tmp_path):
    opens = node("DatabaseConnect", connection_string=f"sqlite:///{tmp_path / 'a.db'}")
    result = forked(a=opens)

    assert result.status == "completed", result.error
    assert result.variables == {"branch_2_x": "2"}
    assert result.outputs["join"]["results"]["branch_1"] == {}


@pytest.mark.parametrize(
    ("strategy", "names"),
    [
        ("all", {"branch_1", "branch_2"}),
        ("first", {"branch_1"}),
        ("last", {"branch_2"}),
    ],
)
def test_a_join_gives_the_results_its_strategy_chooses(strategy, names):
    result = forked(join={"merge_strategy": strategy})

    assert set(result.outputs["join"]["results"]) == names
    assert result.outputs["join"]["branch_count"] == 2


def test_outputs_of_nodes_in_branches_can_be_used_after_the_join():
    result = run(
        "s > fork.branch_1 > a > join > l; fork.branch_2 > b > join; a.value > l.data",
        fork="Fork",
        a=set_("x", "from a"),
        b=set_("y", 2),
        join="Join",
        l=log("{{b.value}}"),
    )

    assert said(result) == ["2 | Data: from a"]


def test_a_third_branch_runs_when_it_is_wired():
    result = forked(FORK + "; fork.branch_3 > c > join", fork={"branch_count": "3"}, c=set_("z", 3))

    assert result.variables["branch_3_z"] == 3
    assert said(result) == ["after"]


def test_a_fork_without_a_join_ends_when_its_branches_end():
    result = run("s > fork.branch_1 > a; fork.branch_2 > b", fork="Fork", a=log("a"), b=log("b"))

    assert result.status == "completed", result.error
    assert sorted(said(result)) == ["a", "b"]


@pytest.mark.parametrize("fail_fast", [False, True])
def test_a_failing_branch_fails_the_fork(fail_fast):
    result = forked(b=throw("boom"), fork={"fail_fast": fail_fast})

    assert result.status == "failed"
    assert result.error.node_id == "fork"
    assert "branch 2" in result.error.message
    assert "boom" in result.error.message


def test_without_fail_fast_the_other_branches_come_to_their_end():
    result = forked(
        "s > fork.branch_1 > a > l > join > after; fork.branch_2 > b > join",
        a=throw("boom"),
        b=log("b"),
        l=log("no"),
    )

    assert said(result) == ["b"]


@pytest.mark.looptime
async def test_with_fail_fast_the_other_branches_stop_at_once(looptime):
    file = workflow(
        "s > fork.branch_1 > w > l; fork.branch_2 > bad",
        fork=node("Fork", fail_fast=True),
        w=node("Wait", duration=1000),
        l=log("no"),
        bad=throw("boom"),
    )

    result = await prepared(file).run()

    assert result.status == "failed"
    assert said(result) == []
    assert looptime == 0


def test_a_failing_fork_can_be_caught():
    result = run(
        "s > try.try_body > fork.branch_1 > a; fork.branch_2 > b; try > catch.catch_body > c",
        **{"try": "Try", "catch": "Catch"},
        fork="Fork",
        a=throw("boom"),
        b=log("b"),
        c=log("{{catch.error_message}}"),
    )

    assert result.status == "completed", result.error
    assert said(result) == ["b", "branch 1: a: boom"]


def test_nested_forks_join_from_the_inside_out():
    result = run(
        "s > outer.branch_1 > inner.branch_1 > a > j1 > c > j2 > after; inner.branch_2 > b > j1; "
        "outer.branch_2 > d > j2",
        outer="Fork",
        inner="Fork",
        a=set_("a", 1),
        b=set_("b", 2),
        c=set_("c", "{{branch_1_a}}{{branch_2_b}}"),
        d=set_("d", 4),
        j1="Join",
        j2="Join",
        after=log("{{branch_1_c}} {{branch_2_d}}"),
    )

    assert result.status == "completed", result.error
    assert said(result) == ["12 4"]


def test_a_fork_in_a_loop_runs_in_every_turn():
    result = run(
        "s > loop.body > fork.branch_1 > a > join > l > end; fork.branch_2 > b > join; "
        "loop.completed > done",
        loop=node("ForLoopStart", items=[1, 2]),
        fork="Fork",
        a=set_("a", "{{item}}"),
        b=log("b"),
        join="Join",
        l=log("{{branch_1_a}}"),
        end=node("ForLoopEnd", paired_start_id="loop"),
        done=log("done"),
    )

    assert said(result) == ["b", "1", "b", "2", "done"]


@pytest.mark.looptime
async def test_branches_wait_at_the_same_time(looptime):
    file = workflow(
        "s > fork.branch_1 > a > join; fork.branch_2 > b > join",
        fork="Fork",
        a=node("Wait", duration=10),
        b=node("Wait", duration=10),
        join="Join",
    )

    result = await prepared(file).run()

    assert result.status == "completed", result.error
    assert looptime == 10


async def test_branches_that_block_run_at_the_same_time():
    file = workflow(
        "s > fork.branch_1 > a > join; fork.branch_2 > b > join",
        fork="Fork",
        a=node("Meet", barrier="{{barrier}}"),
        b=node("Meet", barrier="{{barrier}}"),
        join="Join",
    )

    result = await prepared(file, inputs={"barrier": barrier(2)}).run()

    assert result.status == "completed", result.error


def test_programs_of_two_branches_run_at_the_same_time(tmp_path):
    script = (
        "import pathlib, time\n"
        "pathlib.Path(mine).write_text('here')\n"
        "ends = time.monotonic() + 60\n"
        "while not pathlib.Path(other).exists() and time.monotonic() < ends: time.sleep(0.01)\n"
        "result = pathlib.Path(other).exists()\n"
    )
    here, there = str(tmp_path / "here"), str(tmp_path / "there")

    result = run(
        "s > fork.branch_1 > a > join; fork.branch_2 > b > join",
        fork="Fork",
        a=node("RunPythonScript", code=script, variables={"mine": here, "other": there}),
        b=node("RunPythonScript", code=script, variables={"mine": there, "other": here}),
        join="Join",
    )

    assert result.status == "completed", result.error
    assert result.outputs["a"]["result"] is True
    assert result.outputs["b"]["result"] is True


EACH = "s > each.body > a > l; each.completed > done"


def test_each_item_is_worked_on_and_the_results_keep_their_order():
    result = run(
        EACH + "; each.results > done.data",
        each=node("ParallelForEach", items=["x", "y", "z"], batch_size="2"),
        a=set_("seen", "{{each.current_item}}{{each.current_index}}"),
        l=log("{{seen}}"),
        done=log("done"),
    )

    assert result.status == "completed", result.error
    assert sorted(said(result)[:3]) == ["x0", "y1", "z2"]
    assert result.outputs["each"]["results"] == [{"seen": "x0"}, {"seen": "y1"}, {"seen": "z2"}]
    assert "seen" not in result.variables


@pytest.mark.parametrize(("size", "most"), [(1, 1), (3, 3), ("4", 4), (50, 10)])
async def test_the_batch_size_bounds_how_many_run_at_once(size, most):
    crowd = Crowd()
    file = workflow(
        "s > each.body > c",
        each=node("ParallelForEach", items=list(range(10)), batch_size=size),
        c=node("Crowd", crowd="{{crowd}}"),
    )

    result = await prepared(file, inputs={"crowd": crowd}).run()

    assert result.status == "completed", result.error
    assert crowd.most == most


@pytest.mark.parametrize(
    ("items", "count"), [([], 0), ({"a": 1, "b": 2}, 2), ("{{given}}", 3), ("[1, 2]", 2)]
)
def test_items_may_be_given_in_many_ways(items, count):
    result = run(
        EACH,
        each=node("ParallelForEach", items=items),
        a=set_("x", 1),
        l=log("turn"),
        done=log("done"),
        inputs={"given": [1, 2, 3]},
    )

    assert said(result) == ["turn"] * count + ["done"]


PICKY = "s > each.body > if.true > bad; if.false > l; each.completed > done"


def test_a_failing_item_is_an_error_of_the_run_and_the_others_go_on():
    result = run(
        PICKY,
        each=node("ParallelForEach", items=[1, 2, 3]),
        **{"if": node("If", expression="{{each.current_item}} == 2")},
        bad=throw("two"),
        l=log("fine"),
        done=log("done"),
    )

    assert result.status == "completed"
    assert [(error.node_id, error.message) for error in result.errors] == [("bad", "two")]
    assert result.outputs["each"]["results"][1] == {"error": "two"}
    assert said(result) == ["fine", "fine", "done"]


def test_with_fail_fast_a_failing_item_fails_the_node():
    result = run(
        PICKY,
        each=node("ParallelForEach", items=[1, 2, 3], fail_fast=True, batch_size=1),
        **{"if": node("If", expression="{{each.current_item}} == 2")},
        bad=throw("two"),
        l=log("fine"),
        done=log("done"),
    )

    assert result.status == "failed"
    assert result.error.node_id == "each"
    assert "item 1" in result.error.message
    assert said(result) == ["fine"]


@pytest.mark.looptime
async def test_an_item_that_takes_too_long_fails_alone(looptime):
    file = workflow(
        "s > each.body > w > l; each.completed > done",
        each=node("ParallelForEach", items=[1, 100, 2], timeout_per_item="10"),
        w=node("Wait", duration="{{each.current_item}}"),
        l=log("waited"),
        done=log("done"),
    )

    result = await prepared(file).run()

    assert result.status == "completed"
    assert [error.message for error in result.errors] == ["item 1 took longer than 10 s"]
    assert said(result) == ["waited", "waited", "done"]
    assert looptime == 10


@pytest.mark.looptime
async def test_a_cancellation_ends_all_branches(looptime):
    import asyncio

    file = workflow(
        "s > each.body > w > l",
        each=node("ParallelForEach", items=[1, 2, 3]),
        w=node("Wait", duration=1000),
        l=log("no"),
    )
    started = prepared(file)
    task = asyncio.create_task(started.run())
    await asyncio.sleep(5)

    started.cancel()
    result = await task

    assert result.status == "cancelled"
    assert said(result) == []
    assert looptime == 5


@pytest.mark.looptime
async def test_with_fail_fast_branches_of_branches_stop_too(looptime):
    file = workflow(
        "s > outer.branch_1 > inner.branch_1 > w1 > l; inner.branch_2 > w2 > l; "
        "outer.branch_2 > bad",
        outer=node("Fork", fail_fast=True),
        inner="Fork",
        w1=node("Wait", duration=1000),
        w2=node("Wait", duration=2000),
        l=log("no"),
        bad=throw("boom"),
    )

    result = await prepared(file).run()

    assert result.status == "failed"
    assert said(result) == []
    assert looptime == 0


async def test_with_fail_fast_a_branch_that_acts_comes_to_the_end_of_its_node():
    done = []
    file = workflow(
        "s > fork.branch_1 > w > l; fork.branch_2 > bad",
        fork=node("Fork", fail_fast=True),
        w=node("SlowWrite", done="{{done}}"),
        l=log("no"),
        bad=throw("boom"),
    )

    result = await prepared(file, inputs={"done": done}).run()

    assert result.status == "failed"
    assert done == ["begun", "ended"]
    assert said(result) == []
