"""Every store says the same of what makes no sense."""

import math

import pytest

from casare_robot.domain.errors import InvalidRecordError
from casare_robot.store.conditions import AnyOf, AtLeast, Below, Within
from casare_robot.store.records import Reading

NO_NAMES = ("", "x" * 501, "a\0b", "\ud800", "Zoë\0", "🤖\ud800")
LARGE, VAST = 2**70, 10**400


async def test_under_a_name_that_is_none_nothing_is_found(store):
    await store.put("job", "a", {})

    for name in NO_NAMES:
        assert await store.get("job", name) is None
        assert await store.get(name, "a") is None
        assert await store.read(name) == Reading(entries=(), oldest=1, newest=0)
        assert await store.held(name, "other") == {}


@pytest.mark.parametrize(
    "call",
    [
        lambda store, seconds: store.put("job", "a", {"n": 2}, ttl=seconds),
        lambda store, seconds: store.patch("job", "a", {"n": 2}, ttl=seconds),
        lambda store, seconds: store.lease("job:a", "me", ttl=seconds),
        lambda store, seconds: store.claim("job", holder="me", ttl=seconds, fields={"n": 2}),
        lambda store, seconds: store.trim("log", max_age=seconds),
    ],
    ids=["put", "patch", "lease", "claim", "trim"],
)
async def test_a_time_without_end_is_refused_and_changes_nothing(store, call):
    await store.put("job", "a", {"n": 1})
    await store.append("log", 1)

    for seconds in (math.nan, math.inf, -math.inf):
        with pytest.raises(InvalidRecordError):
            await call(store, seconds)

    row = await store.get("job", "a")
    assert (row.record, row.expires) == ({"n": 1}, None)
    assert await store.held("job:a") == {}
    assert len((await store.read("log")).entries) == 1


async def test_what_ends_before_it_begins_is_gone_at_once(store):
    for seconds in (0, -1, -1e300):
        await store.put("job", "put", {}, ttl=seconds)
        await store.put("job", "patched", {})
        await store.patch("job", "patched", {}, ttl=seconds)
        lease = await store.lease("fleet", "me", ttl=seconds)

        assert await store.count("job") == 0
        assert await store.held("fleet") == {}
        again = await store.lease("fleet", "you", ttl=5)
        assert again.token > lease.token
        await store.unlease(again.fence)


async def test_numbers_of_any_size_may_be_asked_for(store):
    for key, number in (("low", -LARGE), ("one", 1), ("high", LARGE)):
        await store.put("job", key, {"n": number})

    for wanted, expected in (
        (LARGE, ["high"]),
        (-LARGE, ["low"]),
        (VAST, []),
        (AnyOf((LARGE, 1, -VAST)), ["one", "high"]),
        (Within((LARGE,)), []),
        (Below(LARGE), ["low", "one"]),
        (Below(VAST), ["low", "one", "high"]),
        (Below(-VAST), []),
        (AtLeast(LARGE), ["high"]),
        (AtLeast(-VAST), ["low", "one", "high"]),
    ):
        assert [row.key for row in await store.find("job", {"n": wanted})] == expected


@pytest.mark.parametrize("field", ["status", "name"])
async def test_a_text_that_not_all_stores_can_keep_may_be_asked_for(store, field):
    for key, value in (("a", "x"), ("b", None), ("c", ["x"])):
        await store.put("job", key, {field: value})

    for wanted, expected in (
        ("x\0", []),
        (AnyOf(("x\0", "y\0")), []),
        (AnyOf(("x\0", "x")), ["a"]),
        (Within(("x\0", "x")), ["b", "c"]),
    ):
        assert [row.key for row in await store.find("job", {field: wanted})] == expected
    assert await store.claim("job", holder="me", ttl=5, where={field: "x\0"}) is None
