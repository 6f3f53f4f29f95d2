"""ST-46 to 59, 35: events, subscriptions, replay."""

import asyncio

import pytest

from casare_robot.domain.errors import InvalidRecordError
from casare_robot.groups.bus import DEAD_FOR, Bus
from casare_robot.groups.event_text import FLEET
from casare_robot.groups.topics import matches


class Log(list):
    """A handler that keeps what it gets."""

    def __call__(self, payload, event):
        self.append((event.topic, payload))


async def test_st_35_handlers_hear_of_robots_that_fall_silent(bus):
    heard = Log()
    bus.on("agent:disconnected", heard)
    await bus.publish("agent:disconnected", {"agentId": "a"}, priority="critical")
    await bus.settled()

    assert heard == [("agent:disconnected", {"agentId": "a"})]


async def test_st_46_publishing_returns_an_id_and_is_normal_by_default(bus, store):
    first = await bus.publish("task:created", {"taskId": 1})
    second = await bus.publish("x", priority="critical", sessionId="s", conversationId="c")

    bodies = [entry.body for entry in (await store.read("group:team")).entries]
    assert [body["id"] for body in bodies] == [first, second]
    assert [body["priority"] for body in bodies] == ["normal", "critical"]
    assert (bodies[1]["session"], bodies[1]["conversation"]) == ("s", "c")
    assert first[14] == "4"
    with pytest.raises(InvalidRecordError):
        await bus.publish("x", priority="urgent")


async def test_st_47_handlers_get_payload_and_event_filtered_until_they_end(bus):
    heard, critical = Log(), Log()

    async def slowly(payload, event):
        await asyncio.sleep(0)
        heard(payload, event)

    end = bus.subscribe("task:completed", "one", slowly)
    bus.subscribe("task:completed", "two", critical, priority="critical", sessionId="s")
    await bus.publish("task:completed", 1)
    await bus.publish("task:completed", 2, priority="critical", session="s")
    await bus.publish("task:completed", 3, priority="critical", session="t")
    await bus.settled()
    end()
    await bus.publish("task:completed", 4)
    await bus.settled()

    assert [payload for _, payload in heard] == [1, 2, 3]
    assert [payload for _, payload in critical] == [2]


WILDCARDS = [
    ("agent:*", "agent:started", True),
    ("agent:*", "task:started", False),
    ("*:error", "db:error", True),
    ("*:error", "db:errors", False),
    ("*:error", "a:b:error", True),
    ("agent:*:completed", "agent:x:completed", True),
    ("agent:*:completed", "agent:x:y:completed", False),
    ("agent:*:*", "agent:a:b", True),
    ("agent:*:*", "agent:a", False),
    ("*", "anything:at:all", True),
    ("agent:*", "robot:started", True),
    ("swarm:global", "group:global", True),
]


@pytest.mark.parametrize(("pattern", "topic", "expected"), WILDCARDS)
async def test_st_48_wildcards_stand_for_words(bus, pattern, topic, expected):
    heard = Log()
    bus.subscribe(pattern, "me", heard)
    await bus.publish(topic, 1)
    await bus.settled()

    assert bool(heard) == expected
    assert matches(pattern, topic) == expected


async def test_st_49_an_event_knows_where_it_comes_from(bus, clock):
    seen = []
    bus.subscribe("x", "me", lambda payload, event: seen.append(event))
    event_id = await bus.publish("x", {"k": 1}, metadata={"m": 1}, sessionId="s")
    await bus.settled()

    [event] = seen
    assert (event.id, event.event_type, event.payload) == (event_id, "x", {"k": 1})
    assert (event.priority, event.at, event.sender) == ("normal", clock.now, "me")
    assert (event.session, event.metadata) == ("s", {"m": 1})


async def test_st_50_unsubscribing_concerns_nobody_else(bus):
    one, two = Log(), Log()
    bus.subscribe("x", "one", one)
    bus.subscribe("y", "one", one)
    bus.subscribe("x", "two", two)
    bus.unsubscribe("x", "one")
    bus.unsubscribe("x", "one")
    await bus.publish("x", 1)
    await bus.publish("y", 2)
    await bus.settled()
    bus.unsubscribe(None, "one")
    await bus.publish("y", 3)
    await bus.settled()

    assert one == [("y", 2)]
    assert two == [("x", 1)]


