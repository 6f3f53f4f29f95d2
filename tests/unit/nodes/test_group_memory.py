"""What workflows ask of their group's memory; who answers is tested with the agent."""

import json
from pathlib import Path

import pytest

from casare_robot.domain.effect import Effect
from casare_robot.domain.policy import Policy
from casare_robot.nodes.catalogue import additions, declared_in, load_catalogue, modules
from tests.unit.nodes.conftest import Surroundings


@pytest.fixture
def ctx(tmp_path):
    return Surroundings({}, Policy(), tmp_path)


def order(ctx):
    [asked] = ctx.orders
    return asked.what, asked.group, dict(asked.given)


def test_the_additions_are_no_part_of_the_designers_catalogue():
    rows = Path("tests/data/catalogue.jsonl").read_text(encoding="utf-8").splitlines()
    names = [json.loads(row)["name"] for row in rows]

    assert set(additions()).isdisjoint(modules())
    for module, added in additions().items():
        declared = declared_in(f"casare_robot.nodes.{module}")
        assert {one.name for one in declared} == set(added)
        assert {one.category for one in declared} == {"group"}
        assert not set(added) & set(names)
        assert set(added) < set(load_catalogue())


def test_what_a_crash_interrupts_may_be_done_again():
    catalogue = load_catalogue()
    effects = {name: catalogue.get(name).effect for name in additions()["group_memory"]}

    assert effects == {
        "GroupRememberNode": Effect.IDEMPOTENT,
        "GroupRecallNode": Effect.READS,
        "GroupMemoryContextNode": Effect.READS,
        "GroupForgetNode": Effect.IDEMPOTENT,
    }


def test_a_text_is_remembered_with_tags_and_metadata(run_node, ctx):
    ctx.recalled = "n1"
    done = run_node(
        "GroupRememberNode",
        {"tags": "sap, portal:login", "metadata": '{"desk": 7}', "pinned": True, "group": "team"},
        inputs={"content": "the button is 'Anmelden'"},
        surroundings=ctx,
    )

    assert (done.error, done.outputs) == (None, {"memory_id": "n1"})
    assert order(ctx) == (
        "remember",
        "team",
        {
            "content": "the button is 'Anmelden'",
            "tags": ["sap", "portal:login"],
            "metadata": {"desk": 7},
            "pinned": True,
        },
    )


def test_what_is_recalled_comes_as_memories_and_as_texts(run_node, ctx):
    ctx.recalled = [{"content": "one", "score": 1.5}, {"content": "two", "score": 1.2}]
    done = run_node("GroupRecallNode", {"query": "portal", "limit": 2}, surroundings=ctx)

    assert done.outputs == {
        "memories": ctx.recalled, "texts": ["one", "two"], "first": "one", "count": 2,
    }  # fmt: skip
    what, group, given = order(ctx)
    assert (what, group, given["query"], given["limit"]) == ("recall", "", "portal", 2)
    assert (given["strategy"], given["timeframe"], given["query_tags"]) == ("fulltext", None, [])


def test_nothing_found_is_no_failure(run_node, ctx):
    ctx.recalled = []
    done = run_node("GroupRecallNode", {"query": "portal"}, surroundings=ctx)

    assert (done.outputs["first"], done.outputs["count"], done.error) == ("", 0, None)


def test_the_working_memory_comes_as_one_text(run_node, ctx):
    ctx.recalled = "one\n\ntwo"
    done = run_node("GroupMemoryContextNode", {"strategy": "recent"}, surroundings=ctx)

    assert done.outputs == {"context": "one\n\ntwo"}
    assert order(ctx) == ("context", "", {"strategy": "recent", "max_tokens": None})


def test_a_memory_is_forgotten_by_its_id(run_node, ctx):
    assert run_node("GroupForgetNode", {"memory_id": "n1"}, surroundings=ctx).error is None
    assert order(ctx) == ("forget", "", {"id": "n1"})
    assert "empty" in run_node("GroupForgetNode", surroundings=ctx).error


def test_metadata_that_is_no_object_is_refused(run_node, ctx):
    done = run_node("GroupRememberNode", {"content": "x", "metadata": "[1]"}, surroundings=ctx)

    assert done.error == "metadata is an object, not list"
