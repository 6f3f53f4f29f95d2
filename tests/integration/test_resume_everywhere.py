"""A run that is dropped anywhere and resumed ends like one that was left alone."""

import asyncio
import itertools
import json
import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from casare_robot.agent.called_workflows import CalledWorkflows
from casare_robot.domain.job import JobId, JobStatus
from casare_robot.domain.policy import Policy
from casare_robot.execution.loading.loader import load_workflow
from casare_robot.execution.planning.plan import compile_plan
from casare_robot.execution.running.engine import Run, RunOptions
from casare_robot.execution.state import Delta, DeltaWriter, SavedState
from casare_robot.nodes.catalogue import load_catalogue
from tests.drawing import draw, write


class Killed(BaseException):
    """The process is gone."""


class Disk:
    """What survives. At its ``stop_at``-th write the process is gone, before or after the write."""

    def __init__(self):
        self.blobs = []
        self.writes = 0
        self.stop_at = None
        self.loses_last = False

    async def append(self, blob, *, wait):
        self._write(lambda: self.blobs.append(blob))
        if wait:
            await asyncio.sleep(0)

    async def replace(self, blob):
        self._write(lambda: self.blobs.__setitem__(slice(None), [blob]))

    def _write(self, act):
        self.writes += 1
        if self.stop_at is not None and self.writes >= self.stop_at:
            if self.writes == self.stop_at and not self.loses_last:
                act()
            raise Killed
        act()

    def decide(self, decisions):
        self.blobs.append(DeltaWriter().encode(Delta(decisions=decisions)))


class Desk:
    """A folder with a workflow, its effects and its disk."""

    def __init__(self, folder, workflow):
        self.folder = folder
        self.folder.mkdir()
        self.disk = Disk()
        catalogue = load_catalogue()
        source = json.dumps(workflow).replace("<HERE>", str(folder)).encode()
        self._plan = compile_plan(load_workflow(source, catalogue).workflow, catalogue)

    def lines(self):
        file = self.folder / "effects"
        return file.read_text().splitlines() if file.exists() else []

    def rows(self):
        file = self.folder / "rows.db"
        if not file.exists():
            return []
        with sqlite3.connect(file) as db:
            db.execute("CREATE TABLE IF NOT EXISTS effects (what TEXT)")
            rows = db.execute("SELECT what FROM effects ORDER BY rowid").fetchall()
        db.close()
        return [row[0] for row in rows]

    async def run(self):
        """A result, or None when the process was killed."""
        blobs = self.disk.blobs
        ticks = itertools.count()
        run = Run(
            self._plan,
            RunOptions(job_id=JobId("job"), folder=str(self.folder), seed=1),
            recorder=self.disk,
            saved=SavedState.fold(blobs) if blobs else None,
            calls=CalledWorkflows(load_catalogue(), Policy(), working_dir=self.folder),
            clock=lambda: next(ticks) * 0.02,
        )
        self.disk.writes = 0
        threads = ThreadPoolExecutor(4)
        asyncio.get_running_loop().set_default_executor(threads)
        try:
            return await run.run()
        except Killed:
            return None
        finally:
            threads.shutdown()  # what was under way comes to its end before anybody looks

    def say_what_happened(self, unknown):
        """What a person who looks at the world says about unknown steps."""
        happened = set(self.lines()) | set(self.rows())
        decisions = {
            step.key: "done" if effect_of(step.key) in happened else "again" for step in unknown
        }
        self.disk.decide(decisions)


def effect_of(key):
    """The line a step writes: its node, and its turns and branch numbers."""
    place, _, node = key.partition("/")[2].rpartition("/")
    numbers = re.findall(r"[\[.](\d+)", place)
    return " ".join([node, *numbers])


def append(text=""):
    return ("AppendFile", {"file_path": "<HERE>/effects", "content": text + "\n"})


def add(name, by=1):
    return ("IncrementVariable", {"variable_name": name, "increment": by})


def put(name, value, kind="String"):
    config = {"variable_name": name, "default_value": value, "variable_type": kind}
    return ("SetVariable", config)


def loop(end, var):
    return ("ForLoopStart", {"mode": "range", "end": end, "item_var": var})


