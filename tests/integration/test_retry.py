"""A job that did not succeed goes on where it stopped, and does nothing twice."""

import json

import msgspec
import pytest

from casare_robot.agent.preparation import prepare
from casare_robot.agent.retrying import again
from casare_robot.domain.errors import JobStateError, WorkflowInvalidError
from casare_robot.domain.job import Job, JobError, JobId, JobStatus
from casare_robot.domain.policy import Policy
from casare_robot.execution.going_on import steps_to_go_on
from casare_robot.execution.state import Delta, DeltaWriter, SavedState
from tests.workflow_builder import log, node, said, workflow


class Disk:
    """What survives."""

    def __init__(self, blobs=()):
        self.blobs = list(blobs)

    async def append(self, blob, *, wait):
        self.blobs.append(blob)

    async def replace(self, blob):
        self.blobs = [blob]


class Desk:
    """A folder in which jobs leave effects."""

    def __init__(self, folder):
        self.folder = folder
        self.disk = Disk()
        self.job = None

    @property
    def effects(self):
        file = self.folder / "effects"
        return file.read_text().split() if file.exists() else []

    def file(self, wires, /, *, parts=None, **nodes):
        text = json.dumps(workflow(wires, parts=parts, **nodes))
        return text.replace("<HERE>", str(self.folder)).encode()

    async def run(self, file, *, name="first", steps=(), variables=None):
        self.job = Job(id=JobId(name), workflow=file, variables=variables or {})
        self.disk = Disk(steps)
        saved = SavedState.fold(steps) if steps else None
        run = prepare(self.job, policy=Policy(), recorder=self.disk, saved=saved)
        return await run.run()

    async def go_on(self, result, *, name="second", newer=None):
        steps = steps_to_go_on(self.job, result.status, self.disk.blobs, is_newer=newer is not None)
        return await self.run(newer or self.job.workflow, name=name, steps=steps)


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def effect(text):
    return node("AppendFile", file_path="<HERE>/effects", content=f"{text}\n")


def read(name):
    return node("ReadFile", file_path=f"<HERE>/{name}")


async def test_it_goes_on_at_the_failed_node_and_repeats_nothing(desk) -> None:
    file = desk.file("s > a > r > b", a=effect("a"), r=read("in"), b=effect("b"))
    first = await desk.run(file)
    (desk.folder / "in").touch()

    second = await desk.go_on(first)

    assert (first.status, second.status) == (JobStatus.FAILED, JobStatus.COMPLETED)
    assert desk.effects == ["a", "b"]
    assert second.resumed
    assert second.nodes_executed == 4
    assert [time.node_id for time in second.times] == ["r", "b"]
    assert second.times[0].began_ms < 60_000


async def test_what_only_computes_goes_on_too(desk) -> None:
    file = desk.file(
        "s > a > m > b",
        parts={"variables": {"n": {"name": "n", "default_value": 0}}},
        a=effect("a"),
        m=node("MathOperation", a=1, b="{{n}}", operation="divide"),
        b=effect("b"),
    )
    first = await desk.run(file)
    newer = file.replace(b'"default_value": 0', b'"default_value": 4')

    second = await desk.go_on(first, newer=newer)

    assert (first.error.node_id, second.status) == ("m", JobStatus.COMPLETED)
    assert desk.effects == ["a", "b"]


def looped(desk, **more):
    return desk.file(
        "s > f.body > a > r > b > e; f.completed > d",
        f=node("ForLoopStart", mode="range", end=3, item_var="i"),
        a=effect("a{{i}}"),
        r=read("in{{i}}"),
        b=effect("b{{i}}"),
        e=node("ForLoopEnd", paired_loop_start_id="f"),
        d=log("done"),
        **more,
    )


async def test_it_goes_on_in_the_turn_of_the_loop_in_which_it_failed(desk) -> None:
    (desk.folder / "in0").touch()
    result = await desk.run(looped(desk))
    for turn, name in ((1, "second"), (2, "third")):
        (desk.folder / f"in{turn}").touch()
        result = await desk.go_on(result, name=name)

    assert result.status is JobStatus.COMPLETED
    assert desk.effects == ["a0", "b0", "a1", "b1", "a2", "b2"]
    assert said(result) == ["done"]


async def test_the_keys_of_its_steps_are_those_of_the_first_job(desk) -> None:
    """So that a server that knows a key does not do the same thing twice."""
    keys = []
    result = await desk.run(looped(desk))
    for turn, name in ((0, "second"), (1, "third")):
        (desk.folder / f"in{turn}").touch()
        result = await desk.go_on(result, name=name)
        assert SavedState.fold(desk.disk.blobs).root == "first"
        keys += [key for blob in desk.disk.blobs for key in _intents(blob)]

    assert keys == ["first/0/1[0]/b", "first/0/1[1]/a", "first/0/1[1]/b", "first/0/1[2]/a"]


def _intents(blob):
    return msgspec.msgpack.decode(blob, ext_hook=lambda *_: None).get("intents", {})


async def test_a_finally_runs_again_behind_the_node_that_failed(desk) -> None:
    file = desk.file(
        "s > t.try_body > a > r > b; t > fin.finally_body > f > d",
        t="Try",
        fin="Finally",
        a=effect("a"),
        r=read("in"),
        b=effect("b"),
        f=effect("f"),
        d=effect("d"),
    )
    first = await desk.run(file)
    assert first.status is JobStatus.FAILED
    (desk.folder / "in").touch()

    second = await desk.go_on(first)

    assert second.status is JobStatus.COMPLETED
    assert desk.effects == ["a", "f", "d", "b", "f", "d"]


