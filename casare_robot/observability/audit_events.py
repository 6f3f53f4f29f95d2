"""What an audit entry may be about, and what robot events are entries. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from casare_robot.domain.job import JobId, JobStatus
from casare_robot.domain.robot_events import (
    JobEnded,
    JobStarted,
    NodeCompleted,
    NodeFailed,
    RobotEvent,
)


class AuditEventType(StrEnum):
    """What an entry is about.

    Source: robot reference, "AuditLogger"; completed.
    """

    JOB_RECEIVED = "job_received"
    JOB_REFUSED = "job_refused"
    JOB_STARTED = "job_started"
    JOB_COMPLETED = "job_completed"
    JOB_FAILED = "job_failed"
    JOB_CANCELLED = "job_cancelled"
    JOB_NEEDS_ATTENTION = "job_needs_attention"
    JOB_RESOLVED = "job_resolved"
    QUESTION_ANSWERED = "question_answered"
    TRIGGER_SWITCHED = "trigger_switched"
    NODE_EXECUTED = "node_executed"
    CONNECTION_CHANGED = "connection_changed"
    ROBOT_STARTED = "robot_started"
    ROBOT_STOPPED = "robot_stopped"
    ROBOT_PAUSED = "robot_paused"
    ROBOT_RESUMED = "robot_resumed"
    CONFIG_CHANGED = "config_changed"
    ERROR = "error"
    AUDIT_KEY = "audit_key"
    AUDIT_PRUNED = "audit_pruned"
    AUDIT_BROKEN = "audit_broken"


class AuditSeverity(StrEnum):
    """How bad it is."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


SEVERITIES = {
    AuditEventType.JOB_REFUSED: AuditSeverity.WARNING,
    AuditEventType.JOB_FAILED: AuditSeverity.ERROR,
    AuditEventType.JOB_NEEDS_ATTENTION: AuditSeverity.WARNING,
    AuditEventType.ERROR: AuditSeverity.ERROR,
    AuditEventType.AUDIT_BROKEN: AuditSeverity.CRITICAL,
}
"""Severities of events for which nobody says another; of the rest it is ``info``."""

_ENDS = {
    JobStatus.COMPLETED: AuditEventType.JOB_COMPLETED,
    JobStatus.CANCELLED: AuditEventType.JOB_CANCELLED,
    JobStatus.NEEDS_ATTENTION: AuditEventType.JOB_NEEDS_ATTENTION,
}


class Told(NamedTuple):
    """A robot event as an entry."""

    event: AuditEventType
    job_id: JobId
    payload: Mapping[str, Any]
    severity: AuditSeverity | None = None


def entry_of(event: RobotEvent) -> Told | None:
    """What to record of a robot event; None if it only informs."""
    match event:
        case JobStarted():
            payload: dict[str, Any] = {"name": event.name, "resumed": event.resumed}
            return Told(AuditEventType.JOB_STARTED, event.job_id, payload)
        case NodeCompleted() | NodeFailed():
            payload = {"node": event.node_id, "type": event.node_type, "seconds": event.seconds}
            if isinstance(event, NodeCompleted):
                return Told(AuditEventType.NODE_EXECUTED, event.job_id, payload)
            payload["error"] = event.error
            kind = AuditEventType.NODE_EXECUTED
            return Told(kind, event.job_id, payload, AuditSeverity.WARNING)
        case JobEnded():
            result = event.result
            payload = {"status": result.status, "nodes_executed": result.nodes_executed}
            if result.error is not None:
                payload |= {"code": result.error.code, "error": result.error.message}
            kind = _ENDS.get(result.status, AuditEventType.JOB_FAILED)
            return Told(kind, event.job_id, payload)
        case _:
            return None
