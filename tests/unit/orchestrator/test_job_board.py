import asyncio
from datetime import datetime

import pytest

from casare_robot.domain.errors import JobRefusedError, NotFoundError, StaleLeaseError
from casare_robot.domain.job import JobStatus
from casare_robot.link.native.messages import ErrorInfo, JobResult
from casare_robot.orchestrator.job_record import Status


def result(job_id, *, key="k1", status=JobStatus.COMPLETED, **facts):
    return JobResult(job_id=job_id, status=status, key=key, **facts)


async def give(board, robot="a", *, free=1, tags=(), environment="default", resting=frozenset()):
    mine = await board.own(robot, resting=resting)
    others = await board.open_to(tags=tags, environment=environment, most=free, resting=resting)
    fit = [job_id for job_id, job in others if robot not in job.refused_by]
    given = []
    for job_id in mine + fit:
        if len(given) < len(mine) + free and await board.assign(job_id, robot) is not None:
            given.append(job_id)
    return given


async def test_the_same_submission_is_one_job(board, submission):
    first = await board.submit(submission(job_id="j", variables={"n": 1}))
    again = await board.submit(submission(job_id="j", variables={"n": 1}))

    assert (first, again) == (("j", True), ("j", False))
    assert len(await board.jobs(limit=10)) == 1


async def test_an_id_belongs_to_one_content(board, submission):
    await board.submit(submission(job_id="j"))

    with pytest.raises(JobRefusedError) as refused:
        await board.submit(submission(job_id="j", variables={"other": True}))

    assert refused.value.code == "E-JOB-209"


async def test_the_highest_priority_is_given_first_and_equals_in_order(board, submission):
    for job_id, priority in (("low", -1), ("first", 0), ("second", 0), ("high", 5)):
        await board.submit(submission(job_id=job_id, priority=priority))

    assert await give(board, free=3) == ["high", "first", "second"]
    assert await give(board, free=3) == ["low"]


async def test_many_who_ask_at_once_never_get_the_same_job(board, submission):
    for number in range(20):
        await board.submit(submission(job_id=f"j{number}"))

    given = await asyncio.gather(*(give(board, f"r{n}", free=5) for n in range(8)))

    everything = [job_id for jobs in given for job_id in jobs]
    assert len(everything) == len(set(everything))
    rest = await give(board, "last", free=100)
    assert sorted(everything + rest) == sorted(f"j{n}" for n in range(20))


async def test_a_robot_without_a_slot_gets_only_what_is_its_own(board, submission):
    await board.submit(submission(job_id="anybody's"))
    await board.submit(submission(job_id="mine", robot_id="a"))
    await board.submit(submission(job_id="theirs", robot_id="b"))

    assert await give(board, "a", free=0) == ["mine"]


async def test_tags_and_environment_decide_who_may(board, submission):
    await board.submit(submission(job_id="sap", tags=("sap", "gpu")))
    await board.submit(submission(job_id="test", environment="test"))

    assert await give(board, tags=("sap",), free=9) == []
    assert await give(board, tags=("gpu", "sap", "x"), free=9) == ["sap"]
    assert await give(board, environment="test", free=9) == ["test"]


async def test_a_refused_job_goes_to_another_robot(board, submission):
    await board.submit(submission(job_id="j"))
    await give(board, "a")

    error = ErrorInfo(code="E-WF-404", message="no such node here")
    await board.refused("j", "a", error, later=False)

    assert await give(board, "a", free=9) == []
    assert await give(board, "b", free=9) == ["j"]


async def test_a_job_at_rest_is_not_given(board, submission):
    await board.submit(submission(job_id="j"))

    assert await give(board, resting=frozenset({"j"})) == []
    assert await give(board) == ["j"]


async def test_a_robot_owes_what_it_was_given_until_it_ends(board, submission):
    await board.submit(submission(job_id="j"))
    await give(board)
    before = await board.at_robot("a")

    await board.ended("a", result("j", outputs={"sum": 3}))

    assert list(before) == ["j"]
    assert await board.at_robot("a") == {}
    job = await board.job("j")
    assert (job.status, job.outputs) == (Status.COMPLETED, {"sum": 3})


async def test_a_result_that_nobody_waits_for_is_kept_as_evidence(board, submission, store):
    await board.submit(submission(job_id="j"))
    await give(board)
    await board.cancel("j", "robot is gone", forced=True)

    await board.ended("a", result("j"))
    await board.ended("a", result("unknown"))

    assert (await board.job("j")).status is Status.CANCELLED
    assert {row.key for row in await store.find("evidence")} == {"j/k1", "unknown/k1"}


async def test_a_job_is_tried_again_as_a_new_one(board, submission):
    await board.submit(submission(job_id="j", variables={"n": 1}, priority=3))
    await give(board)
    await board.ended("a", result("j", status=JobStatus.FAILED))

    new_id = await board.retry("j")

    again = await board.job(new_id)
    assert (again.status, again.retry_of) == (Status.QUEUED, "j")
    assert (again.variables, again.priority) == ({"n": 1}, 3)
    with pytest.raises(NotFoundError):
        await board.retry("nobody's")


async def test_what_waits_for_too_long_expires(board, submission, clock):
    from datetime import UTC, datetime

    soon = datetime.fromtimestamp(clock.now + 60, UTC)
    await board.submit(submission(job_id="stale", expires_at=soon))
    await board.submit(submission(job_id="patient"))

    clock.now += 61
    await board.expire()

    assert (await board.job("stale")).status is Status.EXPIRED
    assert await give(board, free=9) == ["patient"]


async def test_who_lost_the_store_writes_nothing_more(board, submission, lease):
    await lease.release()

    with pytest.raises(StaleLeaseError):
        await board.submit(submission(job_id="j"))


async def test_every_change_is_told(board, submission, feed):
    news = feed.listen()
    hearing = asyncio.ensure_future(anext(news))
    await asyncio.sleep(0)

    await board.submit(submission(job_id="j"))

    kind, facts = await hearing
    assert (kind, facts["job_id"], facts["status"]) == ("job", "j", "queued")
    await news.aclose()


async def test_the_last_moment_of_a_time_zone_behind_is_an_end_like_any_other(board, submission):
    never = datetime.fromisoformat("9999-12-31T23:59:59-12:00")
    job_id, _ = await board.submit(submission(expires_at=never))
    assignment = await board.assign(job_id, "a")

    assert assignment.expires_at.year == 9999
    assert (await board.job(job_id)).shown(job_id)["expires_at"].startswith("9999-12-31")


async def test_a_job_that_has_ended_is_forgotten_after_its_time_and_no_other(
    board, store, clock, submission
):
    for job_id in ("done", "parked", "waiting"):
        await board.submit(submission(job_id=job_id))
    await give(board, free=2)
    await board.ended("a", result("done"))
    await board.ended("a", result("parked", status=JobStatus.NEEDS_ATTENTION))
    clock.now += 99
    kept = {name for name, _ in await board.jobs(limit=10)}
    clock.now += 2

    assert kept == {"done", "parked", "waiting"}
    assert {name for name, _ in await board.jobs(limit=10)} == {"parked", "waiting"}
    assert {row.key for row in await store.find("result")} == {"parked"}
