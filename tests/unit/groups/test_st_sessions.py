"""ST-01 to 18, 26; MS-23, 68 to 81: sessions, states, snapshots, recovery."""

import asyncio

import msgspec
import pytest

from casare_robot.domain.errors import (
    ConflictError,
    InvalidRecordError,
    LimitReachedError,
    NotFoundError,
    SessionStateError,
    StoreUnavailableError,
)
from casare_robot.groups.recovery_plan import confidence, estimated
from casare_robot.groups.sessions import Sessions
from casare_robot.store.opening import open_store

HOUR, DAY = 3600.0, 86_400.0


async def test_st_01_sessions_are_kept_in_whichever_store_is_opened(url, clock):
    async with await open_store(url, clock=clock) as store:
        session = await Sessions(store, clock=clock).create()

        assert (await Sessions(store, clock=clock).restore(session.id)) == msgspec.structs.replace(
            session, size=(await Sessions(store).restore(session.id)).size
        )


async def test_st_02_a_new_session_is_active_empty_and_nobody_can_guess_its_id(sessions, clock):
    session = await sessions.create(metadata={"userId": "user123"}, agentIds=["a"])

    assert (session.state, session.robots, session.history) == ("active", ("a",), ())
    assert session.created_at == session.updated_at == clock.now
    assert session.metadata == {"userId": "user123"}
    assert session.id[14] == "4"
    assert session.version > 0
    printed = msgspec.to_builtins(session)
    assert {"createdAt", "expiresAt", "agentIds", "agentStates", "conversationHistory"} <= set(
        printed
    )


async def test_st_03_a_session_lives_seven_days_or_as_long_as_is_asked(sessions, clock):
    assert (await sessions.create()).expires_at == clock.now + 7 * DAY
    assert (await sessions.create(expirationMs=DAY * 1000)).expires_at == clock.now + DAY
    for wrong in (HOUR - 1, 31 * DAY, "long"):
        with pytest.raises(InvalidRecordError):
            await sessions.create(expiration=wrong)


async def test_st_04_a_session_is_saved_after_each_message(sessions, store, clock):
    session = await sessions.create()
    await sessions.add_message(session.id, {"role": "user", "content": "hello"})

    restored = await Sessions(store, clock=clock).restore(session.id)
    assert [turn["content"] for turn in restored.history] == ["hello"]


async def test_st_05_saving_renews_version_and_time(sessions, clock):
    session = await sessions.create()
    clock.now += 5
    saved = await sessions.save(session)

    assert saved.version > session.version
    assert saved.updated_at == clock.now
    for wrong in (None, msgspec.structs.replace(session, id="../x")):
        with pytest.raises(InvalidRecordError):
            await sessions.save(wrong)


async def test_st_06_who_saves_too_late_learns_both_versions_or_merges(sessions, clock):
    old = await sessions.create()
    new = await sessions.save(old)

    with pytest.raises(ConflictError) as told:
        await sessions.save(old)
    assert (told.value.expected, told.value.current) == (old.version, new.version)

    def merge(fresh, mine):
        return msgspec.structs.replace(fresh, metadata={"by": "merge"})

    merged = await sessions.save(old, merge=merge)
    assert merged.metadata == {"by": "merge"}
    assert clock.slept == [0.1]
    assert (await sessions.stats())["conflicts"] == 2


async def test_st_07_restoring_brings_everything_back_or_none(sessions):
    session = await sessions.create()
    await sessions.add_message(session.id, {"content": "x"})
    await sessions.set_member_state(session.id, "a", {"context": {"k": 1}})

    restored = await sessions.restore(session.id)
    assert restored.history[0]["content"] == "x"
    assert restored.robot_states == {"a": {"context": {"k": 1}}}
    assert await sessions.restore("session-123") is None
    with pytest.raises(InvalidRecordError):
        await sessions.restore("../etc/passwd")


async def test_st_08_sessions_are_listed_newest_change_first_and_deleted(sessions, clock):
    ids = []
    for _ in range(4):
        clock.now += 1
        ids.append((await sessions.create()).id)
    clock.now += 1
    await sessions.set_state(ids[0], "idle")

    assert [s.id for s in await sessions.list()] == [ids[0], ids[3], ids[2], ids[1]]
    assert [s.id for s in await sessions.list(state="paused")] == [ids[0]]
    after = await sessions.list(created_after=clock.now - 2, limit=1, offset=0)
    assert [s.id for s in after] == [ids[3]]
    assert await sessions.delete(ids[3])
    assert not await sessions.delete(ids[3])


