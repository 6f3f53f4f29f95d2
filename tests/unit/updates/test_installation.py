"""A robot knows how it was installed."""

import sys

import pytest

from casare_robot.updates.installation import this_installation


@pytest.mark.skipif(sys.platform == "win32", reason="there it is the set-up's")
@pytest.mark.parametrize(
    ("frozen", "kind"), [(False, "sources"), ("installed", "debian"), ("folder", "folder")]
)
def test_what_starts_a_robot_says_what_it_is(monkeypatch, frozen, kind) -> None:
    monkeypatch.setattr(sys, "frozen", frozen, raising=False)

    assert this_installation().kind == kind