LOOPS = draw(
    {
        "s": "Start",
        "outer": loop(3, "i"),
        "inner": ("ForLoopStart", {"list_var": "pets", "item_var": "pet"}),
        "a": append("a {{i}} {{pet_index}}"),
        "n": add("n"),
        "is_2": ("If", {"expression": "n == 2"}),
        "skip": "Continue",
        "is_5": ("If", {"expression": "n == 5"}),
        "out": "Break",
        "m": add("m"),
        "b": append("b {{i}}"),
        "w": ("WhileLoopStart", {"expression": "k < 3"}),
        "k": add("k"),
        "c": append("c {{w.current_iteration}}"),
        "r": ("ReadFile", {"file_path": "<HERE>/effects"}),
        "z": ("SetVariable", {"variable_name": "read"}),
    },
    "s > outer.body > inner.body > a > n > is_2.true > skip; is_2.false > is_5.true > out;"
    "is_5.false > m; inner.completed > b; outer.completed > w.body > k > c; w.completed > r > z",
    "r.content > z.value",
    variables={
        "pets": {"type": "Dict", "default_value": {"cat": 1, "dog": 2, "owl": 3}},
        "n": {"type": "Integer", "default_value": 0},
        "m": {"type": "Integer", "default_value": 0},
        "k": {"type": "Integer", "default_value": 0},
    },
)

FORKS = draw(
    {
        "s": "Start",
        "n0": put("n", "0", "Integer"),
        "f": ("Fork", {"branch_count": 3}),
        "a": append("a 1"),
        "a1": put("left", "{{n}}"),
        "a2": append("a2 1"),
        "l": loop(3, "i"),
        "n": add("n"),
        "b": append("b 2 {{i}}"),
        "t": "Try",
        "boom": ("ThrowError", {"error_message": "boom"}),
        "c": append("c 3"),
        "catch": ("Catch", {"paired_try_id": "t"}),
        "c2": append("c2 3"),
        "j": "Join",
        "d": append("d"),
    },
    "s > n0 > f.branch_1 > a > a1 > a2 > j; f.branch_2 > l.body > n > b; l.completed > j;"
    "f.branch_3 > t.try_body > c > boom; t > catch.catch_body > c2; t > j; j > d",
)

ITEMS = draw(
    {
        "s": "Start",
        "outer": loop(2, "o"),
        "p": ("ParallelForEach", {"items": [5, 6, 7, 8, 9], "batch_size": 2}),
        "a": append("a {{o}} {{p.current_index}}"),
        "x": put("x", "{{p.current_item}}"),
        "f": "Fork",
        "l": append("l {{o}} {{p.current_index}} 1"),
        "r": append("r {{o}} {{p.current_index}} 2"),
        "j": "Join",
        "y": put("y", "{{x}}!"),
        "e": append("e {{o}}"),
        "v": ("SetVariable", {"variable_name": "all"}),
    },
    "s > outer.body > p.body > a > x > f.branch_1 > l > j; f.branch_2 > r > j; j > y;"
    "p.completed > e > v",
    "p.results > v.value",
)

TRIES = draw(
    {
        "s": "Start",
        "l": loop(4, "i"),
        "t": "Try",
        "a": append("a {{i}}"),
        "odd": ("If", {"expression": "i % 2 == 1"}),
        "boom": ("ThrowError", {"error_message": "boom {{i}}"}),
        "last": ("If", {"expression": "i == 2"}),
        "out": "Break",
        "catch": ("Catch", {"paired_try_id": "t"}),
        "b": append("b {{i}}"),
        "why": ("SetVariable", {"variable_name": "why"}),
        "f": ("Finally", {"paired_try_id": "t"}),
        "c": append("c {{i}}"),
        "n": add("n"),
        "g": "OnError",
        "h": append("h"),
        "boom2": ("ThrowError", {"error_message": "late"}),
        "k": append("k"),
        "fin": append("fin"),
    },
    "s > l.body > t.try_body > a > odd.true > boom; odd.false > last.true > out;"
    "t > catch.catch_body > b > why; t > f.finally_body > c > n; "
    "l.completed > g.protected_body > h > boom2; g.on_error > k; g.finally > fin",
    "catch.error_message > why.value",
    variables={"n": {"type": "Integer", "default_value": 0}},
)

