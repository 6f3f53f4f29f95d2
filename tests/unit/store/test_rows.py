"""What every store promises about rows."""

import asyncio

import pytest

from casare_robot.domain.errors import (
    ConflictError,
    InvalidRecordError,
    LimitReachedError,
    NotFoundError,
    StoreUnavailableError,
)
from casare_robot.store.conditions import AnyOf, AtLeast, Below, Within
from casare_robot.store.records import Append, Drop, Limit, Patch, Put


async def keys(store, *args, **options):
    return [row.key for row in await store.find(*args, **options)]


async def test_what_was_put_can_be_got(store):
    record = {"name": "Zoë 🤖", "n": 1.5, "list": [1, {"a": None}], "big": 2**70, "yes": True}

    version = await store.put("job", "a", record)

    row = await store.get("job", "a")
    assert (row.table, row.key, row.version) == ("job", "a", version)
    assert row.record == record
    assert row.expires is None


async def test_a_row_is_not_the_callers_dictionary(store):
    record = {"tags": ["a"]}
    await store.put("job", "a", record)

    record["tags"].append("b")
    (await store.get("job", "a")).record["tags"].append("c")

    assert (await store.get("job", "a")).record == {"tags": ["a"]}


async def test_names_that_look_alike_are_different(store):
    for key in ("a-b", "a_b", "A-B", "a-b ", "a:b", "%", "x" * 500):
        await store.put("job", key, {"key": key})

    assert [row.record["key"] for row in await store.find("job")] == await keys(store, "job")
    assert await store.count("job") == 7
    assert await store.get("jo", "a-b") is None


async def test_a_megabyte_is_a_record_too(store):
    await store.put("job", "a", {"text": "ü" * 500_000})

    assert len((await store.get("job", "a")).record["text"]) == 500_000


@pytest.mark.parametrize(
    "record",
    [{"x": float("nan")}, {"x": float("inf")}, {"x": b"bytes"}, {"x": "\ud800"}, ["list"], "text"],
)
async def test_what_is_no_json_object_is_refused_and_changes_nothing(store, record):
    await store.put("job", "a", {"x": 1})

    with pytest.raises(InvalidRecordError) as caught:
        await store.put("job", "a", record)

    assert caught.value.faults
    assert (await store.get("job", "a")).record == {"x": 1}


@pytest.mark.parametrize("name", ["", "x" * 501, "a\0b", "\ud800"])
async def test_a_name_that_is_none_is_refused(store, name):
    with pytest.raises(InvalidRecordError):
        await store.put(name, "a", {})
    with pytest.raises(InvalidRecordError):
        await store.put("job", name, {})
    with pytest.raises(InvalidRecordError):
        await store.append(name, 1)
    with pytest.raises(InvalidRecordError):
        await store.lease(name, "me", ttl=5)


async def test_a_condition_on_no_field_is_refused(store):
    with pytest.raises(InvalidRecordError):
        await store.find("job", {"status') OR 1=1 --": "x"})
    with pytest.raises(InvalidRecordError):
        await store.find("job", order=["-"])


async def test_with_an_old_version_nothing_is_changed(store):
    first = await store.put("job", "a", {"n": 1})
    second = await store.put("job", "a", {"n": 2}, version=first)

    for change in (
        store.put("job", "a", {"n": 3}, version=first),
        store.patch("job", "a", {"n": 3}, version=first),
        store.drop("job", "a", version=first),
        store.put("job", "a", {"n": 3}, version=0),
    ):
        with pytest.raises(ConflictError) as caught:
            await change
        assert caught.value.current == second

    row = await store.get("job", "a")
    assert (row.record, row.version) == ({"n": 2}, second)


async def test_of_many_who_change_the_same_version_one_succeeds(store):
    version = await store.put("job", "a", {"n": 0})

    ends = await asyncio.gather(
        *(store.put("job", "a", {"n": n}, version=version) for n in range(20)),
        return_exceptions=True,
    )

    assert sum(isinstance(end, int) for end in ends) == 1
    assert sum(isinstance(end, ConflictError) for end in ends) == 19


