"""A robot in a test: takes jobs in memory, runs them in order, keeps results until acknowledged."""

import asyncio
import contextlib

from casare_robot.domain.errors import JobRefusedError
from casare_robot.domain.job import JobResult, JobStatus
from casare_robot.link.connection import ConnectionConfig, ConnectionManager, utc_now
from casare_robot.link.identity import Identity
from casare_robot.link.native.dialect import NativeDialect


class SmallRobot:
    """A `JobTaker` whose memory survives lost lines.

    Attributes:
        offered: Every job that reached `offer`, in order.
        runs: Ids of jobs in the order in which they were run.
    """

    def __init__(self):
        self.offered = []
        self.runs = []
        self.held = {}
        self.parked = {}
        self.cancelled = {}
        self.abandoned = {}
        self.pauses = []
        self.free_slots = 1
        self.refuses = {}
        self.waiting = asyncio.Queue()

    async def offer(self, job):
        self.offered.append(job)
        await asyncio.sleep(0)
        if job.id in self.refuses:
            raise JobRefusedError("not this one", code=self.refuses[job.id])
        if job.id in self.held or job.id in self.runs:
            return False
        self.held[job.id] = job
        self.waiting.put_nowait(job)
        return True

    def cancel(self, job_id, reason):
        self.cancelled[job_id] = reason
        return job_id in self.held

    def abandon(self, job_id, reason):
        self.abandoned[job_id] = reason

    def held_jobs(self, source):
        return tuple(self.held)

    def parked_jobs(self, source):
        return tuple(self.parked)

    def pause(self, reason):
        self.pauses.append(reason)

    def resume(self):
        self.pauses.append(None)

    async def work(self, source, each=lambda job: None):
        """Run what was taken, and deliver, for ever."""
        async with asyncio.TaskGroup() as group:
            while True:
                job = await self.waiting.get()
                self.runs.append(job.id)
                each(job)
                await self.deliver(source, result_of(job), group)

    async def deliver(self, source, result, group=None):
        """Deliver one result, however long it takes."""
        while True:
            with contextlib.suppress(ConnectionError):
                if await source.report(result):
                    del self.held[result.job_id]
                    return
            await asyncio.sleep(0.02)


def result_of(job):
    return JobResult(
        job_id=job.id,
        status=JobStatus.COMPLETED,
        variables={"answer": dict(job.variables)},
        duration_ms=12.5,
        nodes_executed=3,
    )


IDENTITY = Identity(robot_id="robot-1", session="s1", version="0.1.0", epoch=1)


def link_to(url, *, identity=IDENTITY, key="KEY-123456", renew=None, **options):
    """A manager with quick settings, made as the agent makes it."""
    settings = {
        "heartbeat_interval": 0.5,
        "reconnect_delay": 0.02,
        "max_reconnect_delay": 0.2,
        **{k: options.pop(k) for k in list(options) if k in ConnectionConfig.__struct_fields__},
    }
    config = ConnectionConfig(url, **settings)

    async def give(refused):
        return (renew or key) if refused else key

    dialect = NativeDialect(
        url,
        identity,
        give,
        origin="link",
        interval=config.heartbeat_interval,
        wall=options.get("wall", utc_now),
        **({"connect": options.pop("connect")} if "connect" in options else {}),
    )
    return ConnectionManager(config, dialect, **options)


@contextlib.asynccontextmanager
async def running(manager, robot):
    """Keep the line while the block runs."""
    task = asyncio.create_task(manager.run(robot))
    try:
        yield manager
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
