"""A robot in a group as a person meets it: settings, a real process, and jobs of the group."""

import json
import sys

import pytest

from tests.integration.test_command_line import appear
from tests.whole import ROOT, command, end, process, until, waits

GREETING = ROOT / "resources" / "examples" / "greeting.json"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="ends its processes by signals")


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
async def robot(home):
    """A robot that its settings alone make a member; the store is where all look by default."""
    for name, value in (("robot_id", "desk-1"), ("group", "invoices")):
        set_ = await command("config", "set", name, value, home=home)
        assert set_.returncode == 0, set_.stderr
    started = process("run", home=home)
    appear(home / "data" / "control" / "key")
    yield started
    end(started)


async def is_member(home):
    told = await command("group", "status", "invoices", "--json", home=home)
    return told.returncode == 0 and "desk-1" in told.stdout


async def test_a_member_runs_what_is_submitted_to_its_group(robot, home) -> None:
    await until(lambda: is_member(home))
    words = ("--group", "invoices", "--var", "name=Ada", "--wait", "--json")
    ended = await command("submit", GREETING, *words, home=home)
    status = await command("status", "--json", home=home)

    job = json.loads(ended.stdout)
    assert ended.returncode == 0, ended.stderr
    assert (job["status"], job["robot"]) == ("done", "desk-1")
    assert job["result"]["variables"]["greeting"] == "Hello Ada!"
    assert json.loads(status.stdout)["group_role"] == "active"


async def test_a_job_of_the_group_can_be_cancelled_at_its_robot(robot, home, tmp_path) -> None:
    await until(lambda: is_member(home))
    file = tmp_path / "waits.json"
    file.write_text(json.dumps(waits(600)))
    submitted = await command("submit", file, "--group", "invoices", "--json", home=home)
    job = json.loads(submitted.stdout)["job_id"]

    async def runs():
        status = await command("status", "--json", home=home)
        return [one["job_id"] for one in json.loads(status.stdout)["jobs"]] == [job]

    await until(runs)
    cancelled = await command("cancel", job, home=home)

    async def is_over():
        told = await command("jobs", "show", job, "--json", home=home)
        return told.returncode == 0 and '"cancelled"' in told.stdout

    await until(is_over)
    assert cancelled.returncode == 0, cancelled.stderr
