"""A kill while writing leaves the old content or the new."""

import os
import stat
from types import SimpleNamespace

import pytest

from casare_robot.domain.errors import NodeFailure
from casare_robot.nodes.file_writing import append_whole, replacing, temporary_name, write_whole


def _fail_after(_written):
    raise OSError("boom")


CTX = SimpleNamespace(step_key="job/n")


def test_the_file_keeps_its_content_until_the_block_ends(tmp_path):
    path = tmp_path / "f"
    path.write_text("old")

    with replacing(CTX, path) as file:
        file.write(b"new")
        file.flush()
        during = path.read_text()

    assert during == "old"
    assert path.read_text() == "new"


def test_an_error_leaves_the_old_content_and_nothing_else(tmp_path):
    path = tmp_path / "f"
    path.write_text("old")

    with pytest.raises(OSError, match="boom"), replacing(CTX, path) as file:
        _fail_after(file.write(b"half"))

    assert path.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_what_a_killed_run_left_is_cleared_by_the_next(tmp_path):
    (tmp_path / temporary_name(CTX, "f")).write_text("half")

    write_whole(CTX, tmp_path / "f", b"new")

    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_the_mode_of_a_replaced_file_is_kept(tmp_path):
    path = tmp_path / "f"
    path.touch(0o640)
    path.chmod(0o640)

    write_whole(CTX, path, b"x")

    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_folder_is_not_overwritten(tmp_path):
    with pytest.raises(NodeFailure, match="not a file"):
        write_whole(CTX, tmp_path, b"x")


def test_a_disk_that_takes_a_part_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "write", lambda descriptor, data: len(data) - 1)

    with pytest.raises(NodeFailure, match="only 2 of 3 bytes"):
        append_whole(tmp_path / "f", b"abc", create=True)
