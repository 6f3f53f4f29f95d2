"""MS-32 to 46: messages between groups."""

import asyncio

import pytest

from casare_robot.domain.errors import InvalidRecordError, RequestTimeoutError
from casare_robot.groups.bus import Bus


class Log(list):
    def __call__(self, payload, event):
        self.append((event.topic, payload))


@pytest.mark.parametrize(
    ("channel", "send"),
    [
        ("swarm:others", {}),
        ("swarm:coordination", {"channel": "coordination"}),
        ("swarm:agents", {"channel": "agents"}),
        ("swarm:tasks", {"channel": "tasks"}),
        ("swarm:events", {"channel": "events"}),
    ],
)
async def test_ms_32_each_channel_is_heard_under_its_name(bus, other, channel, send):
    heard = Log()
    other.subscribe(channel, "x", heard)
    await bus.send("others", "hello", 1, **send)
    await other.settled()

    assert heard == [("hello", 1)]


async def test_ms_32_broadcasts_are_heard_on_the_global_channel(bus, other):
    heard = Log()
    other.subscribe("swarm:global", "x", heard)
    await bus.broadcast("hello", 1)
    await other.settled()

    assert heard == [("hello", 1)]


async def test_ms_33_a_message_reaches_the_group_it_is_for(bus, other, store, clock):
    heard, third = Log(), Log()
    other.on("hello", heard)
    async with Bus(store, "third", clock=clock) as bystander:
        bystander.on("hello", third)
        message = await bus.send("others", "hello", {"x": 1})
        await other.settled()
        await bystander.settled()

    assert heard == [("hello", {"x": 1})]
    assert third == []
    assert message[14] == "4"


async def test_ms_34_a_broadcast_reaches_all_but_the_sender(bus, other, store, clock):
    logs = [Log(), Log(), Log()]
    async with Bus(store, "third", clock=clock) as third:
        for one, log in zip((bus, other, third), logs, strict=True):
            one.on("announcement", log)
        await bus.broadcast("announcement", 1)
        for one in (bus, other, third):
            await one.settled()

    assert [len(log) for log in logs] == [0, 1, 1]


async def test_ms_35_a_message_reaches_one_robot_of_a_group(bus, store, clock):
    logs = [Log(), Log()]
    async with (
        Bus(store, "others", robot="r1", clock=clock) as first,
        Bus(store, "others", robot="r2", clock=clock) as second,
    ):
        first.on("hello", logs[0])
        second.on("hello", logs[1])
        await bus.send("others", "hello", 1, robot="r2")
        await first.settled()
        await second.settled()

    assert logs == [[], [("hello", 1)]]


async def test_ms_36_coordination_is_told_on_its_channel(bus, other):
    heard = Log()
    other.subscribe("group:coordination", "x", heard)
    await bus.publish("coordination_request", 1, channel="group:coordination")
    assert [e.channel for e in await bus.history("swarm:coordination")] == ["group:coordination"]
    await bus.send("others", "coordination_request", 2, channel="coordination")
    await other.settled()

    assert heard == [("coordination_request", 2)]


async def test_ms_37_tasks_are_told_on_their_channel(bus):
    heard = Log()
    bus.subscribe("swarm:tasks", "x", heard)
    await bus.publish("task_submission", {"t": 1}, channel="group:tasks")
    await bus.settled()

    assert heard == [("task_submission", {"t": 1})]


async def test_ms_38_events_have_a_type_and_data(bus):
    heard = Log()
    bus.subscribe("swarm_started", "x", heard)
    await bus.publish("swarm_started", {"data": 1})
    await bus.settled()

    assert heard == [("swarm_started", {"data": 1})]


async def test_ms_39_the_envelope_says_from_whom_when_and_for_whom(bus, other, clock):
    seen = []
    other.on("hello", lambda payload, envelope: seen.append(envelope))
    message = await bus.send("others", "hello", {"x": 1})
    await bus.publish("hello", 1, metadata={"version": "1.0.0"})
    await other.settled()

    [envelope] = seen
    assert (envelope.id, envelope.swarm_id, envelope.message_type) == (message, "team", "hello")
    assert (envelope.at, envelope.target, envelope.target_robot) == (clock.now, "others", None)
    assert envelope.metadata == {"sender": "me", "sentAt": clock.now, "version": "1.0.0"}
    assert [e.metadata for e in await bus.history("hello")] == [{"version": "1.0.0"}]


async def test_ms_40_a_message_has_a_megabyte_at_most(bus):
    await bus.publish("x", "ä" * 524_287)

    with pytest.raises(InvalidRecordError, match="1048580 bytes; at most 1048576"):
        await bus.publish("x", "ä" * 524_289)


async def test_ms_41_the_history_is_newest_first_and_an_hour_long(bus, clock):
    await bus.publish("old", 0)
    clock.now += 3601
    for n in range(150):
        await bus.publish("new", n)

    assert [event.payload for event in await bus.history()] == list(range(149, 49, -1))
    assert len(await bus.history(limit=5000)) == 150
    assert await bus.history("old") == ()


async def test_ms_42_a_request_is_answered_or_times_out(bus, other):
    async def answer(payload, event):
        await other.reply(event, payload * 2)

    other.on("double", answer)

    assert await bus.request("others", "double", 21, timeout=20) == 42
    with pytest.raises(RequestTimeoutError, match="Request timeout: "):
        await bus.request("others", "unheard", timeout=0.01)
    waiting = asyncio.ensure_future(bus.request("others", "unheard"))
    await other.settled()
    await bus.stop()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_ms_43_several_handlers_of_a_type_do_not_disturb_each_other(bus, other):
    heard, gone = Log(), Log()

    def failing(payload, event):
        raise ValueError("no")

    other.on("hello", failing)
    other.on("hello", heard)
    other.on("hello", gone)
    other.off("hello", gone)
    await bus.send("others", "hello", 1)
    await other.settled()

    assert heard == [("hello", 1)]
    assert gone == []


@pytest.mark.parametrize(
    "type",
    ["coordination_request", "task_assignment", "task_completed", "resource_allocation_request",
     "leadership_announcement", "conflict_detected", "task_submission", "conflict_vote_request"],
)  # fmt: skip
async def test_ms_44_the_documents_types_are_heard_under_either_word(bus, other, type):
    theirs, ours = Log(), Log()
    other.on(type, theirs)
    other.on(type.replace("task", "job"), ours)
    await bus.send("others", type, 1)
    await other.settled()

    assert theirs == ours == [(type, 1)]


async def test_ms_45_own_messages_are_not_heard_and_the_order_is_kept(bus, other):
    own, heard = Log(), Log()
    bus.subscribe("swarm:global", "x", own)
    end = other.subscribe("swarm:*", "x", heard)
    for n in range(250):
        await bus.broadcast("count", n)
    await other.settled()
    end()
    await bus.broadcast("count", 250)
    await other.settled()

    assert own == []
    assert [payload for _, payload in heard] == list(range(250))


async def test_ms_46_figures_count_messages(bus, other):
    other.on("hello", Log())
    await bus.send("others", "hello", 1)
    await bus.broadcast("hello", 2)
    await other.settled()
    sender, receiver = await bus.stats(), await other.stats()

    assert (sender["messagesSent"], sender["targetedSent"], sender["broadcastsSent"]) == (2, 1, 1)
    assert (receiver["messagesReceived"], receiver["handlers"]) == (2, 1)
    assert receiver["errors"] == receiver["queueSize"] == 0
    assert receiver["subscriptions"] == ["message:hello"]
