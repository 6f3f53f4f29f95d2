"""The demo's job: its robot is killed on the way and started again until the job has ended."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console

from casare_robot.cli.rendering import EXIT_CODES
from casare_robot.desktop.child_process import python_module

JOB = "orders-of-today"
LOOK = 0.02
"""Seconds between two looks at the world."""
LONGEST = 60.0
"""Seconds a robot may run; the whole job takes about six."""


@dataclass(frozen=True, kw_only=True)
class Moment:
    """When to kill: ``pause`` seconds after the payment of ``order`` is seen in the world."""

    order: str
    pause: float
    said: str


class KilledJob:
    """Runs `orders.json` in robots that are children of this process.

    Attributes:
        kills: How many robots were killed.
    """

    def __init__(self, console: Console, *, workflow: Path, terminal: Path, folder: Path) -> None:
        self.kills = 0
        self._console = console
        self._home = folder / "home-of-orders"
        self._folder = folder
        inputs = [f"--var=python={sys.executable}", f"--var=terminal={terminal}"]
        self._first = ["exec", str(workflow), "--job", JOB, *inputs]

    @property
    def booked(self) -> list[str]:
        """Orders in the ledger, in the order of their lines."""
        return self._orders("ledger.txt")

    @property
    def paid(self) -> list[str]:
        """Orders that were paid, in the order of their lines."""
        return self._orders("payments.txt")

    def run(self, moments: Sequence[Moment]) -> dict[str, Any]:
        """Run to the end, killing at each of the moments; the last robot's result."""
        left = list(moments)
        command = self._first
        self._say("$ casare-robot exec orders.json --job", JOB)
        while True:
            code, result = self._robot(command, left[0] if left else None)
            if code is None:
                left.pop(0)
                command = ["exec", "--job", JOB]
                self._say("$ casare-robot exec --job", JOB)
            elif code == EXIT_CODES["needs_attention"]:
                decision = self._look(result)
                command = ["jobs", "resolve", JOB, "--as", decision]
                self._say("$ casare-robot jobs resolve", JOB, "--as", decision)
            else:
                return result

    def _robot(
        self, command: list[str], moment: Moment | None
    ) -> tuple[int | None, dict[str, Any]]:
        """Exit code and result of a robot; no code if it was killed."""
        answer = self._folder / "answer.json"
        with (
            answer.open("wb") as said,
            subprocess.Popen(
                [*python_module("casare_robot"), *command, "--json", "--home", str(self._home)],
                cwd=self._folder,
                stdout=said,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            ) as process,
        ):
            echo = threading.Thread(target=self._echo, args=(process,))
            echo.start()
            try:
                killed = self._watch(process, moment)
            finally:
                kill(process.pid)
                echo.join()
        if killed:
            return None, {}
        text = answer.read_text("utf-8")
        return process.returncode, json.loads(text) if text.strip() else {}

    def _watch(self, process: "subprocess.Popen[str]", moment: Moment | None) -> bool:
        """Wait for its end or for the moment; whether it was killed."""
        give_up = time.monotonic() + LONGEST
        while process.poll() is None and time.monotonic() < give_up:
            if moment is not None and moment.order in self.paid:
                time.sleep(moment.pause)
                pids = kill(process.pid)
                self.kills += 1
                numbers = ", ".join(map(str, pids))
                self._console.print(f"  kill -9 {numbers}  {moment.said}", style="bold yellow")
                return True
            time.sleep(LOOK)
        return False

    def _look(self, result: dict[str, Any]) -> str:
        """Decide as a person would: by what the world shows of the unknown step."""
        order = result.get("variables", {}).get("order", "")
        [step] = result["needs_attention"]
        file, orders = (
            ("payments.txt", self.paid) if step["node_id"] == "pay" else ("ledger.txt", self.booked)
        )
        self._console.print(
            f"  It does not guess: was {step['node_id']!r} of {order} done? Only the world knows.",
            style="yellow",
        )
        done = order in orders
        shown = f"{file} has {order}: it was" if done else f"{file} has no {order}: it was not"
        self._console.print(f"  {shown} done.")
        return "done" if done else "again"

    def _echo(self, process: "subprocess.Popen[str]") -> None:
        for line in process.stderr or ():
            self._console.print(f"  | {line.rstrip()}", style="dim", markup=False)

    def _say(self, *words: str) -> None:
        self._console.print(" ".join(words), style="bold cyan", markup=False)

    def _orders(self, name: str) -> list[str]:
        file = self._folder / name
        lines = file.read_text("utf-8").splitlines() if file.exists() else []
        return [line.split()[-1] for line in lines if line]


def kill(pid: int) -> list[int]:
    """Kill a process and all it started with no chance to say anything; whom it hit."""
    try:
        robot = psutil.Process(pid)
        victims = [robot, *robot.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
    hit = []
    for victim in victims:
        try:
            victim.kill()
            hit.append(victim.pid)
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(victims, timeout=5)
    return hit
