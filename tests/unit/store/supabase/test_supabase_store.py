"""What is particular to a store in a Supabase project."""

import asyncio

import pytest

from casare_robot.domain.errors import StoreError, StoreUnavailableError
from casare_robot.store.held_lease import times_for
from casare_robot.store.opening import open_store
from casare_robot.store.supabase.project import read_project


@pytest.fixture
def project(supabase_project):
    supabase_project.realtime.settle()
    supabase_project.empty()
    return supabase_project.robot("r1", "team")


async def test_realtime_calls_before_the_next_look(project, supabase_project, monkeypatch):
    monkeypatch.setattr("casare_robot.store.supabase.supabase_store.POLLS", (3600.0, 3600.0))
    other = supabase_project.robot("r2", "team")
    async with (
        await open_store(project.address) as store,
        await open_store(other.address) as far,
        store.watch("log") as bell,
        asyncio.timeout(60),
    ):
        await anext(bell)
        await store.line.joined()
        await anext(bell)  # joined: something may have been missed

        await far.append("log", 1)

        assert await anext(bell) == {"log"}


async def test_one_looks_at_once_when_the_line_is_lost_and_when_it_is_there_again(
    project, supabase_project, monkeypatch
):
    monkeypatch.setattr("casare_robot.store.supabase.supabase_store.POLLS", (3600.0, 3600.0))
    async with (
        await open_store(project.address) as store,
        store.watch("log") as bell,
        asyncio.timeout(60),
    ):
        await anext(bell)
        await store.line.joined()
        await anext(bell)
        supabase_project.realtime.refuses = True
        await asyncio.to_thread(supabase_project.realtime.close)
        assert await anext(bell) == {"log"}
        assert not store.line.is_joined

        supabase_project.realtime.refuses = False
        assert await anext(bell) == {"log"}
        assert store.line.is_joined


async def test_one_looks_rarely_with_realtime_and_soon_without(project, supabase_project):
    async with await open_store(project.address) as store, asyncio.timeout(60):
        without = [store.poll for _ in range(50)]
        async with store.watch("log"):
            await store.line.joined()
            heard = [store.poll for _ in range(50)]

    assert all(4 <= wait <= 6 for wait in without)
    assert all(24 <= wait <= 36 for wait in heard)
    assert len(set(heard)) > 10, "robots would look together"


async def test_without_realtime_one_looks_all_the_same(project, supabase_project):
    supabase_project.realtime.refuses = True
    other = supabase_project.robot("r2", "team")
    async with (
        await open_store(project.address) as store,
        await open_store(other.address) as far,
        store.watch("log") as bell,
        asyncio.timeout(60),
    ):
        await anext(bell)
        await far.append("log", 1)
        await anext(bell)

        assert (await store.read("log")).newest == 1
        health = await store.health()
    supabase_project.realtime.settle()
    assert "Realtime is silent" in health.warnings[0]


async def test_what_is_asked_together_is_one_request(project, supabase_project):
    async with await open_store(project.address) as store:
        supabase_project.requests.clear()
        await asyncio.gather(*(store.get("job", str(number)) for number in range(50)))

        assert len(supabase_project.requests) == 1


async def test_leases_last_thirty_seconds_and_are_renewed_after_ten(project):
    async with await open_store(project.address) as store:
        times = times_for(store)

    assert (times.ttl, times.renewal) == (30.0, 10.0)


async def test_a_project_that_is_not_there_is_unavailable(project):
    gone = project._replace(url="http://127.0.0.1:9")

    with pytest.raises(StoreUnavailableError, match="cannot be reached"):
        await open_store(gone.address)


@pytest.mark.parametrize("url", ["http://a.supabase.co", "supabase:///x", "ftp://a", "supabase://"])
def test_what_is_no_safe_address_is_refused(url):
    with pytest.raises(StoreError):
        read_project(url)


def test_an_address_says_again_what_it_said(project):
    assert read_project(project.address) == project