RETRIES = draw(
    {
        "s": "Start",
        "r": ("Retry", {"max_attempts": 4, "initial_delay": 0.0}),
        "a": append("a {{r.attempt}}"),
        "n": add("n"),
        "enough": ("If", {"expression": "n >= 3"}),
        "ok": "RetrySuccess",
        "no": ("RetryFail", {"error_message": "not yet"}),
        "b": append("b"),
        "e": ("ErrorRecovery", {"strategy": "restart", "max_retries": 3}),
        "m": add("m"),
        "c": put("seen", "{{m}}"),
        "few": ("If", {"expression": "m < 3"}),
        "boom": ("ThrowError", {"error_message": "again"}),
        "d": append("d"),
        "e2": ("ErrorRecovery", {"strategy": "continue"}),
        "boom2": ("ThrowError", {"error_message": "never mind"}),
        "z": append("z"),
    },
    "s > r.retry_body > a > n > enough.true > ok; enough.false > no;"
    "r.success > b > e > m > c > few.true > boom; few.false > d > e2 > boom2 > z",
    variables={
        "n": {"type": "Integer", "default_value": 0},
        "m": {"type": "Integer", "default_value": 0},
    },
)

CALLS = draw(
    {
        "s": "Start",
        "l": loop(3, "i"),
        "call": ("Subflow", {"subflow_path": "sub.json"}),
        "got": ("SetVariable", {"variable_name": "got"}),
        "a": append("a {{i}}"),
        "f": "Fork",
        "left": ("ExecuteWorkflow", {"workflow_path": "other.json"}),
        "right": ("Subflow", {"subflow_path": "sub.json", "number": "1"}),
        "j": "Join",
        "bad": ("Subflow", {"subflow_path": "bad.json"}),
        "b": append("b"),
    },
    "s > l.body > call > got > a; l.completed > f.branch_1 > left > j; f.branch_2 > right > j;"
    "j > bad.error > b",
    "l.current_item > call.number; call.answer > got.value",
)


def sub_files(folder):
    write(
        folder / "sub.json",
        {
            "give": ("SubflowInput", {"port_name": "number"}),
            "s": "Start",
            "first": ("If", {"expression": "number == 0"}),
            "once": put("left_over", "yes"),
            "deep": ("Subflow", {"subflow_path": "deep.json"}),
            "v": ("FormatString", {"template": "{{number}}/{{left_over}}"}),
            "out": ("SubflowOutput", {"port_name": "answer"}),
        },
        "s > first.true > once > deep; first.false > deep; deep > v",
        "v.result > out.value",
    )
    effects = str(folder / "effects")
    write(
        folder / "deep.json",
        {
            "s": "Start",
            "n": add("n"),
            "log": ("ReadFile", {"file_path": str(folder / "sub.json")}),
            "n2": add("n", 10),
        },
        "s > n > log > n2",
        variables={"n": {"type": "Integer", "default_value": 0}},
    )
    write(
        folder / "other.json",
        {
            "s": "Start",
            "w": ("AppendFile", {"file_path": effects, "content": "w 1\n"}),
            "x": put("x", "made"),
            "y": add("n"),
        },
        "s > w > x > y",
    )
    write(
        folder / "bad.json",
        {
            "s": "Start",
            "w2": ("AppendFile", {"file_path": effects, "content": "w2\n"}),
            "no": ("ThrowError", {"error_message": "bad"}),
        },
        "s > w2 > no",
    )


ROWS = draw(
    {
        "s": "Start",
        "open": ("DatabaseConnect", {"database": "<HERE>/rows.db"}),
        "make": (
            "ExecuteNonQuery",
            {"query": "CREATE TABLE IF NOT EXISTS effects (what TEXT)"},
        ),
        "l": loop(2, "i"),
        "one": ("ExecuteNonQuery", {"query": "INSERT INTO effects VALUES ('one {{i}}')"}),
        "a": append("a {{i}}"),
        "q": ("ExecuteQuery", {"query": "SELECT count(*) AS n FROM effects"}),
        "n": put("rows", "{{q.results}}"),
        "t": "BeginTransaction",
        "two": ("ExecuteNonQuery", {"query": "INSERT INTO effects VALUES ('two')"}),
        "between": ("Concatenate", {"string_1": "a", "string_2": "b"}),
        "more": ("Concatenate", {"string_1": "c"}),
        "three": ("ExecuteNonQuery", {"query": "INSERT INTO effects VALUES ('t')"}),
        "end": "CommitTransaction",
        "four": ("ExecuteNonQuery", {"query": "INSERT INTO effects VALUES ('four')"}),
        "other": ("DatabaseConnect", {"database": "<HERE>/rows.db"}),
        "five": ("ExecuteNonQuery", {"query": "INSERT INTO effects VALUES ('five')"}),
        "six": ("ExecuteNonQuery", {"query": "INSERT INTO effects VALUES ('six')"}),
    },
    "s > open > make > l.body > one > a > q > n;"
    "l.completed > t > two > between > more > three > end > four > other > five > six",
    "; ".join(
        f"open.connection > {user}.connection"
        for user in ("make", "one", "q", "t", "two", "three", "end", "four", "six")
    )
    + "; other.connection > five.connection",
)

