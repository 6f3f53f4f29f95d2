"""Looks, decides, acts: begins jobs when one may begin, and ends when the robot leaves."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from casare_robot.agent.desktop_turn import DesktopTurn
from casare_robot.agent.intake import Intake
from casare_robot.agent.lifecycle import Action, Leaving, Look, decide, held_back
from casare_robot.agent.pause import Pause
from casare_robot.agent.slots import Executor, Slots
from casare_robot.agent.working_hours import WorkingHours
from casare_robot.domain.errors import JournalError
from casare_robot.domain.job import Job
from casare_robot.journal.offline_queue import OfflineQueue

log = logging.getLogger(__name__)

RETRY_AFTER = 10.0
"""Seconds until jobs begin again after one could not, because of the disk, say."""


class Conductor:
    """Holds what decides whether jobs begin, and begins them one after the other.

    Only `run` takes jobs from the queue and gives them places, so nobody else
    has to be asked whether a place is still free.

    Args:
        queue: Where jobs wait.
        slots: Where they run.
        executor: Kept warm while a job may begin.
        pause: Whether somebody asked for quiet.
        hours: When jobs may begin.
        desktop: Why jobs that need the desktop must wait; empty: they need not.
        turn: Asks the person here before one of them begins.
        clock: Now, in UTC.
        steady: Seconds, monotonic.
        turned: Called after each turn: something may be another way now.
    """

    def __init__(
        self,
        queue: OfflineQueue,
        slots: Slots,
        *,
        executor: Executor,
        pause: Pause,
        hours: WorkingHours,
        desktop: Callable[[], Awaitable[str]],
        turn: DesktopTurn,
        clock: Callable[[], datetime],
        steady: Callable[[], float],
        turned: Callable[[], None],
    ) -> None:
        self.hours = hours
        self._queue = queue
        self._slots = slots
        self._executor = executor
        self._pause = pause
        self._desktop = desktop
        self._turn = turn
        self._clock = clock
        self._steady = steady
        self._turned = turned
        self._leaving: Leaving | None = None
        self._is_draining = False
        self._has_started = False
        self._no_desktop = ""
        self._trouble = ""
        self._trouble_until = 0.0
        self._last: Look | None = None
        self._bell = asyncio.Event()

    @property
    def leaving(self) -> Leaving | None:
        """How the robot was asked to go, if it was."""
        return self._leaving

    @property
    def free_slots(self) -> int:
        """Jobs that could begin at once, were they here."""
        if held_back(self.look()):
            return 0
        return max(0, self._slots.limit - len(self._queue))

    @property
    def closed_because(self) -> str:
        """Why no new jobs are taken, in a sentence; empty: they are."""
        if self._leaving:
            return "the robot is stopping"
        return "the robot is draining" if self._is_draining else ""

    def look(self) -> Look:
        """The robot at this moment."""
        local = self._clock().astimezone()
        return Look(
            has_started=self._has_started,
            leaving=self._leaving,
            is_paused=self._pause.is_on,
            paused_until=self._pause.until,
            note=self._pause.note,
            is_draining=self._is_draining,
            running=len(self._slots),
            limit=self._slots.limit,
            opens_at=self.hours.next_opening(local),
            trouble=self._trouble if self._steady() < self._trouble_until else "",
            no_desktop=self._no_desktop or self._turn.reason,
        )

    @property
    def misses_desktop(self) -> bool:
        """Whether a job waits for the desktop to be free for it, or did."""
        return bool(self._no_desktop)

    async def look_at_desktop(self) -> None:
        """Notice that jobs may use it again, or why they still may not."""
        now = await self._desktop()
        if now != self._no_desktop:
            self._no_desktop = now
            self.wake()

    def hold(self, note: str, until: datetime | None = None) -> None:
        """Begin no more jobs, until then or until `go_on`."""
        self._pause.begin(until, note)
        self.wake()

    def go_on(self) -> None:
        """Begin jobs again."""
        self._pause.end()
        self._is_draining = False
        self.wake()

    def drain(self) -> None:
        """Begin no more jobs and take none, but stay."""
        self._is_draining = True
        self.wake()

    def leave(self, leaving: Leaving) -> None:
        """Go; who was asked to go now is not held up again."""
        if self._leaving is not Leaving.NOW:
            self._leaving = leaving
        self.wake()

    def troubled(self, error: BaseException) -> None:
        """Something stands in the way of every job; try again a little later."""
        log.warning("no job begins for %.0f s: %s", RETRY_AFTER, error)
        self._trouble = f"no job can begin: {error}"
        self._trouble_until = self._steady() + RETRY_AFTER
        self.wake()

    def wake(self) -> None:
        """Look whether there is something to do."""
        self._bell.set()

    def look_around(self) -> None:
        """Notice what the passing of time has changed; called every second or so."""
        if self._last is not None and self.look() != self._last:
            self.wake()

    async def run(self, intake: Intake) -> None:
        """Begin jobs until the robot is to leave; those that run then still run."""
        self._has_started = True
        while True:
            self._bell.clear()
            self._last = self.look()
            action = decide(self._last)
            if action is Action.LEAVE:
                return
            if action is Action.BEGIN:
                try:
                    if await self._begin_next(intake):
                        continue
                except JournalError as error:
                    self.troubled(error)
            self._mind_warmth()
            self._turned()
            await self._bell.wait()

    async def _begin_next(self, intake: Intake) -> bool:
        """Whether a job was taken from the queue."""
        is_held_up = self._no_desktop or self._turn.reason
        may_use_desktop = not (self._slots.desktop_is_taken or is_held_up)
        job = await self._queue.dequeue(desktop=may_use_desktop)
        if job is None:
            return False
        if job.needs_desktop:
            self._no_desktop = await self._desktop()
        if not await intake.settle(job):  # nothing is waited for from here on
            self._begin(job)
        return True

    def _begin(self, job: Job) -> None:
        has_what_it_needs = not (job.needs_desktop and self._no_desktop)
        may_begin = has_what_it_needs and decide(self.look()) is Action.BEGIN
        if may_begin and (not job.needs_desktop or self._turn.may_begin(job)):
            self._slots.begin(job)
        else:  # somebody said so while the job was read, or is asked now
            self._queue.put_back(job.id)

    def _mind_warmth(self) -> None:
        """Have an executor ready while a job may begin, and none that idles otherwise."""
        try:
            if held_back(self.look()):
                self._executor.close()
            else:
                self._executor.warm_up()
        except OSError as error:
            log.warning("no executor can be started: %s", error)
