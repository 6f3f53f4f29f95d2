"""MS-01 to 31, 83 to 89; ST-19 to 25, 75 to 79: the fleet and its store."""

import asyncio
import os
import re
import stat

import pytest

from casare_robot.domain.errors import (
    ConflictError,
    InvalidRecordError,
    LimitReachedError,
    NotFoundError,
    NotOpenError,
    StoreError,
)
from casare_robot.groups.environment import FleetSettings, settings_of
from casare_robot.groups.fleet import Fleet
from casare_robot.groups.robot_group import RobotGroup
from casare_robot.store.memory import MemoryStore
from casare_robot.store.opening import open_store

DAY = 86_400.0


async def fleet_topics(fleet):
    return [event.topic for event in reversed(await fleet.bus.history(limit=1000))]


async def test_ms_01_the_documents_address_is_read_from_the_environment():
    environment = {"REDIS_HOST": "h", "REDIS_PORT": "1", "REDIS_DB": "2", "REDIS_PASSWORD": "p@"}

    assert settings_of(environment).url == "redis://:p%40@h:1/2"
    assert settings_of({"HTM_DATABASE__URL": "sqlite:x"}).url == "sqlite:x"
    async with await open_store("memory:") as store:
        assert await store.put("t", "k", {}) > 0


async def test_ms_02_a_fleet_is_opened_once_and_nothing_works_before(store):
    unopened = Fleet(store=store)
    with pytest.raises(NotOpenError, match="not initialized"):
        await unopened.groups()
    async with await Fleet.open(store=store) as fleet:
        assert (await fleet.initialize())["success"]
        assert await fleet.groups() == []
    with pytest.raises(NotOpenError):
        await fleet.groups()


async def test_ms_03_a_new_group_is_registered_coordinated_and_saved(fleet, store):
    group = await fleet.create_group("one", active=["a"], objective="x")

    assert (await store.get("group", "one")).record["status"] == "active"
    assert (await fleet.group("one")).coordinator.is_leader
    assert (await fleet.sessions.load("one"))["objective"] == "x"
    assert (await fleet.sessions.stats())["activeSnapshotTimers"] == 1
    assert (await group.status())["active"] == ["a"]
    with pytest.raises(ConflictError):
        await fleet.create_group("one")


async def test_ms_04_a_group_has_the_documents_settings(store, clock):
    async with await RobotGroup.open(store, "g", clock=clock) as plain:
        record = (await plain.row()).record
    assert (record["strategy"], record["mode"], record["max_members"]) == (
        "development",
        "mesh",
        10,
    )
    assert record["metadata"]["priority"] == "normal"
    for wrong in ({"strategy": "x"}, {"mode": "x"}, {"metadata": {"priority": "x"}}):
        with pytest.raises(InvalidRecordError):
            await RobotGroup.open(store, "wrong", clock=clock, **wrong)


async def test_ms_05_a_group_is_found_or_none(fleet):
    await fleet.create_group("one")

    assert (await fleet.group("one")).group.id == "one"
    assert await fleet.group("unknown") is None


async def test_ms_06_groups_are_found_by_what_they_are_newest_first(fleet, clock):
    for n, strategy in enumerate(("development", "research", "development")):
        clock.now += 1
        await fleet.create_group(
            f"g{n}", strategy=strategy, objective=f"goal {n}", metadata={"phase": f"p{n % 2}"}
        )

    def ids(found):
        return [group["id"] for group in found]

    assert ids(await fleet.groups()) == ["g2", "g1", "g0"]
    assert ids(await fleet.groups(strategy="development", limit=1)) == ["g2"]
    assert ids(await fleet.groups(phase="p1")) == ["g1"]
    assert ids(await fleet.groups(status="active", objective="goal 0")) == ["g0"]
    assert ids(await fleet.groups(status="failed")) == []


async def test_ms_07_a_message_goes_from_group_to_group(fleet):
    await fleet.create_group("one")
    await fleet.create_group("two")
    heard = []
    messenger = (await fleet.group("two")).messenger
    messenger.on("collaboration_request", lambda p, e: heard.append((p, e.swarm_id)))
    message = {"type": "collaboration_request", "data": {"x": 1}}

    assert await fleet.send("one", "two", message)
    await messenger.settled()
    assert heard == [({"x": 1}, "one")]
    with pytest.raises(NotFoundError):
        await fleet.send("unknown", "two", message)


