"""CasareRPA's tables in a Supabase project, polled through PostgREST, without an orchestrator.

Source: orchestrator_protocol, 1E.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import msgspec

from casare_robot.domain.job import JobId, JobResult
from casare_robot.link.casarerpa import jobs
from casare_robot.link.casarerpa.poll_words import Heard, Kind, Question, Rhythm, Verdict
from casare_robot.link.casarerpa.rest import (
    FOR_PEOPLE,
    KEY_REFUSED,
    NOWHERE,
    OTHERWISE,
    Answer,
    later,
    problem_in,
    read_answer,
)
from casare_robot.link.casarerpa.state import moment
from casare_robot.link.exchange import HttpQuestion
from casare_robot.link.identity import Identity
from casare_robot.link.session import WallClock

CANCELLED = "Job was cancelled"
PLACES = ("/rest/v1", "")
"""Where the tables are: in a project, and at a PostgREST of one's own."""
_ROWS = {"Prefer": "return=representation"}
_MERGED = {"Prefer": "return=representation,resolution=merge-duplicates"}
_ONE_OBJECT = {"Accept": "application/vnd.pgrst.object+json"}

_encode = msgspec.json.Encoder().encode


class TablesWords:
    """How the tables are asked; outlives the connections.

    Args:
        identity: Who the robot is.
        wall: The time of day.
    """

    rhythm = Rhythm(poll=(1.0, 2.0), renew=10.0, look=2.0, beat=5.0, progress=2.0)

    def __init__(self, identity: Identity, wall: WallClock) -> None:
        self._identity = identity
        self._wall = wall
        self._place = 0
        self._claim: tuple[str, str] | None = None
        self._began: dict[JobId, str] = {}
        self._ended: dict[JobId, JobResult] = {}
        self._milliseconds = 0.0
        self._counts = {True: 0, False: 0}
        self._is_new = True  # has columns for version and metrics

    def introduction(self) -> Sequence[Question]:
        """Look whether the tables are there, register, and see to a claim that got no answer."""
        asked = [self._probe(), self._register()]
        if self._claim is not None:
            job_id, at = self._claim
            who = f"eq.{self._identity.robot_id}"
            query = {"select": "*", "id": f"eq.{job_id}", "claimed_by": who, "status": "eq.running"}
            asked.append(self._question(Kind.CLAIM, "GET", "jobs", query, note=("mine", at)))
        return asked

    def claim(self) -> Question:
        """Ask which jobs wait; the first of them is then claimed."""
        query = {
            "select": "*",
            "robot_id": f"eq.{self._identity.robot_id}",
            "status": "eq.pending",
            "claimed_by": "is.null",
            "order": "created_at.asc",
            "limit": str(self._identity.max_concurrent_jobs),
        }
        return self._question(Kind.CLAIM, "GET", "jobs", query)

    def renew(self, job_id: JobId) -> Question:
        """Show that somebody works on a job; no row is changed if it is another's."""
        return self._change(Kind.RENEW, job_id, {"lock_heartbeat": self._now()})

    def look(self, job_id: JobId) -> Question:
        """Ask whether somebody wants a job cancelled."""
        query = {"select": "cancel_requested", "id": f"eq.{jobs.server_id(job_id)}"}
        return self._question(Kind.LOOK, "GET", "jobs", query, headers=_ONE_OBJECT, job_id=job_id)

    def report(self, result: JobResult, *, bare: bool = False) -> Question:
        """Say where a job came to; its end is said after that."""
        self._count(result)
        is_complete = jobs.is_complete(result)
        facts: dict[str, Any] = {
            "stage": "completed" if is_complete else "failed",
            "completed_at": self._now(),
            "duration_ms": result.duration_ms,
            "success": is_complete,
            "percent_complete": 100 if is_complete else 0.0,
            "result": jobs.outcome(result, bare=bare),
        }
        if not is_complete:
            facts["error_message"] = jobs.error_text(result, cancelled=CANCELLED)
        return self._progress(Kind.REPORT, result.job_id, facts, note=result)

    def give_back(self, job_id: JobId, problem: str, *, for_good: bool) -> Question:
        """Let a job wait again, or fail it."""
        if for_good:
            facts = {
                "status": "failed",
                "completed_at": self._now(),
                "error": jobs.storable(problem),
            }
            return self._change(Kind.GIVE_BACK, job_id, facts)
        waiting = {"status": "pending", "claimed_by": None, "claimed_at": None}
        return self._change(Kind.GIVE_BACK, job_id, waiting)

    def beat(self, word: str, held: Sequence[str]) -> Sequence[Question]:
        """Show a sign of life."""
        ended = sum(self._counts.values())
        metrics = {
            "total_jobs": ended,
            "successful_jobs": self._counts[True],
            "failed_jobs": self._counts[False],
            "success_rate_percent": self._counts[True] * 100 / ended if ended else 0,
            "average_duration_ms": self._milliseconds / ended if ended else 0,
            "total_duration_ms": self._milliseconds,
            "current_job": jobs.server_id(JobId(held[0])) if held else None,
            "state": word,
        }
        facts: dict[str, Any] = {"last_seen": self._now(), "status": "online"}
        return (self._me({**facts, "metrics": metrics} if self._is_new else facts),)

    def progress(self, job_id: JobId, facts: Mapping[str, Any]) -> Question:
        """Tell how far a job is; the whole column is written each time."""
        began = self._began.setdefault(job_id, self._now())
        told = {"stage": "running", **facts, "started_at": began}
        return self._progress(Kind.PROGRESS, job_id, told)

    def upkeep(self, held: Sequence[str]) -> Question:
        """Not asked."""
        return self._probe()

    def goodbye(self) -> Sequence[Question]:
        """Say that the robot is off."""
        return (self._me({"status": "offline", "last_seen": self._now()}),)

    def read(self, frame: bytes) -> tuple[int, Answer]:
        """Number and content of an answer."""
        return read_answer(frame)

    def heard(self, question: Question, answer: Answer) -> Heard:
        """What an answer means."""
        status, rows = answer.status, answer.content
        if status in KEY_REFUSED and (question.note == "probe" or question.kind not in FOR_PEOPLE):
            problem = f"the project refuses this robot's key ({problem_in(answer)})"
            return Heard(verdict=Verdict.REFUSED, problem=problem)
        is_good = 200 <= status < 300
        match question.kind:
            case Kind.INTRODUCE:
                return self._introduced(question, answer)
            case Kind.CLAIM if status in NOWHERE:
                self._place = 0
                missing = f"there are no tables of CasareRPA's robots here (HTTP {status})"
                problem = f"{missing}; {OTHERWISE}"
                return Heard(verdict=Verdict.ABSENT, problem=problem)
            case Kind.CLAIM:
                return self._claimed(question, rows) if is_good else later(answer)
            case Kind.LOOK if status in (HTTPStatus.NOT_ACCEPTABLE, HTTPStatus.NOT_FOUND):
                return Heard(verdict=Verdict.GONE)
            case Kind.LOOK:
                is_wanted = isinstance(rows, dict) and rows.get("cancel_requested") is True
                verdict = Verdict.CANCEL if is_wanted else Verdict.OK
                return Heard(verdict=verdict, problem="cancellation was requested")
            case Kind.REPORT if isinstance(question.note, JobResult):
                return Heard(verdict=Verdict.OK, then=(self._end(question.note),))
        if not is_good:
            return later(answer)
        if question.kind is Kind.REPORT and question.job_id is not None:
            self._began.pop(question.job_id, None)
            self._ended.pop(question.job_id, None)
        return Heard(verdict=Verdict.GONE if rows == [] else Verdict.OK)

    def _introduced(self, question: Question, answer: Answer) -> Heard:
        is_missing = question.note == "probe" and answer.status == HTTPStatus.NOT_FOUND
        if is_missing and self._place + 1 < len(PLACES):
            self._place += 1
            return Heard(verdict=Verdict.OK, then=(self._probe(), self._register()))
        is_older = question.note == "register" and answer.status == HTTPStatus.BAD_REQUEST
        if is_older and self._is_new:
            self._is_new = False
            return Heard(verdict=Verdict.OK, then=(self._register(),))
        return Heard(verdict=Verdict.OK)

    def _claimed(self, question: Question, rows: Any) -> Heard:
        row = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else None
        if row is None:
            if question.note is not None:
                self._claim = None
            return Heard(verdict=Verdict.NOTHING)
        if question.note is None:
            return Heard(verdict=Verdict.NOTHING, then=(self._take(str(row.get("id"))),))
        self._claim = None
        how, at = question.note
        if how == "mine" and not _is_same_moment(row.get("claimed_at"), at):
            return Heard(verdict=Verdict.NOTHING)
        job_id = jobs.claimed_id(row.get("id"), at)
        try:
            job = jobs.job_of(
                job_id=job_id,
                workflow=row.get("workflow") or row.get("workflow_json"),
                name=row.get("workflow_name"),
                variables=row.get("variables") or row.get("parameters"),
                timeout=row.get("timeout_seconds"),
            )
        except jobs.JobUnusableError as error:
            failed = self.give_back(job_id, str(error), for_good=True)
            return Heard(verdict=Verdict.NOTHING, then=(failed,))
        return Heard(verdict=Verdict.OK, job=job)

    def _take(self, job_id: str) -> Question:
        """Claim a job: it is the robot's if a row comes back."""
        at = self._now()
        self._claim = job_id, at
        query = {"id": f"eq.{job_id}", "status": "eq.pending", "claimed_by": "is.null"}
        facts = {"claimed_by": self._identity.robot_id, "claimed_at": at, "status": "running"}
        return self._question(
            Kind.CLAIM, "PATCH", "jobs", query, facts, headers=_ROWS, note=("taken", at)
        )

    def _end(self, result: JobResult) -> Question:
        is_complete = jobs.is_complete(result)
        facts = {
            "status": "success" if is_complete else "failed",
            "completed_at": self._now(),
            "error": None if is_complete else jobs.error_text(result, cancelled=CANCELLED),
        }
        return self._change(Kind.REPORT, result.job_id, facts)

    def _count(self, result: JobResult) -> None:
        if result.job_id not in self._ended:
            self._ended[result.job_id] = result
            self._counts[jobs.is_complete(result)] += 1
            self._milliseconds += result.duration_ms

    def _probe(self) -> Question:
        query = {"select": "id", "limit": "1"}
        return self._question(Kind.INTRODUCE, "GET", "robots", query, note="probe")

    def _register(self) -> Question:
        robot = self._identity
        facts = {
            "id": robot.robot_id,
            "name": robot.robot_name or robot.robot_id,
            "status": "online",
            "last_seen": self._now(),
        }
        if self._is_new:
            facts["version"] = robot.version
        return self._question(
            Kind.INTRODUCE, "POST", "robots", {}, facts, headers=_MERGED, note="register"
        )

    def _me(self, facts: Mapping[str, Any]) -> Question:
        query = {"id": f"eq.{self._identity.robot_id}"}
        return self._question(Kind.BEAT, "PATCH", "robots", query, facts, headers=_ROWS)

    def _progress(
        self, kind: Kind, job_id: JobId, facts: Mapping[str, Any], *, note: Any = None
    ) -> Question:
        told = {**facts, "robot_id": self._identity.robot_id, "updated_at": self._now()}
        return self._change(kind, job_id, {"progress": told}, note=note)

    def _change(
        self, kind: Kind, job_id: JobId, facts: Mapping[str, Any], *, note: Any = None
    ) -> Question:
        query = {
            "id": f"eq.{jobs.server_id(job_id)}",
            "claimed_by": f"eq.{self._identity.robot_id}",
        }
        return self._question(
            kind, "PATCH", "jobs", query, facts, headers=_ROWS, job_id=job_id, note=note
        )

    def _question(
        self,
        kind: Kind,
        method: str,
        table: str,
        query: Mapping[str, str],
        facts: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        job_id: JobId | None = None,
        note: Any = None,
    ) -> Question:
        path = f"{PLACES[self._place]}/{table}" + (f"?{urlencode(query)}" if query else "")
        return Question(
            kind=kind,
            head=HttpQuestion(0, method, path, headers or {}),
            body=b"" if facts is None else _encode(facts),
            job_id=job_id,
            note=note,
        )

    def _now(self) -> str:
        return moment(self._wall())


def _is_same_moment(told: Any, at: str) -> bool:
    """Whether two texts mean the same time: databases write it in their own way."""
    try:
        return datetime.fromisoformat(str(told)) == datetime.fromisoformat(at)
    except (ValueError, TypeError):
        return False
