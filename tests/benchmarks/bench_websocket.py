"""What the native protocol costs beside websockets with json, as people usually have it.

Run: python -m tests.benchmarks.bench_websocket [--rounds 7]

Messages are echoed by another process, 64 under way at once; what comes back is
read. "types only" validates against the types; "native" is what the product does:
it also refuses duplicate keys, deep nesting and endless numbers, for which all
values of a job are read and written again. The usual stack compresses and uses json without either.
"""

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import cycle, islice
from typing import Any

import msgspec
from websockets.asyncio.client import connect

from casare_robot.domain.robot_events import NodeCompleted, NodeStarted
from casare_robot.domain.robot_status import RobotState
from casare_robot.link.native import messages
from casare_robot.link.native.reading import encode, from_robot, from_server
from casare_robot.link.websocket import open_websocket
from tests.benchmarks.rounds import Cases, Row, interleave, median_ratio, medians, options, show
from tests.session_talk import Talk

WINDOW = 64
SMALL, LARGE, EVENTS = 6_000, 2_000, 20_000
IDS = "5b1c1c7e-0d6b-4f0e-9c6a-1f8f1d1c3c55", "a2f0c7d4-77b1-4c8a-8f5e-2f5f0d6f1a11"
AT = datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC)
METRICS = {"cpu": 12.5, "rss_mb": 88.1, "queue_depth": 3, "nodes_done": 1204, "errors": []}
STATUS = messages.StatusUpdate(
    robot_id=IDS[0],
    status=RobotState.EXECUTING,
    current_job=IDS[1],
    current_jobs=(IDS[1],),
    metrics=METRICS,
)
NODES = [
    {
        "id": f"node_{i}",
        "type": "ClickElement",
        "config": {
            "selector": f"#main > div.row:nth-child({i}) > button",
            "timeout": 30.0,
            "retries": 3,
        },
        "next": {"out": f"node_{i + 1}"},
    }
    for i in range(60)
]
JOB = messages.JobAssignment(
    job_id=IDS[1],
    workflow=msgspec.Raw(msgspec.json.encode({"nodes": NODES})),
    variables={"customer": "acme", "run": 17},
)
WORDS: Any = {"small": STATUS, "large": JOB}
UNIONS: Any = {"small": messages.RobotMessage, "large": messages.ServerMessage}


