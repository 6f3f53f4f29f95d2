"""The groups in the orchestrator's store."""

import pytest

from casare_robot.domain.errors import NotFoundError
from casare_robot.groups.dispatcher import Dispatcher
from casare_robot.groups.fleet import Fleet
from casare_robot.orchestrator.fleet_view import FleetView


@pytest.fixture
async def view(store, clock):
    async with await Fleet.open(store=store, clock=clock) as fleet:
        group = await fleet.create_group("team", active=["a"], passive=["b"])
        await fleet.create_group("other")
        dispatcher = Dispatcher(store, group.bus, clock=clock)
        for number in range(3):
            clock.now += 1
            await dispatcher.submit({"id": str(number), "name": f"job {number}", "group": "team"})
        await group.failover()
        yield FleetView(store, clock=clock)


async def test_all_groups_are_shown_with_their_leader(view) -> None:
    shown = await view.shown()

    assert [group["name"] for group in shown["groups"]] == ["team", "other"]
    assert shown["leader"] == "team"
    assert shown["registry"]["activeSwarms"] == 2


async def test_a_group_is_shown_with_its_jobs_the_newest_first(view) -> None:
    shown = await view.group("team")

    assert (shown["active"], shown["failovers"][0]["promoted"]) == (["b"], "b")
    assert [job["name"] for job in shown["job_list"]] == ["job 2", "job 1", "job 0"]
    assert shown["job_list"][0]["status"] == "queued"
    with pytest.raises(NotFoundError):
        await view.group("nobody")


async def test_priorities_are_those_of_the_members(view, store) -> None:
    await store.patch("group", "other", {"members": [{"robot": "c", "priority": "high"}]})

    assert await view.priorities() == {"a": "normal", "b": "normal", "c": "high"}
