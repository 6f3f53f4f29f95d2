"""What faces ask about the robot's group."""

import pytest

from casare_robot.agent.group_requests import GroupRequests
from casare_robot.domain.errors import GroupError, MembershipError
from casare_robot.groups.robot_group import RobotGroup
from casare_robot.store.memory import MemoryStore

NOW = 1_800_000_000.0


class Seat:
    """The place of robot a in a group."""

    group_id, role = "team", "active"

    def __init__(self, group=None, store=None):
        self.group, self.store = group, store


def requests(seat):
    return GroupRequests(lambda: seat, robot_id="a", clock=lambda: NOW)


@pytest.fixture
async def asked():
    store = MemoryStore(clock=lambda: NOW)
    async with await RobotGroup.open(
        store, "team", active=["a"], passive=["b"], clock=lambda: NOW
    ) as group:
        yield requests(Seat(group, store))


async def test_a_look_tells_who_looks(asked) -> None:
    shown = await asked.look()

    assert (shown.name, shown.robot, shown.names("active")) == ("team", "a", ("a",))


async def test_roles_are_changed_and_a_drill_is_timed(asked) -> None:
    await asked.promote("b")
    await asked.demote("a")
    swapped = await asked.look()
    done = await asked.drill()
    await asked.sync()

    assert (swapped.names("active"), swapped.names("passive")) == (("b",), ("a",))
    assert (done.promoted, done.retired) == ("a", ("b",))


async def test_a_robot_in_no_group_says_so() -> None:
    alone = requests(None)

    assert await alone.look() is None
    for ask in (alone.drill, alone.sync):
        with pytest.raises(MembershipError, match="in no group"):
            await ask()


async def test_a_store_that_is_away_is_told_with_the_groups_name() -> None:
    with pytest.raises(GroupError, match="store of group team cannot be reached"):
        await requests(Seat()).look()
