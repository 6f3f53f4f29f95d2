"""Files are read, written, moved and described as the nodes say."""

import os

import pytest

from casare_robot.domain.effect import Effect
from casare_robot.execution.planning.parameters import call_of
from casare_robot.nodes.catalogue import load_catalogue


def effect_of(name, parameters, action=None):
    effect = call_of(load_catalogue().get(name), action).effect
    return effect(parameters) if callable(effect) else effect


def test_what_is_written_is_read_again(run_node, tmp_path):
    written = run_node("WriteFileNode", {"file_path": "a/b.txt", "content": "héllo\n"})
    read = run_node("ReadFileNode", {"file_path": "a/b.txt"})

    path = str(tmp_path / "a" / "b.txt")
    assert written.outputs == {
        "file_path": path,
        "attachment_file": [path],
        "bytes_written": 6,
        "success": True,
    }
    assert read.outputs == {"content": "héllo\n", "size": 7, "success": True}
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.txt"]


def test_a_missing_file_is_named(run_node):
    failed = run_node("ReadFileNode", {"file_path": "missing.txt"})

    assert failed.error == "File not found: missing.txt"
    assert failed.outputs == {"success": False}


def test_a_file_beyond_max_size_is_not_read(run_node, tmp_path):
    (tmp_path / "big").write_bytes(b"x" * 11)

    assert "11 bytes" in run_node("ReadFileNode", {"file_path": "big", "max_size": "10"}).error
    assert run_node("ReadFileNode", {"file_path": "big", "max_size": 11}).outputs["size"] == 11


def test_binary_mode_gives_bytes_as_they_are(run_node, tmp_path):
    (tmp_path / "b").write_bytes(b"\xff\r\n")

    read = run_node("ReadFileNode", {"file_path": "b", "binary_mode": True})
    run_node("WriteFileNode", {"file_path": "c"}, inputs={"content": read.outputs["content"]})

    assert read.outputs["content"] == b"\xff\r\n"
    assert (tmp_path / "c").read_bytes() == b"\xff\r\n"


@pytest.mark.parametrize(
    ("errors", "text"),
    [
        ("ignore", "ab"),
        ("replace", "a\ufffdb"),
        ("backslashreplace", "a\\xe9b"),
        ("xmlcharrefreplace", "a&#233;b"),
    ],
)
def test_bytes_that_are_no_text_are_treated_as_asked(run_node, tmp_path, errors, text):
    (tmp_path / "f").write_bytes(b"a\xe9b")

    assert run_node("ReadFileNode", {"file_path": "f", "errors": errors}).outputs["content"] == text
    assert "can't decode" in run_node("ReadFileNode", {"file_path": "f"}).error


def test_an_unknown_encoding_is_named_and_leaves_the_old_content(run_node, tmp_path):
    (tmp_path / "f").write_text("old")

    failed = run_node("WriteFileNode", {"file_path": "f", "content": "x", "encoding": "klingon"})

    assert "klingon" in failed.error
    assert (tmp_path / "f").read_text() == "old"


def test_append_mode_and_the_append_node_add_to_the_end(run_node, tmp_path):
    run_node("WriteFileNode", {"file_path": "f", "content": "a", "append_mode": True})
    run_node("WriteFileNode", {"file_path": "f", "content": "b", "append_mode": True})
    run_node("AppendFileNode", {"file_path": "f", "content": "c"})

    assert (tmp_path / "f").read_text() == "abc"


def test_append_is_one_write(run_node, tmp_path, monkeypatch):
    writes = []
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: writes.append(len(data)) or real(fd, data))

    run_node("AppendFileNode", {"file_path": "f", "content": "x" * 3_000_000})

    assert writes == [3_000_000]


def test_append_makes_no_file_when_told_not_to(run_node, tmp_path):
    failed = run_node(
        "AppendFileNode", {"file_path": "f", "content": "x", "create_if_missing": False}
    )

    assert failed.error == "File not found: f"
    assert not (tmp_path / "f").exists()


def test_folders_are_made_only_when_asked(run_node, tmp_path):
    config = {"file_path": "no/f", "content": "x", "create_dirs": False}

    assert "does not exist" in run_node("WriteFileNode", config).error
    assert not (tmp_path / "no").exists()


