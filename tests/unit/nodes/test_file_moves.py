"""Files are copied and moved whole, and replaced only when asked."""

from casare_robot.domain.policy import Policy


def test_a_copy_replaces_only_when_asked(run_node, tmp_path):
    (tmp_path / "a").write_text("new")
    (tmp_path / "b").write_text("old")
    config = {"source_path": "a", "dest_path": "b"}

    refused = run_node("CopyFileNode", config)
    copied = run_node("CopyFileNode", {**config, "overwrite": True})

    assert refused.error == "Destination already exists: b"
    assert copied.outputs == {
        "dest_path": str(tmp_path / "b"),
        "bytes_copied": 3,
        "success": True,
    }
    assert (tmp_path / "b").read_text() == "new"


def test_copying_a_file_onto_itself_is_refused_and_keeps_it(run_node, tmp_path):
    (tmp_path / "a").write_text("x")

    config = {"source_path": "a", "dest_path": "./a", "overwrite": True}

    assert "same file" in run_node("CopyFileNode", config).error
    assert "same file" in run_node("MoveFileNode", config).error
    assert (tmp_path / "a").read_text() == "x"


def test_a_move_leaves_no_source(run_node, tmp_path):
    (tmp_path / "a").write_text("x")

    moved = run_node("MoveFileNode", {"source_path": "a", "dest_path": "new/b"})

    assert moved.outputs == {"dest_path": str(tmp_path / "new" / "b"), "success": True}
    assert not (tmp_path / "a").exists()


def test_a_file_that_may_only_be_read_is_not_moved_away(run_node, tmp_path):
    (tmp_path / "ro").mkdir()
    (tmp_path / "ro" / "a").touch()
    policy = Policy(writable_folders=(str(tmp_path / "rw"),))

    moved = run_node("MoveFileNode", {"source_path": "ro/a", "dest_path": "rw/a"}, policy=policy)

    assert "may not write" in moved.error
    assert (tmp_path / "ro" / "a").exists()