@pytest.mark.parametrize(
    ("path", "is_allowed"),
    [
        (["paused", "active", "closed"], True),
        (["idle", "closed"], True),
        (["closed", "active"], False),
        (["active"], False),
        (["expired", "closed"], True),
        (["expired", "active"], False),
    ],
)
async def test_st_09_states_change_only_as_they_may(sessions, path, is_allowed):
    session = await sessions.create()
    for state in path[:-1]:
        await sessions.set_state(session.id, state)

    if is_allowed:
        assert (await sessions.set_state(session.id, path[-1])).state == path[-1]
    else:
        with pytest.raises(SessionStateError):
            await sessions.set_state(session.id, path[-1])


async def test_st_10_a_hundred_messages_at_once_are_all_kept(sessions, store, clock):
    session = await sessions.create()

    async def add(n):
        await sessions.add_message(session.id, {"content": n})

    for start in range(0, 100, 10):
        await asyncio.gather(*(add(n) for n in range(start, start + 10)))

    history = (await sessions.restore(session.id)).history
    assert sorted(turn["content"] for turn in history) == list(range(100))
    assert all("timestamp" in turn for turn in history)
    with pytest.raises(NotFoundError):
        await sessions.add_message("unknown", {})


async def test_st_11_one_robots_state_changes_and_the_others_stay(sessions):
    session = await sessions.create()
    await sessions.set_member_state(session.id, "a", {"config": 1})
    await sessions.set_member_state(session.id, "b", {"config": 2})
    changed = await sessions.set_member_state(session.id, "a", {"config": 3})

    assert changed.robot_states == {"a": {"config": 3}, "b": {"config": 2}}


async def test_st_12_expired_sessions_are_deleted_when_they_are_old_enough(sessions, clock):
    session = await sessions.create(expiration=HOUR)
    alive = await sessions.create()
    clock.now += HOUR + 1

    assert await sessions.cleanup(older_than=DAY) == 0
    assert (await sessions.restore(session.id)).state == "expired"
    clock.now += DAY
    assert await sessions.cleanup(older_than=DAY) == 1
    assert await sessions.restore(session.id) is None
    assert await sessions.restore(alive.id) is not None


async def test_st_13_figures_count_sessions_by_state(sessions, url):
    first, _ = await sessions.create(), await sessions.create()
    await sessions.set_state(first.id, "paused")

    figures = await sessions.stats()
    assert (figures["activeSessions"], figures["idleSessions"]) == (1, 1)
    assert figures["expiredSessions"] == 0
    assert figures["storageSizeBytes"] > 0
    assert figures["backendType"] == url.partition(":")[0]


async def test_st_14_an_invalidated_session_refuses_messages_until_it_is_gone(store, clock):
    tries, alerts = [], []

    async def cleaner(session):
        tries.append(clock.now)
        if len(tries) <= 11:
            raise ConnectionError("busy")

    sessions = Sessions(
        store, clock=clock, sleep=clock.sleep, cleaner=cleaner, on_alert=alerts.append
    )
    session = await sessions.create()

    assert not await sessions.invalidate(session.id)
    assert tries[1] - tries[0] == 10
    with pytest.raises(SessionStateError, match="Session invalidated"):
        await sessions.add_message(session.id, {})
    for wait in (300, 600):
        assert await sessions.cleanup() == 0
        clock.now += 600 if wait == 300 else 1200
        await sessions.cleanup()
    for _ in range(12):
        clock.now += 3600
        await sessions.cleanup()
    assert await sessions.restore(session.id) is None
    assert len(alerts) == 1


async def test_st_15_what_cannot_be_saved_stays_in_memory_and_is_told_once(
    store, clock, monkeypatch
):
    alerts = []
    sessions = Sessions(store, clock=clock, on_alert=alerts.append)
    session = await sessions.create()
    sessions.keep(session)
    original = type(store).commit

    async def broken(self, *changes, **given):
        raise StoreUnavailableError("away")

    monkeypatch.setattr(type(store), "commit", broken)
    waits = []
    for _ in range(7):
        assert await sessions.autosave() == 0
        waits.append(sessions.saving.next_try[session.id] - clock.now)
        clock.now += waits[-1]
    monkeypatch.setattr(type(store), "commit", original)

    assert waits[:5] == [1, 5, 30, 60, 60]
    assert len(alerts) == 1
    assert await sessions.autosave() == 1
    assert (await sessions.stats())["session_save_failures_total"] == 7


async def test_st_16_a_session_that_is_too_large_loses_its_oldest_turns(sessions, store):
    session = await sessions.create(metadata={"trimmable": ["cache"]})
    turns = [{"agentId": "ab"[n % 2], "content": f"{n}" + "x" * 1000} for n in range(100)]
    session = msgspec.structs.replace(
        session, history=tuple(turns), shared_context={"cache": "y" * 50_000, "kept": 1}
    )

    small = sessions.trim(session, most=30_000)

    assert [turn["content"][:2] for turn in small.history] == [str(n) for n in range(80, 100)]
    assert small.shared_context == {"kept": 1}
    saved = await sessions.save(
        msgspec.structs.replace(session, shared_context={"b": "z" * 200_000})
    )
    assert "gzip" in (await store.get("session", saved.id)).record
    assert (await sessions.restore(saved.id)).shared_context == {"b": "z" * 200_000}


