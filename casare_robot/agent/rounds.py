"""What the robot looks after from time to time, all on one beat: it should rarely wake up."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial

from casare_robot.agent.beat import Beat
from casare_robot.agent.lifecycle import Leaving
from casare_robot.agent.whole_robot import WholeRobot
from casare_robot.desktop.sleep_sensor import SleepSensor
from casare_robot.desktop.system_event import SystemEvent
from casare_robot.domain.robot_status import LinkState
from casare_robot.observability.audit import BEAT as AUDIT_BEAT

log = logging.getLogger(__name__)

LONELY = 30.0
"""Seconds without the orchestrator after which jobs end that are not to go on without it: as
long as other robots wait for a lease to run out (architecture, rule 4)."""
KEPT_JOBS = 10_000
"""Ended jobs in the history, whatever their age."""


class Rounds:
    """Makes the rounds of a robot.

    Args:
        robot: Whose.
        beat: When.
        sensor: Notices that the machine has slept.
        clock: Now, in UTC.
    """

    def __init__(
        self,
        robot: WholeRobot,
        *,
        beat: Beat,
        sensor: SleepSensor,
        clock: Callable[[], datetime],
    ) -> None:
        self._robot = robot
        self._beat = beat
        self._sensor = sensor
        self._clock = clock

    async def run(self) -> None:
        """Make them until cancelled."""
        robot, every = self._robot, self._beat.every
        every(1.0, robot.conductor.look_around)
        every(1.0, robot.intake.end_expired)
        every(1.0, self.mind_sleep)
        every(5.0, self.mind_desktop)
        every(5.0, self.mind_progress)
        every(5.0, self.mind_line)
        every(AUDIT_BEAT, robot.audit.beat)
        every(10.0, robot.update_watch.look)
        every(60.0, robot.metrics.keep_minute)
        every(3600.0, self.forget_old_jobs)
        await self._beat.run()

    def mind_sleep(self) -> None:
        """After sleep, trust no connection and ask everybody for jobs."""
        missed = self._sensor.missed()
        if missed and self._robot.connection is not None:
            self._robot.connection.slept()
        if missed > 0:
            log.info("the machine has slept, or stood still, for %.0f s", missed)
            self._robot.tasks.start("look after sleep", self._robot.poll_for_jobs())

    def hear(self, event: SystemEvent) -> None:
        """Act on what the system tells at once, rather than find it out a little later."""
        log.info("the system tells: %s", event)
        if event is SystemEvent.ENDING:
            self._robot.conductor.leave(Leaving.NOW)
        elif event is SystemEvent.RESUMED:
            self.mind_sleep()
        elif event in (SystemEvent.UNLOCKED, SystemEvent.CONNECTED):
            self.mind_desktop()

    def mind_desktop(self) -> None:
        """Look whether the screen is free again for jobs that wait for it."""
        if self._robot.conductor.misses_desktop:
            self._robot.tasks.start("look at the desktop", self._robot.conductor.look_at_desktop())

    def mind_progress(self) -> None:
        """Show which jobs do not get on."""
        self._robot.announcements.watch_progress(self._robot.slots)
        self._robot.tell_news()

    def mind_line(self) -> None:
        """End jobs whose sender wants them ended while it cannot watch them."""
        line = self._robot.connection
        if line is None:
            return
        status = line.link_status()
        is_lonely = (self._clock() - status.since).total_seconds() >= LONELY
        if status.state is not LinkState.CONNECTED and is_lonely:
            for job_id in self._robot.slots.bound_to(line.name):
                log.warning("job %s is ended: its orchestrator cannot be reached", job_id)
                self._robot.intake.cancel(job_id)

    def forget_old_jobs(self) -> None:
        """Keep the history in bounds."""
        days = float(self._robot.config.history_days)
        forget = partial(self._robot.journal.prune, keep_days=days, keep_jobs=KEPT_JOBS)
        self._robot.tasks.start("forget old jobs", asyncio.to_thread(forget))
