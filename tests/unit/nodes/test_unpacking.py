"""A hostile archive writes nothing outside, and nothing at all when it is refused."""

import io
import stat
import zipfile
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casare_robot.domain.errors import NodeFailure, PolicyError
from casare_robot.domain.policy import Policy
from casare_robot.nodes.unpacking import check_size, unpack


def context(**policy):
    return SimpleNamespace(step_key="job/n", policy=Policy(**policy), cancelled=lambda: False)


def entry(name, *, mode=0):
    info = zipfile.ZipInfo("x")
    info.filename = name
    info.orig_filename = name
    info.external_attr = mode << 16
    return info


def archive_of(path, entries):
    with zipfile.ZipFile(path, "w") as archive:
        for info, content in entries:
            archive.writestr(info, content)
    return path


def everything_under(root):
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


PART = st.sampled_from(
    ["a", "b", "..", ".", "", "C:", "CON", "x:y", "end.", "nul.txt", "é", "link"]
)
NAME = st.builds(
    lambda parts, separator, lead, tail: lead + separator.join(parts) + tail,
    st.lists(PART, min_size=1, max_size=4),
    st.sampled_from(["/", "\\"]),
    st.sampled_from(["", "/", "\\", "//", "C:/", "\\\\?\\C:\\"]),
    st.sampled_from(["", "/"]),
)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@settings(max_examples=50, deadline=None)
@given(names=st.lists(NAME, min_size=1, max_size=4))
def test_nothing_is_written_outside_and_a_refusal_writes_nothing(tmp_path_factory, names):
    root = tmp_path_factory.mktemp("unpack")
    outside, inside = root / "outside", root / "inside"
    outside.mkdir()
    inside.mkdir()
    (inside / "link").symlink_to(outside, target_is_directory=True)
    path = archive_of(root / "z.zip", [(entry(name), b"x") for name in names])

    try:
        files = unpack(context(), path, inside)
    except NodeFailure:
        assert everything_under(root) == ["inside", "inside/link", "outside", "z.zip"]
    else:
        assert everything_under(outside) == []
        assert all(file.is_relative_to(inside) and file.is_file() for file in files)
        assert not list(inside.glob("*.tmp"))


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "a/../../x",
        "..\\x",
        "/etc/x",
        "\\x",
        "C:/x",
        "C:x",
        "a:stream",
        "\\\\server\\share\\x",
        "CON",
        "a/lpt1.txt",
        "a. /x",
        "./",
        "x" * 300 + "/..",
        "/".join("a" * 65),
        "a\x01b",
    ],
)
def test_a_hostile_name_is_refused_before_anything_is_made(tmp_path, name):
    path = archive_of(tmp_path / "z.zip", [(entry("good"), b"x"), (entry(name), b"x")])
    if name == "./":
        assert len(unpack(context(), path, tmp_path / "out")) == 1
        return

    with pytest.raises(PolicyError, match="is refused") as caught:
        unpack(context(), path, tmp_path / "out")

    assert caught.value.code == "E-POL-504"
    assert [path.name for path in tmp_path.iterdir()] == ["z.zip"]


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused(tmp_path, kind):
    path = archive_of(tmp_path / "z.zip", [(entry("x", mode=kind | 0o777), b"/etc")])

    with pytest.raises(PolicyError, match="a link or a device"):
        unpack(context(), path, tmp_path / "out")


def test_a_link_in_the_target_folder_is_not_written_through(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "victim").write_text("old")
    (tmp_path / "out" / "x").symlink_to(tmp_path / "victim")
    path = archive_of(tmp_path / "z.zip", [(entry("x"), b"new")])

    with pytest.raises(PolicyError, match="follow a link"):
        unpack(context(), path, tmp_path / "out")

    assert (tmp_path / "victim").read_text() == "old"


#    sizes                 archive      allowed   files   fault
SIZES = [
    ([10], 10, 100, 5, None),
    ([60, 60], 100, 100, 5, "unpacks to 120 bytes; 100 are allowed"),
    ([1] * 6, 100, 100, 5, "6 entries; 5 are allowed"),
    ([10 << 20], 1, 1 << 30, 5, None),
    ([(10 << 20) + 1], 1, 1 << 30, 5, "more than 100:1"),
    ([20 << 20], 1 << 20, 1 << 30, 5, None),
]


