"""One timer for all, and tasks that have an owner."""

import asyncio

import pytest

from casare_robot.agent.beat import Beat
from casare_robot.agent.tasks import Tasks


class Time:
    now = 0.5

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.now > 20:
            await asyncio.Event().wait()
        await asyncio.sleep(0)


async def test_everything_is_done_in_its_time_at_common_moments() -> None:
    time = Time()
    beat = Beat(interval=2, clock=lambda: time.now, sleep=time.sleep)
    often: list[float] = []
    seldom: list[float] = []
    beat.every(1, lambda: often.append(time.now))
    beat.every(6, lambda: seldom.append(time.now))
    running = asyncio.create_task(beat.run())
    for _ in range(50):
        await asyncio.sleep(0)
    running.cancel()

    assert often == [2, 4, 6, 8, 10, 12, 14, 16, 18, 20]
    assert seldom == [6, 12, 18]


async def test_a_call_that_fails_is_made_again() -> None:
    time = Time()
    beat = Beat(interval=2, clock=lambda: time.now, sleep=time.sleep)
    calls: list[int] = []

    def fail() -> None:
        calls.append(1)
        raise ValueError

    beat.every(1, fail)
    running = asyncio.create_task(beat.run())
    for _ in range(50):
        await asyncio.sleep(0)
    running.cancel()

    assert len(calls) == 10


async def test_what_is_kept_begins_again_after_a_failure() -> None:
    begun: list[int] = []

    async def work() -> None:
        begun.append(1)
        if len(begun) == 3:
            await asyncio.Event().wait()
        raise ValueError

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(0)

    tasks = Tasks(sleep=sleep)
    tasks.keep("work", work)
    for _ in range(20):
        await asyncio.sleep(0)
    await tasks.end(within=1)

    assert len(begun) == 3


async def test_ending_waits_for_what_a_task_still_has_to_do() -> None:
    done: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            done.append("tidied")

    tasks = Tasks()
    tasks.start("work", work())
    await asyncio.sleep(0)
    await tasks.end(within=5)

    assert done == ["tidied"]


async def test_a_task_that_will_not_end_is_left_after_its_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    released = asyncio.Event()

    async def work() -> None:
        while not released.is_set():
            try:
                await released.wait()
            except asyncio.CancelledError:
                continue

    tasks = Tasks()
    task = tasks.start("stubborn", work())
    await asyncio.sleep(0)
    await tasks.end(within=0.01)
    released.set()
    await task

    assert "stubborn" in caplog.text
