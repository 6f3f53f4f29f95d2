"""CasareRPA's ``job_queue`` table in PostgreSQL, asked directly.

Every change of a job is made by a statement that checks whose it is. Jobs whose
lease has run out wait again: nobody else sees to that.

Source: orchestrator_protocol, 1C.
"""

import platform
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from casare_robot.domain.job import JobId, JobResult
from casare_robot.link.casarerpa import jobs
from casare_robot.link.casarerpa.access import Figures
from casare_robot.link.casarerpa.poll_words import Heard, Kind, Question, Rhythm, Verdict
from casare_robot.link.casarerpa.state import capabilities
from casare_robot.link.exchange import SqlAnswer, SqlQuestion, parted
from casare_robot.link.identity import Identity

LEASE = 30
"""Seconds."""
NO_TABLE = "42P01"
"""The SQLSTATE for a table that is not there."""
UNFIT = "22"
"""The class of SQLSTATEs for values that cannot be stored."""
NO_SUCH_LIST = ("42", "22", "23")
"""Classes of SQLSTATEs for a table of robots that is not there, or is another one."""

CLAIM = """
UPDATE job_queue
SET status = 'running', robot_id = %(robot)s, started_at = now(),
    visible_after = now() + make_interval(secs => %(lease)s)
WHERE id IN (
    SELECT id FROM job_queue
    WHERE status = 'pending' AND visible_after <= now()
      AND (environment = %(environment)s OR environment = 'default'
           OR %(environment)s = 'default')
    ORDER BY priority DESC, created_at
    LIMIT 1
    FOR UPDATE SKIP LOCKED)
RETURNING id::text, workflow_id::text, workflow_name, workflow_json::text, variables::text,
    created_at, started_at"""
RENEW = """
UPDATE job_queue SET visible_after = now() + make_interval(secs => %(lease)s)
WHERE id = %(job)s AND status = 'running' AND robot_id = %(robot)s
RETURNING id::text"""
COMPLETE = """
UPDATE job_queue SET status = 'completed', completed_at = now(), result = %(result)s::jsonb
WHERE id = %(job)s AND status = 'running' AND robot_id = %(robot)s
RETURNING id::text"""
FAIL = """
UPDATE job_queue
SET status = CASE WHEN retry_count < max_retries THEN 'pending' ELSE 'failed' END,
    error_message = %(error)s,
    robot_id = CASE WHEN retry_count < max_retries THEN NULL ELSE robot_id END,
    visible_after = CASE WHEN retry_count < max_retries
        THEN now() + make_interval(secs => (retry_count + 1) * 5) ELSE visible_after END,
    completed_at = CASE WHEN retry_count < max_retries THEN NULL ELSE now() END,
    retry_count = retry_count + 1
WHERE id = %(job)s AND status = 'running' AND robot_id = %(robot)s
RETURNING id::text"""
RELEASE = """
UPDATE job_queue
SET status = 'pending', robot_id = NULL, started_at = NULL, visible_after = now()
WHERE id = %(job)s AND status = 'running' AND robot_id = %(robot)s
RETURNING id::text"""
RECOVER = """
UPDATE job_queue
SET status = CASE WHEN retry_count < max_retries THEN 'pending' ELSE 'failed' END,
    robot_id = NULL,
    error_message = coalesce(error_message, '') || ' [Visibility timeout exceeded]',
    visible_after = now(),
    completed_at = CASE WHEN retry_count < max_retries THEN NULL ELSE now() END,
    retry_count = retry_count + 1
WHERE id IN (
    SELECT id FROM job_queue
    WHERE status = 'running' AND visible_after < now()
      AND NOT (robot_id = %(robot)s AND id::text = ANY(%(held)s))
    FOR UPDATE SKIP LOCKED)"""
REGISTER = """
INSERT INTO robots (robot_id, name, hostname, status, environment, max_concurrent_jobs,
    capabilities, tags, last_seen, last_heartbeat)
VALUES (%(robot)s, %(name)s, %(hostname)s, 'online', %(environment)s, %(most)s,
    %(capabilities)s::jsonb, %(tags)s::jsonb, now(), now())
ON CONFLICT (robot_id) DO UPDATE
SET name = excluded.name, hostname = excluded.hostname, status = excluded.status,
    environment = excluded.environment, max_concurrent_jobs = excluded.max_concurrent_jobs,
    capabilities = excluded.capabilities, tags = excluded.tags,
    last_seen = now(), last_heartbeat = now()"""
BEAT = """
UPDATE robots
SET status = %(status)s, last_seen = now(), last_heartbeat = now(), metrics = %(metrics)s::jsonb
WHERE robot_id = %(robot)s"""

_encode = msgspec.json.Encoder().encode


