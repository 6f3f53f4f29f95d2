"""Measures product, limit and peers in turn, A B C A B C ..., so that drift hits all alike.

Peers are no dependencies: ``--peers PYTHON`` names the interpreter of another
environment. Those it cannot import are left out.
"""

import argparse
import gc
import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

Cases = Mapping[str, Callable[[], float]]
Rounds = Mapping[str, list[float]]
PEERS = Path(__file__).with_name("peers.py")


class Row(NamedTuple):
    """A measured ratio and what it should be: at least ``goal``, or at most."""

    what: str
    ratio: float
    goal: float | None = None
    at_most: bool = False


def options(doc: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--peers", help="interpreter that can import the peers")
    return parser.parse_args()


def interleave(cases: Cases, rounds: int) -> Rounds:
    results: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(rounds + 1):
        for name, run in cases.items():
            gc.collect()
            measured = run()
            if number:  # the first one warms up
                results[name].append(measured)
    return results


def median_ratio(results: Rounds, case: str, to: str) -> float:
    return statistics.median(a / b for a, b in zip(results[case], results[to], strict=True))


def peer(python: str | None, *arguments: str, file: Path = PEERS) -> Callable[[], float] | None:
    """A case that runs a peer and gives the number it prints; None if it cannot run."""
    if python is None:
        return None
    command = [python, str(file), *arguments]

    def run() -> float:
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
        return float(json.loads(answer.stdout.splitlines()[-1]))

    try:
        run()
    except subprocess.CalledProcessError as error:
        why = (error.stderr.strip().splitlines() or ["it printed nothing"])[-1]
        print(f"left out: {' '.join(arguments)}: {why}", file=sys.stderr)
        return None
    return run


def medians(results: Rounds, unit: str) -> None:
    print(f"\nmedians [{unit}]")
    for name, values in results.items():
        print(f"  {name:<44}{statistics.median(values):>14,.1f}")


def show(rows: list[Row]) -> None:
    print(f"\n{'ratio (median of rounds)':<62}{'measured':>10}{'goal':>10}")
    for row in rows:
        goal, mark = "", ""
        if row.goal is not None:
            goal = f"{'<=' if row.at_most else '>='} {row.goal:g}"
            is_met = row.ratio <= row.goal if row.at_most else row.ratio >= row.goal
            mark = "" if is_met else "  missed"
        print(f"{row.what:<62}{row.ratio:>10.3g}{goal:>10}{mark}")
