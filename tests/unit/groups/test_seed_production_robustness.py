"""The examples of production_robustness.md, line by line."""

import pytest

from casare_robot.groups.bus import Bus
from casare_robot.groups.health import Health
from casare_robot.groups.robot_group import RobotGroup
from casare_robot.groups.sessions import Sessions
from tests.stores import EVERY_STORE, address_of

DAY_MS = 24 * 60 * 60 * 1000
DAY = 24 * 60 * 60


@pytest.fixture(params=EVERY_STORE)
def url(request, tmp_path):
    return address_of(request.param, request, tmp_path)


class Members:
    """What the agent does in the product: runs the workflow bound to the topic."""

    async def ask(self, robot, message, context):
        return f"{robot} on {context.get('topic', message['content'])}"


@pytest.fixture
def session_manager(store, clock):
    return Sessions(store, clock=clock, sleep=clock.sleep)


async def test_basic_session_save_and_restore(session_manager, store, clock):
    session = await session_manager.create()
    await session_manager.add_message(
        session.id, {"role": "user", "content": "Hello, can you help me?"}
    )

    restored = await Sessions(store, clock=clock).restore(session.id)
    assert len(restored.conversation_history) == 1


async def test_session_expiration_and_cleanup(session_manager, clock):
    session = await session_manager.create(
        expirationMs=24 * 60 * 60 * 1000, metadata={"userId": "user123"}
    )
    clock.now += 2 * DAY

    deleted = await session_manager.cleanup(DAY)
    assert deleted == 1
    assert await session_manager.restore(session.id) is None


async def test_basic_health_monitoring(store, bus, clock):
    health_monitor = Health(store, bus, clock=clock, sleep=clock.sleep)
    health_monitor.configure(heartbeatInterval=2000, activityTimeout=5000, maxMissedBeats=2)
    health_monitor.watch("Worker", {"type": "restart", "failureThreshold": 3, "timeoutMs": 10_000})
    health_monitor.start()
    await health_monitor.beat("Worker")

    health = health_monitor.of("Worker")
    assert health["state"] == "healthy"
    assert health["lastHeartbeat"] == clock.now
    await health_monitor.stop()


async def test_automatic_recovery(store, bus, clock):
    async def restart(robot):
        await store.lease(f"robot:{robot}", "its new process", ttl=5)

    health_monitor = Health(store, bus, restart=restart, clock=clock, sleep=clock.sleep)
    health_monitor.watch("Worker", {"type": "restart", "failureThreshold": 3})
    results = []

    async def recover(payload, event):
        results.append(await health_monitor.recover(payload["agentId"]))

    bus.on("agent:disconnected", recover)
    clock.now += 6
    await health_monitor.tick()
    await health_monitor.settled()
    await bus.settled()

    assert results[0]["success"]
    assert results[0]["durationMs"] >= 0


def test_recovery_strategies(store, bus):
    health_monitor = Health(store, bus)
    for policy in (
        {"type": "restart", "failureThreshold": 3, "timeoutMs": 10_000},
        {"type": "failover", "fallbackAgentId": "backup-agent-id"},
        {"type": "notify", "webhookUrl": "https://api.example.com/alerts"},
    ):
        health_monitor.watch("agent", policy)

        assert health_monitor.of("agent")["recoveryStrategy"] == policy["type"]


async def test_basic_pub_sub(bus):
    seen = []

    async def completed(payload, event):
        seen.append((payload["taskId"], event.priority, event.conversation))

    unsubscribe = bus.subscribe("task:completed", "agent-1", completed)
    await bus.publish(
        "task:completed",
        {"taskId": "task-123", "result": {"success": True}},
        priority="normal",
        conversationId="conv-456",
    )
    await bus.settled()
    unsubscribe()

    assert seen == [("task-123", "normal", "conv-456")]


async def test_wildcard_subscriptions(bus):
    seen = []
    bus.subscribe("agent:*", "subscriber-1", lambda payload, event: seen.append(event.event_type))
    bus.subscribe("task:*", "subscriber-2", lambda payload, event: seen.append(event.event_type))
    await bus.publish("agent:started", {"agentId": "agent-1"})
    await bus.publish("task:created", {"taskId": "task-1"})
    await bus.settled()

    assert sorted(seen) == ["agent:started", "task:created"]


async def test_event_replay_and_priority(bus, clock):
    agent_id = "agent-1"
    await bus.set_policy(
        agent_id, {"policyType": "critical-only", "enabled": True, "maxEvents": 100}
    )
    await bus.publish(
        "task:failed",
        {"agentId": "agent-1", "reason": "Connection timeout"},
        priority="critical",
        sessionId="session-123",
    )
    await bus.publish("task:progress", {"taskId": "task-1", "progress": 50}, priority="normal")
    received = []
    bus.subscribe("task:*", agent_id, lambda payload, event: received.append(payload))
    replayed = await bus.replay(agent_id, priority="critical", since=clock.now - 60, limit=50)

    assert replayed == 1
    assert [payload["reason"] for payload in received] == ["Connection timeout"]


