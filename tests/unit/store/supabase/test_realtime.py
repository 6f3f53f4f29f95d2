"""The fault table of the official client, with ours: each row, its outcome and its time limit.

The servers are real sockets; where the table speaks of a minute, attempts and echoes are
quicker here and the outage ends when several of them have failed.
"""

import asyncio
import json
import logging
from contextlib import asynccontextmanager
from functools import partial

import pytest

from casare_robot.domain.errors import StoreUnavailableError
from casare_robot.resilience.backoff import Backoff
from casare_robot.store.supabase.http import ProjectHttp
from casare_robot.store.supabase.realtime import Channel, Realtime, RealtimeTimes, RefusedError
from casare_robot.store.supabase.sign_in import SignIn
from casare_robot.store.supabase.socket import open_socket
from tests.chaos_proxy import ChaosProxy, Fault

QUICK = RealtimeTimes(echo=0.2, patience=2.0, renewal=0.1)
SOON = Backoff(base_delay=0.05, max_delay=0.2)
LIMIT = 45.0
"""Seconds in which each fault is over. Source: reliability, R11."""


@pytest.fixture
def server(supabase_project):
    supabase_project.realtime.settle()
    yield supabase_project.realtime
    supabase_project.lifetime = 3600
    supabase_project.realtime.settle()


@pytest.fixture
def project(supabase_project):
    return supabase_project.robot("r1", "team")


@asynccontextmanager
async def kept(project, *, topic="robot:r1", hear=None, times=QUICK, **more):
    """A line that is kept while the context lasts, joined."""
    heard = hear or (lambda *_: None)
    http = ProjectHttp(project)
    sign_in = SignIn(http, project.robot_key)
    channel = Channel(topic=topic, hear=heard, **more)
    line = Realtime(
        partial(open_socket, project), sign_in.fresh, channel, times=times, backoff=SOON
    )
    running = asyncio.create_task(line.run())
    try:
        await asyncio.wait_for(line.joined(), LIMIT)
        yield line
    finally:
        running.cancel()
        await asyncio.wait([running])
        await http.close()


async def until(claim):
    """Wait until something is so, looking again and again."""
    async with asyncio.timeout(LIMIT):
        while not claim():
            await asyncio.sleep(0.01)


async def lost_and_found(line, lines):
    """Wait until there is another line, and all is joined on it."""
    await until(lambda: line.lines > lines and line.is_joined)


@pytest.mark.parametrize("code", [1000, 1001, 1011])
async def test_a_line_that_the_server_closes_is_made_again(project, server, code):
    async with kept(project) as line:
        await asyncio.to_thread(server.close, code)
        await lost_and_found(line, 1)

        await line.push("robot:r1", "here", {"n": 1})

    assert server.events("robot:r1") == ["here"]


async def test_a_line_that_is_reset_is_made_again_and_who_listens_looks(project, server):
    heard = []
    async with ChaosProxy(int(project.url.rpartition(":")[2])) as proxy:
        near = project._replace(url=proxy.url.replace("ws:", "http:"))
        async with kept(near, hear=lambda event, _: heard.append(event)) as line:
            before = heard.count("")
            await proxy.play([Fault("reset", 0)])
            await lost_and_found(line, 1)

            assert heard.count("") >= before + 2  # at the loss, and when it is there again
            await line.push("robot:r1", "here", {"n": 1})

    assert server.events("robot:r1") == ["here"]


class Breaking:
    """A connection that breaks when it is told to."""

    def __init__(self):
        self.breaks = asyncio.Event()

    async def send(self, text):
        pass

    async def receive(self):
        await self.breaks.wait()
        raise StoreUnavailableError("it broke")

    async def close(self):
        pass


@pytest.mark.parametrize("turns", range(8))
async def test_who_stops_while_the_line_breaks_stops(turns):
    socket = Breaking()

    async def opened():
        return socket

    async def token():
        return "token"

    line = Realtime(opened, token, backoff=Backoff(base_delay=0.01, max_delay=0.01))
    running = asyncio.create_task(line.run())
    await line.joined()
    socket.breaks.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    running.cancel()
    done, _ = await asyncio.wait([running], timeout=5)
    running.cancel()
    await asyncio.wait([running], timeout=5)

    assert done


