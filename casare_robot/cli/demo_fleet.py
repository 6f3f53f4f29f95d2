"""The demo's programs: an orchestrator and robots, as processes that can be killed."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil

from casare_robot.desktop.child_process import python_module

LONGEST_START = 120.0
"""Seconds a program may take to be there; on a slow machine most of it is reading Python files."""


class Program:
    """One process and what it started.

    Args:
        command: Arguments of ``casare-robot``.
        folder: Where it works, and writes ``NAME.log``.
        settings: Environment variables beside those of this process.
    """

    def __init__(
        self, name: str, *command: str, folder: Path, settings: dict[str, str] | None = None
    ) -> None:
        self.name = name
        self._command = [*python_module("casare_robot"), *command]
        self._folder = folder
        self._settings = settings or {}
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> asyncio.subprocess.Process:
        """Start it, for the first time or again."""
        with (self._folder / f"{self.name}.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                cwd=self._folder,
                env={**os.environ, **self._settings},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        return self._process

    async def kill(self) -> list[int]:
        """Kill it and all it started with no chance to say anything; whom it hit."""
        if self._process is None or self._process.returncode is not None:
            return []
        hit = kill(self._process.pid)
        await self._process.wait()
        return hit


class Fleet:
    """An orchestrator and its robots, each with a home of its own.

    Attributes:
        url, page, key: Where the orchestrator is, its page, and what lets one in.
        robots: By id.
    """

    def __init__(self, facts: dict[str, Any], robots: dict[str, Program]) -> None:
        self.url: str = facts["url"]
        self.page: str = facts["page"]
        self.key: str = facts["admin_key"]
        self.robots = robots

    @classmethod
    @asynccontextmanager
    async def open(cls, folder: Path, names: dict[str, str]) -> AsyncIterator["Fleet"]:
        """Start an orchestrator and robots; all are gone at the end of the ``async with``.

        Args:
            folder: For everything they keep, and where workflows write.
            names: Robot id to name.

        Raises:
            RuntimeError: One did not start; the message holds what it said.
        """
        orchestrator = Program(
            "orchestrator",
            "orchestrator",
            "--port=0",
            f"--data={folder / 'orchestrator'}",
            "--json",
            folder=folder,
        )
        robots: dict[str, Program] = {}
        try:
            facts = await _introduction(orchestrator, folder)
            for robot_id, name in names.items():
                settings = {
                    "CASARE_ROBOT_HOME": str(home_of(folder, robot_id)),
                    "CASARE_ROBOT_ROBOT_NAME": name,
                    "CASARE_ROBOT_API_KEY": facts["robot_key"],
                    # The demo's orders are paid by a program, which jobs from elsewhere may not run
                    # until somebody says so.
                    "CASARE_ROBOT_REMOTE_POLICY": json.dumps({"allow_scripts": True}),
                }
                command = ("run", f"--orchestrator={facts['robots']}", f"--robot-id={robot_id}")
                robots[robot_id] = Program(robot_id, *command, folder=folder, settings=settings)
                await robots[robot_id].start()
            yield cls(facts, robots)
        finally:
            for program in (*robots.values(), orchestrator):
                await program.kill()


def home_of(folder: Path, robot_id: str) -> Path:
    """Where a robot of the demo keeps everything."""
    return folder / f"home-of-{robot_id}"


def orders_in(file: Path) -> list[str]:
    """The orders in a file that a job of the demo wrote, in the order of their lines."""
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    return [line.split()[-1] for line in lines if line]


def was_done(node_id: str, booked: Sequence[str], paid: Sequence[str]) -> bool:
    """Whether the files show a step whose outcome is unknown; each order is booked, then paid."""
    return len(booked) == len(paid) if node_id == "pay" else len(booked) > len(paid)


async def _introduction(orchestrator: Program, folder: Path) -> dict[str, Any]:
    process = await orchestrator.start()
    if process.stdout is None:
        raise RuntimeError("the orchestrator has no standard output")
    async with asyncio.timeout(LONGEST_START):
        line = await process.stdout.readline()
    if not line:
        said = (folder / "orchestrator.log").read_text("utf-8", "replace")
        raise RuntimeError(f"the orchestrator did not start: {said}")
    facts: dict[str, Any] = json.loads(line)
    return facts


async def command(*arguments: str, home: Path) -> int:
    """Run a command of this program to its end, for a robot; its exit code."""
    process = await asyncio.create_subprocess_exec(
        *python_module("casare_robot"),
        *arguments,
        env={**os.environ, "CASARE_ROBOT_HOME": str(home)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    return await process.wait()


def kill(pid: int) -> list[int]:
    """Kill a process and all it started; whom it hit."""
    try:
        program = psutil.Process(pid)
        victims = [program, *program.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
    hit = []
    for victim in victims:
        try:
            victim.kill()
            hit.append(victim.pid)
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(victims[1:], timeout=5)
    return hit
