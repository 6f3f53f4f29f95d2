"""Folders are created and listed; listing does not leave them."""

import pytest

from casare_robot.domain.policy import Policy


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "sub").mkdir()
    for name in ("b.txt", "a.txt", "sub/c.txt", "sub/d.log"):
        (tmp_path / name).touch()
    return tmp_path


def test_a_folder_is_made_with_those_above_it(run_node, tmp_path):
    made = run_node("CreateDirectoryNode", {"directory_path": "x/y"})

    assert made.outputs == {"dir_path": str(tmp_path / "x" / "y"), "success": True}
    assert run_node("CreateDirectoryNode", {"directory_path": "x/y"}).error is None


def test_parents_and_exist_ok_mean_what_they_say(run_node):
    alone = run_node("CreateDirectoryNode", {"directory_path": "x/y", "parents": False})
    run_node("CreateDirectoryNode", {"directory_path": "z"})
    again = run_node("CreateDirectoryNode", {"directory_path": "z", "exist_ok": False})

    assert "No such file" in alone.error
    assert "exists" in again.error


def test_files_are_listed_in_order(run_node, tree):
    flat = run_node("ListFilesNode", {"directory_path": "."}).outputs
    deep = run_node(
        "ListFilesNode", {"directory_path": ".", "pattern": "*.txt", "recursive": True}
    ).outputs

    assert flat["files"] == [str(tree / "a.txt"), str(tree / "b.txt")]
    assert deep["count"] == 3


def test_a_listing_can_be_of_files_or_folders_alone(run_node, tree):
    def items(**flags):
        return run_node("ListDirectoryNode", {"dir_path": ".", **flags}).outputs["count"]

    assert (items(), items(files_only=True), items(dirs_only=True)) == (3, 2, 1)


def test_a_missing_folder_and_a_file_are_told_apart(run_node, tree):
    assert run_node("ListFilesNode", {"directory_path": "no"}).error == "Directory not found: no"
    assert run_node("ListFilesNode", {"directory_path": "a.txt"}).error == "Not a directory: a.txt"


@pytest.mark.parametrize("pattern", ["../*", "/etc/*", "sub/../../*", "C:\\*"])
def test_a_pattern_cannot_leave_the_folder(run_node, tree, pattern):
    listed = run_node("ListFilesNode", {"directory_path": "sub", "pattern": pattern})

    assert "leads out" in listed.error


def test_what_a_link_leads_out_to_is_not_listed(run_node, tree):
    (tree / "sub" / "out").symlink_to(tree / "a.txt")
    policy = Policy(readable_folders=(str(tree / "sub"),))

    listed = run_node("ListFilesNode", {"directory_path": "sub"}, policy=policy).outputs

    assert listed["files"] == [str(tree / "sub" / "c.txt"), str(tree / "sub" / "d.log")]
