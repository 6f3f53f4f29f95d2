"""What the window of what starts by itself shows and asks for; without a window."""

import asyncio
from types import SimpleNamespace

import pytest

from casare_robot.domain.errors import AgentUnreachableError, TriggerError
from casare_robot.domain.trigger_status import TriggerState, TriggerStatus
from casare_robot.tray.actions import Actions
from casare_robot.tray.trigger_presenter import TriggerPresenter
from casare_robot.tray.views.tray_view import Do, Wish


def status(name):
    return TriggerStatus(
        id=f"{name}.t",
        file=f"/flows/{name}.json",
        node_id="t",
        type="ScheduleTriggerNode",
        workflow=name,
        state=TriggerState.WATCHING,
        missed="all",
        last_job="trigger-9",
    )


class Robot:
    """Answers what the presenter asks of a robot with one trigger."""

    def __init__(self):
        self.on = [status("morning")]
        self.asked = []
        self.error = None

    async def triggers(self):
        if self.error is not None:
            raise self.error
        return tuple(self.on)

    async def trigger_on(self, file, node_id, missed):
        self.asked.append(("on", file, node_id, missed))
        if "none" in file:
            raise TriggerError(f"{file} holds no trigger")
        self.on.append(status("morning"))

    async def trigger_off(self, trigger_id):
        self.asked.append(("off", trigger_id))
        self.on.clear()

    async def fire_trigger(self, trigger_id, payload):
        self.asked.append(("fire", trigger_id, payload))
        return "trigger-10"


@pytest.fixture
def made(now):
    wishes, failed = [], []
    house = SimpleNamespace(
        client=Robot(), actions=Actions(failed.append), failures=failed, wishes=wishes
    )
    window = SimpleNamespace(views=[])
    window.show_triggers = window.views.append
    presenter = TriggerPresenter(
        house, wished=wishes.append, make=lambda _: window, now=lambda: now
    )
    return house, presenter


async def settled(house, presenter):
    while house.actions._tasks:
        await asyncio.gather(*house.actions._tasks.values(), return_exceptions=True)
        await asyncio.sleep(0)
    return presenter.window.views[-1]


async def test_what_is_switched_off_can_be_switched_on_again_as_it_was(made) -> None:
    house, presenter = made
    presenter.begin_refresh()
    [line] = (await settled(house, presenter)).lines

    presenter.switch_off(line)
    [off] = (await settled(house, presenter)).lines
    presenter.switch_back(off)
    [on] = (await settled(house, presenter)).lines

    assert (off.is_on, on.is_on) == (False, True)
    assert house.client.asked == [
        ("off", "morning.t"),
        ("on", "/flows/morning.json", "t", "all"),
    ]


async def test_a_start_by_hand_leads_to_its_job(made) -> None:
    house, presenter = made
    presenter.begin_refresh()
    [line] = (await settled(house, presenter)).lines

    presenter.fire(line)
    await settled(house, presenter)
    presenter.show_job(line)

    assert house.client.asked == [("fire", "morning.t", {})]
    assert house.wishes == [Wish(Do.SHOW_JOB, "trigger-10"), Wish(Do.SHOW_JOB, "trigger-9")]


async def test_a_file_without_a_trigger_is_told_and_what_is_on_stays(made) -> None:
    house, presenter = made

    presenter.switch_on("/flows/none.json", "skip")
    view = await settled(house, presenter)

    assert [str(one) for one in house.failures] == ["/flows/none.json holds no trigger"]
    assert len(view.lines) == 1


async def test_a_robot_that_left_is_told_with_what_was_seen_last(made) -> None:
    house, presenter = made
    presenter.begin_refresh()
    await settled(house, presenter)

    house.client.error = AgentUnreachableError("gone")
    presenter.begin_refresh()
    view = await settled(house, presenter)

    assert (view.problem, len(view.lines)) == ("The robot cannot be reached.", 1)
