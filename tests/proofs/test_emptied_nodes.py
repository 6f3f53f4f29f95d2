"""The table of node types and the tests that notice when they are emptied; in short.

The whole is ``python -m tests.proofs.emptied_nodes``.
"""

import subprocess
import sys
from pathlib import Path

from tests.proofs.emptied_nodes import known, types

ROOT = Path(__file__).parents[2]
SAMPLE = ("TextTrimNode", "IfNode", "WriteFileNode", "ListSortNode", "HttpSuperNode")
TOOTHLESS = "tests/unit/nodes/test_text.py::test_a_replacement_that_names_no_group_fails"


def emptied(*words):
    return subprocess.run(
        [sys.executable, "-m", "tests.proofs.emptied_nodes", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_each_node_type_has_a_test_that_notices_when_it_is_emptied():
    """Those that are kept are believed, but for a sample; the others are looked for."""
    kept = known()
    for name in types():
        print(f"{name:<32} {kept.get(name, '')}")

    new = [name for name in types() if name not in kept]
    if new:
        done = emptied("--search", "--only", *new)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_tests_that_are_known_to_notice_are_there():
    for name, test in known().items():
        file, _, function = test.partition("::")
        assert f"def {function.partition('[')[0]}(" in (ROOT / file).read_text("utf-8"), name


def test_an_emptied_node_is_noticed_by_the_test_that_is_kept_for_it():
    done = emptied("--only", *SAMPLE)

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(SAMPLE)} of {len(SAMPLE)} types are noticed when emptied" in done.stdout


def test_a_test_that_notices_nothing_is_told():
    code = f"""
import sys
from tests.proofs import emptied_nodes
emptied_nodes.known = lambda: {{"TextTrimNode": {TOOTHLESS!r}}}
sys.argv = ["", "--only", "TextTrimNode"]
sys.exit(emptied_nodes.main())
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1, done.stdout + done.stderr
    assert "unnoticed: TextTrimNode" in done.stdout
