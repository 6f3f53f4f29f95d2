"""ST-27 to 45, 74; MS-24, 25, 82, 85: who is well, and what is done about the others."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from casare_robot.domain.errors import InvalidRecordError
from casare_robot.groups.health import Health


@pytest.fixture
def watching(store, bus, clock):
    """Makes a monitor with these helpers; alerts are kept in ``alerts``."""

    def make(**helpers):
        alerts = []
        health = Health(
            store, bus, clock=clock, sleep=clock.sleep, on_alert=alerts.append, **helpers
        )
        health.alerts = alerts
        return health

    return make


async def beats_again(store, clock, robot="a"):
    await store.lease(f"robot:{robot}", f"new process of {robot}", ttl=5)


def test_st_27_times_are_set_in_the_documents_spelling(health):
    times = health.configure(
        heartbeatInterval=1000,
        activityTimeout=4000,
        maxMissedBeats=2,
        defaultRecoveryStrategy="restart",
    )

    assert (times.heartbeat_interval, times.activity_timeout, times.ttl) == (1.0, 4.0, 3.0)
    assert health.configure(heartbeat_interval=2.0, activity_timeout=5.0).ttl == 5.0
    with pytest.raises(InvalidRecordError):
        health.configure(heartbeat="often")


def test_st_28_robots_are_watched_once_healthy_to_begin_with(health):
    health.watch("a", {"type": "restart", "failureThreshold": 3, "timeoutMs": 10_000})
    health.watch("a")

    assert health.of("a")["state"] == "healthy"
    assert health.unwatch("a")
    assert not health.unwatch("a")
    assert health.of("a") is None
    for wrong in ("", None, " "):
        with pytest.raises(InvalidRecordError):
            health.watch(wrong)


async def test_st_29_monitoring_starts_stops_and_starts_again(health, clock, monkeypatch):
    states = [health.is_monitoring]
    for step in (health.start, health.start, health.stop, health.start):
        result = step()
        if result is not None:
            await result
        states.append(health.is_monitoring)

    assert states == [False, True, True, False, True]


async def test_st_30_what_is_known_of_a_robot_has_the_documents_names(health, clock):
    health.watch("a", "alert")
    await health.beat("a")

    known = health.of("a")
    assert set(known) >= {
        "agentId", "state", "lastHeartbeat", "lastLivenessCheck", "missedHeartbeats",
        "recoveryStrategy", "recoveryAttempts", "lastError", "metadata",
    }  # fmt: skip
    assert (known["lastHeartbeat"], known["recoveryStrategy"]) == (clock.now, "notify")
    assert health.of("unknown") is None
    assert list(health.all()) == ["a"]


async def test_st_31_a_robot_has_one_of_six_states(watching, store, clock):
    answers = {"a": True}

    async def probe(robot):
        return answers[robot]

    health = watching(probe=probe)
    health.watch("a", "none")
    await health.beat("a")
    await health.tick()
    states = [health.of("a")["state"]]
    answers["a"] = False
    clock.now += 4.9
    await health.beat("a")
    await health.probe("a")
    await health.tick()
    states.append(health.of("a")["state"])
    clock.now += 6
    await health.tick()
    states.append(health.of("a")["state"])

    assert states == ["healthy", "zombie", "disconnected"]


@pytest.mark.parametrize(("silence", "state"), [(4.5, "healthy"), (5.0, "disconnected")])
async def test_st_32_silence_is_seen_within_five_seconds(health, clock, silence, state):
    health.watch("a", "none")
    await health.beat("a")
    clock.now += silence
    await health.tick()

    assert health.of("a")["state"] == state
    assert health.of("a")["missedHeartbeats"] == 2


async def test_st_33_a_beat_is_a_lease_and_any_activity_is_a_beat(health, store, clock):
    health.watch("a")
    assert await health.beat("a")
    assert "robot:a" in await store.held("robot:a")
    clock.now += 3
    assert await health.activity("a", "click")
    assert health.of("a")["lastActivity"] == ("click", clock.now)
    assert health.of("a")["lastHeartbeat"] == clock.now
    await store.lease("robot:b", "another process", ttl=5)
    assert not await health.beat("b")


async def test_st_34_a_robot_that_beats_but_does_not_answer_is_restarted(watching, store, clock):
    answers, started = [False], []

    async def probe(robot):
        return answers[0]

    async def restart(robot):
        started.append(robot)
        answers[0] = True
        clock.now += 6
        await beats_again(store, clock)

    health = watching(probe=probe, restart=restart)
    health.watch("a")
    await health.beat("a")
    await health.tick()
    await health.settled()

    assert started == ["a"]
    assert await health.probe("a")
    assert health.of("a")["state"] == "healthy"
    assert health.of("a")["lastLivenessCheck"] is not None


async def test_st_36_recovering_tells_whether_how_and_how_long(watching, store, clock):
    async def restart(robot):
        await beats_again(store, clock)

    health = watching(restart=restart)
    unknown = await health.recover("a")
    health.watch("a")
    result = await health.recover("a")

    assert (unknown["success"], unknown["error"]) == (False, "Agent not registered")
    assert (result["success"], result["strategy"], result["error"]) == (True, "restart", None)
    assert result["durationMs"] >= 0


async def test_st_37_a_silent_robot_is_recovered_by_itself(watching, store, clock):
    async def restart(robot):
        await beats_again(store, clock)

    health = watching(restart=restart)
    health.watch("a")
    clock.now += 6
    await health.tick()
    await health.settled()

    assert health.of("a")["state"] == "healthy"
    assert health.stats()["successfulRecoveries"] == 1


async def test_st_38_a_restart_is_tried_three_times_and_proven_by_a_beat(watching, clock):
    started = []

    async def restart(robot):
        started.append(clock.now)

    health = watching(restart=restart)
    health.watch("a", {"type": "restart", "failureThreshold": 3, "timeoutMs": 10_000})
    clock.now += 6
    result = await health.recover("a")

    assert len(started) == 3
    assert started[1] - started[0] == pytest.approx(11)
    assert started[2] - started[1] == pytest.approx(12)
    assert not result["success"]
    assert health.of("a")["state"] == "failed"
    assert "no beat within 10 s" in health.of("a")["lastError"]


@pytest.mark.parametrize("word", ["failover", "replace"])
async def test_st_39_failover_has_the_fallback_take_over(watching, word):
    taken = []

    async def failover(robot, fallback):
        taken.append((robot, fallback))
        return fallback

    health = watching(failover=failover)
    health.watch("a", {"type": word, "fallbackAgentId": "backup"})
    result = await health.recover("a")

    assert taken == [("a", "backup")]
    assert (result["success"], result["strategy"]) == (True, "failover")


async def test_st_40_notify_posts_to_the_webhook_until_it_is_taken(watching):
    posted = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            posted.append(json.loads(body))
            self.send_response(500 if len(posted) == 1 else 204)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    health = watching()
    health.watch("a", {"type": "notify", "webhookUrl": f"http://127.0.0.1:{server.server_port}/"})
    result = await health.recover("a")
    server.shutdown()
    server.server_close()
    health.watch("b", "none")
    refused = await health.recover("b")

    assert result["success"]
    assert [body["agentId"] for body in posted] == ["a", "a"]
    assert not refused["success"]


async def test_st_41_a_policy_changes_at_run_time(watching):
    health = watching()
    health.watch("a")
    policy = health.set_policy("a", {"type": "alert", "backoffMs": 500, "maxRetries": 2})

    assert (policy.kind, policy.backoff, policy.multiplier) == ("notify", 0.5, 2.0)
    assert health.of("a")["recoveryStrategy"] == "notify"
    with pytest.raises(InvalidRecordError):
        health.set_policy("a", "pray")
    with pytest.raises(InvalidRecordError):
        health.set_policy("unknown", "none")


@pytest.mark.parametrize(("failed", "state"), [(2, "healthy"), (6, "degraded")])
async def test_st_42_state_then_missed_events_then_healthy(
    watching, store, bus, clock, failed, state
):
    steps = []

    async def restart(robot):
        steps.append("restart")
        await beats_again(store, clock)

    async def restore(robot):
        steps.append("restore")

    async def replay(robot):
        steps.append("replay")
        return 10, failed

    health = watching(restart=restart, restore=restore, replay=replay)
    health.watch("a")
    await health.recover("a")
    topics = [event.topic for event in await bus.history()]

    assert steps == ["restart", "restore", "replay"]
    assert topics == [f"agent:{state}", "agent:recovering"]
    assert bool(health.alerts) == (state == "degraded")


async def test_st_43_many_failures_at_once_begin_degradation_and_calm_ends_it(watching, clock, bus):
    health = watching()
    for name in "abcde":
        health.watch(name, "none")
    clock.now += 6
    await health.tick()

    assert health.degraded
    assert health.session_limit() == 50
    assert "correlation" in health.alerts[0]
    for name in "abcde":
        await health.beat(name)
    await health.tick()
    assert health.degraded
    for _ in range(61):
        clock.now += 2
        for name in "abcde":
            await health.beat(name)
        await health.tick()
    assert not health.degraded
    assert health.session_limit() == 100
    assert "system:degraded" in [event.topic for event in await bus.history(limit=1000)]


async def test_st_44_figures_count_robots_beats_and_recoveries(health, clock):
    health.watch("a", "none")
    health.watch("b", "none")
    await health.beat("a")
    clock.now += 1
    await health.beat("a")
    clock.now += 4.5
    await health.tick()
    await health.recover("b")

    figures = health.stats()
    assert figures["totalAgents"] == 2
    assert (figures["healthyAgents"], figures["disconnectedAgents"]) == (1, 0)
    assert figures["totalHeartbeats"] == 2
    assert figures["failedHeartbeats"] == 1
    assert (figures["recoveryAttempts"], figures["successfulRecoveries"]) == (1, 0)
    assert figures["avgHeartbeatLatency"] > 0
    assert 0 <= figures["cpuOverheadPercent"] <= 100


async def test_st_45_operators_hear_at_once_of_a_robot_that_cannot_be_recovered(watching, clock):
    health = watching()
    health.watch("a", "restart")
    await health.recover("a")
    health.alert("by hand")

    assert ["a could not be recovered" in health.alerts[0], health.alerts[1]] == [True, "by hand"]


async def test_st_74_the_report_says_healthy_degraded_or_unhealthy(watching, bus, clock):
    health = watching()
    assert health.report(version="1")["status"] == "healthy"
    assert health.report(active_sessions=80)["status"] == "degraded"
    for name in "abcd":
        health.watch(name, "none")
    clock.now += 6
    await health.tick()
    report = health.report(active_sessions=3)

    assert report["status"] == "unhealthy"
    assert (report["failed_agents"], report["uptime_seconds"]) == (4, 6)
    assert (report["ready"], report["ready_code"]) == (True, 200)
    await bus.stop()
    assert health.report()["ready_code"] == 503


async def test_ms_24_a_groups_heartbeat_is_a_lease_too(store, bus, clock):
    health = Health(store, bus, kind="group", clock=clock)
    health.configure(heartbeatInterval=30_000, activityTimeout=60_000)
    health.watch("one")

    assert await health.beat("one")
    clock.now += 59
    assert "alive:one" in await store.held("alive:one")
    assert health.times.ttl == 60


async def test_ms_25_a_group_silent_for_a_minute_is_interrupted(fleet, store, clock):
    await fleet.create_group("one", active=["a"])
    fleet.health.set_policy("one", "none")
    clock.now += 59
    await fleet.health.tick()
    assert (await store.get("group", "one")).record["status"] == "active"
    clock.now += 2
    await fleet.health.tick()

    record = (await store.get("group", "one")).record
    assert (record["status"], record["reason"]) == ("interrupted", "heartbeat_timeout")
    assert record["interrupted_at"] == clock.now
    assert [found["id"] for found in await fleet.interrupted()] == ["one"]


async def test_ms_82_an_interrupted_group_is_recovered_by_itself(fleet, store, clock):
    await fleet.create_group("one", active=["a"])
    clock.now += 61
    await fleet.health.tick()
    await fleet.health.settled()

    assert (await store.get("group", "one")).record["status"] == "active"
    assert fleet.health.of("one")["state"] == "healthy"


def test_ms_85_a_crowded_or_failing_fleet_is_warned_of(health):
    assert health.report(active_groups=90, errors=100)["warnings"] == []
    warnings = health.report(active_groups=91, errors=101)["warnings"]

    assert "approaching limit" in warnings[0]
    assert "error" in warnings[1]
