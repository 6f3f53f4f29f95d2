"""Jobs as rows: claimed in a robot's name, given back, cancelled, ended once."""

import pytest

from casare_robot.domain.errors import NotFoundError, StaleLeaseError
from casare_robot.groups.job_rows import KEPT, TABLE, JobRows, job_of, lease_of, table_of
from casare_robot.groups.job_steps import JobSteps
from casare_robot.store.store import Store


@pytest.fixture
def rows(store, clock):
    return JobRows(store, clock)


@pytest.fixture
def submit(rows, clock):
    async def add(job_id, **work):
        await rows.add(job_of({"id": job_id, **work}, by="team", now=clock()))

    return add


async def claim(rows, robot="a", **given):
    return await rows.claim("team", robot, holder=f"{robot}@1", **given)


async def test_a_robot_without_its_lease_claims_nothing(rows, store, submit, clock) -> None:
    await submit("1")
    lease = await store.lease("robot:a", "a@1", ttl=5)
    clock.now += 6

    with pytest.raises(StaleLeaseError):
        await claim(rows, fence=lease.fence)
    assert (await rows.get("1")).status == "queued"


async def test_a_job_that_was_given_back_is_claimed_by_another_at_once(rows, submit) -> None:
    await submit("1")
    await rows.give_back(await claim(rows))

    assert (await claim(rows, "b")).robot == "b"


async def test_giving_back_what_another_has_changes_nothing(rows, store, submit, clock) -> None:
    await submit("1")
    job = await claim(rows)
    clock.now += Store.lease_ttl + 1
    await store.patch(TABLE, "1", {"status": "queued", "robot": None})
    await claim(rows, "b")
    await rows.give_back(job)

    assert (await rows.get("1")).robot == "b"


async def test_only_its_own_robot_takes_a_running_job_again(rows, submit, clock) -> None:
    await submit("1")
    first = await claim(rows)
    too_early = await rows.reclaim("team", "a", holder="a@2")
    clock.now += Store.lease_ttl + 1
    others = await rows.reclaim("team", "b", holder="b@1")
    again = await rows.reclaim("team", "a", holder="a@2")

    assert (too_early, others) == (None, None)
    assert again.token > first.token


async def test_a_waiting_job_is_cancelled_at_once_and_a_running_one_by_its_robot(
    rows, submit
) -> None:
    await submit("waits")
    await rows.cancel("waits", by="ada")
    await submit("runs")
    await claim(rows)
    await rows.cancel("runs", by="ada")
    waits, runs = await rows.get("waits"), await rows.get("runs")

    assert (waits.status, waits.cancelled_by) == ("cancelled", "ada")
    assert (runs.status, runs.cancelled_by) == ("running", "ada")
    assert not await rows.cancel("waits")
    with pytest.raises(NotFoundError):
        await rows.cancel("nobody")


async def test_late_results_are_kept_one_by_one(rows, store, submit, clock) -> None:
    await submit("1")
    job = await claim(rows)
    clock.now += Store.lease_ttl + 1
    kept = [
        await rows.finish(job, number, robot="a", succeeded=True, sender="a") for number in (1, 2)
    ]
    row = await rows.get("1")

    assert kept == [False, False]
    assert [late["result"] for late in row.late_results] == [1, 2]
    assert (row.status, row.result) == ("running", None)


async def test_steps_are_found_in_order_by_the_next_robot(rows, store, submit, clock) -> None:
    await submit("1")
    job = await claim(rows)
    steps = JobSteps(store, "1", lambda: lease_of(job))
    await steps.accept(b"job", job.token)
    await steps.append([b"1", b"2"])
    await steps.append([b"3"])
    clock.now += Store.lease_ttl + 1
    again = await rows.reclaim("team", "a", holder="a@2")
    others = JobSteps(store, "1", lambda: lease_of(again))
    found = await others.load()

    for late in (
        lambda: steps.append([b"late"]),
        lambda: steps.replace(b"late"),
        lambda: steps.accept(b"late", job.token),
    ):
        with pytest.raises(StaleLeaseError):
            await late()
    await others.append([b"4"])
    assert found == (b"job", [b"1", b"2", b"3"])
    assert again.begun == job.token
    assert await others.load() == (b"job", [b"1", b"2", b"3", b"4"])