async def test_st_17_no_more_than_a_hundred_sessions_are_open(store, clock):
    sessions = Sessions(store, clock=clock, limit=lambda: 3)
    for _ in range(3):
        await sessions.create()

    with pytest.raises(LimitReachedError) as told:
        await sessions.create()
    assert told.value.most == 3
    assert "retry after 60 s" in told.value.__notes__[0]
    assert (await sessions.stats())["sessionsRefused"] == 1
    assert len(await sessions.list()) == 3


async def test_st_18_an_unknown_or_unreadable_session_becomes_a_new_one(sessions):
    known = await sessions.create()

    assert (await sessions.restore_or_new(known.id)).id == known.id
    assert (await sessions.restore_or_new("session-123")).id not in (known.id, "session-123")
    assert (await sessions.restore_or_new("../../x")).state == "active"


async def test_st_26_the_last_ten_versions_are_kept_and_can_come_back(sessions):
    session = await sessions.create()
    for n in range(12):
        session = await sessions.save(
            msgspec.structs.replace(session, metadata={"n": n}), author=f"author {n}"
        )

    versions = await sessions.versions(session.id)
    assert [v.no for v in versions] == list(range(3, 13))
    assert versions[0].author == "author 2"
    back = await sessions.versions(session.id, restore=3)
    assert (back.metadata, back.version > session.version) == ({"n": 2}, True)


async def test_ms_23_a_state_is_gone_after_a_day_and_a_session_after_its_time(sessions, clock):
    await sessions.save("g", {"x": 1})
    session = await sessions.create(expiration=HOUR)
    clock.now += DAY + 1

    assert await sessions.load("g") is None
    assert await sessions.cleanup() == 1
    assert await sessions.restore(session.id) is None


async def test_ms_68_a_state_is_saved_and_loaded(sessions, clock):
    assert await sessions.load("g") is None
    version = await sessions.save("g", {"x": 1})

    assert await sessions.load("g") == {"x": 1, "version": version, "savedAt": clock.now}


async def test_ms_69_a_state_is_merged_and_its_version_grows_by_one(sessions):
    first = await sessions.save("g", {"x": 1})
    changes = [sessions.update("g", {f"k{n}": n}) for n in range(5)]
    await asyncio.gather(*changes)

    state = await sessions.load("g")
    assert state["version"] == first + 5
    assert {name: state[name] for name in ("x", "k0", "k4")} == {"x": 1, "k0": 0, "k4": 4}
    with pytest.raises(NotFoundError):
        await sessions.update("unknown", {})


async def test_ms_70_ten_snapshots_are_kept_oldest_first(sessions):
    await sessions.save("g", {"x": 1})
    ids = [await sessions.snapshot("g", f"label {n}") for n in range(12)]

    kept = await sessions.snapshots("g")
    assert [shot.id for shot in kept] == ids[2:]
    assert (kept[0].label, kept[0].owner) == ("label 2", "g")


async def test_ms_71_snapshots_are_taken_by_themselves_until_they_are_stopped(store, clock):
    steps: asyncio.Queue[None] = asyncio.Queue()
    waits = []

    async def sleep(seconds):
        waits.append(seconds)
        await steps.get()

    sessions = Sessions(store, clock=clock, sleep=sleep)
    await sessions.save("g", {"x": 1})
    sessions.auto_snapshot("g")
    sessions.auto_snapshot("g")
    for expected in (1, 2):
        steps.put_nowait(None)
        while len(await sessions.snapshots("g")) < expected:
            await asyncio.sleep(0.001)
    assert (await sessions.stats())["activeSnapshotTimers"] == 1
    sessions.stop_snapshots("g")

    assert {shot.label for shot in await sessions.snapshots("g")} == {"automatic"}
    assert waits[0] == 300
    assert (await sessions.stats())["activeSnapshotTimers"] == 0


async def test_ms_72_a_restored_state_says_from_where_and_when(sessions, clock):
    await sessions.save("g", {"x": 1})
    shot = await sessions.snapshot("g")
    changed = await sessions.update("g", {"x": 2})
    clock.now += 5
    state = await sessions.restore_snapshot("g", shot)

    assert (state["x"], state["restoredFrom"], state["restoredAt"]) == (1, shot, clock.now)
    assert state["version"] > changed["version"]
    with pytest.raises(NotFoundError):
        await sessions.restore_snapshot("g", "unknown")


