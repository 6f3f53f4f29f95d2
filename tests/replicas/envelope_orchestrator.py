"""CasareRPA's first orchestrator as robots see it: envelopes over a bare websocket server."""

import asyncio
import json
import uuid
from datetime import UTC, datetime

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from tests.replicas.flat_orchestrator import QUIET

KINDS = {
    *("register", "heartbeat", "disconnect", "job_accept", "job_reject", "job_progress"),
    *("job_complete", "job_failed", "job_cancelled", "status_response", "log_entry", "log_batch"),
    *("register_ack", "heartbeat_ack", "job_assign", "job_cancel", "status_request"),
    *("pause", "resume", "shutdown", "error"),
}
STATUSES = {"online", "busy", "error", "maintenance", "offline"}


class EnvelopeOrchestrator:
    """Sends jobs on request and notes what comes back.

    Attributes:
        completed: Result by job id.
        failed: Error text by job id.
        cancelled: Ids of jobs.
        robots: By id: socket, status, ``current`` ids of jobs, ``most``.
        heard: Every message, in order.
        errors: What it answered as an error.
    """

    def __init__(self, *, token=None):
        self.token = token
        self.port = 0
        self.completed = {}
        self.failed = {}
        self.cancelled = set()
        self.progress = []
        self.robots = {}
        self.heard = []
        self.errors = []
        self._pending = {}
        self._robot_of = {}
        self._changed = asyncio.Condition()

    async def __aenter__(self):
        self._server = await serve(
            self._talk,
            "127.0.0.1",
            self.port,
            ping_interval=30,
            ping_timeout=60,
            close_timeout=0.2,
            logger=QUIET,
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        await self._server.wait_closed()

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}"

    async def until(self, claim, timeout=60):
        async with asyncio.timeout(timeout), self._changed:
            await self._changed.wait_for(claim)

    async def send_job(self, robot_id, job_id, workflow_json, timeout=60):
        """Whether the robot accepts it."""
        robot = self.robots[robot_id]
        if robot["status"] != "online" or len(robot["current"]) >= robot["most"]:
            return {"accepted": False, "reason": "Robot not available"}
        payload = {"job_id": job_id, "workflow_id": "wf-1", "workflow_name": "wf"}
        payload |= {"workflow_json": workflow_json, "priority": 1, "timeout_seconds": 3600}
        return await self._ask(robot, "job_assign", {**payload, "parameters": {}}, timeout)

    async def cancel_job(self, robot_id, job_id, timeout=60):
        payload = {"job_id": job_id, "reason": "test"}
        answer = await self._ask(self.robots[robot_id], "job_cancel", payload, timeout)
        return answer.get("cancelled", False)

    async def request_status(self, robot_id, timeout=60):
        robot = self.robots[robot_id]
        return await self._ask(robot, "status_request", {"robot_id": robot_id}, timeout)

    async def tell(self, robot_id, kind, **payload):
        await self._send(self.robots[robot_id]["socket"], kind, {"robot_id": robot_id, **payload})

    async def _ask(self, robot, kind, payload, timeout):
        future = asyncio.get_running_loop().create_future()
        self._pending[await self._send(robot["socket"], kind, payload)] = future
        async with asyncio.timeout(timeout):
            return await future

    async def _send(self, socket, kind, payload, answers=None):
        message = {"type": kind, "id": str(uuid.uuid4()), "payload": payload}
        message["timestamp"] = datetime.now(UTC).replace(tzinfo=None).isoformat()
        if answers:
            message["correlation_id"] = answers
        await socket.send(json.dumps(message))
        return message["id"]

    async def _talk(self, socket):
        robot_id = None
        try:
            async for frame in socket:
                try:
                    message = json.loads(frame)
                    robot_id = self._robot_of.get(socket)
                    self.heard.append(message)
                    await self._take(socket, message)
                except ConnectionClosed:
                    raise
                except (ValueError, KeyError, TypeError) as error:
                    self.errors.append(str(error))
                    facts = {"error_code": "HANDLER_ERROR", "error_message": str(error)}
                    await self._send(socket, "error", {**facts, "details": {}})
                async with self._changed:
                    self._changed.notify_all()
        except ConnectionClosed:
            pass
        finally:
            if robot_id:
                self.robots.pop(robot_id, None)

    async def _take(self, socket, message):
        kind, payload = message["type"], message["payload"]
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is not a valid MessageType")
        robot_id, job_id = payload.get("robot_id"), payload.get("job_id")
        robot = self.robots.get(robot_id)
        if kind == "register":
            await self._register(socket, message)
        elif kind == "heartbeat":
            if robot:
                if payload.get("status", "online") not in STATUSES:
                    raise ValueError(f"{payload['status']!r} is not a valid RobotStatus")
                robot["status"] = payload.get("status", "online")
                robot["current"] = set(payload.get("active_job_ids", []))
            await self._send(socket, "heartbeat_ack", {"robot_id": robot_id}, message["id"])
        elif kind == "disconnect":
            await socket.close(1000, "Disconnect requested")
        elif kind == "job_accept":
            robot["current"].add(job_id)
            self._resolve(message, {"accepted": True, "job_id": job_id[:8]})
        elif kind == "job_reject":
            self._resolve(message, {"accepted": False, "reason": payload["reason"]})
        elif kind == "job_progress":
            self.progress.append((job_id, payload["progress"], payload["current_node"]))
        elif kind == "job_complete":
            robot["current"].discard(job_id)
            self.completed[job_id] = payload.get("result", {})
        elif kind == "job_failed":
            robot["current"].discard(job_id)
            self.failed[job_id] = payload.get("error_message", "Unknown error")
        elif kind == "job_cancelled":
            robot["current"].discard(job_id)
            self.cancelled.add(job_id)
            self._resolve(message, {"cancelled": True, "job_id": job_id})
        elif kind == "status_response":
            self._resolve(message, payload)

    async def _register(self, socket, message):
        payload = message["payload"]
        robot_id = payload["robot_id"]
        if self.token and payload.get("auth_token") != self.token:
            refusal = {"robot_id": robot_id, "success": False, "message": "Authentication failed"}
            await self._send(socket, "register_ack", {**refusal, "config": {}}, message["id"])
            await socket.close(4001, "Authentication failed")
            return
        robot = {"socket": socket, "status": "online", "current": set()}
        self.robots[robot_id] = {**robot, "most": payload.get("max_concurrent_jobs", 1)}
        self._robot_of[socket] = robot_id
        welcome = {"robot_id": robot_id, "success": True, "message": "Registration successful"}
        welcome["config"] = {"heartbeat_interval": 30, "log_batch_size": 100}
        await self._send(socket, "register_ack", welcome, message["id"])

    def _resolve(self, message, result):
        future = self._pending.pop(message.get("correlation_id"), None)
        if future is not None and not future.done():
            future.set_result(result)
