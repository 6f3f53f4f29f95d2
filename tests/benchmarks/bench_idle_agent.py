"""What an agent costs that has nothing to do.

Run: python -m tests.benchmarks.bench_idle_agent [--seconds 60] [--orchestrator URL]

Goals (issue 3): at most 0.05 % of a core, 2 wake-ups a second and 60 MB, the
warm executor not counted. Linux: wake-ups are voluntary context switches.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.benchmarks.rounds import Row, show

SETTLE = 6.0
"""Seconds until start-up is over and the journal has been tidied."""
MEGABYTE = 1 << 20


def switches(process: psutil.Process) -> int:
    """Voluntary context switches of all threads."""
    total = 0
    for thread in Path(f"/proc/{process.pid}/task").iterdir():
        for line in (thread / "status").read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches"):
                total += int(line.split()[1])
    return total


def measure(seconds: float, orchestrator: str | None = None) -> list[Row]:
    """One agent, left alone."""
    more = ["--orchestrator", orchestrator] if orchestrator else []
    with tempfile.TemporaryDirectory() as home:
        agent = subprocess.Popen(
            [sys.executable, "-m", "casare_robot", "run", "--home", home, *more],
            stderr=subprocess.DEVNULL,
        )
        try:
            time.sleep(SETTLE)
            process = psutil.Process(agent.pid)
            before, cpu = switches(process), sum(process.cpu_times()[:2])
            time.sleep(seconds)
            woken = (switches(process) - before) / seconds
            busy = (sum(process.cpu_times()[:2]) - cpu) / seconds * 100
            memory = process.memory_info().rss / MEGABYTE
        finally:
            agent.terminate()
            agent.wait(10)
    return [
        Row("idle agent, percent of a core", busy, 0.05, at_most=True),
        Row("idle agent, wake-ups a second", woken, 2.0, at_most=True),
        Row("idle agent, memory in MB", memory, 60.0, at_most=True),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--orchestrator")
    options = parser.parse_args()
    show(measure(options.seconds, options.orchestrator))


if __name__ == "__main__":
    main()
