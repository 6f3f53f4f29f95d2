"""The robot's own looks for newer versions."""

import asyncio

from casare_robot.agent.tasks import Tasks
from casare_robot.agent.update_watch import UpdateWatch
from casare_robot.domain.errors import UpdateError
from casare_robot.domain.robot_status import UpdateStatus


class Known:
    """Stands for `Updates`: notes what is asked of it."""

    def __init__(self, *, due=True, fails=None, kind=True):
        self.due, self.fails, self.can_be_changed = due, fails, kind
        self.done = []
        self.told = asyncio.Event()

    def is_due(self):
        return self.due

    async def check(self):
        self.done.append("check")
        if self.fails:
            raise self.fails

    def install_when_idle(self):
        self.done.append("install")
        return True

    def status(self):
        return UpdateStatus(version="0.2.0", is_ready=True)


async def looked(known, *, idle=True):
    told = []
    tasks = Tasks()
    watch = UpdateWatch(
        lambda: known, tasks=tasks, is_idle=lambda: idle, changed=lambda: told.append(watch.status)
    )
    watch.look()
    watch.look()
    if watch._looking is not None:
        await asyncio.wait_for(watch._looking, 30)
    return watch, told


async def test_a_look_checks_installs_if_wanted_and_tells_what_is_new() -> None:
    known = Known()

    watch, told = await looked(known)

    assert known.done == ["check", "install"]
    assert told == [watch.status]
    assert watch.status.version == "0.2.0"


async def test_a_robot_with_jobs_installs_nothing() -> None:
    known = Known()
    await looked(known, idle=False)

    assert known.done == ["check"]


async def test_between_two_looks_nobody_is_asked() -> None:
    known = Known(due=False)
    await looked(known)

    assert known.done == ["install"]


async def test_a_feed_that_is_away_is_only_logged(caplog) -> None:
    known = Known(fails=UpdateError("the feed cannot be had", code="E-UPD-503"))
    _, told = await looked(known)

    assert "cannot be had" in caplog.text
    assert told


async def test_where_nothing_can_be_kept_a_robot_rests_before_it_fetches_again(caplog) -> None:
    known, tasks, rest = Known(fails=OSError("no space left")), Tasks(), asyncio.Event()

    async def sleep(_seconds):
        await rest.wait()

    watch = UpdateWatch(
        lambda: known, tasks=tasks, is_idle=lambda: False, changed=known.told.set, sleep=sleep
    )
    watch.look()
    await asyncio.wait_for(known.told.wait(), 30)
    await asyncio.sleep(0)
    watch.look()
    before = list(known.done)
    rest.set()
    await asyncio.wait_for(watch._looking, 30)
    watch.look()
    await asyncio.wait_for(watch._looking, 30)

    assert (before, known.done) == (["check"], ["check", "check"])
    assert "no space left" in caplog.text


async def test_a_robot_of_sources_never_looks() -> None:
    known = Known(kind=False)
    await looked(known)

    assert known.done == []
