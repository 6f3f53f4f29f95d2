"""Which of the 227 behaviours have tests, and whether those tests have teeth.

Run: python -m tests.proofs.checklist [--teeth] [--only METHOD]

Prints for each method the behaviours that it carries and whether each has a test
named after it. ``--teeth`` empties each method in turn (it does nothing and
returns nothing) and demands that of each behaviour's tests at least one fails.
Exits with 1 if a behaviour has no test, or one whose tests do not notice.
"""

import argparse
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from tests.proofs.checklist_table import METHODS, OPTIONAL

ROOT = Path(__file__).parents[2]
FOLDERS = ("tests/unit/groups", "tests/unit/store")
PATIENCE = 90
_TEST = re.compile(r"def test_(htm|st|ms)_(\d+)_\w+")
_OUTCOME = re.compile(r"^(?:FAILED|ERROR) \S*?::test_(htm|st|ms)_(\d+)_", re.MULTILINE)


def main() -> int:
    """The table; what is missing decides."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--teeth", action="store_true")
    arguments.add_argument("--only")
    given = arguments.parse_args()
    files = covered()
    missing, toothless = [], []
    for method, text in METHODS.items():
        if given.only and method != given.only:
            continue
        ids = text.split()
        bitten = teeth(method, ids, files) if given.teeth else set(ids)
        shown = []
        for one in ids:
            if one in OPTIONAL and one not in files:
                shown.append(f"{one} optional")
            elif one not in files:
                missing.append(one)
                shown.append(f"{one} MISSING")
            elif one not in bitten:
                toothless.append(f"{one} ({method})")
                shown.append(f"{one} NO TEETH")
            else:
                shown.append(one)
        print(f"{method:<28} {', '.join(shown)}", flush=True)
    total = sum(len(text.split()) for text in METHODS.values())
    known = sum(one in files for text in METHODS.values() for one in text.split())
    print(f"\n{known} of {total} behaviours have tests of their own; missing: {missing or 'none'}")
    if given.teeth:
        print(f"without teeth: {toothless or 'none'}")
    return int(bool(missing or toothless))


def covered() -> dict[str, set[str]]:
    """The behaviours that have tests, and in which files."""
    files: dict[str, set[str]] = defaultdict(set)
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("test_*.py"):
            for room, number in _TEST.findall(path.read_text(encoding="utf-8")):
                files[f"{room.upper()}-{number}"].add(str(path.relative_to(ROOT)))
    return files


def teeth(method: str, ids: list[str], files: dict[str, set[str]]) -> set[str]:
    """The behaviours whose tests fail, or hang, without the method."""
    known = [one for one in ids if one in files]
    paths = sorted({path for one in known for path in files[one]})
    if not paths:
        return set()
    wanted = " or ".join(f"test_{one.lower().replace('-', '_')}_" for one in known)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.proofs.emptied", "-k", wanted]
    options = ["--tb=no", "-rfE", "-p", "no:cacheprovider", "-W", "ignore"]
    environment = {**os.environ, "EMPTIED": method, "PYTHONPATH": str(ROOT)}
    try:
        done = subprocess.run(
            [*command, *options, *paths],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as hung:
        output = hung.stdout.decode() if isinstance(hung.stdout, bytes) else hung.stdout or ""
        print(f"{method} hangs without it: {output[-200:]!r}")
        return (
            set(known)
            if len(known) == 1
            else {one for one in known if teeth_of(method, one, files)}
        )
    return {f"{room.upper()}-{number}" for room, number in _OUTCOME.findall(done.stdout)}


def teeth_of(method: str, one: str, files: dict[str, set[str]]) -> bool:
    """Whether one behaviour's tests fail or hang without the method."""
    return one in teeth(method, [one], files)


if __name__ == "__main__":
    sys.exit(main())
