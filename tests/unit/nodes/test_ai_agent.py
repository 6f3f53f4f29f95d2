"""An agent works with the tools it was given, within the policy, until it has a result."""

import pytest

from casare_robot import run_workflow
from casare_robot.domain.effect import Effect
from casare_robot.domain.policy import Policy
from casare_robot.nodes.ai_agent import agent_effect
from tests.accounts import Case, check, says
from tests.workflow_builder import node, set_, workflow


def uses(tool, **arguments):
    return says({"thought": "so", "tool": tool, "arguments": arguments})


DONE = says({"thought": "there", "result": {"sum": 4}})


def agent(*answers, **config):
    case = Case("AIAgentNode", {"goal": "Add", **config})
    case.answers = list(answers)
    return case


def observations(done):
    return [step["observation"] for step in done.outputs["steps_taken"]]


def test_an_agent_uses_tools_until_it_has_a_result(account_case, service):
    case = agent(uses("calculate", expression="2 + 2"), DONE, context={"a": "the-context"})
    case.asked = ["POST /chat/completions"] * 2
    case.outputs = {"result": {"sum": 4}, "step_count": 2, "total_tokens": 14}

    done = account_case(case)

    check(case, done, service)
    assert done.outputs["steps_taken"][0] == {
        "thought": "so",
        "tool": "calculate",
        "arguments": {"expression": "2 + 2"},
        "observation": "4",
    }
    first, second = (request.json["messages"] for request in service.seen)
    assert "the-context" in first[-1]["content"]
    assert "calculate answered:\n4" in second[-1]["content"]


@pytest.mark.parametrize(
    ("tool", "arguments", "seen"),
    [
        ("parse_json", {"json_string": "[1]"}, "[1]"),
        ("parse_json", {"json_string": "?"}, "parse_json failed: this is no JSON"),
        ("calculate", {"expression": "1 +"}, "calculate failed"),
        ("write_file", {"file_path": "a.txt", "content": "hi"}, "there is no tool 'write_file'"),
        ("http_request", {"url": "http://127.0.0.1:1"}, "there is no tool 'http_request'"),
    ],
)
def test_without_tools_named_an_agent_touches_nothing(
    tool, arguments, seen, account_case, tmp_path
):
    done = account_case(agent(uses(tool, **arguments), DONE))

    assert observations(done)[0].startswith(seen)
    assert list(tmp_path.iterdir()) == []


def test_files_are_read_and_written_within_the_policy(run_node, service, tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    service.script(
        [
            uses("write_file", file_path=str(inside / "a.txt"), content="kept"),
            uses("read_file", file_path=str(inside / "a.txt")),
            uses("write_file", file_path=str(outside / "b.txt"), content="x"),
            DONE,
        ]
    )

    done = run_node(
        "AIAgentNode",
        {
            "goal": "g",
            "available_tools": "read_file, write_file",
            "base_url": service.url,
            "api_key": "k",
        },
        policy=Policy(writable_folders=(str(inside),)),
    )

    assert done.error is None
    assert observations(done)[:2] == ["4 bytes written", "kept"]
    assert "may not write to" in observations(done)[2]
    assert list(outside.iterdir()) == []


def test_a_request_is_sent_and_its_answer_read(account_case, service):
    asks = uses("http_request", url=f"{service.url}/page")
    done = account_case(agent(asks, {"page": 1}, DONE, available_tools=["http_request"]))

    assert [request.line for request in service.seen][1] == "GET /page"
    assert '"status": 200' in observations(done)[0]


@pytest.mark.parametrize(
    ("answers", "config", "error"),
    [
        ([says({"give_up": "too hard"})], {}, "gave up: too hard"),
        ([uses("calculate", expression="1")] * 2, {"max_steps": 2}, "no result within 2 steps"),
        ([], {"available_tools": "fly"}, "fly: no such tool; there are calculate"),
        ([says("Hello")] * 2, {"max_steps": 2}, "no result within 2 steps"),
    ],
)
def test_an_agent_without_a_result_fails_with_its_steps(answers, config, error, account_case):
    done = account_case(agent(*answers, **config))

    assert error in done.error
    assert done.outputs.get("step_count", 0) == len(answers)


def test_a_failure_goes_on_at_its_port(service):
    service.script([says({"give_up": "no"})])
    work = node("AIAgent", goal="g", base_url=service.url, api_key="k")

    done = run_workflow(
        workflow(
            "s > a > good; a.exec_error > bad",
            a=work,
            good=set_("went", "good"),
            bad=set_("went", "bad"),
        )
    )

    assert (done.status, done.variables["went"]) == ("completed", "bad")


@pytest.mark.parametrize(
    ("tools", "effect"),
    [
        ("", Effect.READS),
        ("read_file,calculate", Effect.READS),
        ('["write_file"]', Effect.ONCE),
        (["http_request"], Effect.ONCE),
        ("nonsense", Effect.READS),
    ],
)
def test_an_agent_is_as_careful_as_its_tools(tools, effect):
    assert agent_effect({"available_tools": tools}) is effect
