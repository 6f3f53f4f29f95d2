"""Tells over Supabase Realtime what happens to jobs, within the limits of a project's plan."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from casare_robot.domain.errors import StoreError, StoreUnavailableError
from casare_robot.domain.job import JobId, JobResult
from casare_robot.domain.robot_events import (
    JobEnded,
    NodeCompleted,
    NodeFailed,
    NodeStarted,
    RobotEvent,
)

log = logging.getLogger(__name__)

RATE = 2.0
"""Messages a second of one robot, at most; a hundred a second is what a small plan allows."""
LARGEST = 32_768
"""Bytes of a payload; of what is larger only a reference is told."""
MOST_WAITING = 1_000
"""Messages that wait for the line; beyond, what informs least goes first."""
AGAIN = 1.0
"""Seconds until a message is tried again that was not acknowledged."""

Push = Callable[[str, Mapping[str, Any]], Awaitable[None]]
Keep = Callable[[list[Any]], Awaitable[None]]

_ORDER = ("job_completed", "node_error", "node_completed", "node_started")
"""What matters most is told first."""
_KEPT = 2
"""How many of these, from the first, outlive the process."""
MOST_ERRORS = 100
"""Of nodes that wait and outlive the process, the newest."""


class _Key(msgspec.Struct, frozen=True, order=True):
    rank: int
    job_id: str
    node_id: str = ""


class RealtimeProgress:
    """A sink of robot events that tells them on the robot's channel.

    They are ``node_started``, ``node_completed``, ``node_error`` and ``job_completed``. At
    most one message of a kind waits for each job (of errors, for each node): a newer one
    takes its place and tells how many it stands for, as ``coalesced``. The end of a job makes
    needless what waits of it. Ends of jobs and errors outlive the process; each message is told
    until Realtime has acknowledged it, and again after a restart in between: they may come twice.

    Args:
        robot_id: Whose.
        push: Sends one event; see `Realtime.push`.
        rate: Messages a second, at most.
        kept: What `keep` was last given.
        keep: Keeps the ends of jobs, and the errors, that wait.

    Attributes:
        sent: Messages that were acknowledged.
        dropped: Messages that were too many, or that Realtime refused.

    Source: robot reference, "ProgressReporter"; channel ``robot:{robot_id}``.
    """

    def __init__(
        self,
        robot_id: str,
        push: Push,
        *,
        rate: float = RATE,
        kept: list[Any] | None = None,
        keep: Keep | None = None,
    ) -> None:
        self.sent = self.dropped = 0
        self._robot_id = robot_id
        self._push = push
        self._space = 1.0 / rate
        self._keep = keep
        self._is_kept = True
        self._waiting: dict[_Key, dict[str, Any]] = {}
        self._has_some = asyncio.Event()
        for told in kept or ():
            name, payload = told if isinstance(told, list) else (_ORDER[0], told)
            self._put(name, payload)
        self._is_kept = True

    @property
    def waiting(self) -> int:
        """Messages that wait."""
        return len(self._waiting)

    def hear(self, event: RobotEvent) -> None:
        """Take an event in; as a sink, on the loop."""
        match event:
            case NodeStarted(node_id=str() as node_id, nodes_executed=nodes):
                told = {"node_id": node_id, "nodes_executed": nodes}
            case NodeCompleted():
                told = {
                    "node_id": event.node_id,
                    "node_type": event.node_type,
                    "seconds": event.seconds,
                    "outputs": dict(event.outputs),
                }
            case NodeFailed():
                told = {
                    "node_id": event.node_id,
                    "node_type": event.node_type,
                    "seconds": event.seconds,
                    "error": event.error,
                }
            case JobEnded(result=result):
                self._forget(event.job_id)
                told = _end(result)
            case _:
                return
        told |= {"job_id": event.job_id, "robot_id": self._robot_id, "at": event.at.isoformat()}
        self._put(str(event.__struct_config__.tag), capped(told))

    async def run(self) -> None:
        """Tell, until cancelled; a pause begins when Realtime has a message, not on its way."""
        while True:
            await self._has_some.wait()
            await self._save()
            key = min(self._waiting, key=lambda key: key.rank)
            payload = self._waiting[key]
            try:
                await self._push(_ORDER[key.rank], payload)
            except StoreUnavailableError:
                await asyncio.sleep(AGAIN)
                continue
            except StoreError as error:
                log.warning("%s of job %s is not told: %s", _ORDER[key.rank], key.job_id, error)
                self.dropped += 1
            else:
                self.sent += 1
            if self._waiting.get(key) is payload:  # else a newer one has taken its place
                self._drop(key)
                await self._save()
            await asyncio.sleep(self._space)

    def _put(self, name: str, payload: dict[str, Any]) -> None:
        rank = _ORDER.index(name)
        node_id = str(payload["node_id"]) if name == "node_error" else ""
        key = _Key(rank, str(payload["job_id"]), node_id)
        older = self._waiting.pop(key, None)
        if older is not None:
            payload["coalesced"] = older.get("coalesced", 1) + 1
        elif len(self._waiting) >= MOST_WAITING:
            self.dropped += 1
            self._drop(max(self._waiting, key=lambda key: key.rank))
        self._waiting[key] = payload
        self._is_kept = self._is_kept and rank >= _KEPT
        self._has_some.set()

    def _forget(self, job_id: JobId) -> None:
        for key in [key for key in self._waiting if key.job_id == job_id]:
            self._drop(key)

    def _drop(self, key: _Key) -> None:
        del self._waiting[key]
        self._is_kept = self._is_kept and key.rank >= _KEPT
        if not self._waiting:
            self._has_some.clear()

    async def _save(self) -> None:
        if self._keep is not None and not self._is_kept:
            self._is_kept = True
            ends, errors = (
                [[_ORDER[rank], told] for key, told in self._waiting.items() if key.rank == rank]
                for rank in range(_KEPT)
            )
            await self._keep(ends + errors[-MOST_ERRORS:])


def capped(payload: Mapping[str, Any], largest: int = LARGEST) -> dict[str, Any]:
    """A payload that is no larger than this, in bytes of JSON.

    What is too large is named, with its size, and read from the job's row where it is needed.
    """
    told = dict(payload)
    for name in ("variables", "outputs", "error", "errors"):
        if _size(told) <= largest:
            break
        if name in told:
            told[name] = {"$ref": f"group_job:{told['job_id']}", "bytes": _size(told[name])}
    return told


def _end(result: JobResult) -> dict[str, Any]:
    return {
        "status": result.status.value,
        "error": msgspec.to_builtins(result.error),
        "errors": msgspec.to_builtins(result.errors),
        "variables": _plain(result.variables),
        "outputs": _plain(result.outputs),
        "nodes_executed": result.nodes_executed,
        "duration_ms": result.duration_ms,
    }


def _plain(value: Any) -> Any:
    """As JSON can tell it; what it cannot, by its type."""
    return json.loads(json.dumps(value, default=lambda it: {"$type": type(it).__name__}))


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
