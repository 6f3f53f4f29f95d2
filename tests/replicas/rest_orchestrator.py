"""CasareRPA's orchestrator as robots see it over HTTP, with and without a database."""

import json
import time
import uuid
from collections import deque
from datetime import UTC, datetime

from tests.replicas.http_replica import HttpReplica

LIMITS = {"claim": 120, "complete": 120, "fail": 120, "release": 120, "extend-lease": 240}


class RestOrchestrator(HttpReplica):
    """Gives jobs to who claims them.

    Attributes:
        jobs: By id: status, ``robot_id``, ``retry_count``, ``result``, ``error_message``.
        robots: By id: what was registered, status and load.
        has_database: Without one it knows no robots and matches environments exactly.
        breaks_claims: A claim takes the job and then fails (HTTP 500).
        clock: Seconds, for rate limits and visibility.
    """

    def __init__(self, *, key="crpa_key", robot_id="robot-it-01", has_database=True):
        super().__init__()
        self.key = key
        self.robot_id = robot_id
        self.has_database = has_database
        self.breaks_claims = False
        self.is_down = False
        self.clock = time.monotonic
        self.jobs = {}
        self.robots = {}
        self._calls = {name: deque() for name in LIMITS}

    def submit(self, workflow, *, environment="lan", max_retries=3, variables=None):
        job_id = str(uuid.uuid4())
        self.jobs[job_id] = {
            "status": "pending",
            "robot_id": None,
            "workflow": {**workflow, "__validated__": True},
            "environment": environment,
            "variables": variables or {},
            "retry_count": 0,
            "max_retries": max_retries,
            "visible_after": 0.0,
            "result": None,
            "error_message": None,
            "extended": 0,
        }
        return job_id

    def status(self, job_id):
        return self.jobs[job_id]["status"]

    def answer(self, method, target, path, body, headers):
        if path == "/health":
            return 200, {"status": "healthy", "service": "casare-rpa-orchestrator"}, {}
        if self.is_down:
            return self._error(503, "Database not available")
        parts = path.removeprefix("/api/v1/").split("/")
        if parts[0] == "jobs":
            return self._jobs(method, parts, body, headers)
        if parts[0] == "robots":
            return self._robots(method, parts, body)
        if path == "/api/v1/metrics/jobs":
            rows = [{"job_id": name, **job} for name, job in self.jobs.items()]
            kept = ("job_id", "status", "robot_id")
            return 200, [{key: row[key] for key in kept} for row in rows], {}
        return self._error(404, "Not Found")

    def _jobs(self, method, parts, body, headers):
        name = parts[-1]
        if method != "POST":
            return self._error(405, "Method Not Allowed")
        if headers.get("X-Api-Key") != self.key:
            return self._error(401, "Invalid robot API key")
        calls, now = self._calls[name], self.clock()
        while calls and calls[0] <= now - 60:
            calls.popleft()
        if len(calls) >= LIMITS[name]:
            return self._error(429, "Rate limit exceeded", {"Retry-After": "60"})
        calls.append(now)
        if name == "claim":
            return self._claim(body)
        job = self.jobs.get(parts[1])
        if job is None and not self.has_database:
            return self._error(404, "Job not found")
        if job is None or job["status"] != "running" or job["robot_id"] != self.robot_id:
            return self._error(409, "Job not running for this robot")
        return self._change(name, parts[1], job, body)

    def _change(self, name, job_id, job, body):
        if name == "complete":
            job |= {"status": "completed", "result": body["result"]}
            return 200, {"job_id": job_id, "completed": True}, {}
        if name == "fail":
            if not 1 <= len(body["error_message"]) <= 5000:
                return self._error(422, "Request validation failed")
            again = job["retry_count"] < job["max_retries"]
            job["error_message"] = body["error_message"]
            job["retry_count"] += 1
            job["status"] = "pending" if again else "failed"
            job["visible_after"] = self.clock() + 0.5  # 5 s there
            return 200, {"job_id": job_id, "status": job["status"]}, {}
        if name == "release":
            job |= {"status": "pending", "robot_id": None}
            return 200, {"job_id": job_id, "released": True}, {}
        if not 5 <= body["extension_seconds"] <= 3600:
            return self._error(422, "Request validation failed")
        job["extended"] += 1
        return 200, {"job_id": job_id, "extended": True}, {}

    def _claim(self, body):
        if not (1 <= body["limit"] <= 10 and 5 <= body["visibility_timeout_seconds"] <= 3600):
            return self._error(422, "Request validation failed")
        wanted = body["environment"]
        for job_id, job in self.jobs.items():
            fits = wanted == job["environment"]
            if self.has_database:
                fits = fits or "default" in (wanted, job["environment"])
            if job["status"] != "pending" or not fits or job["visible_after"] > self.clock():
                continue
            job |= {"status": "running", "robot_id": self.robot_id}
            if self.breaks_claims:
                return self._error(500, "Failed to claim job: 1 validation error")
            now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
            claimed = {
                "job_id": job_id,
                "workflow_id": "wf-1",
                "workflow_name": "interop",
                "workflow_json": json.dumps(job["workflow"]),
                "priority": 5,
                "environment": job["environment"],
                "variables": job["variables"],
                "created_at": now,
                "claimed_at": now,
                "retry_count": job["retry_count"],
                "max_retries": job["max_retries"],
            }
            return 200, claimed, {}
        return 200, None, {}

    def _robots(self, method, parts, body):
        if not self.has_database:
            return self._error(503, "Database not available")
        if parts[1:] == ["register"]:
            if len(body["robot_id"]) > 64 or not isinstance(body["capabilities"], list):
                return self._error(422, "Request validation failed")
            self.robots[body["robot_id"]] = {**body, "status": "online"}
            return 200, body, {}
        robot = self.robots.setdefault(parts[1], {})
        if parts[2] == "status":
            if body["status"] not in ("idle", "online", "busy", "offline", "error", "maintenance"):
                return self._error(422, "Request validation failed")
            robot["status"] = body["status"]
            return 200, robot, {}
        robot["metrics"] = body
        return 200, {"ok": True, "timestamp": "2026-11-21T01:40:46.263990"}, {}

    def _error(self, status, message, headers=None):
        error = {"code": "SOME_CODE", "message": message, "details": None, "field": None}
        return status, {"success": False, "data": None, "error": error}, headers or {}