async def test_ms_08_a_broadcast_goes_to_all_other_groups(fleet):
    heard = []
    for name in ("one", "two", "three"):
        await fleet.create_group(name)
        messenger = (await fleet.group(name)).messenger
        messenger.on("announcement", lambda p, e, name=name: heard.append(name))
    await fleet.broadcast("one", {"type": "announcement", "data": {}})
    for name in ("one", "two", "three"):
        await (await fleet.group(name)).messenger.settled()

    assert sorted(heard) == ["three", "two"]


async def test_ms_09_a_task_goes_to_a_group_that_can_do_it(fleet):
    await fleet.create_group("one")
    await fleet.create_group("two", metadata={"capabilities": ["backend", "security"]})
    result = await fleet.distribute(
        "one",
        {
            "description": "Implement authentication",
            "type": "implementation",
            "priority": "high",
            "capabilities": ["backend"],
            "estimatedEffort": "2 hours",
        },
    )

    assert (result["distributed"], result["targetSwarm"]) == (True, "two")


async def test_ms_10_resources_are_taken_and_given_back(fleet):
    await fleet.create_group("one")
    taken = [await fleet.allocate("one", "cpu", 60), await fleet.allocate("one", "memory", 4096)]
    back = await fleet.release("one", "cpu", 20)

    assert [one["held"] for one in taken] == [60, 4096]
    assert back["held"] == 40


async def test_ms_11_a_snapshot_can_be_restored(fleet):
    await fleet.create_group("one", objective="before")
    shot = await fleet.snapshot("one", "before_deployment")
    await fleet.update("one", {"objective": "after"})
    state = await fleet.restore("one", shot)

    assert (state["objective"], state["restoredFrom"]) == ("before", shot)


async def test_ms_12_a_recovered_group_has_a_plan(fleet, store):
    await fleet.create_group("one", active=["a"])
    await store.patch("group", "one", {"status": "interrupted"})
    result = await fleet.recover("one")

    assert result["success"]
    assert result["recoveryPlan"].confidence == 0.9
    assert (await store.get("group", "one")).record["status"] == "active"


async def test_ms_13_a_deregistered_group_is_stopped_archived_and_gone(fleet, store):
    group = await fleet.create_group("one", active=["a"])
    await fleet.allocate("one", "cpu", 60)
    await fleet.deregister("one", "completed")

    assert await fleet.group("one") is None
    assert not group.channel.listening
    assert (await store.get("group_archive", "one")).record["archiveReason"] == "completed"
    assert (await store.get("resource", "cpu")).record["free"] == 100
    assert (await fleet.sessions.stats())["activeSnapshotTimers"] == 0
    assert "fleet" not in await store.held("fleet")
    with pytest.raises(NotFoundError):
        await fleet.deregister("one")


async def test_ms_14_statistics_have_three_parts(fleet):
    await fleet.create_group("one")
    await fleet.broadcast("one", {"type": "x"})
    statistics = await fleet.statistics()

    assert set(statistics) == {
        "registry", "state", "coordinators", "activeCoordinators", "activeMessengers",
    }  # fmt: skip
    [one] = statistics["coordinators"]
    assert set(one) == {"swarmId", "coordinator", "registry", "messenger"}
    assert one["messenger"]["messagesSent"] >= 1
    assert (statistics["activeCoordinators"], statistics["activeMessengers"]) == (1, 1)


async def test_ms_15_a_group_has_a_messenger_and_a_coordinator(fleet):
    await fleet.create_group("one")
    await fleet.create_group("two")
    one, two = await fleet.group("one"), await fleet.group("two")

    assert one.messenger.group == "one"
    assert (one.coordinator.is_leader, two.coordinator.is_leader) == (True, False)


async def test_ms_16_all_interrupted_groups_are_recovered(fleet, store, clock):
    for name in ("one", "two", "three"):
        await fleet.create_group(name, active=["a"])
    await store.patch("group", "one", {"status": "interrupted"})
    clock.now += 301
    await store.patch("group", "three", {"last_heartbeat": clock.now})

    result = await fleet.recover_all()
    assert result["total"] == 2
    assert all(one["success"] for one in result["results"])
    assert await fleet.interrupted() == []


