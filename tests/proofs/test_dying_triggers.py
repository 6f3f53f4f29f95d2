"""An event starts one job, also when the robot dies by kill -9 while it has it in hand."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from casare_robot.control.client import ControlClient
from casare_robot.domain.errors import AgentUnreachableError
from casare_robot.domain.job import JobStatus
from tests.drawing import write
from tests.proofs.dying_trigger import MODULE

ROOT = Path(__file__).parents[2]
PATIENCE = 120
pytestmark = pytest.mark.skipif(os.name == "nt", reason="kill -9 is POSIX")


@pytest.fixture
def die(tmp_path):
    """Robots that die at a method; each is gone at the end."""
    started = []
    for folder in ("in", "marks"):
        (tmp_path / folder).mkdir()

    def start(point, **more):
        process = subprocess.Popen(
            [sys.executable, "-m", MODULE, "run", "--home", str(tmp_path / "home")],
            cwd=ROOT,
            env={
                **os.environ,
                "DIE_AT": point,
                "WATCHED": str(tmp_path / "in"),
                "MARKS": str(tmp_path / "marks"),
                "PYTHONPATH": str(ROOT),
                **more,
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


async def answered(ask, accept=lambda found: True):
    """What a robot answers as soon as it does, and as it should."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(AgentUnreachableError):
                found = await ask()
                if accept(found):
                    return found
            await asyncio.sleep(0.05)


async def jobs_of_two_files(tmp_path, die, point, *, most=2, **more):
    """The files that jobs were started with: one that came before the death, and one after.

    ``most`` jobs are waited for.
    """
    flow = write(
        tmp_path / "flow.json",
        {
            "t": ("FileWatchTrigger", {"watch_path": str(tmp_path / "in"), "debounce_ms": 0}),
            "l": ("Log", {"message": "{{file_name}}"}),
        },
        "t > l",
    )
    robot = ControlClient(tmp_path / "home" / "data")
    ready = tmp_path / "marks" / "ready"
    process = die(point, **more)
    await answered(lambda: robot.trigger_on(str(flow), "", "once"))
    async with asyncio.timeout(PATIENCE):
        while not ready.exists():
            await asyncio.sleep(0.02)

    (tmp_path / "in" / "one").write_text("1")
    assert await asyncio.to_thread(process.wait, PATIENCE) == -signal.SIGKILL
    die(point, **more)

    async def files():
        done = await robot.jobs(100, JobStatus.COMPLETED)
        results = [(await robot.job(entry.job_id))[1] for entry in done]
        return sorted(result.log[0].message for result in results)

    await answered(files, lambda found: "one" in found)
    (tmp_path / "in" / "two").write_text("2")
    return await answered(files, lambda found: "two" in found and len(found) >= most)


@pytest.mark.parametrize("point", ["_start", "_note"])
async def test_a_death_on_either_side_of_the_job_s_acceptance_starts_it_once(tmp_path, die, point):
    assert await jobs_of_two_files(tmp_path, die, point) == ["one", "two"]


async def test_without_ids_that_come_of_the_event_the_job_would_run_twice(tmp_path, die):
    files = await jobs_of_two_files(tmp_path, die, "_note", most=3, WITHOUT_KEYS="1")

    assert files == ["one", "one", "two"]
