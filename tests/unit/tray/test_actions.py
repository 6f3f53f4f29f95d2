"""What was begun by a click."""

import asyncio

from casare_robot.tray.actions import Actions


async def test_an_action_runs_once_however_often_it_is_clicked() -> None:
    runs, go = [], asyncio.Event()
    actions = Actions(failed=runs.append)

    async def act():
        runs.append("run")
        await go.wait()

    begun = [actions.start("pause", act) for _ in range(3)]
    await asyncio.sleep(0)
    go.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert begun == [True, False, False]
    assert runs == ["run"]
    assert not actions.is_running("pause")


async def test_what_an_action_raises_is_told() -> None:
    told = asyncio.Queue()
    actions = Actions(failed=told.put_nowait)

    async def act():
        raise ValueError("no")

    actions.start("x", act)

    assert str(await told.get()) == "no"


async def test_what_is_under_way_is_cancelled_at_the_end() -> None:
    told = []
    actions = Actions(failed=told.append)
    actions.start("x", asyncio.Event().wait)
    await asyncio.sleep(0)

    await actions.end()

    assert told == []
    assert not actions.is_running("x")
