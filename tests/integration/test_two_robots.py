"""Two robots in a group as processes: what one remembers, and who a model says answers."""

import contextlib
import json
import sys

import pytest

from casare_robot.store.opening import open_store
from tests.language_model import Model
from tests.whole import chain, command, end, process, sets, until
from tests.workflow_builder import node, workflow

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="ends its processes by signals")

STRATEGIES = ("fulltext", "vector", "hybrid")
REMEMBERS = chain(
    ("keep", "GroupRemember", {"content": "The SAP portal is in German", "tags": "sap:portal"})
)
RECALLS = workflow(
    "s > fulltext > vector > hybrid > f > v > h;"
    "fulltext.first > f.value; vector.first > v.value; hybrid.first > h.value",
    **{how: node("GroupRecall", query="portals", strategy=how) for how in STRATEGIES},
    **{how[0]: node("SetVariable", variable_name=how) for how in STRATEGIES},
)
ANSWERS = sets("answer", "it is paid")


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:{tmp_path / 'shared.db'}"
    return request.getfixturevalue("postgres_server").empty()


@pytest.fixture
def save(tmp_path):
    def write(name, content):
        file = tmp_path / name
        file.write_text(json.dumps(content))
        return file

    return write


@pytest.fixture
def say(url, tmp_path):
    """Runs a command of the operator's on the store; what it says as JSON."""

    async def run(*words, code=0, **variables):
        home = tmp_path / "operator"
        done = await command(*words, "--json", "--store", url, home=home, **variables)
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture
async def team(say, url, tmp_path, save):
    """A group whose robots a and b have begun, long after it was last heard of."""
    await say("group", "create", "team")
    async with await open_store(url) as store:
        await store.patch("group", "team", {"last_heartbeat": 0.0})
    answers = save("answers.json", ANSWERS)
    with contextlib.ExitStack() as running:
        for name in ("a", "b"):
            log = running.enter_context((tmp_path / f"{name}.log").open("w"))
            words = ("run", "--robot-id", name, "--group", "team", "--role", "active")
            settings = {
                "CASARE_ROBOT_STORE_URL": url,
                "CASARE_ROBOT_KEEP_AWAKE": "false",
                "CASARE_ROBOT_GROUP_WORKFLOWS": json.dumps([f"*={answers}"]),
            }
            started = process(*words, home=tmp_path / name, err=log, **settings)
            running.callback(end, started)

        async def are_here():
            members = (await say("group", "status", "team"))["members"]
            return sorted(m["robot"] for m in members if m["health"] == "healthy") == ["a", "b"]

        await until(are_here, 120)
        yield "team"


async def test_what_one_robots_workflow_remembers_the_others_recalls(team, say, save) -> None:
    await say("group", "demote", team, "b")
    submit = ("submit", "--group", team, "--wait")
    kept = await say(*submit, save("remembers.json", REMEMBERS))
    await say("group", "promote", team, "b")
    await say("group", "demote", team, "a")
    found = await say(*submit, save("recalls.json", RECALLS))
    (known,) = await say("group", "memory", team)

    assert (kept["status"], kept["robot"]) == ("done", "a")
    assert (found["status"], found["robot"]) == ("done", "b")
    texts = {how: found["result"]["variables"][how] for how in STRATEGIES}
    assert texts == dict.fromkeys(STRATEGIES, "The SAP portal is in German")
    assert (list(known["contributions"]), known["access_count"]) == (["a"], 3)


async def test_a_group_of_robots_is_heard_of_frozen_and_brought_back(team, say) -> None:
    async def is_heard_of():
        return await say("fleet", "interrupted") == []

    await until(is_heard_of, 60)
    frozen = await say("fleet", "snapshot", team, "--label", "both")
    (recovered,) = await say("fleet", "recover", team)

    assert frozen["snapshot"]
    assert (recovered["success"], recovered["status"]) == (True, "active")
    assert {member["robot"] for member in recovered["state"]["agents"]} == {"a", "b"}


async def test_a_language_model_of_the_settings_says_who_answers(team, say) -> None:
    model = Model()
    settings = {"CASARE_ROBOT_JUDGE_URL": model.url, "CASARE_ROBOT_JUDGE_MODEL": "small"}
    ask = ("group", "ask", team, "is it paid?")
    try:
        for robot in ("b", "a"):
            model.says = json.dumps({"agentId": robot, "confidence": 0.9, "reasoning": "knows"})
            answers = []

            async def is_chosen(answers=answers, robot=robot):
                """Once the model was quick enough: it has a tenth of a second."""
                answers[:] = await say(*ask, "--strategy", "llm_based", **settings)
                return answers[0]["selection"]["reasoning"] == "knows"

            await until(is_chosen, 120)
            [answer] = answers
            assert (answer["agentId"], answer["content"]) == (robot, "it is paid")
            assert answer["selection"]["strategy"] == "llm_based"
        model.says = "whoever likes to"
        [answer] = await say(*ask, **settings)
    finally:
        model.end()
    [alone] = await say(*ask, **settings)

    assert answer["content"] == alone["content"] == "it is paid"
    assert {answer["selection"]["strategy"], alone["selection"]["strategy"]} == {"llm_based"}