async def test_ms_17_an_update_changes_registry_and_state(fleet):
    await fleet.create_group("one")
    await fleet.update("one", {"objective": "new", "status": "recovering"})

    assert (await fleet.groups(status="recovering"))[0]["objective"] == "new"
    assert (await fleet.sessions.load("one"))["objective"] == "new"


async def test_ms_18_shutting_down_stops_everything(store, clock):
    fleet = await Fleet.open(store=store, clock=clock)
    group = await fleet.create_group("one")
    fleet.start()

    assert await fleet.shutdown() == 0
    assert not group.channel.listening
    assert not fleet.bus.listening
    assert "fleet" not in await store.held("fleet")


async def test_ms_19_groups_are_found_by_each_of_six_statuses(fleet, store):
    statuses = ["initializing", "active", "recovering", "interrupted", "completed", "failed"]
    for status in statuses:
        await fleet.create_group(status)
        await store.patch("group", status, {"status": status})

    found = [[group["id"] for group in await fleet.groups(status=s)] for s in statuses]
    assert found == [[status] for status in statuses]
    with pytest.raises(InvalidRecordError):
        await fleet.groups(status="sleeping")


async def test_ms_20_a_groups_record_has_the_documents_fields(store, clock):
    async with await RobotGroup.open(store, "g", clock=clock) as group:
        record = (await group.row()).record

    assert {
        "id", "objective", "strategy", "mode", "max_members", "status", "created_at",
        "last_activity", "last_heartbeat", "members", "tasks", "topology", "metadata", "metrics",
    } <= set(record)  # fmt: skip
    assert set(record["metrics"]) == {
        "tasksCompleted", "tasksFailed", "agentsSpawned", "messagesSent", "errors",
    }  # fmt: skip


async def test_ms_21_an_id_is_made_of_time_and_dice_or_given(store, clock):
    async with await RobotGroup.open(store, clock=clock) as group:
        assert re.fullmatch(rf"group_{int(clock.now * 1000)}_[0-9a-z]{{9}}", group.id)
    async with await RobotGroup.open(store, "mine", clock=clock) as group:
        assert group.id == "mine"


async def test_ms_22_of_thirty_at_once_exactly_the_limit_are_registered(store, clock):
    settings = FleetSettings(max_groups=5)
    async with await Fleet.open(store=store, settings=settings, clock=clock) as fleet:
        made = await asyncio.gather(
            *(fleet.create_group(f"g{n}") for n in range(30)), return_exceptions=True
        )
        refused = [error for error in made if isinstance(error, LimitReachedError)]

        assert len(await fleet.groups()) == 5
        assert len(refused) == 25
        assert refused[0].most == 5
        assert "Swarm limit reached (5)" in refused[0].__notes__


async def test_ms_26_what_ended_a_day_ago_is_cleaned_up(fleet, store, clock):
    await fleet.create_group("ended")
    await fleet.create_group("alive")
    await fleet.update("ended", {"status": "completed"})
    session = await fleet.sessions.create(expiration=3600)
    clock.now += DAY + 1

    assert await fleet.cleanup() == {"groups": 1, "sessions": 1}
    assert [group["id"] for group in await fleet.groups()] == ["alive"]
    assert await fleet.sessions.restore(session.id) is None


async def test_ms_27_the_archive_is_kept_seven_days(fleet, store, clock):
    await fleet.create_group("one")
    clock.now += 50
    archived = await fleet.deregister("one", "done")

    assert (archived["lifetime"], archived["archiveReason"]) == (50, "done")
    assert archived["archivedAt"] == clock.now
    clock.now += 7 * DAY - 1
    assert await store.get("group_archive", "one") is not None
    clock.now += 2
    assert await store.get("group_archive", "one") is None


async def test_ms_28_id_and_birth_stay_and_activity_is_renewed(fleet, clock):
    await fleet.create_group("one")
    born = clock.now
    clock.now += 9
    changed = await fleet.update("one", {"id": "two", "createdAt": 0, "objective": "x"})

    assert (changed["id"], changed["createdAt"], changed["lastActivity"]) == (
        "one",
        born,
        clock.now,
    )
    with pytest.raises(NotFoundError):
        await fleet.update("unknown", {})


