"""Client and server together, over the real socket, with a real robot and journal."""

import asyncio
import json
import math
from datetime import UTC, datetime, timedelta

import pytest

from casare_robot.control import messages
from casare_robot.control.client import ControlClient
from casare_robot.control.event_buffer import MOST_INFORMING
from casare_robot.control.server import ControlServer
from casare_robot.desktop.local_socket import LocalServer, connect
from casare_robot.domain.errors import (
    AgentUnreachableError,
    ControlError,
    JobRefusedError,
    JobStateError,
    JournalBusyError,
    MembershipError,
)
from casare_robot.domain.extras_seen import ExtrasSeen
from casare_robot.domain.group_status import GroupFailover, GroupMember, GroupStatus
from casare_robot.domain.job import JobId, JobResult, JobStatus
from casare_robot.domain.metric_minute import MetricMinute
from casare_robot.domain.robot_events import JobEnded, JobLogged, NodeStarted, StatusChanged
from casare_robot.domain.robot_status import RobotState
from casare_robot.nodes import extras

SAY = ("LogNode", {"message": "hello"})
WAIT = ("WaitNode", {"duration": 30})


async def ends_with(events):
    return [event async for event in events]


async def test_a_robot_that_lets_in_and_says_nothing_is_told_as_silent(tmp_path) -> None:
    async def silent(reader, writer):
        await reader.read()

    server = LocalServer(tmp_path / "control", silent)
    await server.start()
    try:
        with pytest.raises(AgentUnreachableError, match="did not answer within 0 s"):
            await ControlClient(tmp_path, connect_timeout=0.2).status()
    finally:
        await server.close()


async def test_a_face_sees_the_robot_as_it_is(client, robot) -> None:
    assert await client.status() == await robot.status()


async def test_a_pause_with_its_end_and_note_reaches_the_robot(client, robot) -> None:
    until = datetime.now(UTC) + timedelta(hours=1)

    await client.pause(until, note="lunch")
    paused = await robot.status()
    await client.resume()
    resumed = await robot.status()
    await client.drain()

    assert (paused.state, paused.paused_until, paused.note) == (RobotState.PAUSED, until, "lunch")
    assert (resumed.state, resumed.paused_until) == (RobotState.IDLE, None)
    assert (await robot.status()).state is RobotState.DRAINING


async def test_stop_and_reconnect_reach_the_robot(client, robot) -> None:
    await client.reconnect()
    await client.stop(now=True)

    assert robot.asked == [("reconnect", None), ("stop", True)]


async def test_a_job_is_run_and_told_to_its_end(client, job_of) -> None:
    job = job_of(("StartNode", {}), SAY, ("EndNode", {}), job_id="a")

    events = await ends_with(client.submit(job))
    history = await client.jobs(10)
    entry, result = await client.job(JobId("a"))

    assert [e.line.message for e in events if isinstance(e, JobLogged)] == ["hello"]
    assert isinstance(events[-1], JobEnded)
    assert events[-1].result.status is JobStatus.COMPLETED
    assert [found.job_id for found in history] == ["a"]
    assert (entry.origin, result.status) == ("desk", JobStatus.COMPLETED)
    assert await client.job(JobId("b")) is None
    assert (await client.metrics())["jobs_completed"] == 1
    assert await client.reload() == ("checkpoint_dir",)


async def test_a_robot_tells_what_its_workflows_need_and_it_lacks(
    client, robot, job_of, monkeypatch
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    robot.journal.accept(job_of(("StartNode", {}), ("ExcelOpenNode", {}), job_id="a"))

    assert await client.extras() == ExtrasSeen(
        workflows=1, missing={"documents": ("ExcelOpenNode",)}
    )


async def test_the_figures_of_a_span_arrive_as_they_are(client) -> None:
    since = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)

    minutes = await client.metric_history(since, since + timedelta(hours=1))

    assert minutes == ((since, MetricMinute(jobs_completed=2, queues={"waiting": 1})),)


def test_values_that_json_has_no_form_of_arrive_described() -> None:
    values = {"big": 10**40, "text": "a\ud800", "when": timedelta(1), "nan": math.nan, "l": [(1,)]}
    result = JobResult(job_id=JobId("a"), status=JobStatus.COMPLETED, variables=values)
    event = JobEnded(job_id=JobId("a"), result=result, at=datetime.now(UTC))

    told = messages.read_said(messages.as_line(messages.told(event))[:-1])

    assert told.event.result.variables == {
        "big": 10**40,
        "text": "a?",
        "when": {"$type": "timedelta", "repr": "datetime.timedelta(days=1)"},
        "nan": {"$type": "float", "repr": "nan"},
        "l": [[1]],
    }


async def test_a_job_is_cancelled_while_it_runs(client, job_of) -> None:
    job = job_of(WAIT, job_id="a")
    events = []
    async for event in client.submit(job):
        events.append(event)
        if isinstance(event, NodeStarted):
            assert await client.cancel(JobId("a"))

    assert events[-1].result.status is JobStatus.CANCELLED
    assert not await client.cancel(JobId("a"))


