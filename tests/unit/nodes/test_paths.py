"""No path leaves the folders of the policy, however it is written."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casare_robot.domain.errors import NodeFailure, PolicyError
from casare_robot.domain.policy import Policy
from casare_robot.nodes.paths import name_fault, path_fault, readable, writable

PARTS = st.sampled_from(
    ["a", "b", "..", ".", "", "link", "CON", "nul.txt", "x:y", "tail.", "tail ", "\0", "~", "$HOME"]
)


@pytest.fixture
def ctx(tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    (tmp_path / "secret").mkdir()
    (work / "link").symlink_to(tmp_path / "secret", target_is_directory=True)
    policy = Policy(readable_folders=(str(work),), writable_folders=(str(work),))
    return SimpleNamespace(policy=policy, working_dir=work)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    root = tmp_path_factory.mktemp("guard")
    work = root / "work"
    work.mkdir()
    (work / "link").symlink_to(root, target_is_directory=True)
    policy = Policy(readable_folders=(str(work),), writable_folders=(str(work),))
    return SimpleNamespace(policy=policy, working_dir=work)


@settings(max_examples=50, deadline=None)
@given(parts=st.lists(PARTS, max_size=6), separator=st.sampled_from("/\\"), lead=st.booleans())
def test_whatever_is_let_through_lies_in_the_folder(shared, parts, separator, lead):
    path = ("/" if lead else "") + separator.join(parts)
    for guard in (readable, writable):
        try:
            real = guard(shared, path)
        except NodeFailure:
            continue

        assert real.is_relative_to(os.path.realpath(shared.working_dir))


def test_a_relative_path_starts_in_the_working_folder(ctx):
    assert readable(ctx, "a/../b.txt") == ctx.working_dir / "b.txt"


@pytest.mark.parametrize("path", ["../secret/x", "link/x", "/etc/passwd", "a/../../x"])
def test_a_path_out_of_the_folders_is_refused(ctx, path):
    with pytest.raises(PolicyError, match="may not write") as caught:
        writable(ctx, path)
    with pytest.raises(PolicyError, match="may not read"):
        readable(ctx, path)

    assert caught.value.code == "E-POL-502"
    assert str(ctx.working_dir) in str(caught.value)
    assert not caught.value.retryable


def test_without_a_list_everything_is_readable_and_home_work_and_temp_are_writable(tmp_path):
    ctx = SimpleNamespace(policy=Policy(), working_dir=tmp_path)

    assert readable(ctx, "/etc") == Path(os.path.realpath("/etc"))
    assert writable(ctx, str(Path.home() / "x")).name == "x"
    with pytest.raises(PolicyError):
        writable(ctx, "/etc/x")


def test_nothing_in_a_path_is_expanded(ctx):
    assert writable(ctx, "~/$HOME/%TEMP%") == ctx.working_dir / "~" / "$HOME" / "%TEMP%"


def test_a_link_that_is_not_followed_stands_for_itself(ctx):
    assert writable(ctx, "link", follow=False) == ctx.working_dir / "link"


@pytest.mark.parametrize("path", [None, 7, [], "", "  ", b"x"])
def test_what_is_no_path_is_refused(ctx, path):
    with pytest.raises(NodeFailure, match="a path is needed"):
        readable(ctx, path)


# path                       POSIX  Windows   (True: let through)
NAMES = [
    ("a/b.txt", True, True),
    ("../a", True, True),
    ("CON", False, False),
    ("a/con.txt", False, False),
    ("com1 .log", False, False),
    ("COM¹", False, False),
    ("console", True, True),
    ("file.txt:stream", False, False),
    ("file. ", False, False),
    ("dir./x", False, False),
    ("a\0b", False, False),
    ("\\\\server\\share", False, False),
    ("//server/share", False, False),
    ("\\\\?\\C:\\x", False, False),
    ("\\\\.\\pipe\\x", False, False),
    ("C:\\x\\y.txt", False, True),
    ("C:x", False, False),
    ("C:\\x\\NUL", False, False),
    ("C:\\x:y", False, False),
    ("/tmp/a:b", True, False),
    ("/tmp/CON", True, False),
]


@pytest.mark.parametrize(("path", "posix", "windows"), NAMES)
def test_names_that_windows_reads_in_its_own_way(path, posix, windows):
    assert (path_fault(path, windows=False) is None) is posix
    assert (path_fault(path, windows=True) is None) is windows


@given(st.text(min_size=1, max_size=12))
@settings(max_examples=50)
def test_a_name_let_through_has_no_stream_control_or_trailing_dot(name):
    if name_fault(name) is None and name not in {".", ".."}:
        assert ":" not in name
        assert name == name.rstrip(". ")
        assert min(map(ord, name)) >= 32
