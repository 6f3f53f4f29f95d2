from datetime import UTC, datetime, timedelta

import msgspec
from rich.console import Console

from casare_robot.cli.status_view import LiveStatus, event_line, status_lines
from casare_robot.domain.errors import Fault
from casare_robot.domain.job import JobError, JobId, JobResult, JobStatus, LogLine
from casare_robot.domain.robot_events import (
    JobEnded,
    JobLogged,
    JobStarted,
    NodeFailed,
    NodeStarted,
    StatusChanged,
)
from casare_robot.domain.robot_status import (
    CircuitStatus,
    LinkState,
    LinkStatus,
    RobotState,
    RobotStatus,
    RunningJob,
    UpdateStatus,
)

NOW = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
LINK = LinkStatus(
    state=LinkState.RECONNECTING,
    since=NOW - timedelta(minutes=3),
    address="wss://desk.example/robot",
    problem="the name cannot be resolved",
    next_try_in=12.0,
    unsent_results=2,
)
JOB = RunningJob(
    job_id=JobId("5f2c"),
    name="Invoices [march]",
    origin="desk",
    started_at=NOW - timedelta(seconds=75),
    node_id="read",
    nodes_executed=34,
    total_nodes=120,
)
STATUS = RobotStatus(
    robot_id="r-1",
    name="Desk 7",
    state=RobotState.EXECUTING,
    since=NOW - timedelta(seconds=75),
    link=LINK,
    version="0.1.0",
    session="s",
    started_at=NOW - timedelta(days=2, hours=4),
    jobs=(JOB,),
    max_concurrent_jobs=2,
    waiting=3,
    needs_attention=1,
    reasons=("it is outside working hours",),
    warnings=(Fault(code="E-DISK-701", message="the disk is nearly full"),),
)


def drawn(view, width=100):
    console = Console(width=width, force_terminal=True, color_system=None)
    with console.capture() as captured:
        console.print(view)
    return captured.get()


def test_plain_lines_tell_state_link_jobs_reasons_and_warnings() -> None:
    assert list(status_lines(STATUS, NOW)) == [
        "Desk 7: executing for 1 min",
        "link: reconnecting to wss://desk.example/robot for 3 min; the name cannot be resolved; "
        "results that wait to be delivered: 2; tries again in 12 s, "
        "or now with casare-robot reconnect",
        "jobs: 1 of 2 running, 3 waiting, 1 needs attention",
        "  5f2c  Invoices [march]  34 of 120 nodes, at read  1 min",
        "see which: casare-robot jobs list --status needs_attention",
        "no job begins: it is outside working hours",
        "warning: E-DISK-701 the disk is nearly full",
    ]


def test_an_open_circuit_is_told_and_a_refused_robot_learns_how_to_try_again() -> None:
    circuit = CircuitStatus(name="link", state="half_open", retry_after=12.0)
    guarded = msgspec.structs.replace(LINK, circuit=circuit)
    refused = msgspec.structs.replace(LINK, state=LinkState.DISCONNECTED, next_try_in=None)
    told = [
        list(status_lines(msgspec.structs.replace(STATUS, link=link), NOW))[1]
        for link in (LINK, guarded, refused)
    ]

    assert "circuit" not in told[0]
    assert "; circuit half open; tries again in 12 s" in told[1]
    assert told[2].endswith("; casare-robot reconnect tries again")


def test_the_live_view_shows_the_same_and_fits_a_narrow_terminal() -> None:
    view = LiveStatus(lambda: NOW)
    view.look(STATUS)

    wide, narrow = drawn(view), drawn(view, width=60)

    for text in ("Desk 7", "executing", "Invoices [march]", "34 of 120", "3 waiting", "E-DISK-701"):
        assert text in wide
    assert max(map(len, narrow.splitlines())) <= 60


def test_the_live_view_follows_what_happens() -> None:
    view = LiveStatus(lambda: NOW)
    view.hear(StatusChanged(status=STATUS, at=NOW))
    view.hear(NodeStarted(job_id=JOB.job_id, node_id="write", nodes_executed=77, at=NOW))
    moved = drawn(view)
    error = JobError(code="E-NODE-001", message="the till is empty")
    result = JobResult(job_id=JOB.job_id, status=JobStatus.FAILED, error=error)
    view.hear(JobEnded(job_id=JOB.job_id, result=result, at=NOW))
    ended = drawn(view)

    assert "write" in moved
    assert "77 of 120" in moved
    assert "Invoices" not in ended
    assert "failed: the till is empty" in ended


def test_only_what_people_want_to_know_becomes_a_line() -> None:
    a = JobId("a")
    failed = NodeFailed(job_id=a, node_id="n", node_type="T", seconds=1, error="no", at=NOW)
    line = LogLine(level="INFO", message="hi [bold]")

    lines = [
        event_line(JobStarted(job_id=a, name="x", at=NOW, resumed=True)),
        event_line(failed),
        event_line(JobLogged(job_id=a, line=line, at=NOW)),
        event_line(NodeStarted(job_id=a, node_id="n", nodes_executed=1, at=NOW)),
    ]

    told = [text and text.split("  ", 1)[1] for text in lines]
    assert told == ["a  resumed  x", "a  T n failed: no", "a  [INFO] hi [bold]", None]


def test_before_the_first_look_it_says_that_it_looks() -> None:
    assert "looking for the robot" in drawn(LiveStatus())


def test_a_robot_in_a_group_tells_which_and_in_which_role() -> None:
    joined = msgspec.structs.replace(STATUS, group="finance", group_role="active")
    joining = msgspec.structs.replace(STATUS, group="finance")
    view = LiveStatus(lambda: NOW)
    view.look(joined)

    assert "group: finance, active" in list(status_lines(joined, NOW))
    assert "group: finance, joining" in list(status_lines(joining, NOW))
    assert "finance, active" in drawn(view)


def test_a_newer_version_is_told_with_how_to_install_it() -> None:
    def last(update):
        return list(status_lines(msgspec.structs.replace(STATUS, update=update), NOW))[-1]

    ready = UpdateStatus(version="0.2.0", is_ready=True)
    wanted = UpdateStatus(version="0.2.0", is_ready=True, is_wanted=True)
    assert last(UpdateStatus(version="0.2.0")).startswith("warning")
    assert last(ready) == "version 0.2.0 is ready: casare-robot update apply"
    assert last(wanted) == "version 0.2.0 is installed when the robot is idle"
