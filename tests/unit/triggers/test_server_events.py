"""Server-sent events of a real server: taken up where the line broke."""

import asyncio
from datetime import UTC, datetime

import pytest

from casare_robot.domain.errors import TriggerError
from casare_robot.domain.policy import Policy
from casare_robot.triggers.event import Surroundings
from casare_robot.triggers.server_events import ServerEvents

DEFAULTS = {
    "event_types": "",
    "headers": {"X-Key": "k"},
    "reconnect_delay_seconds": 5,
    "max_reconnect_attempts": 3,
    "timeout_seconds": 0,
}


class Stop(Exception):  # noqa: N818
    pass


class Taken:
    def __init__(self, stop_after=10**6):
        self.events, self.cursors, self.slept = [], [], []
        self._left = stop_after

    async def deliver(self, events, cursor):
        self.events += events
        self.cursors.append(cursor)

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self._left -= 1
        if self._left <= 0:
            raise Stop


def listening(url, taken, **settings):
    around = Surroundings(
        clock=lambda: datetime(2026, 11, 20, tzinfo=UTC),
        sleep=taken.sleep,
        policy=Policy,
        ended_jobs=list,
    )
    return ServerEvents({"sse_url": url, **DEFAULTS, **settings}, around)


async def listen(server, taken, cursor=None, **settings):
    server.kind = "text/event-stream"
    with pytest.raises(Stop):
        async with asyncio.timeout(60):
            await listening(server.url, taken, **settings).run(cursor, taken.deliver)


async def test_events_come_with_their_data_and_the_server_is_told_the_last(page_server):
    page_server.body = b'id: 7\nevent: order\ndata: {"n": 1}\n\ndata: plain\n\n'
    taken = Taken(stop_after=2)

    await listen(page_server, taken)

    first, second = taken.events[:2]
    assert (first.key, first.payload["event_type"], first.payload["data"]) == (
        "7",
        "order",
        {"n": 1},
    )
    assert (second.payload["data"], second.payload["event_id"]) == ("plain", "")
    asked = [headers.get("Last-Event-ID") for _, headers, _ in page_server.requests]
    assert asked == [None, "7"]
    assert page_server.requests[0][1]["X-Key"] == "k"


async def test_two_events_without_an_id_of_their_own_are_two(page_server):
    page_server.body = b"id: 7\ndata: a\n\ndata: a\n\ndata: a\n\n"
    taken = Taken(stop_after=1)

    await listen(page_server, taken)

    assert len({event.key for event in taken.events}) == 3


async def test_a_restart_goes_on_after_the_last_event(page_server):
    page_server.body = b""

    await listen(page_server, Taken(stop_after=1), cursor="41")

    assert page_server.requests[0][1]["Last-Event-ID"] == "41"


async def test_kinds_choose_and_the_server_may_ask_for_a_pause(page_server):
    page_server.body = b"retry: 9000\nevent: a\ndata: 1\n\nevent: b\ndata: 2\n\n"
    taken = Taken(stop_after=1)

    await listen(page_server, taken, event_types="b")

    assert ([e.payload["data"] for e in taken.events], taken.slept) == ([2], [9.0])


async def test_a_line_that_ends_at_once_is_no_tight_loop(page_server):
    taken = Taken(stop_after=4)

    await listen(page_server, taken)

    assert taken.slept == [5, 5, 5, 5]


async def test_a_server_that_refuses_is_given_up_after_a_few_attempts(page_server):
    page_server.status = 503
    taken = Taken()

    with pytest.raises(TriggerError, match="HTTP 503"):
        await listening(page_server.url, taken).run(None, taken.deliver)

    assert len(page_server.requests) == 3
