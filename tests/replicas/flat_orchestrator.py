"""CasareRPA's cloud orchestrator as robots see it: the flat websocket and a queue in memory.

Its behaviour is that of the recorded exchanges, the odd parts included.
"""

import asyncio
import json
import logging
import uuid
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

QUIET = logging.getLogger("tests.replicas")
QUIET.setLevel(logging.CRITICAL + 1)


class FlatOrchestrator:
    """Pushes jobs to whoever is registered.

    Attributes:
        jobs: By id: status, result or error, ``rejected_by``.
        robots: By id: websocket, ``max_concurrent_jobs`` and ``current`` ids of jobs.
        heard: Every message, in order.
        keys: Key by robot id; None lets everybody in.
    """

    def __init__(self, *, keys=None):
        self.keys = keys
        self.port = 0
        self.jobs = {}
        self.robots = {}
        self.heard = []
        self.sockets = set()
        self._changed = asyncio.Condition()

    async def __aenter__(self):
        await self.start()
        return self

    async def __aexit__(self, *_):
        await self.stop()

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}"

    async def start(self):
        self._server = await serve(
            self._talk,
            "127.0.0.1",
            self.port,
            process_request=self._check,
            ping_interval=20,
            close_timeout=0.2,
            logger=QUIET,
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self):
        self._server.close()
        await self._server.wait_closed()

    async def restart(self):
        """All it knew is gone."""
        await self.stop()
        self.jobs, self.robots = {}, {}
        await self.start()

    def drop(self):
        """Break every connection without a word."""
        for socket in tuple(self.sockets):
            socket.transport.abort()

    async def submit(self, workflow, variables=None, timeout=3600):
        job_id = str(uuid.uuid4())
        job = {"status": "pending", "robot": None, "rejected_by": []}
        job |= {"workflow": workflow, "variables": variables or {}, "timeout": timeout}
        self.jobs[job_id] = job
        await self._try_assign(job_id)
        return job_id

    async def until(self, claim, timeout=60):
        async with asyncio.timeout(timeout), self._changed:
            await self._changed.wait_for(claim)

    def types(self):
        return [message["type"] for message in self.heard]

    def _check(self, connection, request):
        parts = urlsplit(request.path)
        *way, robot_id = parts.path.split("/")
        if way != ["", "ws", "robot"]:
            if "Upgrade" not in request.headers:
                known = {"/api/jobs": HTTPStatus.UNAUTHORIZED, "/health": HTTPStatus.OK}
                status = known.get(parts.path, HTTPStatus.NOT_FOUND)
                return connection.respond(status, '{"status": "healthy"}')
            return connection.respond(HTTPStatus.FORBIDDEN, "")
        key = parse_qs(parts.query).get("api_key", [None])[0]
        if self.keys is not None and (key is None or self.keys.get(robot_id) != key):
            return connection.respond(HTTPStatus.FORBIDDEN, "")
        return None

    async def _talk(self, websocket):
        robot_id = urlsplit(websocket.request.path).path.rpartition("/")[2]
        self.sockets.add(websocket)
        try:
            while True:
                await self._take(websocket, robot_id, json.loads(await websocket.recv()))
                await self._tell()
        except ConnectionClosed:
            pass
        except Exception:
            websocket.transport.abort()  # its handler dies, and the client sees 1006
            raise
        finally:
            self.sockets.discard(websocket)
            robot = self.robots.pop(robot_id, None)  # whoever registered it
            for job_id in () if robot is None else robot["current"]:
                if job_id in self.jobs:
                    self.jobs[job_id] |= {"status": "pending", "robot": None}
            await self._tell()

    async def _take(self, websocket, robot_id, message):
        kind = message["type"]
        self.heard.append(message)
        if kind == "register":
            capabilities = message.get("capabilities", {})
            self.robots[message.get("robot_id", robot_id)] = {
                "socket": websocket,
                "name": message.get("robot_name", robot_id),
                "types": capabilities.get("types", []),
                "most": capabilities.get("max_concurrent_jobs", 1),
                "environment": message.get("environment", "production"),
                "current": set(),
            }
            await self._say(websocket, {"type": "register_ack", "robot_id": robot_id})
        elif kind == "heartbeat":
            await self._say(websocket, {"type": "heartbeat_ack"})
        elif kind == "job_reject":
            self._free(robot_id, message["job_id"])
            job = self.jobs[message["job_id"]]
            job["rejected_by"].append(robot_id)
            job |= {"status": "pending", "robot": None}
        elif kind == "job_complete":
            self._end(robot_id, message["job_id"], "completed", message.get("result", {}))
        elif kind == "job_failed":
            error = {"error": message.get("error", "Unknown error")}
            self._end(robot_id, message["job_id"], "failed", error)

    def _end(self, robot_id, job_id, status, result):
        self._free(robot_id, job_id)
        if job_id in self.jobs:
            self.jobs[job_id] |= {"status": status, "result": result}

    def _free(self, robot_id, job_id):
        if robot_id in self.robots:
            self.robots[robot_id]["current"].discard(job_id)

    async def _try_assign(self, job_id):
        job = self.jobs[job_id]
        for robot_id, robot in self.robots.items():
            if len(robot["current"]) < robot["most"]:
                job |= {"status": "assigned", "robot": robot_id}
                robot["current"].add(job_id)
                assign = {"type": "job_assign", "job_id": job_id, "workflow_id": "wf-1"}
                assign |= {"workflow_data": job["workflow"], "variables": job["variables"]}
                await self._say(robot["socket"], {**assign, "timeout": job["timeout"]})
                return

    async def _say(self, websocket, message):
        await websocket.send(json.dumps({**message, "timestamp": datetime.now(UTC).isoformat()}))

    async def _tell(self):
        async with self._changed:
            self._changed.notify_all()