@contextlib.contextmanager
def echoing() -> Iterator[dict[str, int]]:
    """Ports of a server that compresses and of one that does not."""
    command = [sys.executable, "-m", "tests.benchmarks.websocket_echo"]
    servers = {
        kind: subprocess.Popen(
            [*command, kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for kind in ("deflate", "plain")
    }
    try:
        yield {kind: int(server.stdout.readline()) for kind, server in servers.items()}
    finally:
        for server in servers.values():
            server.communicate()


async def rate(send: Callable[[], Any], receive: Callable[[], Any], count: int) -> float:
    """Messages a second."""
    free = asyncio.Semaphore(WINDOW)

    async def sending() -> None:
        for _ in range(count):
            await free.acquire()
            await send()

    begin = time.perf_counter()
    task = asyncio.create_task(sending())
    for _ in range(count):
        await receive()
        free.release()
    await task
    return count / (time.perf_counter() - begin)


def usual(port: int, what: str, count: int, compression: str | None) -> float:
    """The usual stack: a dict, json, text frames."""
    value = json.loads(encode(WORDS[what]))

    async def run() -> float:
        address = f"ws://127.0.0.1:{port}"
        async with connect(address, compression=compression, max_size=2**24) as line:

            async def receive() -> None:
                json.loads(await line.recv())

            return await rate(lambda: line.send(json.dumps(value)), receive, count)

    return asyncio.run(run())


def bare(port: int, what: str, count: int) -> float:
    """The limit: bytes there and back, nothing read."""
    frame = encode(WORDS[what])

    async def run() -> float:
        async with connect(f"ws://127.0.0.1:{port}", compression=None, max_size=2**24) as line:
            return await rate(
                lambda: line.send(frame, text=True), lambda: line.recv(decode=False), count
            )

    return asyncio.run(run())


def native(port: int, what: str, count: int, *, guarded: bool = True) -> float:
    """Our transport and messages: validated, and guarded against hostile JSON."""
    message = WORDS[what]
    reader = from_robot if what == "small" else from_server
    read = reader.read if guarded else msgspec.json.Decoder(UNIONS[what]).decode

    async def run() -> float:
        line = await open_websocket(f"ws://127.0.0.1:{port}/", {})

        async def receive() -> None:
            read(await line.receive())

        measured = await rate(lambda: line.send(encode(message)), receive, count)
        await line.close("")
        return measured

    return asyncio.run(run())


def events() -> Iterator[Any]:
    """Progress of a job whose nodes act: as many ends as beginnings."""
    ends = (
        NodeCompleted(job_id=IDS[1], node_id=f"n{i}", node_type="ClickElement", seconds=0.1, at=AT)
        for i in cycle(range(100))
    )
    begins = (
        NodeStarted(job_id=IDS[1], node_id=f"n{i}", nodes_executed=i, at=AT)
        for i in cycle(range(100))
    )
    for end, begin in zip(ends, begins, strict=False):
        yield end
        yield begin


def usual_events(port: int) -> float:
    """Progress events a second, one message each."""
    told = [msgspec.to_builtins(event) for event in islice(events(), 1000)]
    source = cycle(told)

    async def run() -> float:
        async with connect(f"ws://127.0.0.1:{port}") as line:

            async def receive() -> None:
                json.loads(await line.recv())

            return await rate(lambda: line.send(json.dumps(next(source))), receive, EVENTS // 4)

    return asyncio.run(run())


def native_events(port: int) -> float:
    """Progress events a second through our session: told, gathered, sent, read again."""
    told = list(islice(events(), EVENTS))

    async def run() -> float:
        talk = Talk()
        line = await open_websocket(f"ws://127.0.0.1:{port}/", {})
        begin = time.perf_counter()
        for start in range(0, EVENTS, 500):
            for event in told[start : start + 500]:
                talk.telemetry.add(event, talk.now)
            talk.now += 1.0
            talk.session.tick(talk.now)
            while (frame := talk.session.next_frame(talk.now)) is not None:
                await line.send(frame)
                message = from_robot.read(await line.receive())
                if isinstance(message, messages.Heartbeat):
                    talk.hear(messages.HeartbeatAck(n=message.n, server_time=AT))
        measured = EVENTS / (time.perf_counter() - begin)
        await line.close("")
        return measured

    return asyncio.run(run())


def measure(rounds: int, _peers: str | None = None) -> list[Row]:
    with echoing() as ports:
        deflate, plain = ports["deflate"], ports["plain"]
        cases: Cases = {}
        for what, count in (("small", SMALL), ("large", LARGE)):
            cases = {
                **cases,
                f"{what}, usual: deflate + json": partial(usual, deflate, what, count, "deflate"),
                f"{what}, json only": partial(usual, plain, what, count, None),
                f"{what}, bare": partial(bare, plain, what, count),
                f"{what}, native": partial(native, plain, what, count),
                f"{what}, types only": partial(native, plain, what, count, guarded=False),
            }
        cases = {
            **cases,
            "progress, usual": partial(usual_events, deflate),
            "progress, native": partial(native_events, plain),
        }
        results = interleave(cases, rounds)
    medians(results, "per second")
    sizes = {what: len(encode(word)) for what, word in WORDS.items()}
    rows = []
    for what, goal in (("small", 1.4), ("large", 3.5)):
        size, usual_case = f"{sizes[what]} B", f"{what}, usual: deflate + json"
        for name in ("types only", "native"):
            ratio = median_ratio(results, f"{what}, {name}", usual_case)
            rows.append(Row(f"{size}, {name} / deflate + json", ratio, goal))
        limit = median_ratio(results, f"{what}, native", f"{what}, bare")
        rows.append(Row(f"{size}, native / bare websocket", limit))
    progress = median_ratio(results, "progress, native", "progress, usual")
    return [*rows, Row("progress events, native / deflate + json", progress, 10)]


def main() -> None:
    chosen = options(__doc__ or "")
    show(measure(chosen.rounds))


if __name__ == "__main__":
    main()
