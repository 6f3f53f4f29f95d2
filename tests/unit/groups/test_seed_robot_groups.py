"""The examples of robot_groups.md, line by line."""

import pytest

from casare_robot.groups.robot_group import RobotGroup
from tests.stores import EVERY_STORE, address_of


@pytest.fixture(params=EVERY_STORE)
def url(request, tmp_path):
    return address_of(request.param, request, tmp_path)


async def test_the_walkthrough_of_robot_groups_works_as_printed(store, clock):
    group = await RobotGroup.open(
        store,
        "customer-support-ha",
        active=["support-primary"],
        passive=["support-standby"],
        max_tokens=8000,
        clock=clock,
    )
    await group.remember(
        "Customer account #12345 prefers email communication.", originator="support-primary"
    )
    await group.remember(
        "Open ticket #789: Billing discrepancy reported.", originator="support-primary"
    )
    status = await group.status()
    assert status["name"] == "customer-support-ha"
    assert status["active"] == ["support-primary"]
    assert status["passive"] == ["support-standby"]
    assert status["working_memory_nodes"] == 2
    assert 0 <= status["token_utilization"] <= 1
    assert status["in_sync"] is True

    await group.failover()  # failover!
    status = await group.status()
    assert status["active"] == ["support-standby"]
    assert status["passive"] == []

    memories = await group.recall("customer", limit=5, strategy=":fulltext")
    assert memories[0]["content"] == "Customer account #12345 prefers email communication."

    await group.add_active("support-secondary")
    await group.sync_robot("support-secondary")
    await group.remember("Issue escalated to billing department.", originator="support-secondary")
    assert (await group.status())["in_sync"]

    sync_stats = group.sync_stats()
    assert set(sync_stats) == {"nodes_synced", "evictions_synced", "notifications_received"}
    assert group.channel.listening

    assert await group.clear() == 3  # clear_working_memory
    await group.shutdown()
    assert not group.channel.listening


async def test_the_use_cases_of_robot_groups_work_as_printed(store, clock):
    async with (
        await RobotGroup.open(
            store,
            "support-team",
            active=["agent-1", "agent-2", "agent-3"],
            passive=["backup-agent"],
            max_tokens=16_000,
            clock=clock,
        ),
        await RobotGroup.open(
            store,
            "query-handlers",
            active=["handler-1", "handler-2"],
            passive=[],
            max_tokens=8000,
            clock=clock,
        ),
        await RobotGroup.open(
            store,
            "primary-with-dr",
            active=["primary"],
            passive=["dr-standby"],
            max_tokens=32_000,
            clock=clock,
        ) as group,
    ):
        assert await group.failover() == "dr-standby"
