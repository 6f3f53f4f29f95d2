"""What every store promises about searching for words."""

import asyncio
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casare_robot.domain.errors import InvalidRecordError
from casare_robot.store.conditions import AnyOf
from casare_robot.store.opening import open_store
from casare_robot.store.records import Put
from casare_robot.store.text_search import LONGEST_WORD, NEWEST, SEARCHED_LENGTH


async def keep(store, **texts):
    await store.commit(
        *(Put(table="memory", key=key, record={"content": text}) for key, text in texts.items())
    )


async def keys(store, text, **options):
    return "".join(row.key for row in await store.search("memory", text, **options))


async def test_rows_are_found_by_their_words(store):
    await keep(store, a="The SAP portal is in German", b="Press Anmelden.", c="portal_of-SAP")

    assert await keys(store, "anmelden") == "b"
    assert sorted(await keys(store, "portal")) == ["a", "c"]
    assert await keys(store, "port") == ""
    assert await keys(store, "") == await keys(store, " - ") == ""
    (row,) = await store.search("memory", "Anmelden")
    assert row == await store.get("memory", "b")


@given(
    texts=st.lists(st.lists(st.sampled_from("abcd"), max_size=12), min_size=1, max_size=12),
    wanted=st.lists(st.sampled_from("abcx"), min_size=1, max_size=3),
    limit=st.integers(1, 12),
)
@settings(max_examples=50, deadline=None)
def test_a_file_ranks_like_the_model(texts, wanted, limit):
    async def found(address):
        async with await open_store(address) as store:
            await keep(store, **{f"k{n}": " ".join(words) for n, words in enumerate(texts)})
            return await keys(store, " ".join(wanted), limit=limit)

    with TemporaryDirectory() as folder:
        assert asyncio.run(found(f"sqlite:{folder}/shared.db")) == asyncio.run(found("memory:"))


async def test_case_and_accents_do_not_matter(store):
    await keep(store, a="Größe ÜBER alles: café", b="ΣΊΣΥΦΟΣ", c="東京 日本")

    for text, expected in (
        ("GROSSE", ""), ("große", "a"), ("uber", "a"), ("Café", "a"), ("cafe\u0301", "a"),
        ("σισυφος", "b"), ("東京", "c"),
    ):  # fmt: skip
        assert await keys(store, text) == expected, text


async def test_one_word_is_enough_unless_every_one_is_asked_for(store):
    await keep(store, a="red apple", b="red car", c="green car", d="green apple on a red car")

    assert sorted(await keys(store, "red apple")) == ["a", "b", "d"]
    assert sorted(await keys(store, "red apple", every=True)) == ["a", "d"]
    assert await keys(store, "red blue", every=True) == ""


async def test_who_says_most_about_the_words_is_first(store):
    await keep(
        store,
        a="cat " + "word " * 40,
        b="cat cat cat and a dog",
        c="dog",
        d="rain",
        e="rain",
        f="snow",
    )

    assert (await keys(store, "cat dog"))[0] == "b"
    assert await keys(store, "cat") == "ba"
    assert await keys(store, "cat", limit=1) == "b"
    assert await keys(store, "rain") == "ed"


@pytest.mark.parametrize(
    "text", ['"', "' OR 1=1 --", "a* NEAR(b) NOT c : ^x {y}", "AND", "& | ! <-> :*", "\0", "\\"]
)
async def test_a_query_has_words_and_nothing_else(store, text):
    await keep(store, z="nothing of it")

    assert await keys(store, text) == ""


async def test_only_rows_of_the_table_that_meet_the_conditions_are_found(store):
    for key, group in {"a": "g1", "b": "g2", "c": "g3"}.items():
        await store.put("memory", key, {"content": "portal", "group": group})
    await store.put("note", "d", {"content": "portal", "group": "g1"})

    assert await keys(store, "portal", where={"group": "g2"}) == "b"
    assert await keys(store, "portal", where={"group": AnyOf(("g1", "g2"))}) == "ba"
    assert await keys(store, "portal") == "cba"
    with pytest.raises(InvalidRecordError):
        await store.search("memory", "portal", where={"group'": "g"})


async def test_what_is_found_is_what_is_kept_now(store, clock):
    await keep(store, a="first", b="second")
    await store.put("memory", "x", {"content": "passing"}, ttl=5)
    await store.patch("memory", "a", {"content": "third"})
    await store.patch("memory", "a", {"pinned": True})
    await store.put("memory", "b", {"content": ["second"]})

    assert await keys(store, "first second third passing") == "xa"
    await store.drop("memory", "a")
    clock.now += 5
    assert await keys(store, "first second third passing") == ""
    await store.put("memory", "x", {"content": "other"})
    await store.put("memory", "b", {"content": "again"})
    assert await keys(store, "passing again other") in ("bx", "xb")


async def test_a_commit_that_is_refused_leaves_no_words(store):
    with pytest.raises(InvalidRecordError):
        await store.commit(
            Put(table="memory", key="a", record={"content": "ghost"}),
            Put(table="memory", key="", record={}),
        )

    assert await keys(store, "ghost") == ""


async def test_of_many_that_match_the_newest_are_ranked(store):
    await keep(store, old="word word word")
    await store.commit(
        *(
            Put(table="memory", key=f"k{n}", record={"content": "word and more"})
            for n in range(NEWEST)
        )
    )

    found = await store.search("memory", "word", limit=1000)

    assert len(found) == NEWEST
    assert [row.key for row in found] == [f"k{n}" for n in reversed(range(NEWEST))]


async def test_very_long_texts_and_words_are_kept_and_found_by_their_beginning(store):
    long = "w" * (LONGEST_WORD + 1)
    many = " ".join(f"n{n}" for n in range(SEARCHED_LENGTH // 4))
    await keep(store, a=long, b=many + " late", c="ü" * 500_000)

    assert await keys(store, long) == "a"
    assert await keys(store, "w" * LONGEST_WORD) == "a"
    assert await keys(store, "n7") == "b"
    assert await keys(store, "late") == ""
