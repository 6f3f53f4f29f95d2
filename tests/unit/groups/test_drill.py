"""A failover on purpose."""

import pytest

from casare_robot.domain.errors import GroupError
from casare_robot.groups.drill import drill
from casare_robot.groups.robot_group import RobotGroup


async def test_a_drill_swaps_the_roles_and_times_each_phase(store, group, clock) -> None:
    steady = iter(range(100))

    done = await drill(group, store, clock=clock, steady=lambda: float(next(steady)))

    assert (done.promoted, done.retired, done.answered) == ("b", ("a",), None)
    assert [(p.name, p.seconds) for p in done.phases] == [
        ("look", 1), ("commit", 1), ("told", 1), ("return", 1),
    ]  # fmt: skip
    assert done.seconds == 4
    assert [(m.robot, m.role) for m in await group.members()] == [("b", "active"), ("a", "passive")]


async def test_the_new_active_robots_own_process_answers(store, group, clock) -> None:
    await group.remove("b")
    async with await RobotGroup.open(store, "team", clock=clock) as mine:
        await mine.enrol("desk-1")
        done = await drill(group, store, clock=clock, patience=30)

    assert (done.promoted, done.answered) == ("desk-1", True)
    assert "answer" in [phase.name for phase in done.phases]


async def test_a_process_that_is_gone_does_not_answer(store, group, clock) -> None:
    await group.remove("b")
    await group.join("gone", is_enrolled=True)

    done = await drill(group, store, clock=clock, patience=0.01)

    assert (done.promoted, done.answered) == ("gone", False)


async def test_a_robot_that_comes_back_by_itself_keeps_what_it_can_do(store, group, clock) -> None:
    await group.join("c", role="active", capabilities=["sap"], priority="high")
    await group.remove("a")

    await drill(group, store, clock=clock)

    (back,) = await group.members("passive")
    assert (back.robot, back.capabilities, back.priority) == ("c", ("sap",), "high")


async def test_without_a_standby_there_is_no_drill(store, group, clock) -> None:
    await group.remove("b")

    with pytest.raises(GroupError, match="No passive robots"):
        await drill(group, store, clock=clock)

    assert [m.robot for m in await group.members("active")] == ["a"]


async def test_who_has_a_process_of_its_own_is_watched_after_it_too(store, group, clock) -> None:
    await group.remove("b")
    async with await RobotGroup.open(store, "team", clock=clock) as mine:
        await mine.enrol("desk-1")
        await drill(group, store, clock=clock, patience=30)
        await drill(group, store, clock=clock, patience=30)
        record = (await group.row()).record

    assert [m.robot for m in await group.members("passive")] == ["desk-1"]
    assert record["enrolled"] == ["desk-1"]
