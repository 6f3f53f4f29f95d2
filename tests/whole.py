"""A real orchestrator and real robots in a test, in its own process or as processes."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

from casare_robot.agent.robot_agent import RobotAgent
from casare_robot.config.robot_config import RobotConfig
from casare_robot.domain.policy import Policy
from casare_robot.link.orchestrator_client import OrchestratorClient, OrchestratorError
from casare_robot.orchestrator.server import Listener, Orchestrator
from casare_robot.store.held_lease import LeaseTimes
from tests.drawing import draw

ROOT = Path(__file__).parents[1]
MACHINE = {"system": "a", "card": "b", "name": "c"}
SCRIPTS = {"remote_policy": Policy(profile="remote", allow_scripts=True)}
"""Setting of a robot that does what jobs from elsewhere ask a shell for."""
BEAT = 0.3
CALM = LeaseTimes(ttl=60.0, renewal=1.0, margin=0.5)
"""An orchestrator in the test's own process is not as easily lost as that process is starved."""
OPEN = ("queued", "assigned", "running")


class House:
    """An orchestrator that is being served, and its keys."""

    def __init__(self, orchestrator, listener, admin_key, robot_key):
        self.orchestrator = orchestrator
        self.listener = listener
        self.admin_key = admin_key
        self.robot_key = robot_key
        self.client = OrchestratorClient(listener.url, admin_key)

    @property
    def url(self):
        return self.listener.url

    @property
    def robots_url(self):
        return self.url.replace("http", "ws", 1)

    @property
    def port(self):
        return int(self.url.rpartition(":")[2])

    async def submit(self, workflow, **facts):
        """The new job's id; asks again while a starved orchestrator takes its lease back."""
        async with asyncio.timeout(60):
            while True:
                try:
                    return (await self.client.submit({"workflow": workflow, **facts}))["job_id"]
                except OrchestratorError as error:
                    if error.status != 503:
                        raise
                    await asyncio.sleep(0.2)

    async def until(self, job_id, *states, timeout=60):
        """The job once it is in one of these states; without any, once it has ended."""
        return await until_job(self.client, job_id, *states, timeout=timeout)

    async def connected(self, *robots, timeout=60):
        """Wait until these are here and have said how they are."""

        async def are_here():
            here = {r["robot_id"] for r in await self.client.robots() if r["connected"]}
            said = {r.robot_id for r in self.orchestrator.roster if r.status is not None}
            return set(robots) <= here & said

        await until(are_here, timeout)

    async def shows(self, robot_id, timeout=60, **facts):
        """Wait until a robot is shown with these."""

        async def is_so():
            return facts.items() <= (await self.robot(robot_id)).items()

        await until(is_so, timeout)

    async def post(self, path, **said):
        """Ask for what the client has no method for; the answer's body."""
        return await self.client._ask("POST", path, said)

    async def robot(self, robot_id):
        """What the orchestrator says of a robot."""
        return next(r for r in await self.client.robots() if r["robot_id"] == robot_id)


async def until(claim, timeout=60):
    """Wait until ``claim()`` holds, which may have to be awaited."""
    async with asyncio.timeout(timeout):
        while True:
            held = claim()
            if await held if asyncio.iscoroutine(held) else held:
                return
            await asyncio.sleep(0.02)


async def until_job(client, job_id, *states, timeout=60):
    """Ask for a job until it is in one of these states; without any, until it has ended."""
    job = None
    try:
        async with asyncio.timeout(timeout):
            while True:
                with contextlib.suppress(ConnectionError):
                    job = await _job(client, job_id)
                    if job["status"] in states or (not states and job["status"] not in OPEN):
                        return job
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"job {job_id} is not {states or 'ended'}: {job}") from None


async def _job(client, job_id):
    try:
        return await client.job(job_id)
    except OrchestratorError as error:
        if error.status:
            raise
        raise ConnectionError from error


@contextlib.asynccontextmanager
async def house(
    store="memory:", *, port=0, certificate=None, chaos=None, keys=None, beat=BEAT, **how
):
    """Serve an orchestrator; ``keys`` are another one's on the same store."""
    async with (
        Orchestrator.open(
            store, heartbeat_interval=beat, chaos=chaos, lease_times=CALM, **how
        ) as orchestrator,
        Listener(orchestrator, port=port, certificate=certificate).open() as listener,
    ):
        made = keys or [await orchestrator.keys.make(kind) for kind in ("admin", "robot")]
        served = House(orchestrator, listener, *made)
        async with served.client:
            yield served


