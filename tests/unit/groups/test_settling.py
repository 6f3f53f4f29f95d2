"""A job that needs attention is settled by a person, once."""

import pytest

from casare_robot.domain.errors import GroupError, NotFoundError
from casare_robot.groups.job_rows import KEPT, TABLE, JobRows, job_of, table_of
from casare_robot.groups.settling import settle


@pytest.fixture
def rows(store, clock):
    return JobRows(store, clock)


@pytest.fixture
async def parked(store, rows, clock):
    work = {"id": "1", "group": "team", "restartable": False}
    await rows.add(job_of(work, by="team", now=clock()))
    fields = {"status": "needs_attention", "robot": "a"}
    await store.patch(TABLE, "1", fields)
    await store.put(table_of("1"), "0000000000", {"token": 1, "blobs": []})
    return "1"


async def test_a_job_that_goes_on_may_be_claimed_and_its_veto_is_lifted(
    store, rows, parked
) -> None:
    assert await settle(store, parked, "again") == "queued"

    job = await rows.claim("team", "b", holder="b@1")
    assert (job.id, job.restartable, job.robot) == ("1", True, "b")
    assert await store.count(table_of("1"), {}) == 1


@pytest.mark.parametrize(("decision", "status"), [("done", "done"), ("fail", "failed")])
async def test_a_job_that_has_ended_leaves_no_steps_and_is_claimed_by_nobody(
    store, rows, parked, decision, status
) -> None:
    assert await settle(store, parked, decision, by="person") == status

    assert (await rows.get("1")).status == status
    assert await rows.claim("team", "b", holder="b@1") is None
    assert await store.count(table_of("1"), {}) == 0


@pytest.mark.parametrize(("decision", "is_kept"), [("again", True), ("done", False)])
async def test_a_job_that_was_settled_for_good_is_forgotten_after_a_while(
    store, parked, clock, decision, is_kept
) -> None:
    await settle(store, parked, decision)
    clock.now += KEPT - 1
    before = await store.count(TABLE)
    clock.now += 2

    assert (before, await store.count(TABLE)) == (1, is_kept)


async def test_only_a_job_that_needs_attention_is_settled(store, parked) -> None:
    await settle(store, parked, "done")

    with pytest.raises(GroupError, match="job 1 does not need attention: it is done"):
        await settle(store, parked, "again")
    with pytest.raises(NotFoundError):
        await settle(store, "2", "again")
