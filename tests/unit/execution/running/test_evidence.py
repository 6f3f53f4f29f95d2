"""What shows why nodes failed is kept, within bounds."""

import os
import sys
from pathlib import Path

import pytest

from casare_robot.execution.running.evidence import JOBS, MOST, keep


def test_files_are_named_by_node(tmp_path):
    path = keep(tmp_path / "job", "../n 1", "html", b"<p>")

    assert path == str(tmp_path / "job" / "01__n_1.html")


@pytest.mark.skipif(sys.platform == "win32", reason="a user's folders are private there already")
def test_only_this_user_reads_them(tmp_path):
    path = keep(tmp_path / "job", "n", "html", b"<p>")

    assert Path(path).stat().st_mode & 0o077 == 0


def test_a_job_that_fails_without_end_fills_no_disk(tmp_path):
    kept = [keep(tmp_path / "job", "n", "png", b"x") for _ in range(MOST + 5)]

    assert kept[MOST:] == [""] * 5
    assert len(list((tmp_path / "job").iterdir())) == MOST


def test_the_newest_jobs_stay(tmp_path):
    for number in range(JOBS + 3):
        keep(tmp_path / str(number), "n", "png", b"x")
        os.utime(tmp_path / str(number), (number, number))

    left = {path.name for path in tmp_path.iterdir()}
    assert left == {str(number) for number in range(3, JOBS + 3)}


def test_a_place_that_cannot_be_written_to_keeps_nothing(tmp_path):
    (tmp_path / "file").write_text("")

    assert keep(tmp_path / "file" / "job", "n", "png", b"x") == ""