async def test_version_0_makes_a_row_once(store):
    await store.put("job", "a", {}, version=0)

    with pytest.raises(ConflictError):
        await store.put("job", "a", {}, version=0)


async def test_a_version_is_never_given_twice(store):
    old = await store.put("job", "a", {"n": 1})
    await store.drop("job", "a")
    await store.put("job", "a", {"n": 1})

    with pytest.raises(ConflictError):
        await store.put("job", "a", {"n": 2}, version=old)


async def test_a_patch_keeps_the_other_fields_and_needs_a_row(store, clock):
    await store.put("robot", "a", {"name": "A", "status": "idle", "load": {"x": 1}}, ttl=10)

    await store.patch("robot", "a", {"status": "executing", "load": {"y": 2}})

    row = await store.get("robot", "a")
    assert row.record == {"name": "A", "status": "executing", "load": {"y": 2}}
    assert row.expires == clock.now + 10
    with pytest.raises(NotFoundError) as caught:
        await store.patch("robot", "b", {"status": "idle"})
    assert (caught.value.table, caught.value.key) == ("robot", "b")


async def test_dropping_says_whether_there_was_a_row(store):
    await store.put("job", "a", {})

    assert await store.drop("job", "a")
    assert not await store.drop("job", "a")
    assert await store.get("job", "a") is None


async def test_a_row_is_gone_when_its_time_is_over(store, clock):
    old = await store.put("session", "a", {"n": 1}, ttl=10)
    clock.now += 9.9
    assert await store.count("session") == 1

    clock.now += 0.1

    assert await store.get("session", "a") is None
    assert await store.find("session") == ()
    assert not await store.drop("session", "a")
    with pytest.raises(ConflictError):
        await store.put("session", "a", {}, version=old)
    await store.put("session", "a", {"n": 2}, version=0)
    assert (await store.get("session", "a")).record == {"n": 2}


@pytest.mark.parametrize("keys", ["a", "abc"])  # one, and many in one commit
async def test_a_patch_may_say_when_a_row_ends(store, clock, keys):
    end = clock.now + 10
    for key in keys:
        await store.put("job", key, {"status": "running"})
    done = {"status": "done"}
    await store.commit(*(Patch(table="job", key=key, fields=done, ttl=10) for key in keys))
    clock.now += 9
    await store.patch("job", "a", {"late": True})
    row = await store.get("job", "a")

    clock.now = end

    assert (row.record, row.expires) == ({"status": "done", "late": True}, end)
    assert await store.count("job") == 0


async def test_rows_are_found_by_every_kind_of_condition(store):
    for key, record in {
        "a": {"status": "queued", "needs": ["sap"], "at": 1, "to": {"robot": "r1"}},
        "b": {"status": "queued", "needs": ["sap", "web"], "at": 2.5, "to": {"robot": None}},
        "c": {"status": "done", "at": "noon", "urgent": True},
        "d": {"status": ["queued"], "needs": [], "urgent": False},
        "e": {"status": "queued", "needs": "sap", "at": None},
    }.items():
        await store.put("job", key, record)

    for where, expected in (
        ({}, "abcde"),
        ({"status": "queued"}, "abe"),
        ({"status": None}, ""),
        ({"to.robot": "r1"}, "a"),
        ({"to.robot": None}, "bcde"),
        ({"urgent": True}, "c"),
        ({"urgent": 0}, "d"),
        ({"status": AnyOf(("queued", "done"))}, "abce"),
        ({"at": AnyOf((None, 1))}, "ade"),
        ({"at": AnyOf(())}, ""),
        ({"needs": Within(("sap",))}, "acd"),
        ({"needs": Within(("sap", "web"))}, "abcd"),
        ({"needs": Within(())}, "cd"),
        ({"at": Below(2.5)}, "a"),
        ({"at": AtLeast(2)}, "b"),
        ({"at": AtLeast("a")}, "c"),
        ({"status": "queued", "at": AtLeast(1), "needs": Within(("sap",))}, "a"),
    ):
        assert "".join(await keys(store, "job", where)) == expected, where
        assert await store.count("job", where) == len(expected)


