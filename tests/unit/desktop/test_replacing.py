"""A file is replaced also where somebody looks at it just then."""

import sys
import threading

import pytest

from casare_robot.desktop.replacing import PAUSES, put_in_place


class Held:
    """A file system on which somebody holds the file for so many attempts."""

    def __init__(self, attempts: int, winerror: int | None) -> None:
        self.attempts = attempts
        self.winerror = winerror
        self.moves = 0

    def __call__(self, draft, target):
        self.moves += 1
        if self.moves <= self.attempts:
            error = PermissionError(13, "held")
            if self.winerror is not None:
                error.winerror = self.winerror
            raise error
        return draft.replace(target)


@pytest.fixture
def files(tmp_path):
    draft, target = tmp_path / "draft", tmp_path / "target"
    draft.write_text("new")
    target.write_text("old")
    return draft, target


@pytest.mark.parametrize("code", [5, 32, 33])
def test_a_file_that_a_scanner_holds_is_replaced_when_it_lets_go(files, code) -> None:
    slept = []

    put_in_place(*files, move=Held(3, code), sleep=slept.append)

    assert files[1].read_text() == "new"
    assert slept == list(PAUSES[:3])


def test_one_that_is_held_for_too_long_is_told(files) -> None:
    slept = []

    with pytest.raises(PermissionError):
        put_in_place(*files, move=Held(10**6, 32), sleep=slept.append)
    assert sum(slept) < 3
    assert files[1].read_text() == "old"


def test_any_other_refusal_is_told_at_once(files) -> None:
    held = Held(1, None)

    with pytest.raises(PermissionError):
        put_in_place(*files, move=held, sleep=pytest.fail)
    assert held.moves == 1


@pytest.mark.skipif(sys.platform != "win32", reason="only Windows holds files")
def test_windows_itself_lets_go_in_the_end(files) -> None:
    holder = files[1].open("rb")
    letting_go = threading.Timer(0.3, holder.close)
    letting_go.start()

    put_in_place(*files)

    letting_go.join()
    assert files[1].read_text() == "new"
