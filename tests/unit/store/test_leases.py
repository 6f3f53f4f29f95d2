"""What every store promises about leases, fences and claims."""

import asyncio

import pytest

from casare_robot.domain.errors import StaleLeaseError
from casare_robot.store.conditions import AnyOf, Within
from casare_robot.store.records import Append, Fence, Put


async def test_a_lease_has_one_holder(store, clock):
    lease = await store.lease("fleet", "a", ttl=5)

    assert (lease.name, lease.holder, lease.expires) == ("fleet", "a", clock.now + 5)
    assert await store.lease("fleet", "b", ttl=5) is None
    assert await store.held("fleet", "other") == {"fleet": lease}


async def test_of_fifty_contenders_one_wins(store):
    ends = await asyncio.gather(*(store.lease("fleet", f"r{n}", ttl=5) for n in range(50)))

    assert sum(end is not None for end in ends) == 1


async def test_renewing_keeps_the_token_and_moves_the_end(store, clock):
    first = await store.lease("fleet", "a", ttl=5)
    clock.now += 4.9

    second = await store.lease("fleet", "a", ttl=7)

    assert second.token == first.token
    assert second.expires == clock.now + 7


async def test_a_token_only_grows(store, clock):
    tokens = []
    for holder in "aabca":
        tokens.append((await store.lease("fleet", holder, ttl=5)).token)
        clock.now += 5
    lease = await store.lease("fleet", "a", ttl=5)
    await store.unlease(lease.fence)
    tokens += [lease.token, (await store.lease("fleet", "a", ttl=5)).token]

    assert tokens == sorted(set(tokens))


async def test_a_token_grows_even_if_the_lease_was_forgotten(store, clock):
    old = await store.lease("fleet", "a", ttl=5)
    clock.now += 1_000_000
    await store.lease("other", "a", ttl=5)

    assert (await store.lease("fleet", "b", ttl=5)).token > old.token
    with pytest.raises(StaleLeaseError):
        await store.append("log", 1, fence=old.fence)


async def test_a_lease_that_ran_out_is_held_by_nobody(store, clock):
    await store.lease("fleet", "a", ttl=5)
    clock.now += 5

    assert await store.held("fleet") == {}
    assert (await store.lease("fleet", "b", ttl=5)).holder == "b"


async def test_only_the_holder_can_give_a_lease_back(store, clock):
    old = await store.lease("fleet", "a", ttl=5)
    clock.now += 5
    new = await store.lease("fleet", "b", ttl=5)

    assert not await store.unlease(old.fence)
    assert not await store.unlease(Fence(name="never", token=1))
    assert await store.held("fleet") == {"fleet": new}
    assert await store.unlease(new.fence)
    assert not await store.unlease(new.fence)
    assert await store.lease("fleet", "c", ttl=5) is not None


async def test_a_clock_set_back_keeps_nobody_waiting_for_longer_than_the_lease(store, clock):
    await store.lease("fleet", "dead", ttl=5)
    clock.now -= 3600

    assert await store.lease("fleet", "b", ttl=5) is None
    clock.now += 5
    assert await store.lease("fleet", "b", ttl=5) is not None


async def test_a_write_with_a_fence_that_holds_is_done(store):
    fence = (await store.lease("fleet", "a", ttl=5)).fence

    await store.put("job", "a", {"n": 1}, fence=fence)
    await store.patch("job", "a", {"n": 2}, fence=fence)
    await store.append("log", "x", fence=fence)
    await store.drop("job", "a", fence=fence)

    assert (await store.read("log")).newest == 1


