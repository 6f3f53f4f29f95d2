"""CasareRPA's orchestrator asked over HTTP: jobs are claimed and kept by leases.

Source: orchestrator_protocol, 1B.
"""

import platform
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from casare_robot.domain.job import JobId, JobResult
from casare_robot.link.casarerpa import jobs
from casare_robot.link.casarerpa.access import Figures
from casare_robot.link.casarerpa.poll_words import Heard, Kind, Question, Rhythm, Verdict
from casare_robot.link.casarerpa.state import capabilities
from casare_robot.link.exchange import HttpAnswer, HttpQuestion, parted
from casare_robot.link.identity import Identity

LEASE = 30
"""Seconds; the server's memory queue knows no other."""
DOUBT = (30.0, 300.0)
"""Seconds without claims, at first and at most, after one that failed inside the server:
it takes a job for the robot each time, and gives it to nobody."""
PLACES = ("lan", "internet")
"""What an orchestrator without a database asks of a robot's environment."""

NOWHERE = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.UPGRADE_REQUIRED)
"""What is answered where nobody is asked in this way."""
OTHERWISE = "try `--dialect auto`, which finds out how it speaks, and see the address"
UNFIT = (
    *(HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    *(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.INTERNAL_SERVER_ERROR),
)
"""What is answered to something that may never be taken as it is."""
KEY_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
FOR_PEOPLE = (Kind.INTRODUCE, Kind.BEAT)
"""Questions without which jobs run all the same."""

_encode = msgspec.json.Encoder().encode


class Answer(msgspec.Struct, frozen=True):
    """A response: its status, what it holds, and the seconds it asks to wait."""

    status: int
    content: Any = None
    retry_after: float | None = None


class RestWords:
    """How the orchestrator is asked over HTTP; outlives the connections.

    Renewals are more frequent than the lease needs, because nothing else tells that
    a job was cancelled.

    Args:
        identity: Who the robot is.
        figures: How busy its machine is.
    """

    rhythm = Rhythm(poll=(1.0, 2.0), renew=5.0, beat=5.0)

    def __init__(self, identity: Identity, figures: Figures) -> None:
        self._identity = identity
        self._figures = figures
        self._robot = f"/api/v1/robots/{quote(identity.robot_id, safe='')}"
        self._has_database = True
        self._turn = 0
        self._doubt = DOUBT[0]
        self._is_claim_open = False
        self._told_status = ""

    def introduction(self) -> Sequence[Question]:
        """Register, whether it is known or not; where a claim got no answer, look for the job."""
        robot = self._identity
        facts = {
            "robot_id": robot.robot_id,
            "name": (robot.robot_name or robot.robot_id)[:128],
            "hostname": platform.node(),
            "capabilities": capabilities(robot),
            "environment": robot.environment,
            "max_concurrent_jobs": robot.max_concurrent_jobs,
            "tags": list(robot.tags),
        }
        self._told_status = ""
        register = _question(Kind.INTRODUCE, "POST", "/api/v1/robots/register", facts)
        return (register, self._seek()) if self._is_claim_open else (register,)

    def claim(self) -> Question:
        """Ask for one job: of several, all but one would be lost."""
        self._is_claim_open = True
        facts = {
            "environment": self._environment(),
            "limit": 1,
            "visibility_timeout_seconds": LEASE,
        }
        return _question(Kind.CLAIM, "POST", "/api/v1/jobs/claim", facts)

    def renew(self, job_id: JobId) -> Question:
        """Keep the lease."""
        return _about(Kind.RENEW, job_id, "extend-lease", {"extension_seconds": LEASE})

    def look(self, job_id: JobId) -> Question:
        """The renewal tells."""
        return self.renew(job_id)

    def report(self, result: JobResult, *, bare: bool = False) -> Question:
        """Say how a job ended."""
        if jobs.is_complete(result):
            told = {"result": jobs.outcome(result, bare=bare)}
            return _about(Kind.REPORT, result.job_id, "complete", told)
        facts = {"error_message": jobs.error_text(result)}
        return _about(Kind.REPORT, result.job_id, "fail", facts)

    def give_back(self, job_id: JobId, problem: str, *, for_good: bool) -> Question:
        """Release a job, or fail it."""
        if for_good:
            facts = {"error_message": jobs.storable(problem)[: jobs.LONGEST_ERROR]}
            return _about(Kind.GIVE_BACK, job_id, "fail", facts)
        return _about(Kind.GIVE_BACK, job_id, "release", None)

    def beat(self, word: str, held: Sequence[str]) -> Sequence[Question]:
        """Tell the load, and the state if it is another one: few calls a minute are taken."""
        load = {
            **self._figures(),
            "current_job_count": len(held),
            "max_concurrent_jobs": self._identity.max_concurrent_jobs,
        }
        beat = _question(Kind.BEAT, "POST", f"{self._robot}/heartbeat", load)
        status = "idle" if word == "online" else word
        if status == self._told_status:
            return (beat,)
        self._told_status = status
        return (_question(Kind.BEAT, "PUT", f"{self._robot}/status", {"status": status}), beat)

    def progress(self, job_id: JobId, facts: Mapping[str, Any]) -> Question:
        """Not asked: the server has no table for it in any configuration."""
        return self.renew(job_id)

    def upkeep(self, held: Sequence[str]) -> Question:
        """Not asked."""
        return self._seek()

    def goodbye(self) -> Sequence[Question]:
        """Say that the robot is off."""
        return (_question(Kind.BEAT, "PUT", f"{self._robot}/status", {"status": "offline"}),)

    def read(self, frame: bytes) -> tuple[int, Answer]:
        """Number and content of an answer."""
        return read_answer(frame)

    def heard(self, question: Question, answer: Answer) -> Heard:
        """What an answer means."""
        status = answer.status
        if status in KEY_REFUSED and question.kind not in FOR_PEOPLE:
            problem = f"the orchestrator refuses this robot's key (HTTP {status}); check it"
            return Heard(verdict=Verdict.REFUSED, problem=problem)
        match question.kind:
            case Kind.CLAIM:
                return self._claimed(answer)
            case Kind.INTRODUCE if question.note == "seek":
                return Heard(verdict=Verdict.OK, strays=self._strays(answer))
            case Kind.INTRODUCE:
                self._has_database = status != HTTPStatus.SERVICE_UNAVAILABLE
                return Heard(verdict=Verdict.OK)
        if 200 <= status < 300:
            return Heard(verdict=Verdict.OK)
        if status in (HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND):
            return Heard(verdict=Verdict.GONE)
        return later(answer)

    def _claimed(self, answer: Answer) -> Heard:
        status, told = answer.status, unwrapped(answer.content)
        if status in NOWHERE:
            problem = f"no jobs can be claimed over HTTP here (HTTP {status}); {OTHERWISE}"
            return Heard(verdict=Verdict.ABSENT, problem=problem)
        if status >= 500 and status != HTTPStatus.SERVICE_UNAVAILABLE:
            wait, self._doubt = self._doubt, min(self._doubt * 2, DOUBT[1])
            lost = "a job may be lost there, and is given back if it can be found"
            problem = f"{problem_in(answer)}; {lost}"
            return Heard(verdict=Verdict.LATER, wait=wait, problem=problem, then=(self._seek(),))
        self._is_claim_open = False
        if status != HTTPStatus.OK:
            return later(answer)
        self._doubt = DOUBT[0]
        if not isinstance(told, dict):
            return Heard(verdict=Verdict.NOTHING)
        job_id = jobs.claimed_id(told.get("job_id", told.get("id")), told.get("claimed_at"))
        try:
            job = jobs.job_of(
                job_id=job_id,
                workflow=told.get("workflow_json") or told.get("workflow_data"),
                name=told.get("workflow_name"),
                workflow_id=told.get("workflow_id"),
                variables=told.get("variables"),
                timeout=told.get("timeout_seconds", told.get("timeout")),
                created_at=_moment(told.get("created_at")),
            )
        except jobs.JobUnusableError as error:
            failed = self.give_back(job_id, str(error), for_good=True)
            return Heard(verdict=Verdict.NOTHING, then=(failed,))
        return Heard(verdict=Verdict.OK, job=job)

    def _environment(self) -> str:
        """Which one to claim in: without a database the server knows two, and no default."""
        if self._has_database or self._identity.environment != "default":
            return self._identity.environment
        self._turn += 1
        return PLACES[self._turn % len(PLACES)]

    def _seek(self) -> Question:
        query = urlencode({"robot_id": self._identity.robot_id, "limit": 50})
        return _question(Kind.INTRODUCE, "GET", f"/api/v1/metrics/jobs?{query}", note="seek")

    def _strays(self, answer: Answer) -> tuple[str, ...]:
        """Jobs that run here for all the server knows."""
        self._is_claim_open = False
        rows = answer.content if isinstance(answer.content, list) else []
        return tuple(
            str(row.get("job_id"))
            for row in rows
            if isinstance(row, dict)
            and row.get("robot_id") == self._identity.robot_id
            and row.get("status") in ("running", "claimed")
        )


def read_answer(frame: bytes) -> tuple[int, Answer]:
    """Number and content of an answer over HTTP; what is no JSON has no content."""
    head, body = parted(frame)
    told = msgspec.json.decode(head, type=HttpAnswer)
    try:
        content = msgspec.json.decode(body) if body else None
    except (msgspec.MsgspecError, RecursionError, ValueError):
        content = None
    return told.n, Answer(told.status, content, told.retry_after)


def unwrapped(content: Any) -> Any:
    """What an answer holds, if it is in a row of one or in the orchestrator's usual wrapping."""
    if isinstance(content, Mapping) and "data" in content and "job_id" not in content:
        content = content["data"]
    if isinstance(content, list):
        content = content[0] if content else None
    return content


def later(answer: Answer) -> Heard:
    """What an answer means that is none: ask again."""
    return Heard(
        verdict=Verdict.LATER,
        wait=answer.retry_after,
        too_often=answer.status == HTTPStatus.TOO_MANY_REQUESTS,
        is_unfit=answer.status in UNFIT,
        problem=problem_in(answer),
    )


def problem_in(answer: Answer) -> str:
    """What went wrong, in the orchestrator's words."""
    told = answer.content if isinstance(answer.content, dict) else {}
    error = told.get("error", told)
    message = error.get("message") or error.get("detail") if isinstance(error, dict) else error
    said = f": {str(message)[:300]}" if message else ""
    return f"the orchestrator answered HTTP {answer.status}{said}"


def _question(kind: Kind, method: str, path: str, facts: Any = None, *, note: str = "") -> Question:
    body = b"" if facts is None else _encode(facts)
    return Question(kind=kind, head=HttpQuestion(0, method, path), body=body, note=note)


def _about(kind: Kind, job_id: JobId, what: str, facts: Any) -> Question:
    path = f"/api/v1/jobs/{quote(jobs.server_id(job_id), safe='')}/{what}"
    body = b"" if facts is None else _encode(facts)
    return Question(kind=kind, head=HttpQuestion(0, "POST", path), body=body, job_id=job_id)


def _moment(told: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(told)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None
