"""What happens in the robot itself: jobs that fail, and jobs that end. Pure."""

import fnmatch
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from casare_robot.domain.errors import TriggerError
from casare_robot.domain.job import JobStatus
from casare_robot.domain.job_history import HistoryEntry
from casare_robot.triggers.event import Event, names_in

OWN_PREFIX = "trigger-of-job-"
"""Begins the ids of jobs that these triggers start: how those end starts nothing again."""

_BAD = frozenset({JobStatus.FAILED, JobStatus.TIMED_OUT})
_CRITICAL = ("E-DB-", "E-DISK-", "E-EXEC-")
"""Codes of errors that are the robot's own trouble."""


class RobotEvents:
    """Chooses among jobs that have ended.

    Args:
        kind: The trigger's type.
        settings: Of the trigger.

    Raises:
        TriggerError: It asks for events of somebody else, or its pattern is wrong.
    """

    def __init__(self, kind: str, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        self._is_error = kind == "ErrorTriggerNode"
        if not self._is_error and settings["event_source"] != "rpa":
            raise TriggerError(
                f"events of {settings['event_source']} need a Windows desktop and its windows or "
                "its browser, which this robot does not watch; event_source rpa works here"
            )
        try:
            self._pattern = re.compile(settings["error_pattern"] if self._is_error else "")
        except re.error as error:
            raise TriggerError(f"error_pattern is no pattern: {error}") from error

    def of(self, jobs: Sequence[HistoryEntry]) -> tuple[Event, ...]:
        """The events that these jobs' ends are."""
        return tuple(
            Event(
                key=f"{job.job_id} {job.changed_at.isoformat()}",
                payload=self._error(job) if self._is_error else self._end(job),
            )
            for job in jobs
            if not job.job_id.startswith(OWN_PREFIX) and self._wants(job)
        )

    def _wants(self, job: HistoryEntry) -> bool:
        if not self._is_error:
            wanted = self._settings["rpa_event"]
            if wanted == "workflow_complete":
                return job.status is JobStatus.COMPLETED
            has_node = job.error is not None and job.error.node_id is not None
            return (
                job.status in _BAD and wanted != "custom" and (wanted != "node_error" or has_node)
            )
        code = job.error.code if job.error else ""
        message = job.error.message if job.error else ""
        names = (job.name, PurePath(job.path).stem, job.path)
        return (
            self._fits_severity(job, code)
            and _fits(self._settings["error_types"].replace("all", "*"), code)
            and any(_fits(self._settings["workflow_filter"], name) for name in names)
            and self._pattern.search(message[:2_000]) is not None
        )

    def _fits_severity(self, job: HistoryEntry, code: str) -> bool:
        severity = _severity(job, code)
        if not severity:
            return False
        wanted = self._settings["severity"]
        if severity == "warning":
            return bool(wanted == "warning" or self._settings["include_warnings"])
        return bool(wanted in ("all", severity))

    def _error(self, job: HistoryEntry) -> dict[str, Any]:
        code = job.error.code if job.error else ""
        message = job.error.message if job.error else job.status.value
        node = (job.error.node_id if job.error else None) or ""
        about = {
            "error_type": code,
            "error_message": message,
            "workflow_id": job.path or job.name,
            "node_id": node,
            "stack_trace": "",
            "timestamp": job.changed_at.isoformat(),
        }
        more = {"job_id": job.job_id, "name": job.name, "severity": _severity(job, code)}
        return {"error": about | more, **about}

    def _end(self, job: HistoryEntry) -> dict[str, Any]:
        error = None
        if job.error is not None:
            error = {"code": job.error.code, "message": job.error.message}
            error["node_id"] = job.error.node_id or ""
        return {
            "event_data": {
                "job_id": job.job_id,
                "name": job.name,
                "workflow": job.path,
                "status": job.status.value,
                "error": error,
            },
            "event_type": self._settings["rpa_event"],
            "window_title": "",
            "process_name": "",
            "url": "",
            "timestamp": job.changed_at.isoformat(),
        }


def _severity(job: HistoryEntry, code: str) -> str:
    """How bad an end is; empty: it is not bad."""
    if job.status is JobStatus.NEEDS_ATTENTION:
        return "warning"
    if job.status not in _BAD:
        return ""
    return "critical" if code.startswith(_CRITICAL) else "error"


def _fits(patterns: str, text: str) -> bool:
    wanted = names_in(patterns)
    return not wanted or any(fnmatch.fnmatchcase(text, pattern) for pattern in wanted)
