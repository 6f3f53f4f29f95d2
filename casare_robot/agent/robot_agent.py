"""The robot: everything it is made of, put together, started and ended in order."""

import asyncio
import logging
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from casare_robot.agent.announcements import Announcements
from casare_robot.agent.audit_files import heads_file
from casare_robot.agent.beat import Beat
from casare_robot.agent.conductor import Conductor
from casare_robot.agent.desk import Desk
from casare_robot.agent.event_hub import EventHub
from casare_robot.agent.executor_command import executor_command
from casare_robot.agent.identity import establish_identity
from casare_robot.agent.intake import Intake
from casare_robot.agent.lifecycle import Leaving
from casare_robot.agent.outbox import Outbox
from casare_robot.agent.pause import Pause
from casare_robot.agent.reloading import changes
from casare_robot.agent.robot_control import AgentControl
from casare_robot.agent.slots import Executor, Parts, Slots
from casare_robot.agent.source_taker import SourceTaker
from casare_robot.agent.status import StatusBook
from casare_robot.agent.tasks import Sleep, Tasks
from casare_robot.agent.watchdog import Watchdog
from casare_robot.agent.working_hours import WorkingHours
from casare_robot.config.credentials import credential_warnings
from casare_robot.config.robot_config import RobotConfig
from casare_robot.control.server import ControlServer
from casare_robot.desktop.keep_awake import KeepAwake, keep_awake
from casare_robot.desktop.machine import machine_traits
from casare_robot.desktop.places import find_places
from casare_robot.desktop.secret_store import find_secret
from casare_robot.desktop.sleep_sensor import SleepSensor
from casare_robot.domain.errors import Fault
from casare_robot.domain.job import Job, JobId, JobResult, JobStatus
from casare_robot.domain.job_source import JobSource
from casare_robot.domain.robot_events import JobEnded
from casare_robot.domain.robot_status import LinkState, LinkStatus, RobotStatus
from casare_robot.execution.checkpoint import CheckpointManager
from casare_robot.execution.job_executor import JobExecutor
from casare_robot.execution.job_locker import JobLocker
from casare_robot.journal.journal import Journal
from casare_robot.journal.offline_queue import OfflineQueue
from casare_robot.observability.audit import BEAT as AUDIT_BEAT
from casare_robot.observability.audit import AuditEventType, AuditLogger
from casare_robot.observability.audit_key import load_key
from casare_robot.observability.metrics import MetricsCollector
from casare_robot.observability.prometheus import PrometheusServer, metrics_text
from casare_robot.observability.secret_mask import SecretMask
from casare_robot.resilience.circuit_breaker import CircuitBreaker

if TYPE_CHECKING:
    from casare_robot.link.connection import ConnectionManager

log = logging.getLogger(__name__)

FAREWELL = 5.0
"""Seconds that results may take to be delivered when the robot leaves after its jobs."""
HASTE = 1.5
"""Seconds that ended executors, and then all other tasks, may take when it leaves."""
LONELY = 30.0
"""Seconds without the orchestrator after which jobs end that are not to go on without it: as
long as other robots wait for a lease to run out (architecture, rule 4)."""
KEPT_JOBS = 10_000
"""Ended jobs in the history, whatever their age."""


