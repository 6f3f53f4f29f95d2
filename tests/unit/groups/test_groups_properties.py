"""Rules that hold whatever happens: the budget, the replay, the counts of a dispatch."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from casare_robot.groups.budget import evictions, score
from casare_robot.groups.bus import Bus
from casare_robot.groups.choose import Candidate, Work, least_loaded, weighted
from casare_robot.groups.memory import Memory
from casare_robot.groups.records import Node
from casare_robot.groups.topics import TopicIndex, words_of
from casare_robot.store.memory import MemoryStore

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("remember"), st.integers(1, 60), st.booleans()),
        st.tuples(st.just("recall"), st.integers(1, 9), st.booleans()),
        st.tuples(
            st.sampled_from(["evict", "sync", "clear", "forget"]), st.integers(1, 60), st.just(True)
        ),
    ),
    max_size=25,
)


@given(steps=STEPS)
@settings(max_examples=50, deadline=None)
def test_the_working_memory_never_exceeds_its_budget(steps):
    async def run():
        store = MemoryStore(clock=lambda: 1e9)
        made = [
            Memory(store, "g", max_tokens=50, clock=lambda: 1e9, count=lambda t: int(t.split()[0]))
            for _ in range(2)
        ]
        for number, (what, size, first) in enumerate(steps):
            memory = made[first]
            match what:
                case "remember":
                    await memory.remember(f"{size} tokens of {number}", originator="a")
                case "recall":
                    await memory.recall("tokens", limit=size)
                case "evict":
                    await memory.evict(size)
                case "sync":
                    await memory.sync("a")
                case "clear":
                    await memory.clear()
                case "forget":
                    for node in (await memory.contents())[:1]:
                        await memory.forget(node.id)
            rows = await store.find("memory", {"working": True, "deleted_at": None})
            tokens = sum(row.record["tokens"] for row in rows)
            assert tokens <= 50
            budget = await store.get("working_memory", "g")
            assert budget is None or budget.record["tokens"] == tokens
            usages = [await one.usage() for one in made]
            assert usages[0]["tokens"] == usages[1]["tokens"] == tokens

    asyncio.run(run())


@given(
    nodes=st.lists(
        st.tuples(st.integers(1, 50), st.integers(0, 9), st.floats(0, 9e6)), max_size=20
    ),
    needed=st.integers(-5, 200),
)
def test_what_makes_room_has_the_lowest_scores_and_is_no_more_than_needed(nodes, needed):
    now = 1e7
    known = [
        Node(
            id=str(n), group="g", content="x", hash="h", tokens=tokens,
            access_count=uses, created_at=when, last_accessed=when,
        )
        for n, (tokens, uses, when) in enumerate(nodes)
    ]  # fmt: skip
    gone = evictions(known, needed=needed, now=now)
    stay = [node for node in known if node not in gone]

    assert all(score(g, now) <= score(s, now) for g in gone for s in stay)
    assert sum(g.tokens for g in gone[:-1]) < max(needed, 1)
    assert not stay or sum(g.tokens for g in gone) >= needed


@given(
    batches=st.lists(st.integers(1, 130), min_size=1, max_size=4),
    away=st.lists(st.booleans(), min_size=4, max_size=4),
)
@settings(max_examples=30, deadline=None)
def test_a_replay_has_no_gaps_and_no_doubles(batches, away):
    async def run():
        store = MemoryStore()
        heard = []

        async def listen():
            bus = Bus(store, "g")
            await bus.set_policy("me", {"policyType": "full"})
            await bus.start()
            bus.subscribe("n", "me", lambda payload, event: heard.append(payload))
            await bus.settled()
            return bus

        bus = await listen()
        writer, number = Bus(store, "g", robot="w"), 0
        for size, is_away in zip(batches, away, strict=False):
            if is_away:
                await bus.stop()
            for _ in range(size):
                await writer.publish("n", number)
                number += 1
            if is_away:
                bus = await listen()
        await bus.settled()
        await bus.stop()
        assert heard == list(range(number))

    asyncio.run(run())


@given(count=st.integers(1, 8), jobs=st.integers(0, 60))
def test_the_least_loaded_share_differs_by_one_at_most(count, jobs):
    loads = dict.fromkeys(map(str, range(count)), 0)
    for _ in range(jobs):
        candidates = [Candidate(id=name, load=load) for name, load in loads.items()]
        loads[least_loaded(candidates, Work()).chosen] += 1

    assert max(loads.values()) - min(loads.values()) <= 1


@given(weights=st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_weighted_turns_are_shared_exactly_over_a_whole_round(weights):
    served = [0] * len(weights)
    for _ in range(sum(weights)):
        candidates = [
            Candidate(id=str(n), order=n, weight=weight, served=served[n])
            for n, weight in enumerate(weights)
        ]
        served[int(weighted(candidates, Work()).chosen)] += 1

    assert served == weights


WORD = st.sampled_from(["a", "b", "c"])


def by_definition(pattern, topic):
    """The rule of `topics`, tried out."""
    wanted, words = words_of(pattern), topic.split(":")

    def fits(i, j):
        if i == len(wanted):
            return j == len(words)
        if j == len(words):
            return False
        if wanted[i] == "**":
            return any(fits(i + 1, k) for k in range(j + 1, len(words) + 1))
        return wanted[i] in ("*", words[j]) and fits(i + 1, j + 1)

    return fits(0, 0)


@given(
    patterns=st.lists(st.lists(st.one_of(WORD, st.just("*")), min_size=1, max_size=4), max_size=8),
    topic=st.lists(WORD, min_size=1, max_size=5),
)
def test_the_index_finds_exactly_the_patterns_that_match(patterns, topic):
    index = TopicIndex()
    for number, pattern in enumerate(patterns):
        index.add(":".join(pattern), number)
    text = ":".join(topic)

    expected = [n for n, pattern in enumerate(patterns) if by_definition(":".join(pattern), text)]
    assert sorted(index.listeners(text)) == expected