AGAIN = draw(
    {
        "s": "Start",
        "e": ("ErrorRecovery", {"strategy": "restart", "max_retries": 3}),
        "n": add("n"),
        "f": "Fork",
        "few": ("If", {"expression": "n < 3"}),
        "early": put("early", "{{n}}"),
        "boom": ("ThrowError", {"error_message": "too few"}),
        "a": append("a 1"),
        "first": ("If", {"expression": "n == 1"}),
        "x": put("x", "only at first"),
        "y": put("y", "{{n}}"),
        "j": "Join",
        "d": append("d"),
    },
    "s > e > n > f.branch_1 > few.true > early > boom; few.false > a > j;"
    "f.branch_2 > first.true > x > y > j; first.false > y; j > d",
    variables={"n": {"type": "Integer", "default_value": 0}},
)

WORKFLOWS = {
    "again": AGAIN,
    "loops": LOOPS,
    "forks": FORKS,
    "items": ITEMS,
    "tries": TRIES,
    "retries": RETRIES,
    "calls": CALLS,
    "rows": ROWS,
}


async def undisturbed(folder, workflow):
    desk = Desk(folder, workflow)
    sub_files(folder)
    result = await desk.run()
    return desk, result


async def to_the_end(desk, *, kills):
    """Run until the job ends, killed at these writes, one for each attempt."""
    for _ in range(200):
        desk.disk.stop_at = next(kills, None)
        result = await desk.run()
        if result is None:
            continue
        if result.status is not JobStatus.NEEDS_ATTENTION:
            return result
        assert result.needs_attention
        desk.say_what_happened(result.needs_attention)
    raise AssertionError("the job does not end")


def facts(desk, result):
    """What must be the same however often a run was dropped.

    A transaction that a person calls done is passed over as one step, so its
    nodes are not counted.
    """
    in_transaction = {"two", "between", "more", "three", "end"}
    counted = result.nodes_executed if desk.rows() == [] else None
    return {
        "status": result.status,
        "error": result.error,
        "variables": plain(result.variables, desk.folder),
        "nodes": sorted(set(result.executed_nodes) - in_transaction),
        "count": counted,
        "errors": result.errors,
        "lines": sorted(desk.lines()),
        "rows": sorted(desk.rows()),
    }


def plain(variables, folder):
    text = json.dumps(variables, sort_keys=True, default=repr)
    return json.loads(text.replace(str(folder), "<HERE>"))


@pytest.mark.parametrize("loses_last", [False, True], ids=["after", "before"])
@pytest.mark.parametrize("name", WORKFLOWS)
async def test_a_run_dropped_at_any_write_ends_like_one_left_alone(tmp_path, name, loses_last):
    calm, result = await undisturbed(tmp_path / "calm", WORKFLOWS[name])
    assert result.status is JobStatus.COMPLETED, result.error
    expected = facts(calm, result)
    assert len(set(expected["lines"])) == len(expected["lines"])

    for number in range(1, calm.disk.writes + 1):
        desk = Desk(tmp_path / str(number), WORKFLOWS[name])
        sub_files(desk.folder)
        desk.disk.loses_last = loses_last
        result = await to_the_end(desk, kills=iter([number]))
        assert facts(desk, result) == expected, f"dropped at write {number}"


@pytest.mark.parametrize("loses_last", [False, True], ids=["after", "before"])
@pytest.mark.parametrize("every", [4, 5, 7])
@pytest.mark.parametrize("name", WORKFLOWS)
async def test_a_run_dropped_again_and_again_ends_like_one_left_alone(
    tmp_path, name, every, loses_last
):
    calm, result = await undisturbed(tmp_path / "calm", WORKFLOWS[name])
    expected = facts(calm, result)
    desk = Desk(tmp_path / "rough", WORKFLOWS[name])
    sub_files(desk.folder)
    desk.disk.loses_last = loses_last

    result = await to_the_end(desk, kills=itertools.repeat(every, 100))

    assert facts(desk, result) == expected


# What one cannot see by comparing ends


async def stopped_in(tmp_path, node, workflow):
    """A desk whose process was killed just after this step was announced."""
    for number in itertools.count(1):
        desk = Desk(tmp_path / str(number), workflow)
        sub_files(desk.folder)
        desk.disk.stop_at = number
        assert await desk.run() is None
        desk.disk.stop_at = None
        if any(key.endswith(f"/{node}") for key in SavedState.fold(desk.disk.blobs).intents):
            return desk
    raise AssertionError


