"""`casare-robot run` as a process of its own, in a fresh home."""

import asyncio
import contextlib
import os
import signal
import sys
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parents[2]


def chain(*nodes, variables=None):
    """A workflow of nodes in a row: (id, type, config)."""
    return {
        "metadata": {"name": "interop"},
        "nodes": {
            name: {"node_id": name, "node_type": kind, "config": config}
            for name, kind, config in nodes
        },
        "connections": [
            {
                "source_node": one[0],
                "source_port": "exec_out",
                "target_node": other[0],
                "target_port": "exec_in",
            }
            for one, other in pairwise(nodes)
        ],
        "variables": variables or {},
    }


START, END = ("n1", "StartNode", {}), ("n9", "EndNode", {})
GOOD = chain(START, ("n2", "SetVariableNode", {"variable_name": "x", "default_value": "7"}), END)
BAD = chain(START, ("n2", "ThrowErrorNode", {"error_message": "no such invoice"}), END)


def waiting(seconds):
    return chain(START, ("n2", "WaitNode", {"duration": seconds}), END)


class RobotProcess:
    """A robot that was started like this; ``home`` may be that of an earlier one."""

    def __init__(self, *arguments, home):
        self.home = home
        self._arguments = arguments
        self._process = None

    async def start(self):
        with (self.home.parent / "robot.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "casare_robot", "run", *self._arguments),
                env={
                    **{k: v for k, v in os.environ.items() if not k.startswith("CASARE_")},
                    "CASARE_ROBOT_HOME": str(self.home),
                    "PYTHONPATH": str(ROOT),
                    "PYTHONUTF8": "1",
                },
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def signal(self, number):
        self._process.send_signal(number)

    async def kill(self):
        self._process.kill()
        await self._process.wait()

    async def stop(self):
        """Ask it to go; its exit code."""
        self.signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            return await self._process.wait()

    def said(self):
        return (self.home.parent / "robot.log").read_text("utf-8", "replace")


@contextlib.asynccontextmanager
async def robot(tmp_path, url, dialect, *more, robot_id="robot-it-01", key="crpa_key"):
    """A running robot."""
    it = RobotProcess(
        *("--orchestrator", url, "--robot-id", robot_id, "--api-key", key, "--dialect", dialect),
        *more,
        home=tmp_path / "home",
    )
    await it.start()
    try:
        yield it
    except BaseException:
        print(it.said())
        raise
    finally:
        if it._process.returncode is None:
            await it.kill()