def test_a_file_is_deleted_and_a_missing_one_only_ignored_when_asked(run_node, tmp_path):
    (tmp_path / "f").touch()
    (tmp_path / "d").mkdir()

    assert run_node("DeleteFileNode", {"file_path": "f"}).outputs["success"]
    assert run_node("DeleteFileNode", {"file_path": "f"}).error == "File not found: f"
    assert run_node("DeleteFileNode", {"file_path": "f", "ignore_missing": True}).error is None
    assert "not a file" in run_node("DeleteFileNode", {"file_path": "d"}).error
    assert (tmp_path / "d").is_dir()


def test_deleting_a_link_leaves_what_it_leads_to(run_node, tmp_path):
    (tmp_path / "f").touch()
    (tmp_path / "link").symlink_to(tmp_path / "f")

    run_node("DeleteFileNode", {"file_path": "link"})

    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_exists_size_and_info_tell_what_is_there(run_node, tmp_path):
    (tmp_path / "a.txt").write_text("12345")

    assert run_node("FileExistsNode", {"path": ".", "check_type": "file"}).outputs == {
        "exists": False,
        "is_file": False,
        "is_dir": True,
    }
    assert run_node("FileExistsNode", {"path": "a.txt"}).outputs["exists"]
    assert run_node("GetFileSizeNode", {"file_path": "a.txt"}).outputs["size"] == 5
    info = run_node("GetFileInfoNode", {"file_path": "a.txt"}).outputs
    assert (info["name"], info["extension"], info["parent"]) == ("a.txt", ".txt", str(tmp_path))


def test_allow_dangerous_paths_does_not_widen_the_policy(run_node):
    config = {"file_path": "/etc/x", "content": "", "allow_dangerous_paths": True}

    assert "may not write" in run_node("WriteFileNode", config).error


@pytest.mark.parametrize(
    ("action", "config", "key", "value"),
    [
        ("Write File", {"file_path": "n", "content": "abc"}, "bytes_written", 3),
        ("Read File", {"file_path": "s"}, "content", "abc"),
        ("Append File", {"file_path": "s", "content": "d"}, "bytes_written", 1),
        ("Delete File", {"file_path": "s"}, "success", True),
        ("Copy File", {"source_path": "s", "dest_path": "t"}, "bytes_copied", 3),
        ("Move File", {"source_path": "s", "dest_path": "t"}, "success", True),
        ("File Exists", {"path": "s"}, "exists", True),
        ("Get File Size", {"file_path": "s"}, "size", 3),
        ("Get File Info", {"file_path": "s"}, "name", "s"),
        ("Create Directory", {"directory_path": "d"}, "success", True),
        ("List Files", {"directory_path": "."}, "count", 1),
        ("List Directory", {"dir_path": "."}, "count", 1),
    ],
)
def test_every_action_of_the_super_node_works(run_node, tmp_path, action, config, key, value):
    (tmp_path / "s").write_text("abc")

    done = run_node("FileSystemSuperNode", {"action": action, **config})

    assert done.error is None
    assert done.outputs[key] == value


@pytest.mark.parametrize(
    ("name", "parameters", "effect"),
    [
        ("ReadFileNode", {}, Effect.READS),
        ("WriteFileNode", {"append_mode": False}, Effect.IDEMPOTENT),
        ("WriteFileNode", {"append_mode": True}, Effect.ONCE),
        ("AppendFileNode", {}, Effect.ONCE),
        ("DeleteFileNode", {"ignore_missing": True}, Effect.ONCE),
        ("CopyFileNode", {"overwrite": False}, Effect.ONCE),
        ("CopyFileNode", {"overwrite": True}, Effect.IDEMPOTENT),
        ("MoveFileNode", {"overwrite": True}, Effect.ONCE),
        ("CreateDirectoryNode", {"exist_ok": True}, Effect.IDEMPOTENT),
        ("CreateDirectoryNode", {"exist_ok": False}, Effect.ONCE),
        ("UnzipFilesNode", {}, Effect.IDEMPOTENT),
        ("ZipFilesNode", {}, Effect.ONCE),
    ],
)
def test_the_effect_says_whether_twice_is_once(name, parameters, effect):
    assert effect_of(name, parameters) is effect


def test_the_super_node_has_the_effect_of_its_action():
    assert effect_of("FileSystemSuperNode", {}, "Write File") is Effect.IDEMPOTENT
    assert effect_of("FileSystemSuperNode", {}, "Append File") is Effect.ONCE
    assert effect_of("FileSystemSuperNode", {}, "Read File") is Effect.READS
