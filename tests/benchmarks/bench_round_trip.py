"""From a submission to its first node, and messages a second, through the real orchestrator.

Run: python -m tests.benchmarks.bench_round_trip [--rounds 5]

The orchestrator keeps its state in a file and is asked over HTTP; the robot is a
real one whose executor is warm. "first node" is when the robot says that the
first node has begun; the limits are a bare HTTP request to the same server, and
an echo over a bare websocket. Heartbeats are asked for and answered, 64 under way.
"""

import asyncio
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

from casare_robot.domain.robot_events import NodeCompleted, NodeStarted
from casare_robot.link.native import messages
from casare_robot.link.native.reading import encode
from tests.benchmarks.rounds import Cases, Row, interleave, median_ratio, medians, options, show
from tests.whole import appends, house, robot_in

JOBS, ASKS, MESSAGES, WINDOW = 8, 200, 5_000, 64
BARE, TO_ROBOT = "bare HTTP request, p50", "submit to first node, p50"
ECHO, HEARTBEATS = "bare websocket echo", "heartbeats answered"


async def _submit_to_first_node() -> float:
    """Milliseconds, half of the jobs are quicker."""
    began: dict[str, float] = {}
    first: dict[str, asyncio.Future[float]] = {}

    def hear(event: object) -> None:
        if isinstance(event, NodeStarted | NodeCompleted) and not first[event.job_id].done():
            first[event.job_id].set_result(time.perf_counter())

    with tempfile.TemporaryDirectory() as folder:
        store = f"sqlite:{Path(folder) / 'o.db'}"
        async with house(store) as served, robot_in(served, Path(folder) / "r") as robot:
            await served.connected("robot-1")
            robot.hub.add_sink(hear)
            for number in range(JOBS):
                job_id = f"job-{number}"
                first[job_id] = asyncio.get_running_loop().create_future()
                began[job_id] = time.perf_counter()
                await served.submit(appends(Path(folder) / "lines", "x"), job_id=job_id)
                async with asyncio.timeout(30):
                    await first[job_id]
                await served.until(job_id)
                await asyncio.sleep(0.3)  # so that the next executor is warm again
    return 1000 * statistics.median(first[name].result() - began[name] for name in began)


async def _bare_request() -> float:
    """Milliseconds."""
    taken = []
    async with house() as served:
        for _ in range(ASKS):
            began = time.perf_counter()
            await served.client._http.get(f"{served.url}/health")
            taken.append(time.perf_counter() - began)
    return 1000 * statistics.median(taken)


async def _pump(socket: connect, message: bytes) -> float:
    """Messages a second that are answered, so many under way at once."""
    room = asyncio.Semaphore(WINDOW)

    async def hear() -> None:
        for _ in range(MESSAGES):
            await socket.recv(decode=False)
            room.release()

    began = time.perf_counter()
    hearing = asyncio.create_task(hear())
    for _ in range(MESSAGES):
        await room.acquire()
        await socket.send(message, text=True)
    await hearing
    return MESSAGES / (time.perf_counter() - began)


def _heartbeat() -> bytes:
    return encode(messages.Heartbeat(n=1, sent_at=datetime.now(UTC)))


async def _heartbeats() -> float:
    async with house(beat=30) as served:
        headers = {"Authorization": f"Bearer {served.robot_key}"}
        url = f"{served.robots_url}/robot"
        async with connect(url, additional_headers=headers, compression=None) as socket:
            hello = messages.Hello(protocol=1, robot_id="r", session="s")
            await socket.send(encode(hello), text=True)
            await socket.recv()
            return await _pump(socket, _heartbeat())


async def _echo() -> float:
    async def echo(socket) -> None:
        async for message in socket:
            await socket.send(message, text=True)

    async with serve(echo, "127.0.0.1", 0, compression=None) as server:
        port = server.sockets[0].getsockname()[1]
        async with connect(f"ws://127.0.0.1:{port}", compression=None) as socket:
            return await _pump(socket, _heartbeat())


def measure(rounds: int, _peers: str | None = None) -> list[Row]:
    waits: Cases = {
        BARE: lambda: asyncio.run(_bare_request()),
        TO_ROBOT: lambda: asyncio.run(_submit_to_first_node()),
    }
    rates: Cases = {
        ECHO: lambda: asyncio.run(_echo()),
        HEARTBEATS: lambda: asyncio.run(_heartbeats()),
    }
    waited = interleave(waits, rounds)
    medians(waited, "ms")
    rated = interleave(rates, rounds)
    medians(rated, "per second")
    return [
        Row(f"{TO_ROBOT} / {BARE}", median_ratio(waited, TO_ROBOT, BARE)),
        Row(f"{HEARTBEATS} / {ECHO}", median_ratio(rated, HEARTBEATS, ECHO)),
    ]


if __name__ == "__main__":
    show(measure(options(__doc__ or "").rounds))
