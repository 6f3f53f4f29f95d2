"""What tests of commands share."""

import os

import pytest

from casare_robot.config.sources import REFERENCE_VARIABLES
from tests.memory_keyring import MemoryKeyring, in_use


@pytest.fixture(autouse=True)
def ring():
    """No test touches a person's own keyring."""
    with in_use(MemoryKeyring()) as one:
        yield one


@pytest.fixture
def home(monkeypatch, tmp_path):
    """An empty home of a person whose environment says nothing."""
    for name in [*os.environ]:
        if name.upper().startswith("CASARE_") or name in REFERENCE_VARIABLES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("CASARE_ROBOT_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return tmp_path / "home"
