"""Robots as processes at CasareRPA's queue in a real PostgreSQL; judged by its rows."""

import asyncio
import signal

import msgspec
import pytest

from casare_robot.domain.job import JobError, JobId, JobResult, JobStatus
from casare_robot.link.casarerpa.queue_table import QueueTableWords
from casare_robot.link.exchange import SqlAnswer, SqlQuestion, frame
from casare_robot.link.identity import Identity
from casare_robot.link.session import LineError
from casare_robot.link.sql_line import open_sql
from tests.replicas.job_queue import ORCHESTRATOR_TABLES, JobQueue
from tests.replicas.robot_process import BAD, GOOD, RobotProcess, robot, waiting
from tests.servers import PostgresServer, running

ROBOT = "robot-it-01"


@pytest.fixture(scope="module")
def postgres():
    yield from running(PostgresServer)


@pytest.fixture(params=["the queue alone", "with the orchestrator's tables"])
def queue(postgres, request):
    tables = ORCHESTRATOR_TABLES if request.param.startswith("with") else ""
    with JobQueue(postgres.database(), tables) as made:
        yield made


async def test_a_job_in_the_queue_is_completed(tmp_path, queue):
    job_id = queue.submit(GOOD, variables={"given": 1})
    async with robot(tmp_path, queue.url, "1c") as it:
        await queue.until(job_id, status="completed")

        job = queue.job(job_id)
        assert job["robot_id"] == ROBOT
        assert job["result"]["result_data"]["variables"] == {"x": "7", "given": 1}
        assert await it.stop() == 0
        assert queue.robot_status(ROBOT) in ("offline", None)


async def test_a_job_in_the_queue_that_fails_is_tried_again_and_told(tmp_path, queue):
    job_id = queue.submit(BAD, max_retries=0)
    async with robot(tmp_path, queue.url, "postgres"):
        await queue.until(job_id, status="failed")
        assert "no such invoice" in queue.job(job_id)["error_message"]


async def test_a_lease_is_kept_while_its_job_runs(tmp_path, queue):
    job_id = queue.submit(waiting(120))
    async with robot(tmp_path, queue.url, "postgres"):
        await queue.until(job_id, status="running")
        before = queue.job(job_id)["visible_after"]
        await queue.until_true(lambda: queue.job(job_id)["visible_after"] > before)


async def test_a_job_whose_lease_ran_out_is_taken_over(tmp_path, queue):
    job_id = queue.submit(GOOD)
    queue.change(job_id, status="running", robot_id="dead", visible_after="now() - interval '1 s'")
    async with robot(tmp_path, queue.url, "postgres"):
        await queue.until(job_id, status="completed")

        assert queue.job(job_id)["robot_id"] == ROBOT
        assert queue.job(job_id)["retry_count"] == 1


async def test_a_robot_that_lost_its_lease_lets_go_and_overwrites_nothing(tmp_path, queue):
    job_id = queue.submit(waiting(120))
    async with robot(tmp_path, queue.url, "postgres") as it:
        await queue.until(job_id, status="running")
        it.signal(signal.SIGSTOP)
        queue.change(job_id, robot_id="another", visible_after="now() + interval '1 hour'")
        it.signal(signal.SIGCONT)
        following = queue.submit(GOOD)
        await queue.until(following, status="completed")

        assert queue.job(job_id)["robot_id"] == "another"
        assert queue.job(job_id)["status"] == "running"


async def test_a_killed_robot_goes_on_with_its_job_at_its_next_start(tmp_path, queue):
    job_id = queue.submit(waiting(2))
    async with robot(tmp_path, queue.url, "postgres") as it:
        await queue.until(job_id, status="running")
        async with asyncio.timeout(60):  # claimed is not yet kept: it would be queued again
            while " begins" not in it.said():
                await asyncio.sleep(0.01)
        await it.kill()
        again = RobotProcess(*it._arguments, home=it.home)
        await again.start()
        try:
            await queue.until(job_id, status="completed")
        finally:
            await again.kill()
        assert queue.job(job_id)["retry_count"] == 0


def words(robot_id=ROBOT):
    return QueueTableWords(Identity(robot_id=robot_id, session="s"), lambda: {"cpu_percent": 1.0})


async def heard(line, told, question):
    """What the answer to a question means."""
    await line.send(frame(msgspec.structs.replace(question.head, n=1)))
    return told.heard(question, told.read(await line.receive())[1])


async def claimed(queue, told=None):
    """A job that was submitted and claimed, and the line."""
    told = told or words()
    queue.submit(GOOD)
    line = await open_sql(queue.url)
    return line, (await heard(line, told, told.claim())).job


def ended(job, status=JobStatus.COMPLETED):
    error = None if status is JobStatus.COMPLETED else JobError(code="E-X-1", message="a\0b")
    variables = {"text": "a\0b\ud800"}
    return JobResult(job_id=job.id, status=status, error=error, variables=variables)