@pytest.mark.parametrize(("sizes", "archive", "allowed", "files", "fault"), SIZES)
def test_bombs_are_refused_by_size_number_and_ratio(sizes, archive, allowed, files, fault):
    entries = [SimpleNamespace(file_size=size) for size in sizes]
    policy = Policy(max_unpacked_bytes=allowed, max_unpacked_files=files)

    if fault is None:
        check_size(entries, archive, policy)
        return
    with pytest.raises(PolicyError, match=fault) as caught:
        check_size(entries, archive, policy)
    assert caught.value.code == "E-POL-505"


def test_a_real_bomb_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "z.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(11 << 20))

    with pytest.raises(PolicyError, match="100:1"):
        unpack(context(), tmp_path / "z.zip", tmp_path / "out")


def test_a_damaged_entry_leaves_nothing_behind(tmp_path):
    content = io.BytesIO()
    archive_of(content, [(entry("a"), b"first"), (entry("b"), b"second")])
    (tmp_path / "z.zip").write_bytes(content.getvalue().replace(b"second", b"secOnd"))

    with pytest.raises(NodeFailure, match="cannot be unpacked"):
        unpack(context(), tmp_path / "z.zip", tmp_path / "out" / "deep")

    assert [path.name for path in tmp_path.iterdir()] == ["z.zip"]


@pytest.fixture(scope="module")
def sound_archive():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/b.txt", "hello " * 20)
        archive.writestr("c.txt", "x")
    return content.getvalue()


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_any_damage_is_a_clear_error_or_none(tmp_path_factory, sound_archive, data):
    root = tmp_path_factory.mktemp("damage")
    raw = bytearray(sound_archive)
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    (root / "z.zip").write_bytes(raw)

    try:
        unpack(context(), root / "z.zip", root / "out")
    except (NodeFailure, OSError):
        assert everything_under(root) == ["z.zip"]


@pytest.mark.parametrize(
    ("there", "name"), [("a", "a/b"), ("a", "a/b/c"), ("a/b/c", "a/b"), ("a", "a/"), ("a", "a/b/")]
)
def test_what_is_in_the_way_is_told_before_anything_is_moved(tmp_path, there, name):
    (tmp_path / "out" / there).parent.mkdir(parents=True)
    (tmp_path / "out" / there).touch()
    path = archive_of(tmp_path / "z.zip", [(entry("first"), b"x"), (entry(name), b"x")])

    with pytest.raises(NodeFailure, match="in the way"):
        unpack(context(), path, tmp_path / "out")

    assert not (tmp_path / "out" / "first").exists()


def test_an_encrypted_entry_is_named(tmp_path):
    info = entry("x")
    path = archive_of(tmp_path / "z.zip", [(info, b"x")])
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)

    with pytest.raises(NodeFailure, match="'x' is encrypted"):
        unpack(context(), path, tmp_path / "out")


def test_a_folder_is_not_made_through_a_link(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out" / "link").symlink_to(tmp_path / "elsewhere")
    path = archive_of(tmp_path / "z.zip", [(entry("link/x/"), b"")])

    with pytest.raises(PolicyError, match="follow a link"):
        unpack(context(), path, tmp_path / "out")

    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == []


@pytest.mark.parametrize("names", [("a", "a/b"), ("a", "a/"), ("a", "a/b/")])
def test_a_name_that_is_both_a_file_and_a_folder_is_refused(tmp_path, names):
    path = archive_of(tmp_path / "z.zip", [(entry(name), b"x") for name in names])

    with pytest.raises(NodeFailure, match=r"both a file and a folder|lies in a file"):
        unpack(context(), path, tmp_path / "out")


def test_names_with_backslashes_are_folders(tmp_path):
    path = archive_of(tmp_path / "z.zip", [(entry("a\\b.txt"), b"x"), (entry("empty/"), b"")])

    assert unpack(context(), path, tmp_path / "out") == [tmp_path / "out" / "a" / "b.txt"]
    assert (tmp_path / "out" / "empty").is_dir()


def test_a_cancelled_job_stops_unpacking_and_leaves_nothing(tmp_path):
    path = archive_of(tmp_path / "z.zip", [(entry("a"), b"x")])
    ctx = context()
    ctx.cancelled = lambda: True

    with pytest.raises(NodeFailure, match="cancelled"):
        unpack(ctx, path, tmp_path / "out")

    assert not (tmp_path / "out").exists()
