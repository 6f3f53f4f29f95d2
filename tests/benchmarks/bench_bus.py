"""What events cost in a process: finding who hears, delivering, publishing durably.

Run: python -m tests.benchmarks.bench_bus [--rounds 5]

``dispatch`` is finding the listeners of a topic and calling them, beside calling them directly;
``delivery`` is the whole way of a durable event through a subscription: read from the log, given
to a task of its own, its cursor moved.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from casare_robot.groups.bus import Bus
from casare_robot.groups.event_text import body_of, new_id
from casare_robot.groups.records import Event
from casare_robot.groups.topics import TopicIndex
from casare_robot.store.memory import MemoryStore
from casare_robot.store.opening import open_store
from tests.benchmarks.rounds import Cases, Row, interleave, median_ratio, medians, options, show

TURNS = 20_000
EVENTS = 300
TOPIC = "job:completed"


def handlers(count: int) -> list[Callable[[int, str], None]]:
    """Listeners that count what they hear."""

    def listener() -> Callable[[int, str], None]:
        heard = 0

        def handler(payload: int, event: str) -> None:
            nonlocal heard
            heard += payload

        return handler

    return [listener() for _ in range(count)]


def direct(count: int) -> float:
    """Nanoseconds to call so many listeners, each."""
    called = tuple(handlers(count))
    turns = TURNS // count
    begin = time.perf_counter()
    for turn in range(turns):
        for call in called:
            call(turn, TOPIC)
    return (time.perf_counter() - begin) / turns / count * 1e9


def dispatch(count: int, patterns: int = 0) -> float:
    """The same, found by topic among so many patterns that do not match."""
    index: TopicIndex[Callable[[int, str], None]] = TopicIndex()
    for number in range(patterns):
        index.add(f"other{number}:*", print)
    for handler in handlers(count):
        index.add("job:*", handler)
    turns = TURNS // count
    listeners = index.listeners
    begin = time.perf_counter()
    for turn in range(turns):
        for call in listeners(TOPIC):
            call(turn, TOPIC)
    return (time.perf_counter() - begin) / turns / count * 1e9


def delivery(subscribers: int) -> float:
    """Microseconds of a durable event, from its publishing on, for each of so many."""

    async def run() -> float:
        async with Bus(MemoryStore(), "bench", robot="me") as bus:
            for number in range(subscribers):
                bus.subscribe(TOPIC, f"me#{number}", lambda payload, event: None)
            await bus.settled()
            begin = time.perf_counter()
            for number in range(EVENTS):
                await bus.publish(TOPIC, number)
                if number % 50 == 49:
                    await bus.settled()
            return (time.perf_counter() - begin) / EVENTS / subscribers * 1e6

    return asyncio.run(run())


def durable(with_bus: bool) -> float:
    """Microseconds to publish an event that is on disk, or to append its text."""

    async def run(path: Path) -> float:
        async with await open_store(f"sqlite:{path}") as store:
            bus = Bus(store, "bench", robot="me")
            body = body_of(Event(id=new_id(), topic=TOPIC, payload=1))
            begin = time.perf_counter()
            for _ in range(EVENTS):
                if with_bus:
                    await bus.publish(TOPIC, 1)
                else:
                    await store.append(bus.stream, body)
            return (time.perf_counter() - begin) / EVENTS * 1e6

    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(run(Path(folder) / "shared.db"))


def measure(rounds: int, _peers: str | None = None) -> list[Row]:
    calls: Cases = {
        **{f"direct, {n}": partial(direct, n) for n in (1, 10, 1000)},
        **{f"dispatch, {n}": partial(dispatch, n) for n in (1, 10, 1000)},
        "dispatch, 10 among 1000 patterns": partial(dispatch, 10, 1000),
    }
    called = interleave(calls, rounds)
    medians(called, "ns a subscriber")
    events: Cases = {
        "delivery, 1": partial(delivery, 1),
        "delivery, 10": partial(delivery, 10),
        "append": partial(durable, False),
        "publish": partial(durable, True),
    }
    told = interleave(events, rounds)
    medians(told, "us")
    many = "dispatch, 10 among 1000 patterns"
    return [
        Row("dispatch / direct, 1", median_ratio(called, "dispatch, 1", "direct, 1")),
        Row(
            "dispatch / direct, 10", median_ratio(called, "dispatch, 10", "direct, 10"), 1.15, True
        ),
        Row(
            "dispatch / direct, 1000",
            median_ratio(called, "dispatch, 1000", "direct, 1000"),
            1.15,
            True,
        ),
        Row("1,000 patterns / none", median_ratio(called, many, "dispatch, 10"), 1.1, True),
        Row("durable publish / bare append", median_ratio(told, "publish", "append")),
    ]


def main() -> None:
    show(measure(options(__doc__ or "").rounds))


if __name__ == "__main__":
    main()
