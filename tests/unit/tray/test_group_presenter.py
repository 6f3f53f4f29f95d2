"""What the group window shows and asks for; without a window."""

import asyncio
from types import SimpleNamespace

import pytest

from casare_robot.domain.errors import AgentUnreachableError, GroupError, MembershipError
from casare_robot.domain.group_status import DrillPhase, GroupDrill, GroupMember, GroupStatus
from casare_robot.tray.actions import Actions
from casare_robot.tray.group_presenter import GroupPresenter


class Robot:
    """Answers what the presenter asks of a robot in a group of two."""

    def __init__(self):
        self.asked = []
        self.error = None
        self.is_in_group = True

    async def group(self):
        if self.error is not None:
            raise self.error
        if not self.is_in_group:
            return None
        members = [
            GroupMember(robot=name, role=role, health="healthy", join_no=1)
            for name, role in (("a", "active"), ("b", "passive"))
        ]
        return GroupStatus(
            name="team",
            status="active",
            members=tuple(members),
            working_memory_nodes=0,
            working_memory_tokens=0,
            max_tokens=100,
            in_sync=True,
        )

    async def promote(self, robot):
        self.asked.append(("promote", robot))

    async def demote(self, robot):
        raise MembershipError("Cannot demote last active robot")

    async def drill(self):
        self.asked.append("drill")
        phases = (DrillPhase(name="commit", seconds=0.01),)
        return GroupDrill(group="team", promoted="b", retired=("a",), phases=phases)

    async def sync(self):
        return {"synced_nodes": 3, "members_updated": 1}


class Window:
    """Remembers what it was told."""

    def __init__(self, _presenter):
        self.views, self.told, self.questions = [], [], []

    def show_group(self, view):
        self.views.append(view)

    def ask_drill(self, cost, then):
        self.questions.append((cost, then))

    def tell(self, title, text):
        self.told.append((title, text))


@pytest.fixture
def made(now):
    failed = []
    house = SimpleNamespace(client=Robot(), actions=Actions(failed.append), failures=failed)
    return house, GroupPresenter(house, make=Window, now=lambda: now)


async def settled(house):
    while house.actions._tasks:
        await asyncio.gather(*house.actions._tasks.values(), return_exceptions=True)
        await asyncio.sleep(0)


async def test_the_group_is_shown_as_the_robot_sees_it(made) -> None:
    house, presenter = made

    presenter.begin_refresh()
    await settled(house)

    assert [one.robot for one in presenter.window.views[-1].members] == ["a", "b"]


async def test_what_was_seen_last_stays_with_the_reason_if_nobody_answers(made) -> None:
    house, presenter = made
    await presenter.refresh()
    house.client.error = AgentUnreachableError("gone")
    await presenter.refresh()
    away = presenter.window.views[-1]
    house.client.error = GroupError("the store of group team cannot be reached")
    await presenter.refresh()

    assert (away.name, "cannot be reached" in away.problem) == ("team", True)
    assert presenter.window.views[-1].problem == "the store of group team cannot be reached"


async def test_before_anything_was_seen_only_the_reason_is_shown(made) -> None:
    house, presenter = made
    house.client.error = AgentUnreachableError("gone")
    await presenter.refresh()

    view = presenter.window.views[-1]
    assert (view.members, view.problem) == ((), "The robot cannot be reached.")


async def test_a_robot_that_left_its_group_is_shown_without_it(made) -> None:
    house, presenter = made
    await presenter.refresh()
    house.client.is_in_group = False
    await presenter.refresh()

    assert presenter.window.views[-1].headline == "This robot is in no group."


async def test_a_promotion_is_asked_for_and_then_shown(made) -> None:
    house, presenter = made

    presenter.promote("b")
    await settled(house)

    assert house.client.asked == [("promote", "b")]
    assert len(presenter.window.views) == 1


async def test_what_is_refused_is_told_and_the_group_shown_anew(made) -> None:
    house, presenter = made

    presenter.demote("a")
    await settled(house)

    assert [str(error) for error in house.failures] == ["Cannot demote last active robot"]
    assert len(presenter.window.views) == 1


async def test_a_drill_is_asked_about_first_and_its_times_are_told(made) -> None:
    house, presenter = made
    presenter.drill()
    before = list(presenter.window.questions)
    await presenter.refresh()
    presenter.drill()
    [(cost, then)] = presenter.window.questions
    unasked = list(house.client.asked)
    then()
    await settled(house)

    assert (before, unasked, house.client.asked) == ([], [], ["drill"])
    assert cost.startswith("b takes over from a")
    assert presenter.window.told[0][0] == "b has taken over"


async def test_bringing_all_in_step_tells_what_was_new(made) -> None:
    house, presenter = made

    presenter.sync()
    await settled(house)

    assert presenter.window.told[0][1] == "1 member was behind. 3 texts were new."