async def test_who_stops_listening_does_not_stop_the_job(client, robot, job_of) -> None:
    job = job_of(("WaitNode", {"duration": 0.3}), SAY, job_id="a")
    watching = client.watch()
    await anext(watching)
    submitting = client.submit(job)
    await anext(submitting)
    await submitting.aclose()

    async for event in watching:
        if isinstance(event, JobEnded):
            break

    assert event.result.status is JobStatus.COMPLETED


async def test_errors_arrive_as_what_they_are(client, job_of) -> None:
    await ends_with(client.submit(job_of(SAY, job_id="a")))

    with pytest.raises(JobRefusedError) as refused:
        await ends_with(client.submit(job_of(SAY, SAY, job_id="a")))
    with pytest.raises(JobStateError) as unknown:
        await client.retry(JobId("nobody"))
    with pytest.raises(JobStateError) as ended:
        await client.resolve(JobId("a"), {"k": "done"})

    codes = [error.value.code for error in (refused, unknown, ended)]
    assert codes == ["E-JOB-209", "E-JOB-404", "E-JOB-409"]


async def test_a_job_is_run_again_as_a_new_one(client, job_of) -> None:
    watching = client.watch()
    await anext(watching)
    await ends_with(client.submit(job_of(SAY, job_id="a")))

    again = await client.retry(JobId("a"))
    while not (isinstance(event := await anext(watching), JobEnded) and event.job_id == again):
        pass

    assert again != "a"
    assert event.result.status is JobStatus.COMPLETED


async def test_watching_begins_with_the_status_and_ends_when_the_robot_leaves(
    client, robot, server
) -> None:
    events = []

    async def watch():
        async for event in client.watch():
            events.append(event)
            if len(events) == 1:
                await client.pause(note="now")

    watching = asyncio.create_task(watch())
    while len(events) < 2:
        await asyncio.sleep(0)
        assert not watching.done()
    await server.close()
    await watching

    assert [type(event) for event in events] == [StatusChanged, StatusChanged]
    assert [event.status.note for event in events] == ["", "now"]


async def test_a_submitter_is_told_when_the_robot_leaves_first(client, server, job_of) -> None:
    submitting = client.submit(job_of(WAIT, job_id="a"))
    await anext(submitting)
    await server.close()

    with pytest.raises(AgentUnreachableError, match="goes on when the robot does"):
        await ends_with(submitting)


async def test_without_a_robot_a_face_says_so_and_what_to_do(tmp_path) -> None:
    with pytest.raises(AgentUnreachableError, match="casare-robot run") as error:
        await ControlClient(tmp_path).status()

    assert error.value.code == "E-CTL-503"


async def test_a_robot_that_does_not_answer_is_not_waited_for(robot, server, tmp_path) -> None:
    robot.metrics = robot.is_stopped.wait
    client = ControlClient(tmp_path, answer_timeout=0.05)

    with pytest.raises(AgentUnreachableError, match="did not answer"):
        await client.metrics()


async def test_a_second_robot_is_refused(robot, server, tmp_path) -> None:
    with pytest.raises(JournalBusyError):
        await ControlServer(robot, tmp_path).start()


async def test_a_reader_that_stalls_loses_progress_but_not_the_end(
    client, robot, server, tmp_path, job_of
) -> None:
    """The stalled reader's socket is full; what the robot keeps for it stays small."""
    reader, writer = await greeted(tmp_path)
    writer.write(b'{"type":"watch"}\n')
    status = json.loads(await reader.readline())
    entry = await ended(client, job_of(SAY, job_id="a"))
    reader._transport.pause_reading()
    line = NodeStarted(job_id=JobId("x"), node_id="n" * 500, nodes_executed=1, at=entry.at)
    for number in range(20_000):
        robot.tell(line)
        if number % 100 == 0:
            await asyncio.sleep(0)
    await client.pause(note="last")
    robot.tell(entry)
    reader._transport.resume_reading()

    told = []
    while not (told and told[-1]["event"]["type"] == "job_completed" and len(told) > 100):
        told.append(json.loads(await reader.readline()))
    writer.close()

    kinds = [event["event"]["type"] for event in told]
    assert status["event"]["type"] == "status_changed"
    assert kinds.count("node_started") < 20_000
    assert kinds[-2:] == ["status_changed", "job_completed"]
    assert told[-2]["event"]["status"]["note"] == "last"


