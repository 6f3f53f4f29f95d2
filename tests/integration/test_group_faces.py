"""Robots in a group as processes, and what their faces see of it and do with it."""

import contextlib
import json

import pytest

from casare_robot.control.client import ControlClient
from casare_robot.domain.errors import AgentUnreachableError, GroupError
from tests.whole import command, end, process, sets, until

QUICK = {"CASARE_ROBOT_KEEP_AWAKE": "false"}


@pytest.fixture
def url(tmp_path):
    return f"sqlite:{tmp_path / 'shared.db'}"


@pytest.fixture
def member(tmp_path, url):
    """Starts a robot of the group: its line to faces."""
    with contextlib.ExitStack() as running:

        def start(name, role):
            home = tmp_path / name
            home.mkdir()
            words = ("run", "--robot-id", name, "--group", "team", "--role", role)
            log = running.enter_context((tmp_path / f"{name}.log").open("w"))
            started = process(*words, home=home, err=log, CASARE_ROBOT_STORE_URL=url, **QUICK)
            running.callback(end, started)
            return ControlClient(home / "data")

        yield start


async def seen(client, condition):
    """The group as a face sees it, once it is so."""
    found = []

    async def is_so():
        with contextlib.suppress(AgentUnreachableError, GroupError):
            group = await client.group()
            if group is not None and condition(group):
                found.append(group)
        return bool(found)

    await until(is_so, 120)
    return found[-1]


async def test_faces_see_the_group_of_a_running_robot_drill_it_and_give_it_jobs(
    member, url, tmp_path
) -> None:
    a = member("a", "active")
    await seen(a, lambda group: group.names("active") == ("a",))
    b = member("b", "passive")
    before = await seen(a, lambda group: group.names("passive") == ("b",) and group.in_sync)
    status = await a.status()
    drilled = await a.drill()
    after = await seen(b, lambda group: group.names("passive") == ("a",))
    await until(lambda: _is(b, "active"), 60)
    file = tmp_path / "total.json"
    file.write_text(json.dumps(sets("t", 7)))
    done = await command(
        *("submit", file, "--group", "team", "--wait", "--store", url), home=tmp_path / "desk"
    )
    again = await b.group()

    assert (before.robot, {m.health for m in before.members}) == ("a", {"healthy"})
    assert all(m.lease_age is not None for m in before.members)
    assert (status.group, status.group_role) == ("team", "active")
    assert (drilled.promoted, drilled.retired, drilled.answered) == ("b", ("a",), True)
    assert (after.robot, after.names("active")) == ("b", ("b",))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("done: on b")
    assert "t = 7" in done.stdout
    assert again.jobs == {"done": 1}


async def _is(client, role):
    return (await client.status()).group_role == role
