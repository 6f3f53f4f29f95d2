"""The websocket of CasareRPA's first orchestrator: messages in envelopes that refer to each other.

Source: orchestrator_protocol, 1D.
"""

import platform
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from casare_robot.domain.job import JobId, JobResult
from casare_robot.domain.plain_json import plain
from casare_robot.domain.robot_events import JobLogged
from casare_robot.link import session
from casare_robot.link.address import websocket_address
from casare_robot.link.casarerpa import jobs
from casare_robot.link.casarerpa.access import Access, Figures
from casare_robot.link.casarerpa.push_dialect import PushDialect
from casare_robot.link.casarerpa.push_session import FOREIGN, Said
from casare_robot.link.casarerpa.state import capabilities, moment
from casare_robot.link.identity import Identity
from casare_robot.link.session import WallClock

_encode = msgspec.json.Encoder().encode


class _Envelope(msgspec.Struct, frozen=True):
    type: str = ""
    id: Any = ""
    correlation_id: Any = ""
    payload: Any = None


class EnvelopeWords:
    """How the first orchestrator says things.

    Args:
        identity: Who the robot is.
        key: Its key.
        figures: How busy its machine is.
        wall: The time of day.
    """

    most_silence = 20.0
    """A robot that has not been heard for 60 s is forgotten, its connection left open."""

    def __init__(self, identity: Identity, key: str, figures: Figures, wall: WallClock) -> None:
        self._identity = identity
        self._key = key
        self._figures = figures
        self._wall = wall
        self._began = wall()

    def read(self, frame: bytes) -> Said:
        """What a frame says."""
        try:
            said = msgspec.json.decode(frame, type=_Envelope)
        except (msgspec.MsgspecError, RecursionError, ValueError):
            return Said("", {})
        facts = said.payload if isinstance(said.payload, dict) else {}
        if said.type == "register_ack" and said.payload is None:
            return Said(FOREIGN, {"dialect": "flat"})
        config = facts.get("config")
        if said.type == "register_ack" and isinstance(config, dict):
            facts = {**config, **facts}
        return Said(said.type, facts, str(said.id or ""), str(said.correlation_id or ""))

    def say(self, kind: str, facts: Mapping[str, Any], *, own_id: str, answers: str = "") -> bytes:
        """A frame."""
        told: dict[str, Any] = {"type": kind, "id": own_id, "timestamp": moment(self._wall())}
        told["payload"] = {"robot_id": self._identity.robot_id, **facts}
        if answers:
            told["correlation_id"] = answers
        return _encode(told)

    def introduction(self) -> Mapping[str, Any]:
        """The facts of ``register``."""
        robot = self._identity
        return {
            "robot_name": robot.robot_name or robot.robot_id,
            "environment": robot.environment,
            "max_concurrent_jobs": robot.max_concurrent_jobs,
            "tags": list(robot.tags),
            "capabilities": dict.fromkeys(capabilities(robot), True),
            "auth_token": self._key,
        }

    def state(self, word: str, held: Sequence[str]) -> Mapping[str, Any]:
        """The facts of ``heartbeat`` and ``status_response``."""
        uptime = (self._wall() - self._began).total_seconds()
        return {
            "status": word,
            "current_jobs": len(held),
            **self._figures(),
            "active_job_ids": list(held),
            "uptime_seconds": max(int(uptime), 0),
            "system_info": {"hostname": platform.node(), "version": self._identity.version},
        }

    def offer(self, said: Said) -> session.Offer:
        """The job in ``job_assign``; its workflow is text under ``workflow_json``."""
        facts = said.facts
        return session.Offer(
            jobs.job_of(
                job_id=JobId(str(facts.get("job_id", ""))),
                workflow=facts.get("workflow_json") or facts.get("workflow_data"),
                name=facts.get("workflow_name"),
                workflow_id=facts.get("workflow_id"),
                variables=facts.get("parameters") or facts.get("variables"),
                timeout=facts.get("timeout_seconds") or facts.get("timeout"),
            )
        )

    def end(self, result: JobResult, *, cancel: str | None) -> tuple[str, Mapping[str, Any]]:
        """``job_complete``, ``job_failed``, or ``job_cancelled`` where somebody waits for it."""
        if cancel is not None:
            return "job_cancelled", {"job_id": result.job_id}
        if jobs.is_complete(result):
            facts = {"result": jobs.outcome(result), "duration_ms": round(result.duration_ms)}
            return "job_complete", {"job_id": result.job_id, **facts}
        facts = {
            "error_message": jobs.error_text(result),
            "error_type": result.error.code if result.error else "ExecutionError",
            "stack_trace": "",
            "failed_node": jobs.failed_node(result),
        }
        return "job_failed", {"job_id": result.job_id, **facts}

    def goodbye(self, reason: str) -> tuple[str, Mapping[str, Any]]:
        """``disconnect``."""
        return "disconnect", {"reason": reason}

    def log(self, lines: Sequence[JobLogged]) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """A ``log_batch`` for each job."""
        by_job: dict[JobId, list[Mapping[str, Any]]] = {}
        for it in lines:
            line = it.line
            entry = {"level": line.level.upper(), "message": plain(line.message)}
            by_job.setdefault(it.job_id, []).append({**entry, "node_id": line.node_id or ""})
        return [
            ("log_batch", {"job_id": job_id, "entries": entries})
            for job_id, entries in by_job.items()
        ]


def envelope_dialect(url: str, access: Access) -> PushDialect:
    """The first orchestrator's websocket. The key is told when the robot registers.

    Raises:
        ConfigError: The address is none, or not encrypted and not on this machine.
    """
    address = websocket_address(url, path="")
    return PushDialect(
        "envelope",
        address,
        access,
        lambda: EnvelopeWords(access.identity, access.key(), access.figures, access.wall),
        whole_address=lambda: address,
    )
