"""A robot speaks, is seen, and hears of work over one connection."""

import asyncio
from contextlib import closing
from datetime import UTC, datetime

import pytest

from casare_robot.agent.supabase_voice import SupabaseVoice
from casare_robot.domain.job import JobId, JobResult, JobStatus
from casare_robot.domain.robot_events import JobEnded
from casare_robot.journal.journal import Journal
from casare_robot.store.opening import open_store

LIMIT = 60


@pytest.fixture
def project(supabase_project):
    supabase_project.realtime.settle()
    supabase_project.empty()
    yield supabase_project
    supabase_project.realtime.settle()


async def until(claim):
    async with asyncio.timeout(LIMIT):
        while not claim():
            await asyncio.sleep(0.01)


def ended(job):
    result = JobResult(job_id=JobId(job), status=JobStatus.COMPLETED)
    return JobEnded(job_id=JobId(job), result=result, at=datetime.now(UTC))


async def test_one_connection_is_enough(project, tmp_path):
    me, other = project.robot("r1", "team"), project.robot("r2", "team")
    store = None
    with closing(Journal.open(tmp_path / "data", reserve=0)) as journal:
        voice = SupabaseVoice(lambda: store and store.line, "group:team", "r1", "Desk", journal)
        speaking = asyncio.create_task(voice.run())
        voice.hear(ended("before there was a line"))
        before = project.realtime.connections
        async with (
            await open_store(me.address) as store,
            await open_store(other.address) as far,
            store.watch("log") as bell,
        ):
            await store.line.joined()
            await until(lambda: project.realtime.events("robot:r1") == ["job_completed"])
            await until(lambda: "r1" in project.realtime.present("group:team"))
            shown = project.realtime.present("group:team")["r1"]
            await anext(bell)
            await far.append("log", 1)
            async with asyncio.timeout(LIMIT):
                while (await store.read("log")).newest == 0:
                    await anext(bell)
        speaking.cancel()
        await asyncio.wait([speaking])

    assert project.realtime.connections - before == 1
    assert (shown["name"], shown["state"]) == ("Desk", "starting")