async def test_one_step_takes_the_place_of_all_and_the_end_takes_everything(
    rows, store, submit
) -> None:
    await submit("1")
    job = await claim(rows)
    steps = JobSteps(store, "1", lambda: lease_of(job))
    await steps.accept(b"job", job.token)
    await steps.append([b"1"])
    await steps.append([b"2"])
    await steps.replace(b"all")
    await steps.append([b"3"])
    found = await JobSteps(store, "1", lambda: lease_of(job)).load()
    await rows.finish(job, "r", robot="a", succeeded=True, sender="a", more=steps.removal())

    assert found == (b"job", [b"all", b"3"])
    assert await store.find(table_of("1")) == ()
    assert (await rows.get("1")).status == "done"


async def test_a_late_end_takes_no_steps_away(rows, store, submit, clock) -> None:
    await submit("1")
    job = await claim(rows)
    steps = JobSteps(store, "1", lambda: lease_of(job))
    await steps.accept(b"job", job.token)
    clock.now += Store.lease_ttl + 1
    await rows.finish(job, "r", robot="a", succeeded=True, sender="a", more=steps.removal())

    assert len(await store.find(table_of("1"))) == 1


async def test_who_needs_the_desktop_asks_for_it_once(clock) -> None:
    def needs(**work):
        return job_of(work, by="team", now=clock()).capabilities

    assert needs(needs_desktop=True) == ("desktop",)
    assert needs(needs_desktop=True, capabilities=["desktop", "sap"]) == ("desktop", "sap")
    assert needs() == ()


@pytest.mark.parametrize(
    ("status", "is_kept"),
    [("done", False), ("failed", False), ("cancelled", False), ("needs_attention", True)],
)
async def test_a_job_that_has_ended_is_forgotten_after_a_while(
    rows, store, submit, clock, status, is_kept
) -> None:
    await submit("1")
    await rows.finish(await claim(rows), "r", robot="a", succeeded=False, sender="a", status=status)
    clock.now += KEPT - 1
    before = await rows.get("1")
    clock.now += 2

    assert before.status == status
    assert await store.count(TABLE) == is_kept


async def test_a_job_that_nobody_has_is_forgotten_a_while_after_it_was_cancelled(
    store, submit, clock
) -> None:
    rows = JobRows(store, clock, kept=lambda: 60.0)
    await submit("waits")
    await submit("runs")
    running = await rows.claim("team", "a", holder="a@1")
    for job_id in ("waits", "runs"):
        await rows.cancel(job_id)
    clock.now += 61

    assert [row.key for row in await store.find(TABLE)] == [running.id]


async def test_the_result_of_a_job_that_is_forgotten_by_now_changes_nothing(
    rows, store, submit, clock
) -> None:
    await submit("1")
    late = await claim(rows)
    clock.now += Store.lease_ttl + 1
    again = await rows.reclaim("team", "a", holder="a@2")
    await rows.finish(again, "r", robot="a", succeeded=True, sender="a")
    clock.now += KEPT + 1

    assert not await rows.finish(late, "late", robot="a", succeeded=True, sender="a")
    assert await store.count(TABLE) == 0


async def test_what_is_kept_of_a_group_does_not_grow_with_its_years(store, submit, bus, clock):
    rows = JobRows(store, clock, kept=lambda: 3 * 86_400.0)
    sizes = []
    for number in range(40):
        await submit(str(number), group="team")
        job = await rows.claim("team", "a", holder="a@1")
        steps = JobSteps(store, job.id, lambda job=job: lease_of(job))
        await steps.accept(b"job", job.token)
        more = steps.removal()
        await rows.finish(job, "r", robot="a", succeeded=True, sender="a", more=more)
        clock.now += 12 * 3600
        await bus.tidy()
        if number in (15, 39):
            stats = await store.stats()
            sizes.append((stats["rows"], stats["entries"], stats["leases"]))

    assert sizes[0] == sizes[1]
    assert sizes[0][0] < 10
