"""`casare-robot submit --group`: a job of a group."""

import asyncio
import json
import threading

import pytest
from typer.testing import CliRunner

from casare_robot.cli.app import app
from casare_robot.groups.dispatcher import Dispatcher
from casare_robot.groups.robot_group import RobotGroup
from casare_robot.store.opening import open_store


@pytest.fixture
def url(home, tmp_path):
    return f"sqlite:{tmp_path / 'shared.db'}"


@pytest.fixture
def say(url):
    """Runs a command on the store: exit code, what it printed, what it complained of."""

    def run(*words):
        result = CliRunner().invoke(app, [*words, "--store", url])
        return result.exit_code, result.stdout, result.stderr

    return run


@pytest.fixture
def submit(say, tmp_path):
    say("group", "create", "team", "--active", "a")
    file = tmp_path / "read.json"
    file.write_text('{"nodes": {"s": {}}}')
    return lambda *words: say("submit", str(file), *words)


def rows(url):
    async def read():
        async with await open_store(url) as store:
            return {row.key: row.record for row in await store.find("group_job")}

    return asyncio.run(read())


@pytest.fixture
def robot(url):
    """Does the next job of the team, in a thread of its own, as a robot's process would."""
    threads = []

    def work(result, **how):
        async def do():
            async with (
                await open_store(url) as store,
                await RobotGroup.open(store, "team") as group,
            ):
                dispatcher = Dispatcher(store, group.bus)
                async with asyncio.timeout(60):
                    while (job := await dispatcher.claim("a", ["sap"])) is None:
                        await asyncio.sleep(0.01)
                await dispatcher.complete(job, result, robot="a", **how)

        thread = threading.Thread(target=lambda: asyncio.run(do()))
        threads.append(thread)
        thread.start()

    yield work
    for thread in threads:
        thread.join()


def test_the_workflow_becomes_a_job_of_that_group(submit, url) -> None:
    code, printed, _ = submit(
        *("--group", "team", "--capability", "sap", "--var", "page=3", "--job", "j1"),
        *("--priority", "4", "--timeout", "9", "--robot", "a"),
    )

    job = rows(url)["j1"]
    assert (code, printed) == (0, "j1\n")
    assert (job["status"], job["group"], job["robot"]) == ("queued", "team", "a")
    assert (job["capabilities"], job["priority"]) == (["sap"], 4)
    assert job["work"]["workflow"] == {"nodes": {"s": {}}}
    assert (job["work"]["variables"], job["work"]["timeout"]) == ({"page": "3"}, 9)


def test_who_waits_is_shown_the_result(submit, robot) -> None:
    robot({"status": "completed", "nodes_executed": 2, "variables": {"total": 42}})

    code, printed, told = submit("--group", "team", "--wait")

    assert code == 0
    assert printed == "done: on a, 2 nodes\n  total = 42\n"
    assert "done on a" in told


def test_the_exit_code_tells_a_failure(submit, robot) -> None:
    robot({"error": {"code": "E-1", "message": "no money"}}, succeeded=False)

    code, printed, _ = submit("--group", "team", "--wait", "--json")

    job = json.loads(printed)
    assert code == 1
    assert (job["status"], job["robot"], job["result"]["error"]["message"]) == (
        "failed", "a", "no money",
    )  # fmt: skip


ENDS = [
    # status of the row   result                      exit code
    ("needs_attention", {"status": "needs_attention"}, 4),
    ("cancelled", {"status": "cancelled"}, 3),
    ("failed", {"status": "timed_out"}, 7),
]


@pytest.mark.parametrize(("status", "result", "code"), ENDS)
def test_the_exit_code_is_that_of_the_jobs_end(submit, robot, status, result, code) -> None:
    robot(result, status=status)

    ended, printed, _ = submit("--group", "team", "--wait", "--job", "j1")

    assert ended == code
    assert ("jobs resolve j1" in printed) == (code == 4)


def test_an_unknown_group_is_refused_and_nothing_kept(submit, url) -> None:
    code, _, told = submit("--group", "nobody")

    assert (code, rows(url)) == (1, {})
    assert "E-STORE-404" in told


def test_a_job_goes_to_one_place(submit) -> None:
    neither = submit()
    both = submit("--group", "team", "--to", "http://127.0.0.1:1")

    assert (neither[0], both[0]) == (2, 2)
    assert "either --to ADDRESS or --group NAME" in neither[2]
