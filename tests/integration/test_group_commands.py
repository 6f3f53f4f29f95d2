"""`casare-robot group` and `fleet` as people start them, on a file and on a server."""

import asyncio
import json
import signal
import sys

import pytest

from tests.whole import command, process


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture(params=["sqlite", "postgres", "redis"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:{tmp_path / 'shared.db'}"
    return request.getfixturevalue(f"{request.param}_server").empty()


@pytest.fixture
def say(home, url):
    """Runs a command on the store; what it said as JSON."""

    async def run(*words, code=0):
        done = await command(*words, "--json", "--store", url, home=home)
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)

    return run


async def test_processes_share_a_group(say) -> None:
    await say("group", "create", "team", "--active", "a", "--passive", "b")
    await say("group", "remember", "team", "the portal is in German")
    drill = await say("group", "drill", "team")
    shown = await say("group", "status")
    (found,) = await say("group", "recall", "team", "portal")
    job = await say("fleet", "distribute", "team", "read the post")
    fleet = await say("fleet", "status")

    assert (drill["promoted"], shown["active"], shown["passive"]) == ("b", ["b"], ["a"])
    assert [phase["name"] for phase in drill["phases"]] == ["look", "commit", "told", "return"]
    assert found["content"] == "the portal is in German"
    assert job["targetSwarm"] == "team"
    assert (fleet["status"], fleet["registry"]["totalAgents"]) == ("healthy", 2)


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C is no signal that one can send there")
async def test_events_are_followed_until_ctrl_c(say, url, home) -> None:
    await say("group", "create", "team")
    following = process(
        "group", "events", "-f", "--json", "--topic", "a:*", "--store", url, home=home
    )
    heard = asyncio.create_task(asyncio.to_thread(following.stdout.readline))
    count = 0
    async with asyncio.timeout(60):
        while not heard.done():  # whenever it has begun to listen, the next one is heard
            count += 1
            await say("group", "publish", "team", "a:b", json.dumps(count))
    first = json.loads(await heard)
    following.send_signal(signal.SIGINT)
    await asyncio.to_thread(following.communicate, timeout=60)

    assert first["eventType"] == "a:b"
    assert 1 <= first["payload"] <= count
    assert following.returncode == 0
