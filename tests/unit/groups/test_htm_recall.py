"""HTM-29 to 37: finding what the group knows."""

import random

import pytest

from casare_robot.domain.errors import InvalidRecordError
from casare_robot.groups.memory import Memory
from casare_robot.groups.robot_group import RobotGroup
from casare_robot.groups.timeframe import cut_out, ranges_of
from casare_robot.store.memory import MemoryStore
from casare_robot.store.text_search import NEWEST
from tests.stores import EVERY_STORE, address_of

DAY = 86_400.0


class Counting(MemoryStore):
    """Counts the rows that it hands out."""

    rows = 0

    async def find(self, table, *given, **options):
        found = await super().find(table, *given, **options)
        self.rows += len(found)
        return found

    async def search(self, table, *given, **options):
        found = await super().search(table, *given, **options)
        self.rows += len(found)
        return found


@pytest.fixture(params=EVERY_STORE)
def url(request, tmp_path):
    return address_of(request.param, request, tmp_path)


@pytest.fixture
async def known(store, clock):
    memory = Memory(store, "team", max_tokens=10_000, clock=clock)
    for text, tags in (
        ("The customer prefers email", ["customer:contact"]),
        ("Billing discrepancy was reported", ["billing"]),
        ("The portal is in German", ["portal"]),
    ):
        await memory.remember(text, originator="a", tags=tags, metadata={"kind": {"n": len(text)}})
    await memory.embed()
    return memory


async def test_htm_29_what_was_remembered_is_found_at_once_by_full_text_twenty_at_most(
    store, clock
):
    memory = Memory(store, "team", max_tokens=10_000, clock=clock)
    for n in range(25):
        await memory.remember(f"customer number {n}", originator="a")

    assert len(await memory.recall("customer")) == 20
    assert len(await memory.recall("customer", limit=5, strategy=":fulltext")) == 5


async def test_htm_30_stems_match_above_what_only_looks_like_it(known):
    await known.remember("custody of documents", originator="a")

    found = await known.recall("customers")
    assert found[0]["content"] == "The customer prefers email"
    assert found[0]["score"] >= 1.0
    assert all(0.1 <= hit["score"] < 1.0 for hit in found[1:])
    assert await known.recall("reporting", raw=False, limit=1) == [
        "Billing discrepancy was reported"
    ]


async def test_htm_31_vectors_find_what_means_the_same_and_skip_those_without(known):
    await known.remember("The customer wants email", originator="a")  # not embedded yet

    found = await known.recall("customer email", strategy="vector", limit=5)
    assert found[0]["content"] == "The customer prefers email"
    assert "The customer wants email" not in [hit["content"] for hit in found]


async def test_htm_32_hybrid_joins_words_tags_and_vectors(known):
    found = await known.recall("email contact of the customer", strategy="hybrid")

    assert found[0]["content"] == "The customer prefers email"
    assert found[0]["score"] == pytest.approx(3 / 61)


async def test_htm_33_recall_takes_time_tags_metadata_and_tells_relevance(known, clock):
    before = clock.now
    clock.now += 10 * DAY
    await known.remember("The customer moved", originator="a", tags=["news"])

    early = (before - 1, before + 1)
    assert len(await known.recall("customer", timeframe=early)) == 1
    assert await known.recall("customer", query_tags=["news"], raw=False) == ["The customer moved"]
    only = await known.recall("the", metadata={"kind": {"n": 26}}, raw=False)
    assert only == ["The customer prefers email"]
    relevant = (await known.recall("customer email", with_relevance=True, limit=1))[0]["relevance"]
    assert 0 < relevant <= 10


@pytest.mark.parametrize(
    ("text", "begin", "end", "rest"),
    [
        ("what happened yesterday", -1, 0, "what happened"),
        ("today errors", 0, 1, "errors"),
        ("notes from 2027-01-10", -5, -4, "notes from"),
        ("2 days ago failures", -2, -1, "failures"),
        ("few days ago failures", -3, -2, "failures"),
        ("last week meetings", -11, -4, "meetings"),
        ("between 2027-01-10 and 2027-01-11 x", -5, -3, "x"),
        ("before 2027-01-10 x", None, -5, "x"),
    ],
)
async def test_htm_34_times_are_understood_as_people_say_them(known, clock, text, begin, end, rest):
    midnight = clock.now - clock.now % DAY

    (first, last), left = cut_out(text, now=clock.now)
    assert (first, last) == (0 if begin is None else midnight + begin * DAY, midnight + end * DAY)
    assert left == rest
    assert await known.recall("customer last week", timeframe="auto") == []


def test_htm_34_recently_is_three_days_and_weekends_are_counted():
    now = 1_800_000_000.0  # Friday 2027-01-15
    (first, last), rest = cut_out("recently failed logins", now=now)
    (saturday, monday) = ranges_of("3 weekends ago", now=now)[0]

    assert (last - first, rest) == (3 * DAY, "failed logins")
    assert monday - saturday == 2 * DAY
    assert now - 3 * 7 * DAY < saturday < now - 13 * DAY
    assert cut_out("nothing of the kind", now=now) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"strategy": "magic"},
        {"limit": 0},
        {"limit": -3},
        {"timeframe": "whenever"},
        {"timeframe": (5, 1)},
        {"query_tags": ["NOT A TAG"]},
    ],
)
async def test_htm_35_wrong_options_are_refused_with_what_is_right(known, wrong):
    with pytest.raises(InvalidRecordError) as told:
        await known.recall("x", **wrong)

    if "strategy" in wrong:
        assert "fulltext, vector, hybrid" in str(told.value)