async def test_ms_29_what_happens_to_groups_is_told(fleet, store):
    await fleet.create_group("one")
    await fleet.update("one", {"status": "interrupted"})
    await fleet.interrupted()
    await fleet.deregister("one", "completed")
    told = {event.topic: event.payload for event in await fleet.bus.history(limit=1000)}

    assert {
        "initialized", "swarm_registered", "swarm_updated", "interrupted_swarms_detected",
        "swarm_deregistered",
    } <= set(told)  # fmt: skip
    assert told["swarm_updated"]["newStatus"] == "interrupted"
    assert told["swarm_deregistered"] == {"swarmId": "one", "reason": "completed"}


async def test_ms_30_what_another_wrote_is_read_at_once(url, clock, tmp_path):
    async with await open_store(url, clock=clock) as first:
        second = first if url == "memory:" else await open_store(url, clock=clock)
        await first.put("group", "g", {"n": 1})
        before = (await second.get("group", "g")).record
        await first.put("group", "g", {"n": 2})

        assert (before, (await second.get("group", "g")).record) == ({"n": 1}, {"n": 2})
        await second.close()


async def test_ms_31_the_registry_is_counted(fleet, clock):
    await fleet.create_group("one", active=["a", "b"])
    await fleet.create_group("two")
    clock.now += 10
    await fleet.deregister("two", "failed")
    registry = (await fleet.statistics())["registry"]

    assert {name: registry[name] for name in registry if name != "cacheSize"} == {
        "totalRegistered": 2,
        "activeSwarms": 1,
        "completedSwarms": 0,
        "failedSwarms": 1,
        "totalAgents": 2,
        "avgSwarmLifetime": 10,
        "uptime": 10,
    }


async def test_ms_83_a_hundred_groups_live_on_one_store(store, clock):
    async with await Fleet.open(store=store, clock=clock) as fleet:
        for n in range(100):
            await fleet.create_group(f"g{n}")
        with pytest.raises(LimitReachedError):
            await fleet.create_group("one-too-many")

        assert (await fleet.statistics())["registry"]["activeSwarms"] == 100


async def test_ms_84_the_documents_variables_are_understood():
    settings = settings_of(
        {
            "SWARM_MAX_COUNT": "7",
            "SWARM_TTL": "60",
            "HEARTBEAT_INTERVAL": "30000",
            "SNAPSHOT_INTERVAL": "300000",
        }
    )

    assert (settings.max_groups, settings.state_life) == (7, 60)
    assert (settings.heartbeat_every, settings.snapshot_every) == (30, 300)
    with pytest.raises(InvalidRecordError, match="SWARM_TTL"):
        settings_of({"SWARM_TTL": "long"})
    async with await open_store(settings.url) as store:
        assert await store.count("group") == 0


async def test_ms_87_the_self_check_tries_everything_on_the_live_store(fleet):
    results = await fleet.selfcheck()

    assert set(results.values()) == {"ok"}
    assert len(results) >= 6
    assert await fleet.groups() == []


async def test_st_19_a_store_in_a_file_is_the_owners_and_makes_its_folders(tmp_path):
    path = tmp_path / "data" / "shared.db"
    async with await open_store(f"sqlite:{path}") as store:
        await store.put("session", "../../x", {"a": 1})
        assert (await store.get("session", "../../x")).record == {"a": 1}

    assert [entry.name for entry in tmp_path.iterdir()] == ["data"]
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


async def test_st_21_records_are_isolated_from_what_callers_do_with_them(store):
    mine = {"list": [1]}
    await store.put("t", "k", mine)
    mine["list"].append(2)
    (await store.get("t", "k")).record["list"].append(3)

    assert (await store.get("t", "k")).record == {"list": [1]}


