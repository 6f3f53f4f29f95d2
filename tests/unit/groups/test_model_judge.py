"""Choice by a language model: against a server that answers as the public documentation says."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from casare_robot.groups.choose import Work
from casare_robot.groups.judge import chosen
from casare_robot.groups.model_judge import ModelJudge
from casare_robot.groups.robot_group import RobotGroup

GENEROUS = 20.0
"""Seconds that a model has where the test is not about time."""


class Model:
    """A chat completions endpoint that says what the test wants."""

    def __init__(self):
        self.says = '{"agentId": "reviewer", "confidence": 0.9, "reasoning": "asked for quality"}'
        self.status = 200
        self.body = None
        self.go_on = threading.Event()
        self.go_on.set()
        self.asked = []
        model = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                model.asked.append((self.path, self.headers.get("Authorization"), body))
                model.go_on.wait(60)
                answer = json.dumps(model.completion()) if model.body is None else model.body
                self.send_response(model.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer.encode())))
                self.end_headers()
                self.wfile.write(answer.encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def completion(self):
        message = {"role": "assistant", "content": self.says, "refusal": None}
        return {
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1741569952,
            "model": "small-model",
            "choices": [
                {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
            ],
            "usage": {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29},
        }  # fmt: skip

    def end(self):
        self.go_on.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


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