@pytest.mark.parametrize("how", ["taken over", "ran out", "given back", "never given"])
async def test_a_write_with_a_stale_fence_is_refused_and_changes_nothing(store, clock, how):
    await store.put("job", "a", {"n": 1})
    lease = await store.lease("fleet", "a", ttl=5)
    fence, current = lease.fence, lease.token
    match how:
        case "taken over":
            clock.now += 5
            current = (await store.lease("fleet", "b", ttl=5)).token
        case "ran out":
            clock.now += 5
        case "given back":
            await store.unlease(fence)
        case "never given":
            fence, current = Fence(name="nobody", token=7), 0

    for write in (
        store.put("job", "a", {"n": 2}, fence=fence),
        store.patch("job", "a", {"n": 2}, fence=fence),
        store.drop("job", "a", fence=fence),
        store.append("log", "x", fence=fence),
        store.claim("job", holder="a", ttl=5, fence=fence),
        store.commit(
            Put(table="job", key="b", record={}), Append(stream="log", bodies=(1,)), fence=fence
        ),
    ):
        with pytest.raises(StaleLeaseError) as caught:
            await write
        assert (caught.value.token, caught.value.current) == (fence.token, current)

    (row,) = await store.find("job")
    assert row.record == {"n": 1}
    assert (await store.read("log")).newest == 0
    assert await store.held("job:a") == {}


async def test_a_claim_takes_the_best_row_and_its_lease(store, clock):
    await store.put("job", "low", {"status": "queued", "priority": 1})
    await store.put("job", "done", {"status": "done", "priority": 9})
    await store.put("job", "sap", {"status": "queued", "priority": 8, "needs": ["sap"]})
    await store.put("job", "high", {"status": "queued", "priority": 5, "needs": []})

    claim = await store.claim(
        "job",
        holder="r1",
        ttl=5,
        where={"status": "queued", "needs": Within(("web",))},
        order=["-priority"],
        fields={"status": "running", "robot": "r1"},
    )

    assert claim.row == await store.get("job", "high")
    assert claim.row.record == {"status": "running", "priority": 5, "needs": [], "robot": "r1"}
    assert await store.held("job:high") == {"job:high": claim.lease}
    assert (claim.lease.holder, claim.lease.expires) == ("r1", clock.now + 5)


async def test_without_a_row_that_matches_there_is_no_claim(store):
    await store.put("job", "a", {"status": "done"})

    assert await store.claim("job", holder="r", ttl=5, where={"status": "queued"}) is None


async def test_a_row_is_claimed_again_only_after_its_lease_ran_out(store, clock):
    await store.put("job", "a", {"status": "queued"})
    wanted = {"status": AnyOf(("queued", "running"))}
    first = await store.claim("job", holder="r1", ttl=5, where=wanted, fields={"status": "running"})

    assert await store.claim("job", holder="r2", ttl=5, where=wanted) is None
    assert await store.claim("job", holder="r1", ttl=5, where=wanted) is None
    clock.now += 5
    second = await store.claim("job", holder="r2", ttl=5, where=wanted)

    assert second.lease.token > first.lease.token
    with pytest.raises(StaleLeaseError):
        await store.put("job", "a", {"status": "done"}, fence=first.lease.fence)


async def test_many_rows_are_claimed_at_once_in_order(store):
    for n in range(5):
        await store.put("job", f"j{n}", {"status": "queued", "priority": n})
    wanted = {"holder": "r", "ttl": 5, "where": {"status": "queued"}, "order": ["-priority"]}

    claims = await store.claim_many("job", most=3, fields={"status": "running"}, **wanted)

    assert [claim.row.key for claim in claims] == ["j4", "j3", "j2"]
    assert all(claim.row.record["status"] == "running" for claim in claims)
    names = [f"job:{claim.row.key}" for claim in claims]
    assert await store.held(*names) == {claim.lease.name: claim.lease for claim in claims}
    rest = await store.claim_many("job", most=3, fields={"status": "running"}, **wanted)
    assert [claim.row.key for claim in rest] == ["j1", "j0"]
    assert await store.claim_many("job", most=3, **wanted) == ()


async def test_of_many_who_claim_each_gets_another_row(store):
    for n in range(30):
        await store.put("job", f"j{n}", {"status": "queued"})

    claims = await asyncio.gather(
        *(
            store.claim(
                "job",
                holder=f"r{n}",
                ttl=5,
                where={"status": "queued"},
                fields={"status": "running"},
            )
            for n in range(40)
        )
    )

    taken = [claim.row.key for claim in claims if claim]
    assert len(taken) == len(set(taken)) == 30
