"""Programs that outlive whoever started them."""

import os
import subprocess
import sys
import time

import pytest

from casare_robot.desktop import background_program
from casare_robot.desktop.background_program import start_background


def wait(program):
    while program.exit_code() is None:
        time.sleep(0.01)
    return program.exit_code()


def test_the_last_line_tells_why_it_ended(tmp_path) -> None:
    code = "import sys; print('one'); sys.stderr.write('E-1 no\\n'); sys.exit(3)"
    program = start_background([sys.executable, "-c", code], output=tmp_path / "logs" / "out")

    assert wait(program) == 3
    assert program.last_words() == "E-1 no"


def test_each_start_begins_its_output_anew(tmp_path) -> None:
    for word in ("first", "second"):
        command = [sys.executable, "-c", f"print({word!r})"]
        wait(start_background(command, output=tmp_path / "out"))

    assert (tmp_path / "out").read_text() == "second\n"


@pytest.mark.skipif(sys.platform == "win32", reason="its starter is killed by a signal")
def test_it_goes_on_when_its_starter_is_killed(tmp_path) -> None:
    code = (
        "import os, sys, signal\n"
        "from pathlib import Path\n"
        "from casare_robot.desktop.background_program import start_background\n"
        "sleep = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        f"program = start_background(sleep, output=Path({str(tmp_path / 'out')!r}))\n"
        "print(program.pid, flush=True)\n"
        "os.killpg(os.getpgrp(), signal.SIGKILL)\n"
    )
    starter = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, start_new_session=True, check=False
    )
    pid = int(starter.stdout)

    os.kill(pid, 0)
    os.kill(pid, 9)
    assert starter.returncode == -9


def test_nothing_said_is_no_last_line(tmp_path) -> None:
    program = start_background([sys.executable, "-c", ""], output=tmp_path / "out")

    wait(program)
    assert program.last_words() == ""


def test_only_the_end_of_a_long_output_is_kept_and_what_follows_stands_behind_it(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(background_program, "MOST_OUTPUT", 1000)
    monkeypatch.setattr(background_program, "KEPT_OUTPUT", 10)
    gate = tmp_path / "gate"
    code = (
        "import os, sys, time; sys.stdout.reconfigure(newline='\\n')\n"
        "sys.stdout.write('x' * 2000 + 'so far\\n'); sys.stdout.flush()\n"
        f"while not os.path.exists({str(gate)!r}): time.sleep(0.01)\n"
        "print('E-1 no')"
    )
    program = start_background([sys.executable, "-c", code], output=tmp_path / "out")
    while (tmp_path / "out").stat().st_size < 2007:
        time.sleep(0.01)
    program.trim_output()
    gate.touch()

    assert wait(program) == 0
    assert (tmp_path / "out").read_bytes() == b"xxxso far\nE-1 no\n"
