"""A Supabase project as the whole back end: one code, a robot at work, and a page that sees it."""

import asyncio
import json
import sys

import pytest

from tests.integration.test_command_line import appear
from tests.node import node, packages
from tests.whole import ROOT, command, end, process, until

GREETING = ROOT / "resources" / "examples" / "greeting.json"
ROUND_TRIP = ROOT / "tests" / "data" / "node" / "round_trip.mjs"
LIMIT = 110

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="PostgREST's package is for Linux")


@pytest.fixture
def project(supabase_project):
    supabase_project.empty()
    supabase_project.realtime.settle()
    return supabase_project


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


async def enrolled(project, home, robot="desk-1", group="invoices"):
    """The outcome of what owner and robot type."""
    words = ("supabase", "invite", robot, "--group", group, "--key", project.anon, "--json")
    invited = await command(*words, home=home, SUPABASE_DB_URL=project.database)
    assert invited.returncode == 0, invited.stderr
    code = json.loads(invited.stdout)["code"]
    done = await command("enroll", "--supabase", project.url, code, "--json", home=home)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), code


async def page(project, robot, group):
    """Supabase's own client in Node: what it said."""
    folder = packages()
    script = folder / "round_trip.mjs"
    script.write_bytes(ROUND_TRIP.read_bytes())
    token = project.person(f"group:{group}", f"robot:{robot}")
    asked = await asyncio.create_subprocess_exec(
        *(str(node()), str(script), project.url, project.anon, token, group, robot),
        json.dumps(json.loads(GREETING.read_text())),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
    )
    out, err = await asyncio.wait_for(asked.communicate(), LIMIT)
    assert asked.returncode == 0, (out, err)
    return [json.loads(line) for line in out.splitlines()]


async def test_a_robot_enrolled_by_one_code_works_for_a_page_of_supabase_js(project, home):
    told, _ = await enrolled(project, home)
    running = process("run", home=home)
    try:
        appear(home / "data" / "control" / "key")

        async def is_member():
            status = await command("status", "--json", home=home)
            return json.loads(status.stdout).get("group_role") == "active"

        await until(is_member)
        submitted, ended = await page(project, "desk-1", "invoices")
        status = await command("group", "status", "invoices", "--json", home=home)
        well = await command("doctor", "--json", home=home)
    finally:
        end(running)

    assert told == {
        "robot_id": "desk-1",
        "supabase_url": project.url,
        "group": "invoices",
    }
    assert "desk-1" in status.stdout, status.stderr
    findings = {one["check"]: one["state"] for one in json.loads(well.stdout)["findings"]}
    assert {findings[name] for name in ("supabase", "schema", "policies", "realtime")} == {"ok"}
    assert ended["job"] == submitted["submitted"]
    assert ended["status"] == "completed"
    assert ended["row"]["status"] == "done"
    assert ended["row"]["result"]["variables"]["greeting"] == "Hello Ada!"
    assert "presence" in ended["seen"]
    assert set(ended["seen"]) <= {
        "presence",
        "node_started",
        "node_completed",
        "node_error",
        "job_completed",
    }


async def test_a_code_works_once_and_secret_keys_do_not_work(project, home, tmp_path):
    _, code = await enrolled(project, home, robot="desk-2")

    again = await command("enroll", "--supabase", project.url, code, home=tmp_path / "other")
    secret = f"{code.partition('~')[0]}~{project.service}"
    refused = await command("enroll", "--supabase", project.url, secret, home=tmp_path / "third")

    assert again.returncode == 1
    assert "was used already" in again.stderr
    assert refused.returncode == 1
    assert "service-role" in refused.stderr
    assert project.service not in refused.stderr


async def test_init_prints_or_does_all_that_a_project_needs(project, home):
    shown = await command("supabase", "init", "--print", home=home)
    done = await command("supabase", "init", "--database", project.database, home=home)

    assert "create policy in_my_spaces" in shown.stdout
    assert done.returncode == 0, done.stderr
    assert "anonymous sign-ins" in done.stdout
