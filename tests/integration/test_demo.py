"""The demo keeps what it promises, on a pipe as on a terminal."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from casare_robot import run_workflow
from casare_robot.cli import demo_command, demo_group

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "resources" / "examples"
CORPUS = ROOT / "tests" / "data" / "corpus" / "head"


def test_the_demo_keeps_its_promise_and_leaves_nothing_behind(tmp_path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "casare_robot", "demo"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path), "TMP": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stderr == ""
    assert ended.stdout.endswith("As promised: each effect exactly once, nothing lost.\n")
    assert ended.stdout.count("  kill -9 ") == 3
    assert ended.stdout.count("booked 1 x   paid 1 x") == 9
    assert "Stand-in noticed, and took the job over after " in ended.stdout
    assert "evening-orders is done, by Stand-in" in ended.stdout
    assert ended.stdout.isascii()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "origin"),
    [
        ("sum_of_list", "workflows__stress_test_v1__task_1"),
        ("filter_and_log", "workflows__stress_test_v1__task_6"),
        ("file_operations", "workflows__node_tests__batch_2_1_files"),
        ("arithmetic", "workflows__stress_test_v1__task_3"),
        ("text_operations", "workflows__node_tests__batch_1_3_strings"),
        ("dictionary", "workflows__stress_test_v1__task_9"),
    ],
)
def test_the_public_files_are_as_their_authors_wrote_them(name, origin) -> None:
    ours = (EXAMPLES / "public" / f"{name}.json").read_bytes()

    assert ours == (CORPUS / f"{origin}.json").read_bytes()


def test_the_orders_run_without_a_kill(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    inputs = {"python": sys.executable, "terminal": str(EXAMPLES / "payment_terminal.py")}

    result = run_workflow(EXAMPLES / "orders.json", {**inputs, "orders": ["one"]})

    assert result.status == "completed", result.error
    assert (tmp_path / "ledger.txt").read_text() == "booked one\n"
    assert (tmp_path / "payments.txt").read_text() == "paid one\n"


def test_a_machine_that_is_too_slow_for_the_demo_is_told_so_in_a_sentence(monkeypatch, capsys):
    monkeypatch.setattr(demo_group, "LONGEST", 0.1)

    assert demo_command.run_demo(stay=False) == 1
    assert "did not happen in time" in capsys.readouterr().out