async def test_a_request_ends_the_stream_before_it(tmp_path, server) -> None:
    reader, writer = await greeted(tmp_path)
    writer.write(b'{"type":"watch"}\n')
    first = json.loads(await reader.readline())
    writer.write(b'{"type":"status"}\n')
    rest = [json.loads(await reader.readline()) for _ in range(2)]
    writer.close()

    assert [message["type"] for message in (first, *rest)] == ["told", "end", "answer"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"", "E-MSG-101"),
        (b"not json", "E-MSG-101"),
        (b"[" * 200, "E-MSG-102"),
        (b'{"type":"status","type":"status"}', "E-MSG-104"),
        (b'\xff{"type":"status"}', "E-MSG-108"),
        (b'{"type":"explode"}', "E-MSG-120"),
        (b'{"type":["status"]}', "E-MSG-120"),
        (b"[]", "E-MSG-120"),
        (b'{"type":"pause","until":"soon"}', "E-MSG-121"),
        (b'{"type":"pause","untill":null}', "E-MSG-121"),
        (b'{"type":"jobs","limit":0}', "E-MSG-121"),
        (b'{"type":"submit","job":{"id":"a","workflow":"%%%"}}', "E-MSG-121"),
        (b'{"type":"resolve","job_id":"a","decisions":{"k":"maybe"}}', "E-MSG-121"),
        (b'{"type":"hello","protocol":99}', "E-MSG-122"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_a_code_and_the_line_stays(
    tmp_path, server, line, code
) -> None:
    reader, writer = await greeted(tmp_path)
    writer.write(line + b'\n{"type":"status"}\n')
    refused, answered = [json.loads(await reader.readline()) for _ in range(2)]
    writer.close()

    assert (refused["type"], refused["code"]) == ("refusal", code)
    assert answered["type"] == "answer"
    if code in ("E-MSG-120", "E-MSG-121", "E-MSG-122"):
        assert "restart" in refused["message"]


async def test_a_line_too_long_is_refused_and_the_line_stays(tmp_path, robot, monkeypatch) -> None:
    monkeypatch.setattr(messages, "LARGEST_LINE", 1000)
    server = ControlServer(robot, tmp_path)
    await server.start()
    reader, writer = await greeted(tmp_path)
    writer.write(b'{"type":"pause","note":"' + b"x" * 100_000 + b'"}\n{"type":"status"}\n')
    refused, answered = [json.loads(await reader.readline()) for _ in range(2)]
    writer.close()
    await server.close()

    assert (refused["code"], answered["type"]) == ("E-MSG-107", "answer")


async def test_nothing_is_answered_before_a_hello(tmp_path, server) -> None:
    reader, writer = await connect(tmp_path / "control")
    writer.write(b'{"type":"status"}\n')
    refused = json.loads(await reader.readline())
    writer.close()

    assert refused["code"] == "E-MSG-123"


@pytest.mark.parametrize(("face", "older"), [(1, "this program"), (99, "the running robot")])
async def test_a_face_of_another_version_is_told_which_is_older(client, face, older) -> None:
    async def ask():
        async with client._line() as line:
            return await line.ask(messages.Hello(protocol=face))

    with pytest.raises(ControlError, match=f"{older} is older; restart it") as error:
        await ask()

    assert error.value.code == "E-MSG-122"


async def test_a_face_sees_the_group_and_changes_it(client, robot) -> None:
    alone = await client.group()
    robot.in_group = GroupStatus(
        name="team",
        status="active",
        robot="r-1",
        members=(
            GroupMember(robot="r-1", role="active", health="healthy", join_no=1, lease_age=0.5),
            GroupMember(robot="b", role="passive", health="healthy", join_no=2),
        ),
        working_memory_nodes=1,
        working_memory_tokens=10,
        max_tokens=100,
        in_sync=True,
        leader="b",
        jobs={"queued": 2},
        failovers=(
            GroupFailover(
                at=datetime(2026, 11, 21, tzinfo=UTC), promoted="r-1", retired=("a",), reason="x"
            ),
        ),
    )

    assert alone is None
    assert await client.group() == robot.in_group
    assert (await client.status()).group_role == "active"
    await client.promote("b")
    await client.demote("r-1")
    assert (await client.drill()).seconds == 0.5
    assert await client.sync() == {"synced_nodes": 2, "members_updated": 1}
    assert [what for what, _ in robot.asked] == ["promote", "demote", "drill", "sync"]


async def test_a_member_that_is_none_is_refused_as_what_it_is(client) -> None:
    with pytest.raises(MembershipError, match="b is not a passive member") as error:
        await client.promote("b")

    assert error.value.code == "E-GRP-404"


async def test_a_fault_in_the_robot_is_told_and_the_robot_goes_on(client, robot, capsys) -> None:
    async def broken():
        raise ZeroDivisionError("by zero")

    robot.metrics = broken
    with pytest.raises(ControlError, match="by zero") as error:
        await client.metrics()

    assert error.value.code == "E-CTL-500"
    assert (await client.status()).name == "Small"
    assert "by zero" in capsys.readouterr().err


async def test_jobs_over_control_are_of_the_desk_whatever_they_say(client, job_of) -> None:
    import msgspec

    job = msgspec.structs.replace(job_of(SAY, job_id="a"), origin="link")
    await ends_with(client.submit(job))

    [entry] = await client.jobs(1)

    assert entry.origin == "desk"


async def ended(client, job):
    return (await ends_with(client.submit(job)))[-1]


async def greeted(folder):
    reader, writer = await connect(folder / "control")
    writer.write(messages.as_line(messages.Hello(protocol=messages.PROTOCOL)))
    assert json.loads(await reader.readline())["type"] == "welcome"
    assert MOST_INFORMING < 20_000
    return reader, writer
