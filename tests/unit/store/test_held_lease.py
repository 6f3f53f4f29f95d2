"""How long a holder trusts its lease. Time is virtual, and the store's clock is another."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casare_robot.domain.errors import StaleLeaseError, StoreUnavailableError
from casare_robot.store.held_lease import (
    HeldLease,
    LeaseTimes,
    Lost,
    Renew,
    Trust,
    Wait,
    decide,
    steady_clock,
    trust,
)
from casare_robot.store.memory import MemoryStore

TIMES = LeaseTimes()


@pytest.mark.parametrize(
    ("case", "asked", "tried", "now", "expected"),
    [
        ("just given", 0.0, 0.0, 0.0, Wait(2.0)),
        ("time to renew", 0.0, 0.0, 2.0, Renew(2.5)),
        ("a try has just failed", 0.0, 2.0, 2.0, Wait(0.25)),
        ("the next try is due", 0.0, 2.0, 2.25, Renew(2.25)),
        ("the next try would be too late", 0.0, 4.4, 4.4375, Wait(0.0625)),
        ("the margin is reached", 0.0, 0.0, 4.5, Lost()),
        ("long gone", 0.0, 0.0, 100.0, Lost()),
    ],
)
def test_what_a_holder_does_next(case, asked, tried, now, expected):
    known = Trust(asked=asked, until=asked + 4.5, tried=tried)

    assert decide(known, now, TIMES) == expected, case


@given(asked=st.floats(0, 1e6), answered=st.floats(0, 10), given_after=st.floats(0, 10))
def test_trust_ends_before_the_lease_does_however_slow_the_answer(asked, answered, given_after):
    """The store gave the lease at some moment after the request was sent."""
    ends_in_the_store = asked + min(answered, given_after) + TIMES.ttl

    assert trust(asked, TIMES).until < ends_in_the_store


@given(one=st.floats(100.0, 100.49), other=st.floats(100.0, 100.49))
def test_leases_taken_soon_after_each_other_are_renewed_at_the_same_moment(one, other):
    due = []
    for asked in (one, other):
        match decide(trust(asked, TIMES), asked, TIMES):
            case Wait(seconds):
                due.append(asked + seconds)

    assert due == pytest.approx([102.0, 102.0])


@pytest.mark.parametrize("times", [{"renewal": 4.5}, {"margin": 0}, {"ttl": 2}, {"renewal": 0}])
def test_times_that_lose_the_lease_are_refused(times):
    with pytest.raises(ValueError, match="cannot be renewed"):
        LeaseTimes(**times)


def test_the_steady_clock_goes_on():
    assert steady_clock() <= steady_clock()


class SlowStore(MemoryStore):
    """Answers late, or not at all, or with an error."""

    delay = 0.0
    is_away = False
    asked = 0

    async def lease(self, name, holder, *, ttl):
        self.asked += 1
        if self.is_away:
            raise StoreUnavailableError("the store is away")
        given = await super().lease(name, holder, ttl=ttl)
        await asyncio.sleep(self.delay)
        return given


@pytest.fixture
async def clock():
    return asyncio.get_running_loop().time


@pytest.fixture
async def store(clock):
    return SlowStore(clock=clock)


@pytest.mark.looptime
async def test_a_held_lease_is_renewed_each_2_seconds(store, clock, looptime):
    held = await HeldLease.take(store, "fleet", "a", clock=clock)
    token = held.token
    await asyncio.sleep(60)

    assert held.is_valid
    assert (held.token, held.fence.token) == (token, token)
    assert store.asked == pytest.approx(31, abs=1)
    assert await HeldLease.take(store, "fleet", "b", clock=clock) is None
    await held.release()
    await held.release()
    assert not held.is_valid
    assert await store.held("fleet") == {}


@pytest.mark.looptime
async def test_trust_counts_from_before_the_request(store, clock, looptime):
    store.delay = 1.0
    held = await HeldLease.take(store, "fleet", "a", clock=clock)

    assert looptime == 1
    assert held.trusted_until == 4.5
    await held.release()


@pytest.mark.looptime
async def test_trust_counts_from_before_a_renewal_too(store, clock, looptime):
    held = await HeldLease.take(store, "fleet", "a", clock=clock)
    store.delay = 1.0
    await asyncio.sleep(3.25)

    assert held.trusted_until == 6.5
    await held.release()


@pytest.mark.looptime
async def test_a_lease_that_is_to_run_out_is_trusted_no_more_and_nobody_elses_before(
    store, clock, looptime
):
    held = await HeldLease.take(store, "fleet", "a", clock=clock)
    held.let_run_out()
    await asyncio.sleep(3)

    assert not held.is_valid
    assert await store.lease("fleet", "b", ttl=5.0) is None


@pytest.mark.looptime
async def test_a_holder_that_cannot_reach_the_store_stops_before_its_lease_ends(
    store, clock, looptime
):
    held = await HeldLease.take(store, "fleet", "a", clock=clock)
    store.is_away = True

    await held.lost()

    assert 4.5 <= looptime < 4.52
    assert not held.is_valid
    assert "fleet" in await store.held("fleet")
    with pytest.raises(StaleLeaseError):
        _ = held.fence


@pytest.mark.looptime
async def test_a_holder_whose_request_gets_no_answer_stops_too(store, clock, looptime):
    held = await HeldLease.take(store, "fleet", "a", clock=clock)
    store.delay = 1000

    await held.lost()

    assert 4.5 <= looptime < 4.52


@pytest.mark.looptime
async def test_a_short_absence_of_the_store_costs_nothing(store, clock, looptime):
    held = await HeldLease.take(store, "fleet", "a", clock=clock)
    store.is_away = True
    await asyncio.sleep(4)
    store.is_away = False
    await asyncio.sleep(10)

    assert held.is_valid
    await held.release()


@pytest.mark.looptime
async def test_a_process_that_was_frozen_knows_that_its_lease_is_lost(store, looptime):
    """Its clock has jumped, its loop has not run: nothing was renewed meanwhile."""
    frozen = 0.0
    now = asyncio.get_running_loop().time
    held = await HeldLease.take(store, "fleet", "a", clock=lambda: now() + frozen)
    assert held.is_valid

    frozen = 10.0

    assert not held.is_valid
    with pytest.raises(StaleLeaseError):
        _ = held.fence
    await held.lost()
    frozen = 0.0
    assert not held.is_valid


@pytest.mark.looptime
async def test_a_lease_that_somebody_else_took_is_lost_at_the_next_renewal(store, clock, looptime):
    held = await HeldLease.take(store, "fleet", "a", clock=clock)
    await store.unlease(held.fence)
    other = await store.lease("fleet", "b", ttl=5)

    await held.lost()
    await held.release()

    assert looptime == 2
    assert (await store.held("fleet"))["fleet"].token == other.token


@pytest.mark.looptime
async def test_a_lease_taken_anew_by_its_own_renewal_is_given_back(store, clock, looptime):
    held = await HeldLease.take(store, "fleet", "a", clock=clock)
    await store.unlease(held.fence)

    await held.lost()
    await asyncio.sleep(0)

    assert await store.held("fleet") == {}