def wishing(wish):
    nodes = {
        "s": "Start",
        "t": "Try",
        "a": append("a"),
        "b": append("b"),
        "c": append("c"),
        "catch": ("Catch", {"paired_try_id": "t"}),
        "d": append("d"),
    }
    nodes["b"][1]["_on_unknown"] = wish
    return draw(nodes, "s > t.try_body > a > b > c; t > catch.catch_body > d")


@pytest.mark.parametrize(
    ("wish", "lines"),
    [("redo", ["a", "b", "c"]), ("skip", ["a", "c"]), ("fail", ["a", "d"]), ("ask", ["a"])],
)
async def test_an_unknown_step_is_treated_as_its_workflow_says(tmp_path, wish, lines):
    desk = await stopped_in(tmp_path, "b", wishing(wish))

    result = await desk.run()

    assert desk.lines() == lines
    assert (result.status is JobStatus.NEEDS_ATTENTION) == (wish == "ask")


async def test_an_answer_counts_once(tmp_path):
    desk = await stopped_in(tmp_path, "b", wishing("ask"))
    desk.disk.decide({"job/0/1/b": "again"})
    desk.disk.stop_at = 2
    assert await desk.run() is None
    desk.disk.stop_at = None

    result = await desk.run()

    assert [step.key for step in result.needs_attention] == ["job/0/1/b"]


async def test_every_unknown_step_is_listed_and_nothing_runs_before_all_are_answered(tmp_path):
    calm, _ = await undisturbed(tmp_path / "calm", FORKS)
    for number in range(1, calm.disk.writes):
        desk = Desk(tmp_path / str(number), FORKS)
        desk.disk.stop_at = number
        assert await desk.run() is None
        desk.disk.stop_at = None
        if len(SavedState.fold(desk.disk.blobs).intents) == 3:
            break
    lines = desk.lines()

    result = await desk.run()

    keys = {step.key for step in result.needs_attention}
    assert keys == set(SavedState.fold(desk.disk.blobs).intents)
    assert len(keys) == 3
    desk.disk.decide({min(keys): "again"})
    assert {step.key for step in (await desk.run()).needs_attention} == keys - {min(keys)}
    assert desk.lines() == lines


async def test_a_resume_runs_the_called_files_as_they_were(tmp_path):
    calm, result = await undisturbed(tmp_path / "calm", CALLS)
    expected = facts(calm, result)
    desk = await stopped_in(tmp_path, "w", CALLS)
    for file in desk.folder.glob("*.json"):
        if file.name in ("sub.json", "other.json"):
            file.write_text("{}")

    result = await to_the_end(desk, kills=iter(()))

    assert facts(desk, result) == expected


async def test_a_checkpoint_in_between_forgets_no_step_that_is_under_way(tmp_path, monkeypatch):
    monkeypatch.setattr("casare_robot.execution.running.recording.COMPACT_AFTER", 1)
    monkeypatch.setattr("casare_robot.execution.running.recording.COMPACT_BYTES", 0)
    monkeypatch.setattr("casare_robot.execution.running.recording.COMPACT_GROWTH", 0)
    for name in ("forks", "items", "rows"):
        calm, result = await undisturbed(tmp_path / name, WORKFLOWS[name])
        expected = facts(calm, result)
        for number in range(1, calm.disk.writes + 1):
            desk = Desk(tmp_path / f"{name}{number}", WORKFLOWS[name])
            desk.disk.loses_last = bool(number % 2)
            result = await to_the_end(desk, kills=iter([number]))
            assert facts(desk, result) == expected, f"{name} dropped at write {number}"


async def test_values_that_no_format_can_hold_do_not_stop_the_records(tmp_path):
    workflow = draw(
        {
            "s": "Start",
            "parse": ("JsonParse", {"json_string": '"\\udce9"'}),
            "odd": ("SetVariable", {"variable_name": "odd"}),
            "big": ("MathOperation", {"operation": "power", "a": 10, "b": 40}),
            "n": ("SetVariable", {"variable_name": "n"}),
            "log": ("Log", {"message": "{{odd}}"}),
            "a": append("a"),
        },
        "s > parse > odd > big > n > log > a",
        "parse.data > odd.value; big.result > n.value",
    )
    desk = Desk(tmp_path / "desk", workflow)

    result = await desk.run()

    assert result.status is JobStatus.COMPLETED, result.error
    assert SavedState.fold(desk.disk.blobs).variables["0"]["odd"] == "?"
