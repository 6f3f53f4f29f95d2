"""What happens between a look and the change that follows it, others being faster: memories."""

import asyncio

import msgspec
import pytest

from casare_robot.domain.errors import (
    SessionStateError,
)
from casare_robot.groups.memory import Memory

HOUR = 3600.0


async def turns():
    """Let another task have its turns, as far as it needs no file."""
    for _ in range(50):
        await asyncio.sleep(0)


def _of(table):
    return lambda name, *_, **__: name == table


async def test_what_one_remembers_while_another_looks_is_not_overlooked(
    store, memory, meanwhile, clock
):
    looks = []

    async def remember():
        writer = Memory(store, "team", max_tokens=100, clock=clock)
        await writer.remember("the door is green", originator="b")
        looks.append(asyncio.create_task(memory.contents()))
        await turns()

    meanwhile("find", remember, at=lambda table, *_, **__: table == "memory")
    await memory.contents()
    await looks[0]

    assert [node.content for node in await memory.contents()] == ["the door is green"]


async def test_an_answer_is_never_older_than_the_log_though_another_is_reading(
    store, memory, meanwhile, clock
):
    await memory.contents()
    writer = Memory(store, "team", max_tokens=100, clock=clock)
    await writer.remember("the door is green", originator="b")
    looks = []

    async def look():
        looks.append(asyncio.create_task(memory.contents()))
        await turns()

    meanwhile("get", look, at=lambda table, *_: table == "memory")
    await memory.contents()
    seen = await looks[0]

    assert [node.content for node in seen] == ["the door is green"]


async def test_emptying_passes_over_what_another_has_deleted(store, memory, meanwhile, clock):
    first = await memory.remember("the door is green", originator="a")
    await memory.remember("the key is red", originator="a")
    writer = Memory(store, "team", max_tokens=100, clock=clock)

    async def delete():
        await writer.forget(first, permanent=True, confirm=True)

    meanwhile("get", delete, at=lambda table, *_: table == "working_memory")
    assert await memory.clear() == 2
    assert await memory.contents() == ()


async def test_contributions_are_handed_over_though_another_uses_the_memory(
    store, memory, meanwhile, clock
):
    await memory.remember("the door is green", originator="a")
    writer = Memory(store, "team", max_tokens=100, clock=clock)
    await memory.contents()

    async def use():
        await writer.recall("door", robot="c")

    meanwhile("read", use)
    assert await memory.transfer("a", "b") == 1
    assert list((await memory.contents())[0].contributions) == ["b"]


async def test_a_session_is_saved_by_itself_again_and_again(sessions):
    session = await sessions.create()
    sessions.keep(session)
    assert await sessions.autosave() == 1
    changed = msgspec.structs.replace(session, shared_context={"page": 2})
    sessions.keep(changed)
    assert await sessions.autosave() == 1
    assert (await sessions.restore(session.id)).shared_context == {"page": 2}


async def test_what_another_saved_meanwhile_is_not_overwritten_by_itself(sessions):
    session = await sessions.create()
    sessions.keep(session)
    await sessions.autosave()
    await sessions.add_message(session.id, {"content": "hello"})
    sessions.keep(msgspec.structs.replace(session, shared_context={"page": 2}))

    assert await sessions.autosave() == 0
    assert len((await sessions.restore(session.id)).history) == 1


async def test_a_session_whose_time_is_over_takes_no_more_messages(sessions, clock):
    session = await sessions.create(expiration=HOUR)
    clock.now += HOUR

    with pytest.raises(SessionStateError):
        await sessions.add_message(session.id, {"content": "late"})


async def test_a_session_that_gets_more_time_while_others_clean_up_stays(
    sessions, store, clock, meanwhile
):
    session = await sessions.create(expiration=HOUR)
    clock.now += HOUR + 1

    async def lengthen():
        await sessions.save(msgspec.structs.replace(session, expires_at=clock.now + HOUR))

    meanwhile("find", lengthen)
    assert await sessions.cleanup() == 0
    assert (await sessions.restore(session.id)).expires_at == clock.now + HOUR


async def test_recovering_a_group_keeps_what_others_write_into_its_state(
    sessions, meanwhile, clock
):
    await sessions.save("team", {"phase": "one"})

    async def write():
        await sessions.update("team", {"phase": "two"})

    meanwhile("get", write)
    result = await sessions.recover("team")
    assert result["state"]["phase"] == "two"
    assert result["state"]["status"] == "recovering"


async def test_a_vector_that_comes_while_a_memory_is_remembered_again_stays(memory, meanwhile):
    node = await memory.remember("the door is green", originator="a")

    async def embed():
        assert await memory.embed() == 1

    meanwhile("get", embed, at=_of("memory"))
    await memory.remember("the door is green", originator="b")

    assert {each["with_embeddings"] for each in (await memory.attribution()).values()} == {1}
    assert len(await memory.attribution(node)) == 2


async def test_two_snapshots_at_once_are_two(sessions, meanwhile):
    await sessions.save("team", {"n": 1})

    async def another():
        await sessions.snapshot("team", "other")

    meanwhile("find", another, at=_of("snapshot"))
    await sessions.snapshot("team", "mine")
    assert {shot.label for shot in await sessions.snapshots("team")} == {"mine", "other"}
