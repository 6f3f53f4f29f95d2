"""What an agent costs that has nothing to do.

Run: python -m tests.benchmarks.bench_idle_agent [--seconds 60]

Three robots: of the desk only, one whose orchestrator is not there, and one with
an established link. Goals (issue 3): at most 0.05 % of a core, 2 wake-ups a
second and 60 MB, the warm executor not counted. Linux: wake-ups are voluntary
context switches.
"""

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from tests.benchmarks.rounds import Row, show

SETTLE = 6.0
"""Seconds until start-up is over and the journal has been tidied."""
MEGABYTE = 1 << 20


def cpu_seconds(pid: int) -> float:
    """CPU of a process to the nanosecond: its clock as clock_getcpuclockid(3) names it."""
    return time.clock_gettime(~pid << 3 | 2)


def switches(process: psutil.Process) -> int:
    """Voluntary context switches of all threads."""
    total = 0
    for thread in Path(f"/proc/{process.pid}/task").iterdir():
        for line in (thread / "status").read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches"):
                total += int(line.split()[1])
    return total


@contextlib.contextmanager
def orchestrator(folder: Path):
    """An orchestrator in a process of its own; the options of a robot for it."""
    command = [sys.executable, "-m", "casare_robot", "orchestrator", "--port", "0", "--json"]
    serving = subprocess.Popen(
        [*command, "--data", str(folder)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        facts = json.loads(serving.stdout.readline())
        yield ["--orchestrator", facts["robots"], "--api-key", facts["robot_key"]]
    finally:
        serving.terminate()
        serving.wait(10)
        serving.stdout.close()


def measure(name: str, seconds: float, options: Sequence[str], *, linked: bool) -> list[Row]:
    """One agent, left alone.

    Args:
        name: What to call it.
        seconds: How long to watch it.
        options: Of ``run``.
        linked: It must say that it is connected first.
    """
    with tempfile.TemporaryDirectory() as home:
        agent = subprocess.Popen(
            [sys.executable, "-m", "casare_robot", "run", "--home", home, *options],
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            while linked and "connected" not in agent.stderr.readline():
                pass
            time.sleep(SETTLE)
            process = psutil.Process(agent.pid)
            before, cpu = switches(process), cpu_seconds(agent.pid)
            time.sleep(seconds)
            woken = (switches(process) - before) / seconds
            busy = (cpu_seconds(agent.pid) - cpu) / seconds * 100
            memory = process.memory_info().rss / MEGABYTE
        finally:
            agent.terminate()
            agent.wait(10)
            agent.stderr.close()
    return [
        Row(f"{name}, percent of a core", busy, 0.05, at_most=True),
        Row(f"{name}, wake-ups a second", woken, 2.0, at_most=True),
        Row(f"{name}, memory in MB", memory, 60.0, at_most=True),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    seconds = parser.parse_args().seconds
    nobody = ["--orchestrator", "ws://127.0.0.1:9"]
    with tempfile.TemporaryDirectory() as folder, orchestrator(Path(folder)) as link:
        show(
            measure("desk only", seconds, (), linked=False)
            + measure("nobody answers", seconds, nobody, linked=False)
            + measure("linked", seconds, link, linked=True)
        )


if __name__ == "__main__":
    main()
