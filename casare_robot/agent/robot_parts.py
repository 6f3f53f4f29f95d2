"""Everything a robot is made of, and how its parts reach each other."""

import logging
import platform
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from casare_robot import __version__
from casare_robot.agent.announcements import Announcements
from casare_robot.agent.asked_secrets import AskedSecrets
from casare_robot.agent.audit_files import heads_file
from casare_robot.agent.conductor import Conductor
from casare_robot.agent.desk import Desk
from casare_robot.agent.desktop_turn import DesktopTurn
from casare_robot.agent.event_hub import EventHub
from casare_robot.agent.executor_command import executor_command
from casare_robot.agent.group_memory import RobotMemory
from casare_robot.agent.group_requests import GroupSeat
from casare_robot.agent.identity import establish_identity
from casare_robot.agent.intake import Intake
from casare_robot.agent.outbox import Outbox
from casare_robot.agent.pause import Pause
from casare_robot.agent.questions import Questions
from casare_robot.agent.slots import Executor, Parts, Slots
from casare_robot.agent.status import StatusBook
from casare_robot.agent.tasks import Sleep, Tasks
from casare_robot.agent.update_watch import UpdateWatch
from casare_robot.agent.watchdog import Watchdog
from casare_robot.agent.working_hours import WorkingHours
from casare_robot.config.credentials import credential_warnings
from casare_robot.config.loading import store_address
from casare_robot.config.robot_config import RobotConfig
from casare_robot.desktop.keep_awake import KeepAwake
from casare_robot.desktop.machine import machine_traits
from casare_robot.desktop.places import find_places
from casare_robot.desktop.secret_store import find_secret
from casare_robot.domain.errors import Fault
from casare_robot.domain.job import Job, JobId
from casare_robot.domain.job_source import JobSource
from casare_robot.domain.robot_status import LinkState, LinkStatus, RobotStatus
from casare_robot.execution.checkpoint import CheckpointManager
from casare_robot.execution.job_executor import JobExecutor
from casare_robot.execution.job_locker import JobLocker
from casare_robot.execution.running import evidence
from casare_robot.journal.journal import Journal
from casare_robot.journal.offline_queue import OfflineQueue
from casare_robot.journal.set_aside import kept_aside
from casare_robot.observability.audit import AuditEventType, AuditLogger
from casare_robot.observability.audit_key import load_key
from casare_robot.observability.log_setup import FILES_ONLY, job_logging
from casare_robot.observability.metrics import MetricsCollector
from casare_robot.observability.secret_mask import SecretMask
from casare_robot.resilience.circuit_breaker import CircuitBreaker
from casare_robot.updates.updates import Updates

if TYPE_CHECKING:
    from casare_robot.agent.group_source import GroupSource
    from casare_robot.agent.shared_steps import SharedSteps
    from casare_robot.agent.supabase_voice import SupabaseVoice
    from casare_robot.link.connection import ConnectionManager
    from casare_robot.store.supabase.realtime import Realtime

log = logging.getLogger(__name__)


