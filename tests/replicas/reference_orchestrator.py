"""An orchestrator written after the robot reference alone: three messages, nothing else."""

import asyncio
import json
from collections import deque

from websockets.asyncio.server import serve

from tests.replicas.flat_orchestrator import QUIET


class ReferenceOrchestrator:
    """Gives a job to the robot that says it is idle, and reads how jobs end.

    Fails on everything that the reference does not name.

    Attributes:
        jobs: Assignments that nobody was given yet.
        results: Each ``job_result``, in order.
        states: Each ``status_update``, in order.
        greets: Whether it gives a job to whoever connects, without being told anything.
        reads: Whether it reads on after it gave the next job; else that line stays unread.
    """

    def __init__(self, *, greets=False):
        self.jobs = deque()
        self.results = []
        self.states = []
        self.greets = greets
        self.reads = True
        self.lines = []
        self._changed = asyncio.Condition()

    async def __aenter__(self):
        self._server = await serve(
            self._talk, "127.0.0.1", 0, close_timeout=0.2, ping_interval=None, logger=QUIET
        )
        self.url = f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        self._server.close()
        await self._server.wait_closed()

    async def until(self, claim, timeout=60):
        async with asyncio.timeout(timeout), self._changed:
            await self._changed.wait_for(claim)

    def submit(self, job_id, workflow, variables=None):
        assignment = {"type": "job_assignment", "job_id": job_id, "workflow": workflow}
        self.jobs.append({**assignment, "variables": variables or {}})

    def drop(self):
        for line in self.lines:
            line.transport.abort()

    async def _talk(self, line):
        self.lines.append(line)
        if self.greets:
            await self._assign(line)
        async for frame in line:
            message = json.loads(frame)
            if message["type"] == "status_update":
                self.states.append((message["robot_id"], message["status"], message["current_job"]))
                assert message["metrics"] is not None
                if message["status"] == "idle":
                    await self._assign(line)
            elif message["type"] == "job_result":
                keys = ("job_id", "status", "outputs", "execution_time")
                self.results.append({key: message[key] for key in keys})
            async with self._changed:
                self._changed.notify_all()

    async def _assign(self, line):
        if self.jobs:
            await line.send(json.dumps(self.jobs.popleft()))
            if not self.reads:
                self.reads = True
                line.transport.pause_reading()
