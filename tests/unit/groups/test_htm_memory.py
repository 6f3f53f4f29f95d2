"""HTM-15 to 28, 44, 57, 58: what a group remembers, and the budget of its working memory."""

import hashlib

import pytest

from casare_robot.domain.errors import InvalidRecordError, NotFoundError
from casare_robot.groups.memory import Memory


async def node_of(store, node_id):
    return (await store.get("memory", node_id)).record


async def topics(store):
    reading = await store.read("group:team")
    return [(e.body["topic"], e.body["payload"]) for e in reading.entries]


async def test_htm_15_what_is_remembered_has_an_id_tags_and_metadata(memory, store):
    node = await memory.remember("text", originator="a", tags=["x"], metadata={"k": 1})

    record = await node_of(store, node)
    assert (record["text"], record["tags"], record["metadata"]) == ("text", ["x"], {"k": 1})
    assert record["created_by"] == "a"


@pytest.mark.parametrize("content", ["", "   ", None, "ä" * 500_001])
async def test_htm_17_empty_and_huge_contents_are_refused(memory, content):
    assert (await memory.remember("  kept  ", originator="a")) == await memory.remember(
        "kept", originator="a"
    )
    with pytest.raises(InvalidRecordError):
        await memory.remember(content, originator="a")


async def test_htm_18_tags_bring_those_above_them_and_must_be_well_formed(memory, store):
    node = await memory.remember("x", originator="a", tags=["db:postgres:index"])

    assert (await node_of(store, node))["tags"] == ["db", "db:postgres", "db:postgres:index"]
    for wrong in (["No Spaces"], ["a::b"], [f"t{n}" for n in range(1001)]):
        with pytest.raises(InvalidRecordError):
            await memory.remember("x", originator="a", tags=wrong)
    with pytest.raises(InvalidRecordError):
        await memory.remember("x", originator="a", metadata={1: 2})


async def test_htm_19_the_same_text_is_the_same_memory(memory, store, clock):
    first = await memory.remember("same", originator="a", tags=["one"])
    await memory.forget(first)
    clock.now += 10
    second = await memory.remember(" same ", originator="b", tags=["two"])

    record = await node_of(store, second)
    assert first == second
    assert record["remember_count"] == 2
    assert record["last_remembered_at"] == clock.now
    assert set(record["tags"]) == {"one", "two"}
    assert record["deleted_at"] is None


async def test_htm_20_a_memory_has_the_columns_of_the_document(memory, store, clock):
    node = await memory.remember("text", originator="a")

    record = await node_of(store, node)
    assert record["hash"] == hashlib.sha256(b"text").hexdigest()
    assert record["access_count"] == 0
    assert record["created_at"] == record["updated_at"] == clock.now
    assert record["contributions"] == {"a": {"first": clock.now, "last": clock.now, "count": 1}}
    assert {"tokens", "embedding", "deleted_at", "working", "last_accessed"} <= set(record)


async def test_htm_21_what_one_robot_remembers_all_have(memory, store, clock):
    elsewhere = Memory(store, "team", max_tokens=100, clock=clock)
    assert await elsewhere.contents() == ()

    node = await memory.remember("shared", originator="a")

    assert [n.id for n in await elsewhere.contents()] == [node]