async def test_rows_come_in_order_and_equals_by_age(store):
    for key, priority in {"a": 1, "b": 5, "c": 1, "d": "high", "e": None, "f": 5}.items():
        await store.put("job", key, {"priority": priority, "twin": priority == 5})
    await store.put("job", "a", {"priority": 1, "twin": False})

    assert await keys(store, "job") == list("abcdef")
    assert await keys(store, "job", order=["priority"]) == list("eacbfd")
    assert await keys(store, "job", order=["-priority"]) == list("dbface")
    assert await keys(store, "job", order=["-twin", "priority"]) == list("bfeacd")
    assert await keys(store, "job", order=["-priority"], limit=2, skip=1) == list("bf")


async def test_a_commit_is_whole(store):
    version = await store.put("job", "a", {"n": 1})
    await store.put("job", "b", {"n": 1})

    with pytest.raises(ConflictError):
        await store.commit(
            Append(stream="log", bodies=(1, 2)),
            Put(table="job", key="new", record={}),
            Patch(table="job", key="a", fields={"n": 2}),
            Drop(table="job", key="b"),
            Patch(table="job", key="a", fields={"n": 3}, version=version),
        )

    assert await keys(store, "job") == ["a", "b"]
    row = await store.get("job", "a")
    assert (row.record, row.version) == ({"n": 1}, version)
    assert (await store.read("log")).newest == 0
    assert await store.append("log", "x") == 1


async def test_a_commit_gives_the_result_of_each_change(store):
    await store.put("job", "b", {})

    results = await store.commit(
        Put(table="job", key="a", record={}),
        Append(stream="log", bodies=("x", "y")),
        Drop(table="job", key="b"),
        Drop(table="job", key="b"),
        Limit(table="job", most=1),
    )

    assert results[0] == (await store.get("job", "a")).version
    assert results[1:] == (2, 1, 0, 1)


async def test_of_many_who_ask_for_the_last_places_only_so_many_get_one(store):
    limit = Limit(table="allocation", most=5, where={"pool": "sap"})

    ends = await asyncio.gather(
        *(
            store.commit(Put(table="allocation", key=str(n), record={"pool": "sap"}), limit)
            for n in range(30)
        ),
        return_exceptions=True,
    )

    assert sum(isinstance(end, LimitReachedError) for end in ends) == 25
    assert await store.count("allocation") == 5


async def test_a_closed_store_says_so(store):
    await store.put("job", "a", {})
    await store.close()
    await store.close()

    with pytest.raises(StoreUnavailableError):
        await store.get("job", "a")


async def test_a_row_that_was_put_back_is_gone_when_its_time_is_over(store, clock):
    await store.put("job", "a", {}, ttl=100)
    await store.put("job", "b", {}, ttl=10)
    clock.now += 20
    with pytest.raises(ConflictError):
        await store.commit(
            Drop(table="job", key="a"), Put(table="job", key="c", record={}, version=99)
        )

    before = await store.count("job")
    clock.now += 80

    assert (before, await store.count("job")) == (1, 0)


async def test_stats_count_what_is_there(store, clock):
    await store.put("job", "a", {})
    await store.put("job", "b", {}, ttl=1)
    await store.append("log", 1, 2, 3)
    await store.lease("job:a", "me", ttl=5)
    clock.now += 2

    stats = await store.stats()

    assert stats["bytes"] > 0
    assert {**stats, "bytes": 0} == {
        "rows": 1, "entries": 3, "streams": 1, "leases": 1, "bytes": 0
    }  # fmt: skip
    assert (await store.health()).latency >= 0
