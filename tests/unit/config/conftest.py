"""Places of a robot that nobody has set up yet."""

import os

import pytest

from casare_robot.config.sources import REFERENCE_VARIABLES
from casare_robot.desktop.places import Places
from tests.memory_keyring import MemoryKeyring, in_use


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    for name in [*os.environ]:
        if name.startswith("CASARE_ROBOT_") or name in REFERENCE_VARIABLES:
            monkeypatch.delenv(name)


@pytest.fixture
def places(tmp_path):
    found = Places(
        config=tmp_path / "user",
        data=tmp_path / "data",
        logs=tmp_path / "logs",
        machine=tmp_path / "machine",
    )
    found.config.mkdir()
    found.machine.mkdir()
    return found


@pytest.fixture(autouse=True)
def ring():
    """No test touches a person's own keyring."""
    with in_use(MemoryKeyring()) as one:
        yield one