async def test_group_collaboration(store, clock):
    agents = ["researcher", "writer", "reviewer"]
    for given in (
        {"speakerSelection": "round-robin"},
        {"speakerSelection": "llm-based", "maxSpeakersPerTurn": 1},
        {
            "speakerSelection": "priority",
            "initialContext": {"priorities": {"researcher": 0.5, "writer": 0.3, "reviewer": 0.2}},
        },
    ):
        async with await RobotGroup.open(
            store, active=agents, clock=clock, asker=Members()
        ) as group:
            await group.update_context(given.get("initialContext", {"topic": "AI Safety"}))
            await group.set_speaker_strategy(
                given["speakerSelection"],
                maxSpeakersPerTurn=given.get("maxSpeakersPerTurn", 1),
            )
            responses = await group.ask(
                {
                    "id": "msg-1",
                    "role": "user",
                    "content": "What are the key challenges in AI alignment?",
                    "timestamp": clock.now,
                }
            )
            await group.update_context(
                {
                    "researchPhase": "literature-review",
                    "deadline": "2024-12-31",
                    "focusAreas": ["safety", "alignment", "interpretability"],
                }
            )
            conversation = await group.conversation()

        assert responses[0]["agentId"] in agents
        assert responses[0]["content"]
        assert conversation["sharedContext"]["deadline"] == "2024-12-31"
        assert conversation["participantIds"] == agents


async def test_st_76_the_complete_example_works_as_one_flow(store, clock):
    # 1. sessions  2. health monitoring  3. event bus
    session_manager = Sessions(store, clock=clock)
    event_bus = Bus(store, "production", robot="app", clock=clock)
    await event_bus.start()
    health_monitor = Health(store, event_bus, clock=clock)
    health_monitor.configure(heartbeatInterval=2000, activityTimeout=5000, maxMissedBeats=2)

    # 4. agents  5. registered for health monitoring
    researcher, writer = "Researcher", "Writer"
    health_monitor.watch(researcher, {"type": "restart"})
    health_monitor.watch(writer, {"type": "restart"})
    health_monitor.start()

    # 6. event subscriptions
    received = []
    event_bus.subscribe("agent:*", researcher, lambda p, event: received.append(event.event_type))
    await event_bus.set_policy(researcher, {"policyType": "critical-only", "enabled": True})

    # 7. group conversation
    group = await RobotGroup.open(
        store, "climate", active=[researcher, writer], clock=clock, asker=Members()
    )
    await group.set_speaker_strategy("llm-based")
    await group.update_context({"topic": "Climate Change Solutions"})

    # 8. session
    session = await session_manager.create(expirationMs=DAY_MS, metadata={"groupId": group.id})

    # 9. messages to the group
    responses = await group.ask(
        {
            "id": "msg-1",
            "role": "user",
            "content": "What are promising carbon capture technologies?",
            "timestamp": clock.now,
        }
    )

    # 10. completion event
    await event_bus.publish(
        "task:completed",
        {"taskId": "research-task-1", "groupId": group.id, "responseCount": len(responses)},
        priority="normal",
        sessionId=session.id,
    )

    # 11. health
    stats = health_monitor.stats()
    assert (stats["healthyAgents"], stats["totalAgents"]) == (2, 2)

    # 12. save
    session = await session_manager.save(session)

    # 13. clean-up
    await health_monitor.stop()
    assert await session_manager.cleanup(DAY) == 0
    assert await event_bus.trim(session=session.id) == 1
    assert await group.end()
    await group.shutdown()
    await event_bus.stop()
    assert responses[0]["content"].endswith("on Climate Change Solutions")


async def test_st_76_a_fleet_holds_sessions_health_bus_and_groups_together(fleet):
    group = await fleet.create_group("app", active=["Researcher", "Writer"])
    session = await fleet.sessions.create(metadata={"groupId": group.id})
    await group.bus.publish("task:completed", {}, sessionId=session.id)

    assert (await fleet.report())["active_sessions"] == 1
    assert fleet.health.stats()["healthyAgents"] == 1
    assert await fleet.shutdown() == 0


async def test_error_handling(session_manager):
    session = await session_manager.restore("session-123")
    assert session is None

    session = await session_manager.restore_or_new("session-123")
    assert session.state == "active"


async def test_performance_monitoring(session_manager, store, bus):
    session_stats = await session_manager.stats()
    health_stats = Health(store, bus).stats()
    event_stats = await bus.stats()

    assert {"activeSessions", "idleSessions", "backendType"} <= set(session_stats)
    assert {
        "healthyAgents", "disconnectedAgents", "recoveringAgents", "cpuOverheadPercent",
    } <= set(health_stats)  # fmt: skip
    assert {
        "totalEventsPublished", "activeSubscriptions", "avgPropagationLatencyMs",
    } <= set(event_stats)  # fmt: skip


async def test_testing(session_manager):
    session = await session_manager.create()
    await session_manager.save(session)

    restored = await session_manager.restore(session.id)
    assert restored is not None
    assert restored.id == session.id