class RobotParts:
    """The parts of a `RobotAgent`, which says what its arguments are, put together.

    Each group uses those before it; what a part tells another that is made
    later goes through a method at the end.
    """

    def __init__(
        self,
        config: RobotConfig,
        *,
        home: Path | None,
        sources: Sequence[JobSource],
        machine: Mapping[str, str] | None,
        is_confirmed: bool,
        settings: Callable[[], RobotConfig] | None,
        executor: Executor | None,
        mask: SecretMask,
        awake: KeepAwake,
        desktop: Callable[[], Awaitable[str]],
        clock: Callable[[], datetime],
        steady: Callable[[], float],
        sleep: Sleep,
    ) -> None:
        self.config = config
        self.settings = settings
        self.mask = mask
        self.mask.register_all(config.secrets(), for_good=True)
        self._awake = awake
        self._clock = clock
        self._steady = steady
        self._home = home
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
            self.robot_id = self.identity.robot_id
            self.name = config.robot_name or platform.node() or self.robot_id
            self._remember()
            self._watch()
            self._work(executor, desktop, sleep)
            self._reach(sources)
        except BaseException:
            self.journal.close()
            raise

    def _remember(self) -> None:
        """What outlives the process."""
        clock = self._clock
        self.offline_queue = OfflineQueue(
            self.journal,
            max_jobs=self.config.max_waiting_jobs,
            clock=lambda: clock().timestamp(),
        )
        self.checkpoint_manager = CheckpointManager(self.journal)
        self._pause = Pause(self.journal, clock=clock)

    def _watch(self) -> None:
        """What sees and tells what happens."""
        self.metrics = MetricsCollector(
            queues={"waiting": lambda: self.offline_queue.waiting},
            executors=lambda: self.executor.process_ids,
            journal=self.journal,
            monotonic=self._steady,
        )
        self.audit = AuditLogger(
            self.journal,
            key=load_key(self.folder),
            session=self.identity.session,
            heads=heads_file(self.folder),
            mask=self.mask.values,
            monotonic=self._steady,
        )
        self.hub = EventHub()
        self.hub.add_sink(self.audit.hear)
        self.hub.add_sink(self.metrics.hear)
        self.watchdog = Watchdog(self.config.no_progress_after)
        self.announcements = Announcements(
            self.hub, self.watchdog, clock=self._clock, steady=self._steady
        )
        self._book = StatusBook(self.identity, self.name, clock=self._clock)

    def _work(
        self, executor: Executor | None, desktop: Callable[[], Awaitable[str]], sleep: Sleep
    ) -> None:
        """What takes jobs in, and what runs them."""
        self._desktop = desktop
        self.shared_steps = self._steps_of_a_group()
        self.tasks = Tasks(sleep=sleep)
        self.asked_secrets = AskedSecrets(self._data)
        self.questions = Questions(
            self.asked_secrets,
            name_of=lambda job_id: self.slots.name_of(job_id),
            changed=self._asks,
            learned=self.mask.register_all,
            patience=lambda: self.config.unattended_after,
            tasks=self.tasks,
            clock=self._clock,
            sleep=sleep,
        )
        self.hub.add_sink(self.questions.hear)
        self.update_watch = UpdateWatch(
            lambda: Updates(self.config, self._data, version=__version__, clock=self._clock),
            tasks=self.tasks,
            is_idle=lambda: not len(self.slots) and not self.offline_queue.waiting,
            changed=self.tell_news,
            sleep=sleep,
        )
        self.memory = RobotMemory(
            lambda: store_address(self.config, self._home), lambda: self.identity.robot_id
        )
        self.executor: Executor = executor or JobExecutor(
            executor_command(),
            steps=self.shared_steps or self.journal,
            policy=lambda profile: self.config.policy(profile),
            node_timeout=self.config.node_timeout,
            stall_timeout=self.config.node_timeout,
            secret=self.mask.noting(partial(find_secret, data=self._data)),
            person=self.questions,
            memory=self.memory,
            said=_log_executor,
            evidence=self.folder / evidence.FOLDER,
        )
        self.slots = Slots(
            Parts(
                journal=self.journal,
                queue=self.offline_queue,
                executor=self.executor,
                locker=JobLocker(),
                mask=self.mask,
            ),
            limit=self.config.max_concurrent_jobs,
            tasks=self.tasks,
            tell=self.announcements.tell,
            freed=self._freed,
            troubled=lambda error: self.conductor.troubled(error),
            adapted=self._adapted,
            clock=self._clock,
            sleep=sleep,
        )
        self.conductor = Conductor(
            self.offline_queue,
            self.slots,
            executor=self.executor,
            pause=self._pause,
            hours=WorkingHours.parse(self.config.working_hours),
            desktop=desktop,
            turn=DesktopTurn(
                self.questions,
                config=lambda: self.config,
                tasks=self.tasks,
                changed=lambda: self.conductor.wake(),
                clock=self._clock,
                sleep=sleep,
            ),
            clock=self._clock,
            steady=self._steady,
            turned=self._turned,
        )
        self.intake = Intake(
            self.offline_queue,
            self.slots,
            tasks=self.tasks,
            closed_because=self._closed_because,
            arrived=lambda _job: self.conductor.wake(),
            audit=self.audit,
            ended=self.announcements.ended,
            troubled=self.conductor.troubled,
            clock=self._clock,
            sleep=sleep,
        )

    def _reach(self, sources: Sequence[JobSource]) -> None:
        """Where jobs come from and results go."""
        self.desk = Desk(self.journal, self.hub, clock=self._clock)
        self.connection = self._connection()
        self.circuit_breaker = (
            CircuitBreaker("link") if self.connection is None else self.connection.breaker
        )
        line = () if self.connection is None else (self.connection,)
        self.membership = self._membership()
        self.seat: GroupSeat | None = self.membership
        group = () if self.membership is None else (self.membership,)
        self.sources: dict[str, JobSource] = {
            source.name: source for source in (self.desk, *line, *group, *sources)
        }
        self.outboxes = {
            name: Outbox(self.offline_queue, source) for name, source in self.sources.items()
        }
        self.announcements.reach(self.sources, self.outboxes)
        self.voice = self._voice()
        if self.voice is not None:
            self.hub.add_sink(self.voice.hear)

    # What they tell each other

    def look_at(self, *, with_metrics: bool = True) -> RobotStatus:
        """How the robot is."""
        return self._book.status(
            self.conductor.look(),
            jobs=tuple(self.slots),
            waiting=self.offline_queue.waiting,
            needs_attention=len(self.offline_queue.parked),
            link=self.connection,
            unsent=0 if self.connection is None else self.outboxes[self.connection.name].waiting,
            warnings=self._warnings(),
            metrics=self.summary() if with_metrics else {},
            seat=self.seat,
            update=self.update_watch.status,
        )

    def tell_news(self) -> None:
        """Say how the robot is, if it is another way than it last said."""
        if self._book.is_news(self.look_at(with_metrics=False)):
            self.announcements.status(self.look_at())

    def summary(self) -> Mapping[str, Any]:
        """What the metrics have summed up."""
        return self.metrics.get_summary()

    def _connection(self) -> "ConnectionManager | None":
        if not self.config.orchestrator_url or self.identity.is_clone:
            return None
        from casare_robot.agent.connecting import connect  # a robot of the desk needs no network

        return connect(
            self.config,
            self.identity,
            self.name,
            key=lambda: self.config.api_key,
            audit=lambda: self.audit.head,
            changed=self._line_changed,
        )

    def _steps_of_a_group(self) -> "SharedSteps | None":
        if not self.config.group:
            return None
        from casare_robot.agent.shared_steps import SharedSteps  # a lonely robot needs no store

        return SharedSteps(self.journal)

    def _membership(self) -> "GroupSource | None":
        if self.shared_steps is None or self.identity.is_clone:
            return None
        from casare_robot.agent.joining import join

        return join(
            self.config,
            self.robot_id,
            store_url=store_address(self.config, self._home),
            folder=find_places(self._home).config,
            queue=self.offline_queue,
            journal=self.journal,
            runs=lambda job_id: job_id in self.slots,
            steps=self.shared_steps,
            execute=self.desk.execute,
            desktop=self._desktop,
            kept=lambda: self.config.history_days * 86_400.0,
        )

    def _voice(self) -> "SupabaseVoice | None":
        address = store_address(self.config, self._home)
        membership = self.membership
        if membership is None or not address.startswith("supabase:"):
            return None
        from casare_robot.agent.supabase_voice import SupabaseVoice
        from casare_robot.store.supabase.project import read_project
        from casare_robot.store.supabase.supabase_store import SupabaseStore

        def line() -> "Realtime | None":
            store = membership.store
            return store.line if isinstance(store, SupabaseStore) else None

        space = read_project(address).space
        return SupabaseVoice(line, space, self.robot_id, self.name, self.journal)

    def _line_changed(self, status: LinkStatus) -> None:
        self.audit.record(
            AuditEventType.CONNECTION_CHANGED,
            payload={"state": status.state, "problem": status.problem},
        )
        if status.state is LinkState.CONNECTED:
            self.outboxes["link"].ring()
        self.conductor.wake()

    def _adapted(self, job: Job) -> Job:
        """A job with this robot's own limits."""
        return msgspec.structs.replace(
            job,
            timeout=self.config.job_timeout if job.timeout is None else job.timeout,
            checkpoint_enabled=job.checkpoint_enabled
            and (self.config.checkpoint_enabled or self._is_shared(job)),
        )

    def _is_shared(self, job: Job) -> bool:
        """Whether another robot may have to go on with it; then its records are no choice."""
        return self.membership is not None and job.origin == self.membership.name

    def _closed_because(self) -> str:
        problem = self.audit.problem
        return self.conductor.closed_because or (
            f"the audit trail cannot be written ({problem})" if problem else ""
        )

    def _freed(self, job_id: JobId) -> None:
        self.announcements.freed(job_id)
        self.intake.left(job_id)
        self.conductor.wake()

    def _asks(self, job_id: JobId) -> None:
        """A job asks the person here something, or does no longer."""
        titles = self.questions.asked_by(job_id)
        self.slots.note_waiting(job_id, titles)
        self.watchdog.waits(job_id, self._steady(), for_person=bool(titles))
        self.tell_news()

    def _turned(self) -> None:
        try:
            if len(self.slots) and self.config.keep_awake:
                self._awake.hold()
            else:
                self._awake.release()
        except OSError as error:
            log.warning("the machine may fall asleep: %s", error)
        self.tell_news()

    def _group_warnings(self) -> tuple[Fault, ...]:
        trouble = self.membership.trouble if self.membership is not None else None
        return () if trouble is None else (trouble,)

    def _warnings(self) -> tuple[Fault, ...]:
        return (
            *self.identity.warnings,
            *self.config.faults,
            *credential_warnings(self.config, self._clock()),
            *self._group_warnings(),
            *self.journal.warnings,
            *self._kept_aside(),
        )

    def _kept_aside(self) -> tuple[Fault, ...]:
        """Earlier memories, but for one that the journal itself has just told of."""
        told = {warning.key for warning in self.journal.warnings}
        return tuple(fault for fault in kept_aside(self.folder) if fault.key not in told)


def _log_executor(job_id: JobId | None, line: str) -> None:
    """Write what an executor said to the log, in the name of its job."""
    with job_logging(job_id):
        FILES_ONLY.warning("%s", line)
