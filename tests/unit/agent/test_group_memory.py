"""The memory that a robot's workflows share with its group."""

import pytest

from casare_robot.agent.group_memory import RobotMemory
from casare_robot.agent.local_robot import LocalRobot
from casare_robot.agent.run_workflow import arun_workflow, make_job
from casare_robot.config.robot_config import RobotConfig
from casare_robot.domain.errors import GroupError, InvalidRecordError, NotFoundError
from casare_robot.domain.group_memory import MemoryOrder
from casare_robot.domain.job import JobStatus
from casare_robot.groups.robot_group import RobotGroup
from casare_robot.store.opening import open_store
from tests.stores import EVERY_STORE, address_of
from tests.workflow_builder import node, workflow


@pytest.fixture(params=[kind for kind in EVERY_STORE if kind != "memory"])
def url(request, tmp_path):
    return address_of(request.param, request, tmp_path)


@pytest.fixture
def make_groups(url):
    async def make(**groups):
        async with await open_store(url) as store:
            for name, robots in groups.items():
                async with await RobotGroup.open(store, name, active=robots):
                    pass

    return make


@pytest.fixture
async def memory(url):
    made = RobotMemory(lambda: url, lambda: "desk-1")
    yield made
    await made.close()


def order(what, group="", **given):
    return MemoryOrder(what=what, group=group, given=given)


async def test_what_a_workflow_remembers_is_recalled_as_context_and_forgotten(memory, make_groups):
    await make_groups(team=["desk-1", "desk-2"])
    node_id = await memory.carry_out(order("remember", content="the portal is German"))
    assert node_id == await memory.carry_out(order("remember", content="the portal is German"))

    for strategy in ("fulltext", "vector", "hybrid"):
        [found] = await memory.carry_out(order("recall", query="portals", strategy=strategy))
        assert (found["id"], found["content"]) == (node_id, "the portal is German")
        assert list(found["contributions"]) == ["desk-1"]
        assert "embedding" not in found
    assert await memory.carry_out(order("context")) == "the portal is German"
    await memory.carry_out(order("forget", id=node_id))
    assert await memory.carry_out(order("recall", query="portal")) == []
    with pytest.raises(InvalidRecordError):
        await memory.carry_out(order("recall", query="portal", limit=0))


async def test_the_group_is_the_robots_own_or_the_one_that_is_named(memory, make_groups):
    with pytest.raises(GroupError, match="group create"):
        await memory.carry_out(order("context"))
    await make_groups(others=["desk-9"])
    await memory.carry_out(order("remember", content="the only group there is"))
    await make_groups(team=["desk-1"])
    await memory.carry_out(order("remember", content="its own group"))

    assert await memory.carry_out(order("context")) == "its own group"
    assert await memory.carry_out(order("context", "others")) == "the only group there is"
    with pytest.raises(NotFoundError):
        await memory.carry_out(order("context", "nobody"))
    await make_groups(third=["desk-1"])
    with pytest.raises(GroupError, match="team, third"):
        await memory.carry_out(order("context"))


REMEMBER_AND_RECALL = workflow(
    "s > keep > find > set; find.first > set.value",
    keep=node("GroupRemember", content="Customer {{number}} prefers email"),
    find=node("GroupRecall", query="customers email", limit=1),
    set=node("SetVariable", variable_name="found"),
    parts={"variables": {"number": {"name": "number", "data_type": "String", "default_value": ""}}},
)


async def test_a_workflow_in_an_executor_reaches_its_groups_memory(url, make_groups, tmp_path):
    await make_groups(team=["desk-1"])
    config = RobotConfig(robot_id="desk-1", store_url=url, checkpoint_dir=tmp_path / "home")
    with LocalRobot(config) as robot:
        result = await robot.run(make_job(REMEMBER_AND_RECALL, {"number": "4711"}))

    assert result.status is JobStatus.COMPLETED, result.error
    assert result.variables["found"] == "Customer 4711 prefers email"
    async with await open_store(url) as store, await RobotGroup.open(store, "team") as group:
        assert [n.created_by for n in await group.memory.contents()] == ["desk-1"]


async def test_without_a_group_the_node_fails_and_says_what_to_do(tmp_path):
    config = RobotConfig(
        store_url=f"sqlite:{tmp_path / 'shared.db'}", checkpoint_dir=tmp_path / "home"
    )
    with LocalRobot(config) as robot:
        result = await robot.run(make_job(REMEMBER_AND_RECALL))

    assert result.status is JobStatus.FAILED
    assert (result.error.node_id, result.error.code) == ("keep", GroupError.code)
    assert "casare-robot group create" in result.error.message


async def test_a_run_without_a_robot_says_that_it_has_no_group():
    result = await arun_workflow(REMEMBER_AND_RECALL)

    assert result.status is JobStatus.FAILED
    assert "no group" in result.error.message