async def test_htm_22_the_token_counter_can_be_another_and_may_fail(store, clock):
    by_letters = Memory(store, "team", clock=clock, count=len)
    broken = Memory(store, "team", clock=clock, count=lambda text: 1 // 0)

    assert by_letters.count_tokens("12345") == 5
    assert Memory(store, "team").count_tokens("one two, three") >= 4
    with pytest.raises(InvalidRecordError, match="cannot be counted"):
        broken.count_tokens("x")


async def test_htm_23_the_memory_with_the_lowest_score_makes_room(store, clock):
    memory = Memory(store, "team", max_tokens=10, clock=clock, count=lambda text: 5)
    hot = await memory.remember("hot topic", originator="a")
    cold = await memory.remember("cold topic", originator="a")
    for _ in range(5):
        await memory.recall("hot", limit=1)
    clock.now += 3600

    gone = await memory.evict(5)

    assert gone == [{"key": cold, "value": "cold topic"}]
    assert [n.id for n in await memory.contents()] == [hot]
    assert await memory.recall("cold", limit=1, raw=False) == ["cold topic"]


async def test_htm_24_an_eviction_is_told_to_all(store, memory, clock):
    node = await memory.remember("x" * 200, originator="a")
    elsewhere = Memory(store, "team", max_tokens=100, clock=clock)
    await elsewhere.contents()
    await memory.evict(100)

    assert ("memory:evicted", node) in [(t, p["node_id"]) for t, p in await topics(store)]
    assert await elsewhere.contents() == ()


async def test_htm_25_the_working_memory_is_told_newest_first(memory, clock):
    nodes = []
    for n in range(3):
        clock.now += 1
        nodes.append(await memory.remember(f"memory {n}", originator="ab"[n % 2]))

    assert [n.id for n in await memory.contents()] == nodes[::-1]


async def test_htm_26_clearing_empties_the_working_memory_only(memory, store):
    await memory.remember("one", originator="a")
    await memory.remember("two", originator="b")

    assert await memory.clear() == 2
    assert await memory.contents() == ()
    assert (await topics(store))[-1][0] == "memory:cleared"
    assert len(await memory.recall("one two")) == 2


async def test_htm_27_forgetting_can_be_undone_unless_it_is_for_good(memory, clock):
    node = await memory.remember("secret plan", originator="a")
    await memory.forget(node)
    assert await memory.recall("secret") == []
    await memory.restore(node)
    assert len(await memory.recall("secret")) == 1

    with pytest.raises(InvalidRecordError, match="confirm"):
        await memory.forget(node, permanent=True)
    await memory.forget(node, permanent=True, confirm=True)
    with pytest.raises(NotFoundError):
        await memory.forget(node)
    kept = await memory.remember("old news today", originator="a")
    assert await memory.forget_content("news") == [kept]
    clock.now += 100
    assert await memory.purge(older_than=50, confirm=True) == 1


async def test_htm_28_a_context_is_put_together_by_recency_use_or_both(store, clock):
    memory = Memory(store, "team", max_tokens=100, clock=clock, count=lambda text: 10)
    for name in ("oldest", "middle", "newest"):
        await memory.remember(name, originator="a")
        clock.now += 3600
    for _ in range(3):
        await memory.recall("oldest", limit=1)
        clock.now -= 1
    recent = (await memory.context(strategy="recent")).split("\n\n")

    assert (await memory.context(strategy="frequent", max_tokens=10)) == "oldest"
    assert len(recent) == 3
    assert (await memory.context(strategy="balanced", max_tokens=25)).count("\n\n") == 1
    with pytest.raises(InvalidRecordError):
        await memory.context(strategy="alphabetical")


async def test_htm_44_what_is_told_names_event_memory_robot_and_time(memory, store, clock):
    node = await memory.remember("x", originator="a")

    told = dict(await topics(store))
    expected = {"node_id": node, "robot_id": "a", "timestamp": clock.now}
    assert told["memory:added"] == expected


async def test_htm_52_a_robots_share_goes_to_another(memory, store):
    node = await memory.remember("x", originator="a")
    await memory.contents()

    assert await memory.transfer("a", "b") == 1
    assert list((await node_of(store, node))["contributions"]) == ["b"]
    assert await memory.transfer("a", "b") == 0


async def test_htm_57_who_contributed_what_is_known(memory, clock):
    node = await memory.remember("x", originator="a")
    clock.now += 5
    await memory.remember("x", originator="b")
    await memory.remember("y", originator="b")

    shares = await memory.attribution(node)
    assert [(s["robot"], s["count"]) for s in shares] == [("a", 1), ("b", 1)]
    summary = await memory.attribution()
    assert summary["b"] == {"total_nodes": 2, "in_working_memory": 2, "with_embeddings": 0}


async def test_htm_58_a_failing_embedder_opens_its_circuit_and_remembering_goes_on(store, clock):
    asked = []
    is_broken = True

    async def embedder(text):
        asked.append(text)
        if is_broken:
            raise ConnectionError("the service is away")
        return [1.0, 0.0]

    memory = Memory(store, "team", clock=clock, embedder=embedder)
    for n in range(8):
        await memory.remember(f"memory {n}", originator="a")

    assert await memory.embed() == 0
    assert len(asked) == 5
    assert len(await memory.contents()) == 8
    is_broken = False
    clock.now += 61
    assert await memory.embed() == 8
    assert memory.circuit.state == 0
