"""How long the program takes to be there, beside the start of a bare interpreter.

Run: python -m tests.benchmarks.bench_start [--rounds 7] [--peers PYTHON]

Bytecode is cached, as in an installation.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.benchmarks.rounds import PEERS, Cases, Row, interleave, median_ratio, medians, options
from tests.benchmarks.rounds import show as show_rows
from tests.benchmarks.workflows import chain

ONE = chain([("SetVariableNode", {"variable_name": "x", "default_value": "1"})])
RUN = """import sys, time
import casare_robot
assert casare_robot.run_workflow(sys.argv[1]).status == "completed"
print(time.perf_counter())"""
BARE = "bare interpreter"
ROBOT_FRAMEWORK = "Robot Framework, first node"


@contextlib.contextmanager
def surroundings() -> Iterator[tuple[Path, dict[str, str]]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "one.json").write_bytes(ONE)
        env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        env["PYTHONPYCACHEPREFIX"] = str(folder / "cache")
        env["PYTHONPATH"] = str(Path(__file__).parents[2])
        yield folder, env


def start(env: dict[str, str], *arguments: str) -> float:
    """Milliseconds of a whole process."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, *arguments], env=env, capture_output=True, check=True)
    return (time.perf_counter() - begin) * 1000


def until(env: dict[str, str], *command: str) -> float:
    """Milliseconds until the time that a process prints; the clock is the system's."""
    begin = time.perf_counter()
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    return (float(done.stdout.split()[-1]) - begin) * 1000


def fresh(env: dict[str, str], folder: Path) -> float:
    home = folder / "fresh"
    shutil.rmtree(home, ignore_errors=True)
    return execute(env, folder, home)


def execute(env: dict[str, str], folder: Path, home: Path) -> float:
    command = ("-m", "casare_robot", "exec", str(folder / "one.json"), "--home", str(home))
    return start(env, *command)


def measure(rounds: int, peers: str | None = None) -> list[Row]:
    goals = {
        "--help": 8.0,
        "exec of one node, fresh home": 20.0,
        "exec of one node, warm home": 20.0,
    }
    with surroundings() as (folder, env):
        cases: Cases = {
            BARE: partial(start, env, "-c", "pass"),
            "--help": partial(start, env, "-m", "casare_robot", "--help"),
            "exec of one node, fresh home": partial(fresh, env, folder),
            "exec of one node, warm home": partial(execute, env, folder, folder / "warm"),
            "run_workflow, one node done": partial(
                until, env, sys.executable, "-c", RUN, str(folder / "one.json")
            ),
        }
        if peers is not None:
            plain = {k: v for k, v in env.items() if k != "PYTHONPATH"}
            cases |= {ROBOT_FRAMEWORK: partial(until, plain, peers, str(PEERS), "robot_start")}
        results = interleave(cases, rounds)
    medians(results, "ms")
    rows = [
        Row(f"{name} / {BARE}", median_ratio(results, name, BARE), goal, True)
        for name, goal in goals.items()
    ]
    one = "run_workflow, one node done"
    rows.append(Row(f"{one} / {BARE}", median_ratio(results, one, BARE)))
    if ROBOT_FRAMEWORK in results:
        ratio = median_ratio(results, one, ROBOT_FRAMEWORK)
        rows.append(Row(f"{one} / {ROBOT_FRAMEWORK}", ratio, 0.65, True))
    return rows


def main() -> None:
    chosen = options(__doc__)
    show_rows(measure(chosen.rounds, chosen.peers))


if __name__ == "__main__":
    main()