class QueueTableWords:
    """How the table is asked.

    Args:
        identity: Who the robot is.
        figures: How busy its machine is.
    """

    rhythm = Rhythm(poll=(1.0, 2.0), renew=5.0, beat=5.0, upkeep=10.0)

    def __init__(self, identity: Identity, figures: Figures) -> None:
        self._identity = identity
        self._figures = figures
        self._has_robots = True

    def introduction(self) -> Sequence[Question]:
        """Put the robot on the list, if there is one."""
        robot = self._identity
        values = {
            "name": robot.robot_name or robot.robot_id,
            "hostname": platform.node(),
            "environment": robot.environment,
            "most": robot.max_concurrent_jobs,
            "capabilities": _encode(capabilities(robot)).decode(),
            "tags": _encode(robot.tags).decode(),
        }
        return (self._question(Kind.INTRODUCE, REGISTER, values),)

    def claim(self) -> Question:
        """Take one job."""
        values = {"environment": self._identity.environment, "lease": LEASE}
        return self._question(Kind.CLAIM, CLAIM, values)

    def renew(self, job_id: JobId) -> Question:
        """Keep the lease."""
        return self._about(Kind.RENEW, job_id, RENEW, {"lease": LEASE})

    def look(self, job_id: JobId) -> Question:
        """The renewal tells."""
        return self.renew(job_id)

    def report(self, result: JobResult, *, bare: bool = False) -> Question:
        """Say how a job ended."""
        if jobs.is_complete(result):
            told = _encode(jobs.outcome(result, bare=bare)).decode()
            return self._about(Kind.REPORT, result.job_id, COMPLETE, {"result": told})
        error = jobs.error_text(result)
        return self._about(Kind.REPORT, result.job_id, FAIL, {"error": error})

    def give_back(self, job_id: JobId, problem: str, *, for_good: bool) -> Question:
        """Release a job, or fail it."""
        if for_good:
            return self._about(Kind.GIVE_BACK, job_id, FAIL, {"error": jobs.storable(problem)})
        return self._about(Kind.GIVE_BACK, job_id, RELEASE, {})

    def beat(self, word: str, held: Sequence[str]) -> Sequence[Question]:
        """Tell state and load, if there is a list of robots."""
        if not self._has_robots:
            return ()
        metrics = {**self._figures(), "current_job_count": len(held)}
        values = {"status": word, "metrics": _encode(metrics).decode()}
        return (self._question(Kind.BEAT, BEAT, values),)

    def progress(self, job_id: JobId, facts: Mapping[str, Any]) -> Question:
        """Not asked: the table has no column for it."""
        return self.renew(job_id)

    def upkeep(self, held: Sequence[str]) -> Question:
        """Let jobs wait again whose lease has run out, and that this robot does not hold."""
        own = [jobs.server_id(JobId(job_id)) for job_id in held]
        return self._question(Kind.UPKEEP, RECOVER, {"held": own})

    def goodbye(self) -> Sequence[Question]:
        """Say that the robot is off."""
        return self.beat("offline", ())

    def read(self, frame: bytes) -> tuple[int, tuple[SqlAnswer, Any]]:
        """Number and content of an answer."""
        head, body = parted(frame)
        told = msgspec.json.decode(head, type=SqlAnswer)
        return told.n, (told, msgspec.json.decode(body) if body else [])

    def heard(self, question: Question, answer: tuple[SqlAnswer, Any]) -> Heard:
        """What an answer means."""
        told, rows = answer
        if question.kind in (Kind.INTRODUCE, Kind.BEAT):
            self._has_robots = self._has_robots and not told.state.startswith(NO_SUCH_LIST)
            return Heard(verdict=Verdict.OK)
        if told.state:
            problem = f"the database refuses ({told.state}): {told.problem}"
            if told.state == NO_TABLE and question.kind is Kind.CLAIM:
                missing = f"this database has no queue of CasareRPA's orchestrator ({problem})"
                return Heard(verdict=Verdict.ABSENT, problem=missing)
            is_unfit = told.state.startswith(UNFIT)
            return Heard(verdict=Verdict.LATER, problem=problem, is_unfit=is_unfit)
        if question.kind is Kind.CLAIM:
            return self._claimed(rows)
        return Heard(verdict=Verdict.OK if rows else Verdict.GONE)

    def _claimed(self, rows: Sequence[Mapping[str, Any]]) -> Heard:
        if not rows:
            return Heard(verdict=Verdict.NOTHING)
        row = rows[0]
        job_id = jobs.claimed_id(row["id"], row["started_at"])
        try:
            job = jobs.job_of(
                job_id=job_id,
                workflow=row["workflow_json"],
                name=row["workflow_name"],
                workflow_id=row["workflow_id"],
                variables=row["variables"],
            )
        except jobs.JobUnusableError as error:
            failed = self.give_back(job_id, str(error), for_good=True)
            return Heard(verdict=Verdict.NOTHING, then=(failed,))
        # others may take the job when its lease runs out
        return Heard(verdict=Verdict.OK, job=msgspec.structs.replace(job, on_disconnect="abort"))

    def _about(
        self, kind: Kind, job_id: JobId, statement: str, values: Mapping[str, Any]
    ) -> Question:
        return self._question(
            kind, statement, {**values, "job": jobs.server_id(job_id)}, job_id=job_id
        )

    def _question(
        self,
        kind: Kind,
        statement: str,
        values: Mapping[str, Any],
        *,
        job_id: JobId | None = None,
    ) -> Question:
        whole = {**values, "robot": self._identity.robot_id}
        return Question(kind=kind, head=SqlQuestion(0, statement, whole), job_id=job_id)