async def test_an_outage_longer_than_five_attempts_ends_when_the_server_is_back(project, server):
    tried = 0

    async def opened():
        nonlocal tried
        tried += 1
        return await open_socket(project)

    async with kept(project) as line:
        line._open_socket = opened
        server.refuses = True
        await asyncio.to_thread(server.close)
        await until(lambda: tried > 12)
        with pytest.raises(StoreUnavailableError):
            await line.push("robot:r1", "lost", {})
        server.refuses = False
        await lost_and_found(line, 1)

        await line.push("robot:r1", "here", {})

    assert server.events("robot:r1") == ["here"]


async def test_a_heartbeat_without_an_answer_ends_the_line(project, server):
    async with kept(project, times=RealtimeTimes(echo=0.2, patience=0.5)) as line:
        server.is_mute = True
        await until(lambda: not line.is_joined)
        server.is_mute = False

        await lost_and_found(line, 1)
        await line.push("robot:r1", "here", {})


async def test_a_line_is_made_again_with_the_newest_token(project, server, supabase_project):
    supabase_project.lifetime = 1
    async with kept(project) as line:
        first = server.joins[-1][1]
        await until(lambda: line._token != first)
        renewed = line._token
        await asyncio.to_thread(server.close)
        await lost_and_found(line, 1)

        assert server.joins[-1][1] not in ("", first)
        assert len(server.joins) >= 2
        assert renewed != first


async def test_a_message_too_large_is_refused_once_and_the_line_stays(project, server):
    server.largest = 1_000_000
    async with kept(project) as line:
        with pytest.raises(RefusedError, match="size exceeds"):
            await line.push("robot:r1", "large", {"text": "x" * 1_200_000})
        await line.push("robot:r1", "small", {})

        assert line.lines == 1
    assert server.events("robot:r1") == ["small"]


async def test_a_message_of_three_megabytes_does_not_end_the_line(project, server):
    sizes = []
    async with kept(project, hear=lambda event, told: sizes.append(len(told.get("text", "")))):
        large = {"text": "x" * 3_000_000}
        await asyncio.to_thread(server.broadcast, "robot:r1", "large", large)
        await until(lambda: 3_000_000 in sizes)


async def test_pushes_without_a_line_keep_nothing_and_start_nothing(project, server):
    async with kept(project) as line:
        server.refuses = True
        await asyncio.to_thread(server.close)
        await until(lambda: not line.is_joined)
        tasks = len(asyncio.all_tasks())

        for number in range(20_000):
            with pytest.raises(StoreUnavailableError):
                await line.push("robot:r1", "late", {"n": number})

        assert len(asyncio.all_tasks()) <= tasks
        assert line._waiting == {}
        server.refuses = False
        await lost_and_found(line, 1)
    assert server.events("robot:r1") == []


async def test_no_log_at_any_level_has_a_key_or_a_token(project, server, caplog):
    caplog.set_level(logging.DEBUG)
    async with kept(project) as line:
        token = line._token
        await line.push("robot:r1", "here", {})
        server.refuses = True
        await asyncio.to_thread(server.close)
        await until(lambda: not line.is_joined)

    told = caplog.text + json.dumps([str(record.args) for record in caplog.records])
    for secret in (project.key, project.robot_key, token):
        assert secret not in told


async def test_nobody_joins_the_channel_of_another_robot(project, server):
    async def trial():
        async with kept(project, topic="robot:other"):
            pass

    trying = asyncio.create_task(trial())
    await until(lambda: server.joins)
    done, _ = await asyncio.wait([trying], timeout=0.5)
    trying.cancel()
    await asyncio.wait([trying])

    assert not done


async def test_others_see_who_is_there_also_after_a_new_line(project, server, supabase_project):
    seen, states = {}, []

    def hear(event, told):
        if event == "presence_state":
            states.append(told)
            seen.clear()
            seen.update(told)
        elif event == "presence_diff":
            for key in told["leaves"]:
                seen.pop(key, None)
            seen.update(told["joins"])

    other = supabase_project.robot("r2", "team")
    async with (
        kept(other, topic="group:team", hear=hear, presence="r2"),
        kept(project, topic="group:team", presence="r1") as line,
    ):
        await line.show("group:team", {"state": "idle"})
        await until(lambda: seen.get("r1", {}).get("metas", [{}])[0].get("state") == "idle")
        await asyncio.to_thread(server.close)
        await lost_and_found(line, 1)
        await until(lambda: len(states) >= 2)  # whoever looks has forgotten what it saw

        await until(lambda: seen.get("r1", {}).get("metas", [{}])[0].get("state") == "idle")