class RobotAgent:
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
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        steady: Callable[[], float] = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.config = config
        self.mask = mask or SecretMask()
        self.mask.register_all(config.secrets(), for_good=True)
        self._settings = settings
        self._clock = clock
        self._steady = steady
        self._data = find_places(home).data
        self.folder = self._data if home else config.checkpoint_dir
        self.journal = Journal.open(self.folder)
        try:
            self.identity = establish_identity(
                self.folder,
                machine=machine_traits() if machine is None else machine,
                robot_id=config.robot_id,
                is_confirmed=is_confirmed,
            )
            self._put_together(sources, executor, awake or keep_awake(), sleep)
        except BaseException:
            self.journal.close()
            raise

    def _put_together(
        self,
        sources: Sequence[JobSource],
        executor: Executor | None,
        awake: KeepAwake,
        sleep: Sleep,
    ) -> None:
        config, clock, steady = self.config, self._clock, self._steady
        self.robot_id = self.identity.robot_id
        self.name = config.robot_name or platform.node() or self.robot_id
        self.offline_queue = OfflineQueue(
            self.journal, max_jobs=config.max_waiting_jobs, clock=lambda: clock().timestamp()
        )
        self.checkpoint_manager = CheckpointManager(self.journal)
        self._pause = Pause(self.journal, clock=clock)
        self.executor: Executor = executor or JobExecutor(
            executor_command(),
            steps=self.journal,
            policy=lambda profile: self.config.policy(profile),
            node_timeout=config.node_timeout,
            stall_timeout=config.node_timeout,
            secret=self.mask.noting(partial(find_secret, data=self._data)),
        )
        self.metrics = MetricsCollector(
            queues={"waiting": lambda: self.offline_queue.waiting},
            executors=lambda: self.executor.process_ids,
            journal=self.journal,
            monotonic=steady,
        )
        self.audit = AuditLogger(
            self.journal,
            key=load_key(self.folder),
            session=self.identity.session,
            heads=heads_file(self.folder),
            mask=self.mask.values,
            monotonic=steady,
        )
        self.hub = EventHub()
        self.hub.add_sink(self.audit.hear)
        self.hub.add_sink(self.metrics.hear)
        self.watchdog = Watchdog(config.no_progress_after)
        self.announcements = Announcements(self.hub, self.watchdog, clock=clock, steady=steady)
        self.announcements.needs_attention = self.journal.count(JobStatus.NEEDS_ATTENTION)
        self.tasks = Tasks(sleep=sleep)
        self.slots = Slots(
            Parts(
                journal=self.journal,
                queue=self.offline_queue,
                executor=self.executor,
                locker=JobLocker(),
                mask=self.mask,
            ),
            limit=config.max_concurrent_jobs,
            tasks=self.tasks,
            tell=self.announcements.tell,
            freed=self._freed,
            troubled=lambda error: self.conductor.troubled(error),
            adapted=self._adapted,
            clock=clock,
            sleep=sleep,
        )
        self.conductor = Conductor(
            self.offline_queue,
            self.slots,
            executor=self.executor,
            pause=self._pause,
            hours=WorkingHours.parse(config.working_hours),
            clock=clock,
            steady=steady,
            turned=self._turned,
        )
        self.intake = Intake(
            self.offline_queue,
            self.slots,
            tasks=self.tasks,
            closed_because=self._closed_because,
            arrived=self._arrived,
            audit=self.audit,
            ended=self.announcements.ended,
            clock=clock,
        )
        self.desk = Desk(self.journal, self.hub, clock=clock)
        self.connection = self._connection()
        self.circuit_breaker = (
            CircuitBreaker("link") if self.connection is None else self.connection.breaker
        )
        line = () if self.connection is None else (self.connection,)
        self.sources: dict[str, JobSource] = {
            source.name: source for source in (self.desk, *line, *sources)
        }
        self.outboxes = {
            name: Outbox(self.offline_queue, source) for name, source in self.sources.items()
        }
        self.announcements.reach(self.sources, self.outboxes)
        self.control = AgentControl(self, clock=clock)
        self._server = ControlServer(self.control, self.folder)
        self._prometheus = PrometheusServer(lambda: metrics_text(self.metrics))
        self._book = StatusBook(self.identity, self.name, clock=clock)
        self._awake = awake
        self._sensor = SleepSensor(wall=lambda: clock().timestamp(), steady=steady)
        self._beat = Beat(clock=steady, sleep=sleep)
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
        for name, source in self.sources.items():
            taker = SourceTaker(name, intake=self.intake, queue=self.offline_queue, house=self)
            self.tasks.keep(f"source {name}", partial(source.run, taker))
            if source is not self.desk:
                self.tasks.keep(f"outbox {name}", self.outboxes[name].run)
        self._beat.every(1.0, self.conductor.look_around)
        self._beat.every(1.0, self._mind_sleep)
        self._beat.every(5.0, self._mind_progress)
        self._beat.every(5.0, self._mind_line)
        self._beat.every(AUDIT_BEAT, self.audit.beat)
        self._beat.every(60.0, self.metrics.keep_minute)
        self._beat.every(3600.0, self._forget_old_jobs)
        self.tasks.keep("beat", self._beat.run)
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
        async for event in self.desk.submit(job):
            if isinstance(event, JobEnded):
                return event.result
        raise AssertionError("a submitted job ends, or says why not")

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

    def look_at(self, *, with_metrics: bool = True) -> RobotStatus:
        """How the robot is."""
        return self._book.status(
            self.conductor.look(),
            jobs=tuple(self.slots),
            waiting=self.offline_queue.waiting,
            needs_attention=self.announcements.needs_attention,
            link=self.connection,
            warnings=self._warnings(),
            metrics=self.summary() if with_metrics else {},
        )

    def summary(self) -> Mapping[str, Any]:
        """What the metrics have summed up."""
        return self.metrics.get_summary()

    async def reload(self) -> Sequence[str]:
        """Read the settings again; the names of those that need a restart to hold.

        Raises:
            ConfigError: They are wrong; the old ones go on.
        """
        if self._settings is None:
            return ()
        key = self.config.api_key
        self.config, waiting = changes(self.config, await asyncio.to_thread(self._settings))
        self.mask.register_all(self.config.secrets(), for_good=True)
        self.slots.limit = self.config.max_concurrent_jobs
        self.watchdog.after = self.config.no_progress_after
        self.conductor.hours = WorkingHours.parse(self.config.working_hours)
        if self.config.api_key != key:
            self.tasks.start("reconnect with the new key", self.reconnect())
        self.audit.record(AuditEventType.CONFIG_CHANGED, payload={"need_restart": waiting})
        self.conductor.wake()
        return waiting

    # How it lives

    async def _live(self) -> None:
        """Work until it is time to leave, then leave; in what order is all that counts here."""
        try:
            await self.conductor.run(self.intake)
        finally:
            await self._go()

    async def _go(self) -> None:
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
        await self._prometheus.close()
        await self._server.close()
        await asyncio.to_thread(self.audit.close)
        await asyncio.to_thread(self.journal.close)

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

    def _connection(self) -> "ConnectionManager | None":
        if not self.config.orchestrator_url or self.identity.is_clone:
            return None
        from casare_robot.agent.connecting import connect  # a robot of the desk needs no network

        return connect(
            self.config,
            self.identity,
            self.name,
            key=lambda: self.config.api_key,
            changed=self._line_changed,
        )

    def _line_changed(self, status: LinkStatus) -> None:
        self.audit.record(
            AuditEventType.CONNECTION_CHANGED,
            payload={"state": status.state, "problem": status.problem},
        )
        if status.state is LinkState.CONNECTED:
            self.ring("link")
        self.conductor.wake()

    def _adapted(self, job: Job) -> Job:
        """A job with this robot's own limits."""
        return msgspec.structs.replace(
            job,
            timeout=self.config.job_timeout if job.timeout is None else job.timeout,
            checkpoint_enabled=job.checkpoint_enabled and self.config.checkpoint_enabled,
        )

    def _arrived(self, _job: Job) -> None:
        self.conductor.wake()

    def _closed_because(self) -> str:
        problem = self.audit.problem
        return self.conductor.closed_because or (
            f"the audit trail cannot be written ({problem})" if problem else ""
        )

    def _freed(self, job_id: JobId) -> None:
        self.announcements.freed(job_id)
        self.conductor.wake()

    def _turned(self) -> None:
        if len(self.slots) and self.config.keep_awake:
            self._awake.hold()
        else:
            self._awake.release()
        self._tell_news()

    def _tell_news(self) -> None:
        if self._book.is_news(self.look_at(with_metrics=False)):
            self.announcements.status(self.look_at())

    def _mind_sleep(self) -> None:
        missed = self._sensor.missed()
        if missed > 0:
            log.info("the machine has slept, or stood still, for %.0f s", missed)
            self.tasks.start("look after sleep", self._look_after_sleep())

    async def _look_after_sleep(self) -> None:
        await self.reconnect()
        await self.poll_for_jobs()

    def _mind_progress(self) -> None:
        self.announcements.watch_progress(self.slots)
        self._tell_news()

    def _mind_line(self) -> None:
        """End jobs whose sender wants them ended while it cannot watch them."""
        if self.connection is None:
            return
        line = self.connection.link_status()
        is_lonely = (self._clock() - line.since).total_seconds() >= LONELY
        if line.state is not LinkState.CONNECTED and is_lonely:
            for job_id in self.slots.bound_to(self.connection.name):
                log.warning("job %s is ended: its orchestrator cannot be reached", job_id)
                self.intake.cancel(job_id)

    def _forget_old_jobs(self) -> None:
        days = float(self.config.history_days)
        forget = partial(self.journal.prune, keep_days=days, keep_jobs=KEPT_JOBS)
        self.tasks.start("forget old jobs", asyncio.to_thread(forget))

    def _warnings(self) -> tuple[Fault, ...]:
        return (
            *self.identity.warnings,
            *self.config.faults,
            *credential_warnings(self.config, self._clock()),
            *self.journal.warnings,
        )