async def test_st_51_a_handler_that_fails_is_called_again_and_harms_nobody(bus, store, clock):
    tries, heard, exact = [], Log(), Log()

    def failing(payload, event):
        tries.append(payload)
        raise ValueError("no")

    bus.subscribe("x", "bad", failing)
    bus.subscribe("x", "good", heard)
    bus.subscribe("*", "good", exact)
    await bus.publish("x", 1)
    await bus.settled()
    await bus.publish("y", 2)
    await bus.settled()

    assert tries == [1, 1, 1, 1]
    assert clock.slept == [0.1, 0.5, 2.0]
    assert heard == [("x", 1)]
    assert ("x", 1) in exact
    assert "event:dead_letter" in [topic for topic, _ in exact]
    assert await store.count("dead_letter") == 1
    clock.now += DEAD_FOR + 1
    assert await store.count("dead_letter") == 0


async def test_st_51_an_event_that_comes_twice_is_handled_once(bus, store):
    heard = Log()
    bus.subscribe("x", "me", heard)
    await bus.publish("x", 1)
    body = (await store.read("group:team")).entries[-1].body
    await store.append("group:team", body)
    await bus.settled()

    assert heard == [("x", 1)]


async def test_st_52_events_are_kept_a_day_and_purged_each_hour(bus, store, clock):
    await bus.publish("old")
    clock.now += 25 * 3600
    await bus.publish("new")
    await bus.tidy()

    reading = await store.read("group:team")
    assert [entry.body["topic"] for entry in reading.entries] == ["new"]
    await bus.publish("third")
    assert await bus.trim() == 2


async def test_st_52_events_of_the_fleet_are_purged_by_whoever_reads_them(bus, store, clock):
    await bus.broadcast("old")
    clock.now += 25 * 3600
    await bus.broadcast("new")
    await bus.tidy()

    assert [entry.body["topic"] for entry in (await store.read(FLEET)).entries] == ["new"]


async def test_st_52_a_purge_that_fails_for_a_day_is_told(store, clock, monkeypatch):
    from casare_robot.domain.errors import StoreUnavailableError

    alerts = []
    bus = Bus(store, "team", clock=clock, on_alert=alerts.append)

    async def broken(*args, **given):
        raise StoreUnavailableError("away")

    monkeypatch.setattr(store, "trim", broken, raising=False)
    for _ in range(26):
        clock.now += 3600
        with pytest.raises(StoreUnavailableError):
            await bus.tidy()

    assert alerts


async def test_st_53_each_subscriber_has_a_policy_critical_only_by_default(bus, store, clock):
    assert (await bus.policy("anybody")).policy == "critical_only"
    await bus.set_policy("a", {"policyType": "full", "maxEvents": 5, "replayWindowMs": 60_000})
    again = Bus(store, "team", clock=clock)

    kept = await again.policy("a")
    assert (kept.policy, kept.max_events, kept.replay_window) == ("full", 5, 60.0)
    with pytest.raises(InvalidRecordError, match="critical_only"):
        await bus.set_policy("a", {"policyType": "some"})


async def test_st_54_past_events_are_delivered_again_as_the_policy_lets(bus, clock):
    for n in range(6):
        clock.now += 10
        await bus.publish(f"task:{n}", n, priority="critical" if n % 2 else "normal")
    heard = Log()
    bus.subscribe("task:*", "a", heard)

    assert await bus.replay("a") == 3
    assert [payload for _, payload in heard] == [1, 3, 5]
    await bus.set_policy("a", {"policyType": "full", "enabled": True})
    heard.clear()
    assert await bus.replay("a", since=clock.now - 25, until=clock.now, limit=1) == 1
    assert await bus.replay("a", priority="critical", topics=["task:1"]) == 1
    assert heard == [("task:4", 4), ("task:1", 1)]
    await bus.set_policy("a", {"policyType": "none"})
    assert await bus.replay("a") == 0


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("none", [6]), ("critical-only", [1, 3, 5, 6]), ("full", [0, 1, 2, 3, 4, 5, 6])],
)
async def test_st_54_who_was_away_gets_what_it_missed(store, clock, policy, expected):
    bus = Bus(store, "team", clock=clock)
    async with bus:
        bus.subscribe("task:*", "a", Log())
        await bus.publish("task:begin", -1)
        await bus.settled()
        await bus.set_policy("a", {"policyType": policy})
    writer = Bus(store, "team", clock=clock)
    for n in range(6):
        await writer.publish(f"task:{n}", n, priority="critical" if n % 2 else "normal")
    heard = Log()
    async with Bus(store, "team", clock=clock) as again:
        again.subscribe("task:*", "a", heard)
        await again.publish("task:6", 6)
        await again.settled()

    assert [payload for _, payload in heard] == expected


