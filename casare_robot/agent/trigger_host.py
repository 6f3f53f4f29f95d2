"""Hosts the triggers of this robot: what is switched on watches, and starts jobs of the desk."""

import asyncio
import hashlib
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import msgspec

from casare_robot.domain.errors import (
    JobRefusedError,
    JournalDamagedError,
    RobotError,
    TriggerError,
)
from casare_robot.domain.job import TRIGGER_NODE, Job, JobId
from casare_robot.domain.plain_json import plain
from casare_robot.domain.trigger_status import Missed, TriggerState, TriggerStatus
from casare_robot.resilience.backoff import Backoff
from casare_robot.triggers.definition import (
    ROBOT_EVENTS,
    Definition,
    definitions,
    next_run,
    source_of,
)
from casare_robot.triggers.event import Event, Source, Surroundings
from casare_robot.triggers.pace import Pace
from casare_robot.triggers.robot_events import OWN_PREFIX

log = logging.getLogger(__name__)

_LIST = "triggers"
_PREFIX = "trigger-"
LONGEST_WAIT = 300.0
"""Seconds between two attempts at most while a trigger is in trouble."""


class Memory(Protocol):
    """What outlives the process: the journal's notes."""

    async def aremember(self, key: str, value: Any) -> None:
        """Keep plain data under a key; None forgets."""
        ...

    def recalled(self, key: str) -> Any:
        """What was kept."""
        ...


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A trigger that is switched on, as it is remembered."""

    id: str
    file: str
    node_id: str
    missed: Missed = "once"


class Hosted:
    """A trigger that is switched on, at work."""

    def __init__(self, kept: Kept, pace: Pace) -> None:
        self.kept = kept
        self.pace = pace
        self.found: Definition | None = None
        self.task: asyncio.Task[None] | None = None
        self.problem = ""
        self.cursor: Any = None
        self.started = 0
        self.skipped = 0
        self.last_at: datetime | None = None
        self.last_job = ""


class TriggerHost:
    """Switches triggers on and off, and makes each of their events one job.

    A job's id comes of its trigger and its event, so an event that is seen
    again, after a crash or because the robot took no jobs, has its job already.

    Args:
        memory: Where the list and the cursors are kept.
        offer: Takes a job of the desk; False if it is known; see `Intake.offer`.
        around: What sources may use.
        secret: A workflow secret, None if there is none.
        steady: Seconds, monotonic.
        changed: Told when a trigger was switched on or off.
    """

    def __init__(
        self,
        memory: Memory,
        *,
        offer: Callable[[Job], Any],
        around: Surroundings,
        secret: Callable[[str], str | None],
        steady: Callable[[], float],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._memory = memory
        self._offer = offer
        self._around = around
        self._secret = secret
        self._steady = steady
        self._changed = changed
        self._hosted: dict[str, Hosted] = {}
        self._switching = asyncio.Lock()

    def begin(self) -> None:
        """Watch with all triggers that were on when the robot left."""
        try:
            kept = self._memory.recalled(_LIST) or ()
        except JournalDamagedError as error:  # the robot does its other work
            log.warning("no trigger is on: %s; switch them on again", error)
            kept = ()
        for entry in kept:
            self._host(msgspec.convert(entry, Kept))

    async def end(self) -> None:
        """Watch no more; what is on stays on for the next start."""
        tasks = [hosted.task for hosted in self._hosted.values() if hosted.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def look(self) -> tuple[TriggerStatus, ...]:
        """All that are on."""
        now = self._around.clock()
        return tuple(_status(hosted, now) for hosted in self._hosted.values())

    def served(self) -> list[tuple[str, Definition]]:
        """Ids and definitions of all that could be read."""
        return [(name, h.found) for name, h in self._hosted.items() if h.found is not None]

    async def switch_on(self, file: str, node_id: str = "", missed: Missed = "once") -> list[str]:
        """Switch on the triggers of a workflow, or one of them; their ids.

        Those that are on already begin again with the file as it is now, from
        where they were.

        Raises:
            TriggerError: There is none, or one cannot be watched for here; then
                nothing is switched on.
            WorkflowInvalidError: The file cannot be run.
        """
        held = await self._read(file)
        found = [one for one in held if node_id in ("", one.node_id)]
        if not found:
            which = f" {node_id!r}" if node_id else ""
            choices = f"; it holds: {', '.join(one.node_id for one in held)}" if held else ""
            raise TriggerError(f"{file} holds no trigger{which}{choices}")
        for one in found:
            source_of(one, missed, self._around)
        async with self._switching:
            kept = [
                Kept(id=self._id_for(file, one), file=file, node_id=one.node_id, missed=missed)
                for one in found
            ]
            await self._keep([*self._kept_but(*(one.id for one in kept)), *kept])
            for begun in kept:
                await self._stop(begun.id)
                self._host(begun)
        self._changed()
        return [one.id for one in kept]

    async def switch_off(self, trigger_id: str) -> None:
        """Watch for it no more, and forget where it was.

        Raises:
            TriggerError: It is not on.
        """
        async with self._switching:
            self._known(trigger_id)
            await self._keep(self._kept_but(trigger_id))
            await self._stop(trigger_id)
            await self._memory.aremember(_note(trigger_id), None)
        self._changed()

    async def fire(self, trigger_id: str, payload: Mapping[str, Any]) -> JobId:
        """Start its job now, as if something had happened.

        Raises:
            TriggerError: It is not on, or its file cannot be read.
            JobRefusedError: The robot takes no jobs now.
        """
        return (await self.bring(trigger_id, Event(key=uuid.uuid4().hex, payload=payload)))[0].id

    async def bring(self, trigger_id: str, event: Event) -> tuple[Job, bool]:
        """Start the job of an event that somebody brought; False if it had one already.

        Raises:
            TriggerError: It is not on, its file cannot be read, or too much is brought.
            JobRefusedError: The robot takes no jobs now.
        """
        hosted = self._known(trigger_id)
        if hosted.pace.is_full:
            raise TriggerError(f"{trigger_id} is asked for too much; it starts a job a second")
        await hosted.pace.wait()
        job = await self._job(hosted, event)
        is_new = await self._start(hosted, job)
        await self._note(hosted, hosted.cursor)
        return job, is_new

    # How each of them works

    def _host(self, kept: Kept) -> None:
        hosted = Hosted(kept, Pace(steady=self._steady, sleep=self._around.sleep))
        self._hosted[kept.id] = hosted
        hosted.task = asyncio.create_task(self._watch(hosted), name=f"trigger {kept.id}")

    async def _watch(self, hosted: Hosted) -> None:
        """Watch for ever: after trouble begin again, later and later."""
        delays = Backoff(max_delay=LONGEST_WAIT).delays()
        while True:
            before = hosted.started
            try:
                self._recall(hosted)
                source = await self._source(hosted)
                if source is None:
                    hosted.problem = ""
                    return
                await source.run(hosted.cursor, partial(self._deliver, hosted))
            except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
                hosted.problem = _told(error)
                log.warning("trigger %s: %s", hosted.kept.id, hosted.problem)
            if hosted.started > before:
                delays = Backoff(max_delay=LONGEST_WAIT).delays()
            await self._around.sleep(next(delays))

    async def _source(self, hosted: Hosted) -> Source | None:
        for one in await self._read(hosted.kept.file):
            if one.node_id == hosted.kept.node_id:
                hosted.found = one
                self._changed()
                return source_of(one, hosted.kept.missed, self._around)
        raise TriggerError(f"{hosted.kept.file} holds no trigger {hosted.kept.node_id!r} any more")

    async def _deliver(self, hosted: Hosted, events: Sequence[Event], cursor: Any) -> None:
        for event in events:
            if self._is_too_soon(hosted):
                hosted.skipped += 1
                continue
            job = await self._job(hosted, event)
            await hosted.pace.wait()
            await self._start(hosted, job)
        await self._note(hosted, cursor)
        hosted.problem = ""

    def _is_too_soon(self, hosted: Hosted) -> bool:
        rest = hosted.found.settings["cooldown_seconds"] if hosted.found is not None else 0
        if not rest or hosted.last_at is None:
            return False
        return 0 <= (self._around.clock() - hosted.last_at).total_seconds() < rest

    async def _start(self, hosted: Hosted, job: Job) -> bool:
        is_new: bool = await self._offer(job)
        if is_new:
            hosted.started += 1
            hosted.last_at = self._around.clock()
            hosted.last_job = job.id
        return is_new

    async def _job(self, hosted: Hosted, event: Event) -> Job:
        kept, found = hosted.kept, hosted.found
        if found is None:
            raise TriggerError(f"{kept.id} is in trouble: {hosted.problem or 'it begins just now'}")
        file = Path(kept.file)
        try:
            workflow = await asyncio.to_thread(file.read_bytes)
        except OSError as error:
            raise TriggerError(f"{file} cannot be read: {error}") from error
        text = "\0".join((kept.file, kept.node_id, event.key))
        prefix = OWN_PREFIX if found.type in ROBOT_EVENTS else _PREFIX
        return Job(
            id=JobId(prefix + hashlib.sha256(text.encode()).hexdigest()[:32]),
            workflow=workflow,
            name=found.workflow or file.stem,
            folder=str(file.parent),
            path=kept.file,
            variables={**event.payload, TRIGGER_NODE: kept.node_id},
            priority=found.settings["priority"],
        )

    async def _read(self, file: str) -> list[Definition]:
        def read() -> list[Definition]:
            source = Path(file).read_bytes()
            return definitions(source, secret=self._secret, now=self._around.clock())

        try:
            return await asyncio.to_thread(read)
        except OSError as error:
            raise TriggerError(f"{file} cannot be read: {error}") from error

    # What is remembered

    def _recall(self, hosted: Hosted) -> None:
        kept = self._memory.recalled(_note(hosted.kept.id)) or {}
        hosted.cursor = kept.get("cursor")
        hosted.started = kept.get("started", 0)
        hosted.skipped = kept.get("skipped", 0)
        last = kept.get("last_at")
        hosted.last_at = None if last is None else datetime.fromtimestamp(last, UTC)
        hosted.last_job = kept.get("last_job", "")

    async def _note(self, hosted: Hosted, cursor: Any) -> None:
        value = {
            "cursor": plain(cursor),
            "started": hosted.started,
            "skipped": hosted.skipped,
            "last_at": None if hosted.last_at is None else hosted.last_at.timestamp(),
            "last_job": hosted.last_job,
        }
        hosted.cursor = cursor
        if self._hosted.get(hosted.kept.id) is hosted:  # else it was switched off meanwhile
            await self._memory.aremember(_note(hosted.kept.id), value)

    def _kept_but(self, *trigger_ids: str) -> list[Kept]:
        return [hosted.kept for name, hosted in self._hosted.items() if name not in trigger_ids]

    async def _keep(self, kept: Sequence[Kept]) -> None:
        await self._memory.aremember(_LIST, [msgspec.to_builtins(one) for one in kept] or None)

    async def _stop(self, trigger_id: str) -> None:
        hosted = self._hosted.pop(trigger_id, None)
        if hosted is not None and hosted.task is not None:
            hosted.task.cancel()
            await asyncio.gather(hosted.task, return_exceptions=True)

    def _known(self, trigger_id: str) -> Hosted:
        found = self._hosted.get(trigger_id)
        if found is None:
            known = ", ".join(self._hosted) or "none"
            raise TriggerError(f"no trigger {trigger_id!r} is on; on are: {known}")
        return found

    def _id_for(self, file: str, found: Definition) -> str:
        """A short name; that of the same trigger if it is on already."""
        for hosted in self._hosted.values():
            if (hosted.kept.file, hosted.kept.node_id) == (file, found.node_id):
                return hosted.kept.id
        name = f"{Path(file).stem}.{found.node_id}"
        same = 2
        while name in self._hosted:
            name, same = f"{Path(file).stem}-{same}.{found.node_id}", same + 1
        return name


def _note(trigger_id: str) -> str:
    return f"trigger {trigger_id}"


def _told(error: Exception) -> str:
    if isinstance(error, JobRefusedError):
        return f"{error}; its events wait"
    return str(error) if isinstance(error, RobotError) else f"{type(error).__name__}: {error}"


def _status(hosted: Hosted, now: datetime) -> TriggerStatus:
    found = hosted.found
    return TriggerStatus(
        id=hosted.kept.id,
        file=hosted.kept.file,
        node_id=hosted.kept.node_id,
        type=found.type if found else "",
        workflow=found.workflow if found else "",
        state=TriggerState.TROUBLE if hosted.problem else TriggerState.WATCHING,
        problem=hosted.problem,
        missed=hosted.kept.missed,
        started=hosted.started,
        skipped=hosted.skipped,
        last_at=hosted.last_at,
        last_job=hosted.last_job,
        next_at=None if found is None else next_run(found, hosted.cursor, now),
    )
