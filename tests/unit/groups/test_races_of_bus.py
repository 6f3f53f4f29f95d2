"""What happens between a look and the change that follows it, others being faster: events."""

import asyncio

import pytest

from casare_robot.domain.errors import (
    StoreUnavailableError,
)
from casare_robot.groups.bus import Bus
from casare_robot.groups.event_text import note, stream_of
from casare_robot.groups.inbox import PREFETCH
from casare_robot.groups.robot_group import RobotGroup


def _event(topic, payload):
    change = note(stream_of("team"), topic, payload, sender="you", group="team")
    return change.stream, *change.bodies


def _of(table):
    return lambda name, *_, **__: name == table


async def test_who_reads_too_late_is_told_of_what_was_purged(store, bus):
    told = []
    bus.subscribe("event_replay_gap_detected", "gaps#", lambda payload, _: told.append(payload))
    bus.subscribe("a:*", "desk-1", lambda payload, _: told.append(payload))
    await bus.settled()
    async with bus._reader._lock:  # as in a process that is suspended
        for number in range(3):
            await store.append(*_event("a:b", number))
        await store.trim(bus.stream, keep=0)
        await store.append(*_event("a:b", 3))
    await bus.settled()
    await bus.settled()

    gaps = [gap for gap in told if gap != 3]
    assert 3 in told
    assert {"desk-1"} <= {gap["subscriber"] for gap in gaps}
    assert {(gap["from"], gap["to"]) for gap in gaps} == {(1, 3)}


async def test_a_slow_subscriber_goes_on_after_what_was_purged_while_it_was_busy(bus, store):
    dealt, gate = [], asyncio.Event()

    async def slow(payload, _):
        await gate.wait()
        dealt.append(payload)

    told = []
    bus.subscribe("event_replay_gap_detected", "gaps#", lambda payload, _: told.append(payload))
    bus.subscribe("a:*", "desk-1", slow)
    await bus.settled()
    for number in range(PREFETCH + 20):
        await store.append(*_event("a:b", number))
    await bus._reader.look()
    await bus.trim()
    gate.set()
    async with asyncio.timeout(60):
        await bus.settled()
        await bus.settled()

    assert dealt == list(range(PREFETCH))
    assert [(gap["subscriber"], gap["from"]) for gap in told] == [("desk-1", PREFETCH + 1)]


async def test_a_bus_that_listens_again_has_what_its_subscribers_missed(bus, other):
    heard = []
    bus.subscribe("memory:*", "desk-1", lambda payload, _: heard.append(payload))
    await bus.settled()
    await bus.stop()
    async with Bus(bus._store, "team", robot="you", clock=bus.clock) as writer:
        await writer.publish("memory:added", 1)
    await bus.start()
    await bus.publish("memory:added", 2)
    await bus.settled()

    assert heard == [1, 2]


async def test_an_answer_that_could_not_be_sent_at_once_is_not_made_twice(
    store, clock, group, fails_once, monkeypatch
):
    asked = []

    class Asker:
        async def ask(self, robot, message, context):
            asked.append(message["content"])
            return "paid"

    async with await RobotGroup.open(
        store, "team", robot="a", clock=clock, asker=Asker()
    ) as answering:
        monkeypatch.setattr("casare_robot.groups.inbox.RETRIES", (0.0, 0.0, 0.0))
        fails_once("append", at=lambda *given, **_: given[1].get("reply_to") is not None)
        payload = {"message": {"content": "pay"}, "context": {}}
        asking = asyncio.create_task(group.bus.request("team", "ask", payload, robot="a"))
        async with asyncio.timeout(60):
            while not asking.done():
                await answering.bus.settled()
                await group.bus.settled()
    assert (await asking, asked) == ({"content": "paid"}, ["pay"])


async def test_a_subscriber_goes_on_though_nobody_could_be_told_that_it_failed(
    bus, other, fails_once
):
    heard = []

    def fails(payload, _):
        if payload == "odd":
            raise KeyError(payload)
        heard.append(payload)

    bus.subscribe("a:*", "desk-1", fails)
    await bus.settled()
    fails_once("put", at=_of("dead_letter"))
    await bus.publish("a:b", "odd")
    await bus.publish("a:b", "even")
    async with asyncio.timeout(60):
        await bus.settled()

    assert heard == ["even"]
    assert (await bus._store.count("dead_letter")) == 1


async def test_a_subscriber_that_reads_while_the_store_is_away_reads_again(bus, store, fails_once):
    heard = []
    fails_once("get", at=_of("cursor"))
    bus.subscribe("a:*", "desk-1", lambda payload, _: heard.append(payload))
    await bus.publish("a:b", 1)
    async with asyncio.timeout(60):
        await bus.settled()

    assert heard == [1]


async def test_a_cursor_that_could_not_be_kept_is_kept_the_next_time(bus, store, fails_once):
    bus.subscribe("a:*", "desk-1", lambda payload, _: None)
    await bus.publish("a:b", 1)
    await bus.settled()
    fails_once("put", at=_of("cursor"))
    with pytest.raises(StoreUnavailableError):
        await bus.tidy()
    await bus.tidy()

    assert {row.record["seq"] for row in await store.find("cursor")} >= {1}
