"""The robot: its parts started and ended in order, and what it can be asked for."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from casare_robot.agent.beat import Beat
from casare_robot.agent.lifecycle import Leaving
from casare_robot.agent.reloading import reload
from casare_robot.agent.robot_control import AgentControl
from casare_robot.agent.robot_parts import RobotParts
from casare_robot.agent.rounds import Rounds
from casare_robot.agent.slots import Executor
from casare_robot.agent.source_taker import SourceTaker
from casare_robot.agent.tasks import Sleep
from casare_robot.agent.trigger_door import TriggerDoor
from casare_robot.agent.trigger_host import TriggerHost
from casare_robot.config.robot_config import RobotConfig
from casare_robot.control.server import ControlServer
from casare_robot.desktop.keep_awake import KeepAwake, keep_awake
from casare_robot.desktop.secret_store import find_secret
from casare_robot.desktop.session import desktop_obstacle
from casare_robot.desktop.sleep_sensor import SleepSensor
from casare_robot.domain.errors import JobStateError
from casare_robot.domain.job import DESK, GROUP, Job, JobResult, JobStatus
from casare_robot.domain.job_source import JobSource
from casare_robot.domain.robot_status import RobotStatus
from casare_robot.observability.audit import AuditEventType
from casare_robot.observability.prometheus import PrometheusServer, metrics_text
from casare_robot.observability.secret_mask import SecretMask
from casare_robot.triggers.event import Surroundings

log = logging.getLogger(__name__)

FAREWELL = 5.0
"""Seconds that results may take to be delivered when the robot leaves after its jobs."""
ENDED_JOBS = 200
"""Jobs at which a trigger looks at once, for those that have ended."""
HASTE = 1.5
"""Seconds that ended executors, and then all other tasks, may take when it leaves."""


class RobotAgent(RobotParts):
    """Takes jobs from its sources, runs them durably and reports how they ended.

    It owns its home from the moment it is made until it has left::

        agent = RobotAgent(config)
        await agent.start()
        ...
        await agent.stop()

    Attributes:
        robot_id: Unique id, as the orchestrator knows it.
        name: How people call it.
        config: The settings in force.
        connection: The line to the orchestrator; None for a robot of this desk only,
            and for one that may be a clone.
        circuit_breaker: Guards the line; closed for ever where there is none.
        offline_queue: Jobs that wait, and results that do.
        checkpoint_manager: Where jobs stand.
        metrics: How much it does.
        audit: What happened.
        folder: Where all of it is kept.
        control: What faces may ask.

    Args:
        config: The settings.
        home: Moves everything, like ``CASARE_ROBOT_HOME``.
        sources: Ways in which jobs come, beside the desk and the connection.
        machine: Traits of this machine; see `establish_identity`.
        is_confirmed: A person has just said that this machine has this id.
        settings: Reads the settings again.
        executor: Runs jobs; by default in processes of this installation.
        mask: Takes secrets out of whatever the robot says.
        awake: Keeps the machine awake.
        desktop: Why jobs that need the desktop must wait; empty: they need not.
        clock: Now, in UTC.
        steady: Seconds, monotonic.
        sleep: Waits.

    Raises:
        JournalBusyError: Another process owns the home.
        JournalError: The home cannot be used.
        OSError: The robot's identity cannot be kept.

    Source: robot reference, "RobotAgent".
    """

    def __init__(
        self,
        config: RobotConfig,
        *,
        home: Path | None = None,
        sources: Sequence[JobSource] = (),
        machine: Mapping[str, str] | None = None,
        is_confirmed: bool = False,
        settings: Callable[[], RobotConfig] | None = None,
        executor: Executor | None = None,
        mask: SecretMask | None = None,
        awake: KeepAwake | None = None,
        desktop: Callable[[], Awaitable[str]] = desktop_obstacle,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        steady: Callable[[], float] = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        super().__init__(
            config,
            home=home,
            sources=sources,
            machine=machine,
            is_confirmed=is_confirmed,
            settings=settings,
            executor=executor,
            mask=mask or SecretMask(),
            awake=awake or keep_awake(),
            desktop=desktop,
            clock=clock,
            steady=steady,
            sleep=sleep,
        )
        self.control = AgentControl(self, clock=clock)
        self.rounds = Rounds(
            self,
            beat=Beat(clock=steady, sleep=sleep),
            sensor=SleepSensor(wall=lambda: clock().timestamp(), steady=steady),
            clock=clock,
        )
        secret = self.mask.noting(partial(find_secret, data=self._data))
        self.triggers = TriggerHost(
            self.journal,
            offer=lambda job: self.intake.offer(job, DESK),
            around=Surroundings(
                clock=clock,
                sleep=sleep,
                policy=lambda: self.config.policy("local"),
                ended_jobs=partial(self.journal.ended, ENDED_JOBS),
                secret=secret,
            ),
            secret=secret,
            steady=steady,
            changed=self._triggers_changed,
        )
        self.door = TriggerDoor(self.journal, app=self._events_brought, served=self.triggers.served)
        self._server = ControlServer(self.control, self.folder)
        self._prometheus = PrometheusServer(lambda: metrics_text(self.metrics))
        self._life: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to work; what was unfinished goes on.

        Raises:
            JournalBusyError: Another robot serves this home.
            OSError: Faces cannot be served in this home, or the port for metrics is taken.
        """
        for warning in self._warnings():
            log.warning("%s", warning)
        try:
            await self._server.start()
            if self.config.metrics_port:
                await self._prometheus.start(self.config.metrics_port)
        except BaseException:
            self.journal.close()
            raise
        if self.membership is None:
            for job_id in self.offline_queue.held(GROUP):
                self.intake.abandon(job_id, "the robot is in no group any more")
        for name, source in self.sources.items():
            taker = SourceTaker(name, intake=self.intake, queue=self.offline_queue, house=self)
            self.tasks.keep(f"source {name}", partial(source.run, taker))
            if source is not self.desk:
                self.tasks.keep(f"outbox {name}", self.outboxes[name].run)
        if self.voice is not None:
            self.tasks.keep("supabase", self.voice.run)
        self.tasks.keep("rounds", self.rounds.run)
        self.triggers.begin()
        self.tasks.keep("trigger door", self.door.run)
        self.tasks.start("sweep secrets", asyncio.to_thread(self._sweep_secrets))
        self.audit.record(AuditEventType.ROBOT_STARTED, payload={"epoch": self.identity.epoch})
        self._life = asyncio.create_task(self._live(), name="robot")

    async def stop(self, *, now: bool = False) -> None:
        """Leave after the current jobs, or at once with their state kept; returns when gone.

        Cancelling stops the waiting, not the leaving.
        """
        self.conductor.leave(Leaving.NOW if now else Leaving.AFTER_JOBS)
        await self.left()

    @property
    def is_alive(self) -> bool:
        """Whether it has started and not yet gone."""
        return self._life is not None and not self._life.done()

    async def left(self) -> None:
        """Wait until the robot has gone; what made it fail, if it did, is raised."""
        if self._life is not None:
            await asyncio.shield(self._life)

    async def execute_job(self, job: Job) -> JobResult:
        """Run a job of the desk and wait for its end.

        Raises:
            JobRefusedError: It is not taken.
            JobStateError: The robot leaves before it has ended.
            DiskFullError: No space; nothing was kept.
        """
        return await self.desk.execute(job)

    async def poll_for_jobs(self) -> None:
        """Ask every source for jobs now."""
        await asyncio.gather(*(source.look() for source in self.sources.values()))

    async def report_status(self) -> RobotStatus:
        """Tell everybody who listens, the orchestrator included, how the robot is."""
        status = self.look_at()
        self.announcements.status(status)
        return status

    # What sources and faces may ask, beyond that

    @property
    def free_slots(self) -> int:
        """Jobs that could begin at once."""
        return self.conductor.free_slots

    def hold(self, note: str) -> None:
        """Begin no more jobs."""
        self.conductor.hold(note)

    def go_on(self) -> None:
        """Begin jobs again."""
        self.conductor.go_on()

    def ring(self, source: str) -> None:
        """A source can be reached, or wants a result again."""
        if source in self.outboxes:
            self.outboxes[source].ring()

    async def reconnect(self) -> None:
        """Try the line to the orchestrator now."""
        if self.connection is not None:
            await self.connection.reconnect()

    async def retake(self, job: Job, step: bytes) -> None:
        """A parked job goes on here, with this step: one of a group must be its robot's again.

        Raises:
            JobStateError: It is not.
        """
        if job.origin != GROUP:
            return
        if self.membership is None:
            raise JobStateError(
                f"job {job.id!r} belongs to a group that this robot has left", code="E-JOB-409"
            )
        await self.membership.retake(job.id, step)

    async def reload(self) -> Sequence[str]:
        """Read the settings again; the names of those that need a restart to hold.

        Raises:
            ConfigError: They are wrong; the old ones go on.
        """
        return await reload(self)

    # How it lives

    async def _live(self) -> None:
        """Work until it is time to leave, then leave; in what order is all that counts here."""
        try:
            await self.conductor.run(self.intake)
        finally:
            await self._go()

    async def _go(self) -> None:
        await self.triggers.end()
        if self.conductor.leaving is Leaving.AFTER_JOBS:
            await self._say_farewell()
        self.slots.leave()
        await self.slots.emptied(within=HASTE)
        self.announcements.status(self.look_at())
        self.audit.record(AuditEventType.ROBOT_STOPPED, payload={"how": self.conductor.leaving})
        await self.tasks.end(within=HASTE)
        self.executor.close()
        self._awake.release()
        self.hub.close()
        self.questions.close()
        await self.memory.close()
        await self._prometheus.close()
        await self._server.close()
        await asyncio.to_thread(self.audit.close)
        await asyncio.to_thread(self.journal.close)

    def _triggers_changed(self) -> None:
        self.door.ring()

    def _events_brought(self, token: str) -> Any:
        from casare_robot.triggers.web import Desk, web_app

        self.mask.register(token, for_good=True)
        return web_app(
            Desk(
                served=self.triggers.served,
                bring=self.triggers.bring,
                ended=self.desk.execute,
                token=token,
                clock=self._clock,
            )
        )

    def _sweep_secrets(self) -> None:
        """Forget what a person gave to jobs that have ended; blocks."""
        status = self.journal.status
        self.asked_secrets.sweep(lambda job_id: not (status(job_id) or JobStatus.FAILED).is_final)

    async def _say_farewell(self) -> None:
        """Let results that wait be delivered, if they can be soon."""
        waiting = [
            self.outboxes[name].emptied()
            for name, source in self.sources.items()
            if source is not self.desk
        ]
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL):
                await asyncio.gather(*waiting)