def agent(url, key, home, *, robot_id="robot-1", executor=None, **settings):
    """A robot that is quick to notice and to try again; not yet started."""
    quick = {
        "heartbeat_interval": BEAT,
        "reconnect_delay": 0.02,
        "max_reconnect_delay": 0.2,
        "keep_awake": False,
    }
    config = RobotConfig(
        orchestrator_url=url,
        api_key=key,
        robot_id=robot_id,
        checkpoint_dir=Path(home),
        **{**quick, **settings},
    )
    return RobotAgent(config, machine=MACHINE, executor=executor)


@contextlib.asynccontextmanager
async def working(robot):
    """A robot that works while the block runs."""
    await robot.start()
    try:
        yield robot
    finally:
        await robot.stop(now=True)


def robot_in(served, home, **settings):
    """A robot of this house, for ``async with``."""
    return working(agent(served.robots_url, served.robot_key, home, **settings))


def process(*arguments, home, err=None, **variables):
    """Start a command of the robot with its own home; ``err`` is a file for its log."""
    return subprocess.Popen(
        [sys.executable, "-m", "casare_robot", *map(str, arguments)],
        env={
            **{k: v for k, v in os.environ.items() if not k.startswith("CASARE_")},
            "CASARE_ROBOT_HOME": str(home),
            "PYTHONPATH": str(ROOT),
            "PYTHONUTF8": "1",
            **variables,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if err is None else err,
        text=True,
        encoding="utf-8",
    )


async def command(*arguments, home, **variables):
    """Run a command of the robot to its end."""
    started = process(*arguments, home=home, **variables)
    out, err = await asyncio.to_thread(started.communicate, timeout=120)
    assert "Traceback" not in out + err, out + err
    return subprocess.CompletedProcess(arguments, started.returncode, out, err)


@contextlib.contextmanager
def orchestrator_process(home, *arguments):
    """`casare-robot orchestrator` as a process: (process, the facts it printed)."""
    started = process("orchestrator", "--port", "0", "--json", *arguments, home=home)
    try:
        yield started, json.loads(started.stdout.readline())
    finally:
        end(started)


@contextlib.contextmanager
def robot_process(url, key, home, *, robot_id="robot-1", err=None, **variables):
    """`casare-robot run` as a process; ``err`` is a path for its log."""
    Path(home).mkdir(exist_ok=True)
    quick = {
        "CASARE_ROBOT_HEARTBEAT_INTERVAL": str(BEAT),
        "CASARE_ROBOT_RECONNECT_DELAY": "0.02",
        "CASARE_ROBOT_MAX_RECONNECT_DELAY": "0.2",
        "CASARE_ROBOT_API_KEY": key,
    }
    words = ("run", "--orchestrator", url, "--robot-id", robot_id)
    with contextlib.nullcontext() if err is None else Path(err).open("a") as log:
        started = process(*words, home=home, err=log, **quick, **variables)
        try:
            yield started
        finally:
            end(started)


def end(started):
    """Have a process leave, and close its pipes."""
    if started.poll() is None:
        started.terminate()
    started.communicate(timeout=60)


def chain(*steps, **fields):
    """A workflow of nodes one after the other: each (name, type without Node, config)."""
    nodes = {name: (type_, config) for name, type_, config in steps}
    return draw({"s": "Start", **nodes}, " > ".join(["s", *nodes]), **fields)


def sets(name="x", value=1):
    """A workflow that sets one variable."""
    return chain(("set", "SetVariable", {"variable_name": name, "default_value": value}))


def waits(seconds):
    """A workflow that waits."""
    return chain(("w", "Wait", {"duration": seconds}))


def lasts_until(file):
    """A step's type and config that ends once a file is there."""
    code = (
        "import pathlib, sys, time\nwhile not pathlib.Path(sys.argv[1]).exists(): time.sleep(0.05)"
    )
    args = ["-c", code, str(file)]
    return "RunCommand", {"command": sys.executable, "args": args, "shell": False, "timeout": 300}


def holds(file):
    """A workflow that ends once a file is there."""
    return chain(("h", *lasts_until(file)))


def fails(text):
    """A workflow that fails."""
    return chain(("t", "ThrowError", {"error_message": text}))


def appends(file, line):
    """A workflow that adds a line to a file."""
    return chain(("a", "AppendFile", {"file_path": str(file), "content": f"{line}\n"}))