@pytest.mark.parametrize("lost", [{"robot_id": "another"}, {"status": "cancelled"}])
async def test_nothing_is_written_about_a_job_that_is_not_the_robots_any_more(queue, lost):
    line, job = await claimed(queue)
    own = job.id.partition("~")[0]
    queue.change(own, **lost)
    before = queue.job(own)
    told = words()
    for question in (
        told.renew(job.id),
        told.report(ended(job)),
        told.report(ended(job, JobStatus.FAILED)),
        told.give_back(job.id, "", for_good=False),
        told.give_back(job.id, "no", for_good=True),
    ):
        assert (await heard(line, told, question)).verdict == "gone"
    assert queue.job(own) == before
    await line.close("")


async def test_a_robot_never_takes_a_job_from_itself(queue):
    line, job = await claimed(queue)
    own = job.id.partition("~")[0]
    queue.change(own, visible_after="now() - interval '1 s'")
    await heard(line, words(), words().upkeep([job.id]))
    assert (queue.job(own)["status"], queue.job(own)["robot_id"]) == ("running", ROBOT)
    assert (await heard(line, words(), words().renew(job.id))).verdict == "ok"
    queue.change(own, visible_after="now() - interval '1 s'")
    await heard(line, words(), words().upkeep([]))  # it holds it no more: it was set up anew
    row = queue.job(own)
    assert (row["status"], row["robot_id"], row["retry_count"]) == ("pending", None, 1)
    assert row["error_message"] == " [Visibility timeout exceeded]"
    await line.close("")


async def test_text_that_the_database_cannot_hold_is_told_without_it(queue):
    line, job = await claimed(queue)
    assert (await heard(line, words(), words().report(ended(job)))).verdict == "ok"
    kept = queue.job(job.id.partition("~")[0])["result"]
    assert kept["result_data"]["variables"]["text"].startswith("a\ufffdb")
    await line.close("")


async def test_a_failed_job_waits_longer_each_time_and_then_has_failed(queue):
    line, job = await claimed(queue)
    own = job.id.partition("~")[0]
    queue.change(own, retry_count=2)
    await heard(line, words(), words().report(ended(job, JobStatus.FAILED)))
    row = queue.job(own)
    assert (row["status"], row["robot_id"], row["retry_count"]) == ("pending", None, 3)
    assert 10 < (row["visible_after"] - row["started_at"]).total_seconds() < 60
    queue.change(own, status="running", robot_id=ROBOT)
    await heard(line, words(), words().report(ended(job, JobStatus.FAILED)))
    assert queue.job(own)["status"] == "failed"
    assert queue.job(own)["completed_at"] is not None
    await line.close("")


async def test_two_robots_never_get_the_same_job(queue):
    for _ in range(10):
        queue.submit(GOOD)
    lines = [await open_sql(queue.url) for _ in range(4)]
    told = [words(f"robot-{number}") for number in range(4)]
    got = []

    async def take(line, own):
        while (job := (await heard(line, own, own.claim())).job) is not None:
            got.append(job.id)

    await asyncio.gather(*(take(line, own) for line, own in zip(lines, told, strict=True)))
    assert len(got) == len(set(got)) == 10
    for line in lines:
        await line.close("")


async def test_a_statement_that_the_database_refuses_breaks_no_line(queue):
    line = await open_sql(queue.url)
    await line.send(frame(SqlQuestion(7, "SELECT * FROM nowhere")))
    head, _, _ = (await line.receive()).partition(b"\n")
    told = msgspec.json.decode(head, type=SqlAnswer)
    assert (told.n, told.state) == (7, "42P01")
    assert (await heard(line, words(), words().claim())).verdict == "nothing"
    await line.close("")


async def test_a_line_that_the_database_ends_is_broken(queue):
    line = await open_sql(queue.url)
    await line.send(frame(SqlQuestion(1, "SELECT pg_terminate_backend(pg_backend_pid())")))
    with pytest.raises(LineError):
        await line.receive()
    await line.close("")


async def test_no_database_is_no_line(tmp_path):
    with pytest.raises(LineError) as caught:
        await open_sql(f"postgresql://nobody@/none?host={tmp_path}")
    assert not caught.value.is_refusal


async def test_a_robot_of_the_list_is_shown_with_its_load(queue):
    told = words()
    line = await open_sql(queue.url)
    await heard(line, told, told.introduction()[0])
    asked = told.beat("busy", [JobId("j")])
    if queue.robot_status(ROBOT) is None:
        assert asked == ()  # there is no list of robots here, and that is all right
    else:
        await heard(line, told, asked[0])
        assert queue.robot_status(ROBOT) == "busy"
    await line.close("")