async def test_st_55_what_was_purged_meanwhile_is_told_as_a_gap(store, clock):
    async with Bus(store, "team", clock=clock) as bus:
        bus.subscribe("task:*", "a", Log())
        await bus.publish("task:1", 1)
        await bus.settled()
    for n in range(5):
        await Bus(store, "team", clock=clock).publish("task:x", n, priority="critical")
    await store.trim("group:team", keep=2)
    heard, told = Log(), Log()
    async with Bus(store, "team", clock=clock) as again:
        again.subscribe("event_replay_gap_detected", "watcher", told)
        again.subscribe("task:*", "a", heard)
        await again.settled()
        await again.settled()

    assert [payload for _, payload in heard][:2] == [3, 4]
    assert (told[0][1]["from"], told[0][1]["to"]) == (2, 4)


async def test_st_55_a_replay_goes_on_behind_the_gap_and_tells_it(bus, store, clock):
    for n in range(5):
        clock.now += 1
        await bus.publish("task:x", n, priority="critical")
    await store.trim("group:team", keep=2)
    heard, told = Log(), Log()
    bus.subscribe("task:*", "a", heard)
    bus.subscribe("event_replay_gap_detected", "watcher", told)

    assert await bus.replay("a", since=clock.now - 60, topics=["task:*"]) == 2
    await bus.settled()
    assert [payload for _, payload in heard] == [3, 4]
    assert (told[0][1]["from"], told[0][1]["to"]) == (1, 3)


async def test_st_56_the_events_of_a_session_are_forgotten(bus):
    await bus.publish("x", 1, sessionId="s")
    await bus.publish("x", 2, sessionId="t")

    assert await bus.trim(session="s") == 1
    assert [event.payload for event in await bus.history()] == [2]
    assert await bus.trim() == 2
    assert await bus.history() == ()


async def test_st_57_figures_count_events_and_subscriptions(bus):
    bus.subscribe("x", "one", Log())
    bus.subscribe("x", "two", Log())
    bus.subscribe("y:*", "one", Log())
    await bus.publish("x", 1)
    await bus.publish("x", 2, priority="critical")
    await bus.settled()

    figures = await bus.stats()
    assert figures["totalEventsPublished"] == 2
    assert figures["totalEventsDelivered"] == 4
    assert (figures["activeSubscriptions"], figures["uniqueTopics"]) == (3, 2)
    assert figures["eventsByPriority"] == {"critical": 1, "normal": 1}
    assert figures["eventsInReplayQueue"] == 0
    assert figures["eventHistorySizeBytes"] > 0
    assert figures["avgPropagationLatencyMs"] >= 0


async def test_st_58_slow_delivery_is_counted_and_told(store, clock):
    alerts = []
    bus = Bus(store, "team", clock=clock, on_alert=alerts.append)
    async with bus:
        bus.subscribe("x", "me", Log())
        await store.append("group:team", {"id": "1", "topic": "x"})
        clock.now += 301
        await bus.settled()

        assert (await bus.stats())["slowDeliveries"] == 1
        assert (await bus.stats())["p95PropagationLatencyMs"] > 10
    assert len(alerts) == 1


@pytest.mark.parametrize(
    "topic",
    ["agent:started", "agent:stopped", "agent:failed", "agent:disconnected",
     "task:created", "task:progress", "task:completed"],
)  # fmt: skip
async def test_st_59_the_known_names_are_heard_under_either_word(bus, topic):
    heard, ours = Log(), Log()
    bus.subscribe(topic, "theirs", heard)
    bus.subscribe(topic.replace("agent", "robot").replace("task", "job"), "ours", ours)
    await bus.publish(topic, {"x": 1})
    await bus.settled()

    assert heard == ours == [(topic, {"x": 1})]