async def test_ms_73_the_latest_checkpoint_is_found(sessions):
    assert await sessions.checkpoint("g") is None
    await sessions.checkpoint("g", {"n": 1})
    await sessions.checkpoint("g", {"n": 2})

    assert (await sessions.checkpoint("g")).record == {"n": 2}


async def test_ms_74_the_state_is_recovered_first_then_checkpoint_then_snapshot(sessions, store):
    missing = await sessions.recover("g")
    assert (missing["success"], missing["error"]) == (False, "No recovery source found")
    await sessions.save("g", {"from": "state"})
    await sessions.snapshot("g")
    await sessions.checkpoint("g", {"from": "checkpoint"})

    sources = [(await sessions.recover("g"))["source"]]
    await store.drop("group_state", "g")
    sources.append((await sessions.recover("g"))["state"]["from"])
    await store.drop("group_state", "g")
    [checkpoint] = await store.find("snapshot", {"kind": "checkpoint"})
    await store.patch("snapshot", checkpoint.key, {"record": {"from": "damaged"}})
    sources.append((await sessions.recover("g"))["source"])
    assert sources == ["state", "checkpoint", "snapshot"]


async def test_ms_75_a_recovered_state_says_what_it_was(sessions, clock):
    await sessions.save("g", {"status": "active"})
    result = await sessions.recover("g")

    assert result["state"]["status"] == "recovering"
    assert result["state"]["previousStatus"] == "active"
    assert result["state"]["recoveredAt"] == clock.now
    assert (result["success"], result["swarmId"]) == (True, "g")


async def test_ms_76_the_plan_says_where_to_go_on(sessions, clock):
    tasks = [
        {"id": 1, "status": "completed"},
        {"id": 2, "status": "in_progress"},
        {"id": 3, "status": "pending"},
    ]
    plan = sessions.plan({"tasks": tasks, "agents": ["a"], "savedAt": clock.now})

    assert plan.resume_from == tasks[1]
    assert plan.completed_tasks == (tasks[0],)
    assert plan.pending_tasks == (tasks[2],)
    assert plan.progress == 0.33
    assert 1 <= len(plan.next_actions) <= 4
    assert "recommended" not in plan.estimated_time


@pytest.mark.parametrize(
    ("age", "state", "expected"),
    [
        (0, {"tasks": [1], "agents": [1]}, 0.95),
        (59, {"tasks": [1]}, 0.9),
        (60, {"agents": [1]}, 0.8),
        (299, {}, 0.7),
        (300, {}, 0.5),
    ],
)
def test_ms_77_confidence_is_half_and_more_for_what_is_fresh_and_known(
    sessions, clock, age, state, expected
):
    assert confidence(state, age=age) == expected
    assert sessions.plan({**state, "savedAt": clock.now - age}).confidence == expected


async def test_ms_78_the_time_is_thirty_seconds_for_each_open_task(sessions, clock):
    def time_of(count):
        tasks = [{"status": "pending"}] * count
        return sessions.plan({"tasks": tasks, "savedAt": clock.now}).estimated_time

    assert [time_of(n) for n in (1, 2, 119, 120, 180)] == [
        "30 seconds", "1 minutes", "60 minutes", "1 hours", "1.5 hours",
    ]  # fmt: skip
    assert estimated(0) == "0 seconds"


async def test_ms_79_deleting_a_state_deletes_its_snapshots_and_timer(sessions):
    await sessions.save("g", {"x": 1})
    await sessions.snapshot("g")
    sessions.auto_snapshot("g")

    assert await sessions.delete("g")
    assert await sessions.load("g") is None
    assert await sessions.snapshots("g") == ()
    assert (await sessions.stats())["activeSnapshotTimers"] == 0


async def test_ms_80_figures_count_states_snapshots_and_recoveries(sessions):
    await sessions.save("g", {"x": 1})
    await sessions.load("g")
    await sessions.snapshot("g")
    await sessions.recover("g")
    await sessions.recover("unknown")

    figures = await sessions.stats()
    assert figures["statesSaved"] == 2
    assert figures["statesLoaded"] >= 2
    assert (figures["snapshotsCreated"], figures["recoveriesPerformed"]) == (1, 1)
    assert figures["errors"] == 1


async def test_ms_81_what_happens_to_a_state_is_told(sessions, store):
    await sessions.save("g", {"x": 1})
    await sessions.update("g", {"x": 2})
    shot = await sessions.snapshot("g")
    await sessions.restore_snapshot("g", shot)
    await sessions.checkpoint("g", {})
    await sessions.recover("g")
    await sessions.delete("g")
    await sessions.recover("g")

    told = {entry.body["topic"] for entry in (await store.read("group:g")).entries}
    assert told == {
        "state_saved", "state_updated", "snapshot_created", "state_restored",
        "checkpoint_created", "swarm_recovered", "state_deleted", "recovery_failed",
    }  # fmt: skip
