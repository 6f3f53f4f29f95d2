"""Sleep is held off by a program that runs just as long."""

import sys

import psutil
import pytest

from casare_robot.desktop.keep_awake import Inhibitor


@pytest.mark.skipif(sys.platform == "win32", reason="Windows needs no program for it")
def test_the_program_runs_while_sleep_is_held_off() -> None:
    before = set(psutil.Process().children())
    inhibitor = Inhibitor(("cat",))

    is_held = inhibitor.hold() and inhibitor.hold()
    during = set(psutil.Process().children()) - before
    inhibitor.release()
    inhibitor.release()

    assert is_held
    assert len(during) == 1
    assert set(psutil.Process().children()) <= before


def test_a_system_without_the_program_says_so() -> None:
    assert not Inhibitor(("no-such-program-anywhere",)).hold()
