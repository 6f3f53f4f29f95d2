"""Choice by a language model: against a server that answers as the public documentation says."""

import asyncio
import json

import pytest

from casare_robot.groups.choose import Work
from casare_robot.groups.judge import chosen
from casare_robot.groups.model_judge import ModelJudge
from casare_robot.groups.robot_group import RobotGroup
from tests.language_model import Model

GENEROUS = 20.0
"""Seconds that a model has where the test is not about time."""


@pytest.fixture
def model():
    made = Model()
    yield made
    made.end()


async def choose(speakers, url, *, recent=(), **given):
    work = Work(text="who checks the quality?")
    async with ModelJudge(url, "small-model", key="sk-1") as judge:
        return await chosen("llm_based", speakers, work, judge, recent, **given)


async def test_the_model_is_asked_as_documented_and_its_choice_holds(model, speakers):
    recent = [{"agentId": "writer", "content": "here is the text"}]
    choice = await choose(speakers, model.url, recent=recent, budget=GENEROUS)

    assert (choice.chosen, choice.confidence, choice.reason, choice.strategy) == (
        "reviewer", 0.9, "asked for quality", "llm_based",
    )  # fmt: skip
    [(path, key, body)] = model.asked
    assert (path, key) == ("/v1/chat/completions", "Bearer sk-1")
    assert body["model"] == "small-model"
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    shown = json.loads(body["messages"][1]["content"])
    assert [one["id"] for one in shown["candidates"]] == ["researcher", "writer", "reviewer"]
    assert shown["last messages"] == [{"from": "writer", "content": "here is the text"}]
    assert shown["message"] == "who checks the quality?"


async def test_an_answer_in_a_fenced_block_counts(model, speakers):
    model.says = f"Here you are:\n```json\n{model.says}\n```"

    assert (await choose(speakers, model.url, budget=GENEROUS)).reason == "asked for quality"


@pytest.mark.parametrize(
    "wrong",
    [
        {"says": '{"agentId": "nobody", "confidence": 1}'},
        {"says": '{"agentId": "writer", "confidence": 7}'},
        {"says": '{"agentId": 4}'},
        {"says": "I would take the reviewer."},
        {"body": "<html>"},
        {"body": '{"choices": []}'},
        {"body": '{"choices": [{"message": {"content": null}}]}'},
        {"status": 401, "body": '{"error": {"message": "Incorrect API key provided"}}'},
        {"status": 500},
    ],
)
async def test_an_answer_that_names_nobody_leaves_it_to_the_built_in_judge(model, speakers, wrong):
    for name, value in wrong.items():
        setattr(model, name, value)

    choice = await choose(speakers, model.url, budget=GENEROUS)

    assert (choice.chosen, choice.strategy) == ("reviewer", "llm_based")
    assert choice.reason == "knows about quality"
    assert len(model.asked) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/v1", "http://nowhere.invalid", "no address"])
async def test_without_a_reachable_model_the_built_in_judge_chooses(speakers, url):
    choice = await choose(speakers, url)

    assert (choice.chosen, choice.reason) == ("reviewer", "knows about quality")


async def test_a_slow_model_is_not_waited_for(model, speakers):
    model.go_on.clear()
    choice = await choose(speakers, model.url)  # the model would need 30 s

    assert (choice.chosen, choice.reason) == ("reviewer", "knows about quality")
    assert choice.latency_ms < 2000  # a tenth of a second, where there is nothing else to do


@pytest.mark.looptime
async def test_no_judge_has_more_than_a_tenth_of_a_second(speakers):
    async def thinks(*_):
        await asyncio.sleep(3600)

    loop = asyncio.get_running_loop()
    began = loop.time()
    choice = await chosen("llm_based", speakers, Work(text="?"), thinks)

    assert loop.time() - began == pytest.approx(0.1)
    assert choice.reason == "next in turn"


async def test_a_group_has_a_model_choose_who_speaks(model, store, clock):
    class Members:
        async def ask(self, robot, message, context):
            return f"{robot} answers"

    model.says = '{"agentId": "b", "confidence": 0.7, "reasoning": "b knows"}'
    async with (
        ModelJudge(model.url, "m") as judge,
        await RobotGroup.open(
            store, "team", active=["a", "b"], asker=Members(), judge=judge, clock=clock
        ) as group,
    ):
        await group.set_speaker_strategy("llm-based")
        [answer] = await group.ask("who knows?")

    assert answer["selection"]["strategy"] == "llm_based"
    assert answer["agentId"] in ("a", "b")  # the model's choice, if it was quick enough