async def test_st_23_a_store_keeps_finds_counts_and_closes_twice(url, clock):
    store = await open_store(url, clock=clock)
    for n in range(3):
        await store.put("t", f"k{n}", {"n": n, "status": "x"})
    await store.put("t", "short", {"n": 9}, ttl=5)
    clock.now += 6

    assert [row.key for row in await store.find("t", {"status": "x"}, order=("-n",), limit=2)] == [
        "k2", "k1",
    ]  # fmt: skip
    assert await store.get("t", "missing") is None
    assert await store.drop("t", "k0")
    assert await store.count("t") == 2
    assert (await store.stats())["rows"] == 2
    assert (await store.health()).latency >= 0
    await store.close()
    await store.close()
    with pytest.raises(StoreError):
        await store.health()


async def test_st_24_stores_are_opened_by_the_name_of_their_type(tmp_path):
    async with await open_store("memory:") as memory:
        assert isinstance(memory, MemoryStore)
    async with await open_store(f"sqlite:{tmp_path / 'x.db'}") as sqlite:
        assert type(sqlite).__name__ == "SqliteStore"
    with pytest.raises(StoreError, match="address"):
        await open_store("carrier-pigeon:coop")


async def test_st_25_errors_carry_versions_places_and_fields(store):
    await store.put("t", "k", {"a": 1})
    with pytest.raises(ConflictError) as conflict:
        await store.put("t", "k", {}, version=0)
    with pytest.raises(NotFoundError) as missing:
        await store.patch("t", "none", {})
    with pytest.raises(InvalidRecordError) as invalid:
        await store.put("t", "", {})

    assert (conflict.value.expected, conflict.value.current > 0) == (0, True)
    assert (missing.value.table, missing.value.key) == ("t", "none")
    assert invalid.value.faults[0].key == "key"
    assert all(isinstance(e.value, StoreError) for e in (conflict, missing, invalid))


async def test_st_75_shutting_down_saves_all_and_says_whether_it_could(store, clock):
    fleet = await Fleet.open(store=store, clock=clock)
    session = await fleet.sessions.create()
    fleet.sessions.keep(session)

    assert await fleet.shutdown() == 0
    assert (await store.get("session", session.id)).version > session.version


def test_st_77_the_documents_settings_come_from_the_environment():
    settings = settings_of(
        {
            "STORAGE_TYPE": "file",
            "STORAGE_PATH": "./data",
            "EVENT_RETENTION_HOURS": "24",
            "SESSION_EXPIRATION_DAYS": "7",
            "MAX_CONCURRENT_SESSIONS": "50",
            "AGENT_STATE_MESSAGE_HISTORY": "10",
            "AGENT_STATE_MAX_SIZE_MB": "10",
            "EVENT_REGISTRY_MAX_SIZE": "10000",
            "HEARTBEAT_INTERVAL_MS": "2000",
            "LIVENESS_PROBE_TIMEOUT_MS": "5000",
        }
    )

    assert settings == FleetSettings(url="sqlite:./data/shared.db", max_sessions=50)
    with pytest.raises(InvalidRecordError):
        settings_of({"STORAGE_TYPE": "clay tablets"})


async def test_st_77_the_environments_store_can_be_opened(tmp_path):
    settings = settings_of({"STORAGE_TYPE": "sqlite", "STORAGE_PATH": str(tmp_path)})
    async with await open_store(settings.url) as store:
        assert await store.put("t", "k", {}) > 0


async def test_st_78_metrics_have_the_documents_names(fleet):
    await fleet.create_group("one")
    await fleet.sessions.create()

    metrics = await fleet.metrics()
    assert set(metrics) == {
        "session_count", "agent_health_status", "event_throughput", "error_rate",
        "session_restore_latency_ms", "event_propagation_latency_ms",
    }  # fmt: skip
    assert metrics["session_count"] == 1
    assert metrics["event_throughput"] > 0


async def test_st_79_the_whole_works_on_each_store(url, clock):
    async with await Fleet.open(url, clock=None or __import__("time").time) as fleet:
        await fleet.create_group("one", active=["a"], passive=["b"])
        assert set((await fleet.selfcheck()).values()) == {"ok"}


async def test_st_79_sqlite_opens_with_what_was_kept(tmp_path):
    from casare_robot.store.sqlite.sqlite_store import SqliteStore

    for n in range(2):
        async with await SqliteStore.open(tmp_path / "x.db") as store:
            assert (await store.get("t", "k") is not None) == bool(n)
            await store.put("t", "k", {})
