"""The flat websocket of CasareRPA's cloud orchestrator: fields beside ``type``, key in the query.

Source: orchestrator_protocol, 1A.
"""

import platform
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

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

PLACE = "/ws/robot"
_LEVELS = {"WARN": "WARNING", "FATAL": "CRITICAL"}
_encode = msgspec.json.Encoder().encode


class _Frame(msgspec.Struct, frozen=True):
    """Every field of every message; those with text for a name come in all sorts."""

    type: str = ""
    job_id: Any = ""
    workflow_id: Any = ""
    workflow_name: Any = ""
    workflow_data: msgspec.Raw = msgspec.Raw(b"")
    workflow_json: msgspec.Raw = msgspec.Raw(b"")
    workflow: msgspec.Raw = msgspec.Raw(b"")
    variables: Any = None
    timeout: Any = None
    timeout_seconds: Any = None
    reason: Any = ""
    code: Any = ""
    message: Any = ""
    robot_id: Any = ""
    payload: Any = None


class FlatWords:
    """How the flat websocket says things.

    Args:
        identity: Who the robot is.
        figures: How busy its machine is.
        wall: The time of day.
    """

    most_silence = 30.0

    def __init__(self, identity: Identity, figures: Figures, wall: WallClock) -> None:
        self._identity = identity
        self._figures = figures
        self._wall = wall
        self._log_batches = 0

    def read(self, frame: bytes) -> Said:
        """What a frame says."""
        try:
            said = msgspec.json.decode(frame, type=_Frame)
        except (msgspec.MsgspecError, RecursionError, ValueError):
            return Said("", {})
        if said.type == "register_ack" and isinstance(said.payload, dict):
            return Said(FOREIGN, {"dialect": "envelope"})
        return Said(said.type, msgspec.structs.asdict(said))

    def say(self, kind: str, facts: Mapping[str, Any], *, own_id: str, answers: str = "") -> bytes:
        """A frame; what it answers goes without saying."""
        told = {"type": kind, "robot_id": self._identity.robot_id, **facts}
        return _encode({**told, "timestamp": moment(self._wall())})

    def introduction(self) -> Mapping[str, Any]:
        """The facts of ``register``; ``capabilities`` that are no object break the server."""
        robot = self._identity
        return {
            "robot_name": robot.robot_name or robot.robot_id,
            "environment": robot.environment,
            "capabilities": {
                "types": capabilities(robot),
                "max_concurrent_jobs": robot.max_concurrent_jobs,
                "tags": list(robot.tags),
                "hostname": platform.node(),
                "os_info": platform.platform(),
            },
        }

    def state(self, word: str, held: Sequence[str]) -> Mapping[str, Any]:
        """The facts of ``heartbeat``."""
        status = "idle" if word == "online" else word
        return {"status": status, **self._figures(), "current_jobs": list(held)}

    def offer(self, said: Said) -> session.Offer:
        """The job in ``job_assign``; its workflow is an object under ``workflow_data``."""
        facts = said.facts
        told = (facts["workflow_data"], facts["workflow_json"], facts["workflow"])
        return session.Offer(
            jobs.job_of(
                job_id=JobId(str(facts["job_id"])),
                workflow=next((one for one in told if bytes(one) not in (b"", b"null")), None),
                name=facts["workflow_name"],
                workflow_id=facts["workflow_id"],
                variables=facts["variables"],
                timeout=facts["timeout"] or facts["timeout_seconds"],
            )
        )

    def end(self, result: JobResult, *, cancel: str | None) -> tuple[str, Mapping[str, Any]]:
        """``job_complete`` or ``job_failed``; after ``job_cancelled`` the robot would look busy."""
        if jobs.is_complete(result):
            return "job_complete", {"job_id": result.job_id, "result": jobs.outcome(result)}
        error = jobs.error_text(result)
        details = {"failed_node": jobs.failed_node(result)}
        return "job_failed", {"job_id": result.job_id, "error": error, "details": details}

    def goodbye(self, reason: str) -> None:
        """There is none: closing is enough."""

    def log(self, lines: Sequence[JobLogged]) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """One ``log_batch`` of lines of any jobs."""
        self._log_batches += 1
        logs = [
            {
                "timestamp": moment(it.at),
                "level": _LEVELS.get(it.line.level.upper(), it.line.level.upper()),
                "message": plain(it.line.message),
                "source": "workflow",
                "extra": {"job_id": it.job_id, "node_id": it.line.node_id or ""},
            }
            for it in lines
        ]
        return [("log_batch", {"sequence": self._log_batches, "logs": logs})]


def flat_dialect(url: str, access: Access) -> PushDialect:
    """The flat websocket. The key goes into the query, the only place where the server looks.

    Raises:
        ConfigError: The address is none, or not encrypted and not on this machine.
    """
    robot = access.identity
    own = quote(robot.robot_id, safe="")
    address = websocket_address(url, path=f"{PLACE}/{own}")
    if not address.endswith(f"{PLACE}/{own}"):  # somebody gave another path, perhaps half of it
        address = f"{address.removesuffix(PLACE)}{PLACE}/{own}"

    def whole_address() -> str:
        key = access.key()
        return f"{address}?api_key={quote(key, safe='')}" if key else address

    return PushDialect(
        "flat",
        address,
        access,
        lambda: FlatWords(robot, access.figures, access.wall),
        whole_address=whole_address,
    )