async def test_htm_36_what_is_recalled_counts_and_enters_the_working_memory(known, store, clock):
    await known.clear()
    clock.now += 10
    [found] = await known.recall("portal", limit=1)

    [working] = await known.contents()
    assert working.id == found["id"]
    assert (working.access_count, working.last_accessed) == (1, clock.now)


async def test_htm_37_an_answer_is_never_older_than_the_log(known, store, clock):
    elsewhere = Memory(store, "team", max_tokens=10_000, clock=clock)
    assert len(await elsewhere.recall("customer", limit=1)) == 1
    node = await known.remember("customer customer", originator="a")
    assert node in [hit["id"] for hit in await elsewhere.recall("customer")]
    await known.forget(node)
    assert node not in [hit["id"] for hit in await elsewhere.recall("customer")]


@pytest.mark.parametrize(
    ("strategy", "most"), [("fulltext", 5), ("vector", 1000), ("hybrid", 1300)]
)
async def test_recalling_loads_what_is_found_and_not_what_is_known(clock, strategy, most):
    store = Counting(clock=clock)
    memory = Memory(store, "team", max_tokens=100_000, clock=clock)
    for n in range(2000):
        await memory.remember(f"customer number {n} of many", originator="a")
    while await memory.embed(1000):
        pass
    fresh = Memory(store, "team", max_tokens=100_000, clock=clock)
    store.rows = 0

    assert len(await fresh.recall("customer number", limit=5, strategy=strategy)) == 5
    assert store.rows <= most


async def test_filters_reach_behind_what_else_matches(store, clock):
    memory = Memory(store, "team", max_tokens=100, clock=clock)
    rare = {"tags": ["billing:late"], "metadata": {"from": {"desk": 7, "open": True}}}
    await memory.remember("the customer who pays late", originator="a", **rare)
    begin = clock.now
    for n in range(NEWEST + 20):
        clock.now += 1
        await memory.remember(f"customer {n}", originator="a", tags=["billing:soon"])

    for how in (
        {"query_tags": ["billing:late"]},
        {"query_tags": ["nothing", "billing:late"]},
        {"metadata": {"from": {"desk": 7.0}}},
        {"metadata": {"from": {"open": True}}, "query_tags": ["billing"]},
        {"timeframe": (begin - 1, begin + 0.5)},
        {"query_tags": ["billing:late"], "strategy": "hybrid"},
    ):
        found = await memory.recall("customers", raw=False, **how)
        assert found == ["the customer who pays late"], how
    assert await memory.recall("customer", metadata={"from": {"desk": 8}}) == []
    assert await memory.recall("customer", metadata={"from": {"open": 1}}) == []


async def test_more_can_be_recalled_than_a_store_ranks_at_once(store, clock):
    memory = Memory(store, "team", max_tokens=100, clock=clock)
    for n in range(NEWEST + 50):
        clock.now += 1
        await memory.remember(f"customer {n}", originator="a")

    assert len(await memory.recall("customer", limit=1000)) == NEWEST + 50


async def test_another_embedder_finds_what_means_the_same_in_other_words(store, clock):
    meanings = ("car automobile vehicle", "invoice bill receipt", "login password sign-in")

    async def embedder(text):
        near = [sum(word in text for word in meaning.split()) for meaning in meanings]
        noise = random.Random(text)
        return [10.0 * n + noise.random() for n in near for _ in range(8)]

    memory = Memory(store, "team", max_tokens=100_000, clock=clock, embedder=embedder)
    for n in range(60):
        word = meanings[n % 3].split()[n // 3 % 3]
        await memory.remember(f"note {n} about the {word}", originator="a")
    assert await memory.embed() == 60

    found = await memory.recall("automobile", strategy="vector", limit=15, raw=False)

    assert len(found) == 15
    assert all(any(word in text for word in meanings[0].split()) for text in found)
    assert {word for text in found for word in meanings[0].split() if word in text} > {"automobile"}


async def test_what_all_groups_know_is_found_in_the_scope_of_the_fleet(store, clock):
    for group in ("team", "others"):
        memory = Memory(store, group, max_tokens=100, clock=clock)
        await memory.remember(f"the customer of {group}", originator="a")

    assert len(await memory.recall("customer")) == 1
    assert len(await memory.recall("customer", scope="fleet")) == 2
    with pytest.raises(InvalidRecordError, match="group, fleet"):
        await memory.recall("customer", scope="world")


async def test_what_a_group_remembers_gets_its_vector_by_itself(store, clock):
    async with await RobotGroup.open(store, "team", active=["a"], clock=clock) as group:
        for n in range(5):
            await group.remember(f"the customer {n} prefers email")
    memory = Memory(store, "team", max_tokens=1000, clock=clock)

    assert len(await memory.recall("customer email", strategy="vector")) == 5
    assert (await memory.attribution())["a"]["with_embeddings"] == 5
