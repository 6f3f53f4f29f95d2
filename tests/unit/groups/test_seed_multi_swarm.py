"""The examples of multi_swarm.md, line by line."""

import pytest

from casare_robot.groups.fleet import Fleet
from tests.stores import EVERY_STORE, address_of


@pytest.fixture(params=EVERY_STORE)
def url(request, tmp_path):
    return address_of(request.param, request, tmp_path)


@pytest.fixture
async def coordination(store, clock):
    opened = await Fleet.open(store=store, clock=clock, resources={"cpu": 1000, "memory": 16_384})
    async with opened:
        yield opened


async def test_the_quick_start(coordination):
    target = await coordination.create_group(objective="the other one")
    swarm = await coordination.create_group(
        objective="Build REST API",
        strategy="development",
        mode="mesh",
        maxAgents=5,
        metadata={
            "phase": "backend",
            "priority": "high",
            "capabilities": ["backend", "security"],
        },
    )
    coordinator = (await coordination.group(swarm.id)).coordinator
    assert swarm.id.startswith("group_")
    assert coordinator.is_leader is False  # the first group leads

    assert await coordination.send(
        swarm.id,
        target.id,
        {"type": "collaboration_request", "data": {"endpoints": ["/api/auth", "/api/users"]}},
    )
    await coordination.distribute(
        swarm.id,
        {
            "description": "Implement authentication",
            "priority": "high",
            "capabilities": ["backend", "security"],
        },
    )
    assert await coordination.snapshot(swarm.id, "before_deployment")
    await coordination.deregister(swarm.id, "completed")
    assert await coordination.shutdown() == 0


async def test_the_interface(coordination):
    await coordination.initialize()
    result = await coordination.create_group(
        objective="Build feature X",
        strategy="development",
        mode="mesh",
        maxAgents=5,
        metadata={
            "phase": "implementation",
            "priority": "high",
            "capabilities": ["backend", "api"],
        },
    )
    other = await coordination.create_group()
    assert (await coordination.group(result.id)).group.id == result.id
    swarms = await coordination.groups(
        status="active", strategy="development", phase="implementation", limit=10
    )
    assert [swarm["id"] for swarm in swarms] == [result.id]
    await coordination.send(result.id, other.id, {"type": "coordination_request", "data": {}})
    await coordination.broadcast(result.id, {"type": "announcement", "data": {}})
    distributed = await coordination.distribute(
        result.id,
        {
            "description": "Task description",
            "type": "implementation",
            "priority": "high",
            "capabilities": ["backend"],
            "estimatedEffort": "2 hours",
        },
    )
    assert distributed["targetSwarm"] == result.id
    await coordination.allocate(result.id, "cpu", 200)
    await coordination.allocate(result.id, "memory", 4096)
    assert await coordination.snapshot(result.id, "pre_deployment")
    recovery = await coordination.recover(result.id)
    assert 0.5 <= recovery["recoveryPlan"].confidence <= 0.95
    stats = await coordination.statistics()
    assert (
        stats["registry"]["activeSwarms"] == 1
    )  # the other one, without robots, is still recovering
    assert stats["coordinators"][0]["messenger"]["messagesSent"] >= 2


async def test_the_message_handler(coordination):
    swarm = await coordination.create_group()
    messenger = (await coordination.group(swarm.id)).messenger
    received = []

    def task_assignment(payload, envelope):
        received.append((payload["task"]["description"], envelope.swarm_id))

    messenger.on("task_assignment", task_assignment)
    await coordination.distribute(swarm.id, {"description": "Implement"})
    await messenger.settled()

    assert received == [("Implement", swarm.id)]


@pytest.mark.parametrize("strategy", ["least_loaded", "round_robin", "priority", "capability"])
async def test_the_strategies_of_distribution(coordination, strategy):
    swarm = await coordination.create_group(metadata={"capabilities": ["backend"]})
    coordinator = (await coordination.group(swarm.id)).coordinator
    coordinator.set_strategy(strategy)  # config.taskDistributionStrategy

    result = await coordination.distribute(swarm.id, {"capabilities": ["backend"]})
    assert (result["targetSwarm"], result["strategy"]) == (swarm.id, strategy)


async def test_manual_recovery(coordination, store):
    swarm = await coordination.create_group(active=["a"])
    await store.patch("group", swarm.id, {"status": "interrupted"})
    for interrupted in await coordination.interrupted():
        recovery = await coordination.recover(interrupted["id"])
        assert recovery["success"]

    assert await coordination.interrupted() == []


@pytest.mark.parametrize("strategy", ["priority", "timestamp", "voting"])
async def test_conflicts(coordination, strategy):
    swarm = await coordination.create_group()
    coordinator = (await coordination.group(swarm.id)).coordinator
    coordinator.set_strategy("least_loaded", conflict=strategy)
    resolution = await coordinator.resolve(
        {
            "type": "resource_conflict",
            "swarmA": {"id": "swarm1", "metadata": {"priority": "high"}},
            "swarmB": {"id": "swarm2", "metadata": {"priority": "normal"}},
        }
    )

    assert resolution["winner"] == "swarm1"
    assert resolution["reason"]


async def test_health_checks(coordination):
    stats = await coordination.statistics()

    assert stats["registry"]["activeSwarms"] <= 90
    assert stats["state"]["errors"] <= 100
    assert (await coordination.report())["warnings"] == []
