"""What is packed comes back; names in the archive are as asked."""

import zipfile

import pytest


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "in" / "a.txt").write_text("a")
    (tmp_path / "in" / "sub" / "b.txt").write_text("b")
    return tmp_path


def names(path):
    with zipfile.ZipFile(path) as archive:
        return sorted(archive.namelist())


def test_a_folder_keeps_its_shape(run_node, tree):
    packed = run_node("ZipFilesNode", {"zip_path": "z/z.zip", "source_path": "in"})

    path = str(tree / "z" / "z.zip")
    assert packed.outputs == {
        "zip_path": path,
        "attachment_file": [path],
        "file_count": 2,
        "success": True,
    }
    assert names(path) == ["a.txt", "sub/b.txt"]


def test_an_archive_in_its_own_source_does_not_hold_itself(run_node, tree):
    config = {"zip_path": "in/z.zip", "source_path": "in"}
    run_node("ZipFilesNode", config)
    run_node("ZipFilesNode", config)

    assert names(tree / "in" / "z.zip") == ["a.txt", "sub/b.txt"]


@pytest.mark.parametrize(
    ("config", "files", "expected"),
    [
        ({"source_path": "in/*.txt"}, None, ["a.txt"]),
        ({"source_path": "in/**/*.txt"}, None, ["a.txt", "sub/b.txt"]),
        ({"source_path": "in/sub/b.txt"}, None, ["b.txt"]),
        ({}, ["in/a.txt", "in/sub/b.txt"], ["a.txt", "b.txt"]),
        ({"base_dir": "in"}, ["in/a.txt", "in/sub/b.txt"], ["a.txt", "sub/b.txt"]),
        ({"files": '["in/sub"]', "base_dir": "."}, None, ["in/sub/b.txt"]),
    ],
)
def test_files_are_chosen_by_pattern_path_or_list(run_node, tree, config, files, expected):
    packed = run_node("ZipFilesNode", {"zip_path": "z.zip", **config}, inputs={"files": files})

    assert packed.error is None
    assert names(tree / "z.zip") == expected


@pytest.mark.parametrize(
    ("config", "error"),
    [
        ({}, "No files to zip"),
        ({"source_path": "no.txt"}, "File not found: no.txt"),
        ({"source_path": "no/*.txt"}, "Directory not found"),
        ({"files": '["in/a.txt", "no.txt"]'}, "File not found: no.txt"),
        ({"files": '["in/a.txt", "other/a.txt"]'}, "would both be a.txt"),
    ],
)
def test_what_cannot_be_packed_leaves_no_archive(run_node, tree, config, error):
    (tree / "other").mkdir()
    (tree / "other" / "a.txt").touch()

    failed = run_node("ZipFilesNode", {"zip_path": "z.zip", **config})

    assert error in failed.error
    assert not (tree / "z.zip").exists()


def test_compression_is_as_asked(run_node, tree):
    config = {"zip_path": "z.zip", "source_path": "in", "compression": "ZIP_STORED"}

    run_node("ZipFilesNode", config)

    with zipfile.ZipFile(tree / "z.zip") as archive:
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}


def test_an_archive_is_unpacked_twice_with_one_result(run_node, tree):
    run_node("ZipFilesNode", {"zip_path": "z.zip", "source_path": "in"})
    config = {"zip_path": "z.zip", "extract_to": "out/deep"}

    first = run_node("UnzipFilesNode", config)
    second = run_node("UnzipFilesNode", config)

    root = tree / "out" / "deep"
    assert first.outputs == {
        "extract_to": str(root),
        "files": [str(root / "a.txt"), str(root / "sub" / "b.txt")],
        "file_count": 2,
        "success": True,
    }
    assert second.outputs == first.outputs
    assert (root / "sub" / "b.txt").read_text() == "b"


def test_what_is_no_archive_is_a_clear_error(run_node, tree):
    failed = run_node("UnzipFilesNode", {"zip_path": "in/a.txt", "extract_to": "out"})

    assert "cannot be unpacked" in failed.error
    assert not (tree / "out").exists()