async def test_a_failure_that_was_handled_is_no_place_to_go_on(desk) -> None:
    file = desk.file(
        "s > t.try_body > x; t > c.catch_body > l > a > r > b",
        t="Try",
        c="Catch",
        x=read("never"),
        l=log("caught"),
        a=effect("a"),
        r=read("in"),
        b=effect("b"),
    )
    first = await desk.run(file)
    (desk.folder / "in").touch()

    second = await desk.go_on(first)

    assert first.error.node_id == "r"
    assert second.status is JobStatus.COMPLETED
    assert desk.effects == ["a", "b"]
    assert said(second) == ["caught"]


FROM_START = {
    "fork": ("s > f; f.branch_1 > a; f.branch_2 > r", {"f": node("Fork", branch_count=2)}),
    "while": (
        "s > w.body > a > e; w.completed > r",
        {
            "w": node("WhileLoopStart", expression="True", max_iterations=2),
            "e": node("WhileLoopEnd", paired_loop_start_id="w"),
        },
    ),
}


@pytest.mark.parametrize("name", FROM_START)
async def test_where_going_on_would_repeat_something_it_is_refused(desk, name) -> None:
    wires, nodes = FROM_START[name]
    first = await desk.run(desk.file(wires, a=effect("a"), r=read("in"), **nodes))
    assert first.status is JobStatus.FAILED

    with pytest.raises(JobStateError) as caught:
        await desk.go_on(first)

    assert caught.value.code == "E-JOB-411"


@pytest.mark.parametrize("is_newer", [False, True])
def test_a_step_that_was_under_way_is_asked_about_or_refused(is_newer) -> None:
    writer = DeltaWriter()
    steps = [
        writer.encode(Delta(intents={"old/0/pay": ("pay", "PayNode", "once")})),
        writer.encode(Delta(count=1)),
    ]
    job = Job(id=JobId("old"), workflow=b"{}")

    if is_newer:
        with pytest.raises(JobStateError, match="nobody knows"):
            steps_to_go_on(job, JobStatus.CANCELLED, steps, is_newer=True)
        return
    saved = SavedState.fold(steps_to_go_on(job, JobStatus.CANCELLED, steps))

    assert saved.intents == {"old/0/pay": ("pay", "PayNode", "once")}
    assert saved.root == "old"


async def test_a_newer_version_goes_on_at_the_same_node_wherever_that_stands_in_it(desk) -> None:
    (desk.folder / "in0").touch()
    first = await desk.run(looped(desk))
    content = json.loads(looped(desk, new=log("turn {{i}}")))
    content["nodes"] = {"new": content["nodes"].pop("new"), **content["nodes"]}
    content["nodes"]["r"]["config"]["file_path"] = str(desk.folder / "in0")
    wire = next(it for it in content["connections"] if it["source_node"] == "b")
    content["connections"].append({**wire, "source_node": "new"})
    wire["target_node"] = "new"

    second = await desk.go_on(first, newer=json.dumps(content).encode())

    assert second.status is JobStatus.COMPLETED
    assert desk.effects == ["a0", "b0", "a1", "b1", "a2", "b2"]
    assert said(second) == ["turn 1", "turn 2", "done"]


async def test_a_newer_version_without_the_node_is_refused_before_anything_runs(desk) -> None:
    first = await desk.run(desk.file("s > a > r", a=effect("a"), r=read("in")))
    newer = desk.file("s > a > q", a=effect("a"), q=read("in"))

    with pytest.raises(WorkflowInvalidError) as caught:
        await desk.go_on(first, newer=newer)

    assert [(it.code, it.node_id) for it in caught.value.faults] == [("E-RETRY-409", "r")]
    assert desk.effects == ["a"]


REFUSALS = [
    # how it ended           steps  facts                         code
    (JobStatus.COMPLETED, [b"x"], {}, "E-JOB-411"),
    (JobStatus.FAILED, [], {}, "E-JOB-411"),
    (JobStatus.FAILED, [DeltaWriter().encode(Delta())], {}, "E-JOB-411"),
    (JobStatus.CANCELLED, [b"no delta"], {}, "E-JOB-411"),
    (JobStatus.CANCELLED, [DeltaWriter().encode(Delta())], {"elsewhere": True}, "E-JOB-411"),
    (JobStatus.CANCELLED, [DeltaWriter().encode(Delta())], {"restartable": False}, "E-JOB-411"),
]


@pytest.mark.parametrize(("status", "steps", "facts", "code"), REFUSALS)
def test_what_nobody_can_go_on_from_is_refused(tmp_path, status, steps, facts, code) -> None:
    from contextlib import closing
    from datetime import UTC, datetime

    from casare_robot.domain.job import JobResult
    from casare_robot.journal.journal import Journal

    changes = {name: value for name, value in facts.items() if name != "elsewhere"}
    error = JobError(code="E-JOB-423", message="another's") if "elsewhere" in facts else None
    with closing(Journal.open(tmp_path)) as journal:
        journal.accept(Job(id=JobId("a"), workflow=b"{}", **changes))
        for step in steps:
            journal.append(JobId("a"), step)
        journal.finish(JobId("a"), JobResult(job_id=JobId("a"), status=status, error=error))

        with pytest.raises(JobStateError) as caught:
            again(journal, JobId("a"), start="failed", version="old", now=datetime.now(UTC))
        with pytest.raises(JobStateError) as no_file:
            again(journal, JobId("a"), start="start", version="new", now=datetime.now(UTC))

    assert caught.value.code == code
    assert no_file.value.code == "E-JOB-412"
