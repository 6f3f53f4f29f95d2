"""A file lock has one holder."""

import subprocess
import sys
from pathlib import Path

from casare_robot.desktop.file_lock import FileLock

HOLD = """
import sys
from pathlib import Path
from casare_robot.desktop.file_lock import FileLock
print(FileLock(Path(sys.argv[1])).acquire(), flush=True)
"""


def test_a_second_holder_is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")

    assert first.acquire()
    assert first.acquire()
    assert not second.acquire()
    first.release()
    assert second.acquire()
    second.release()


def test_a_lock_is_seen_by_another_process(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock")
    lock.acquire()

    other = subprocess.run(
        [sys.executable, "-c", HOLD, str(tmp_path / "lock")], capture_output=True, text=True
    )

    assert other.stdout.strip() == "False"
    lock.release()


def test_a_dead_holder_holds_nothing(tmp_path: Path) -> None:
    child = "import os\nlock = FileLock(Path(sys.argv[1]))\nlock.acquire()\nos._exit(9)"
    subprocess.run([sys.executable, "-c", HOLD + child, str(tmp_path / "lock")], check=False)

    lock = FileLock(tmp_path / "lock")

    assert lock.acquire()
    lock.release()


def test_releasing_what_is_not_held_does_nothing(tmp_path: Path) -> None:
    FileLock(tmp_path / "lock").release()
