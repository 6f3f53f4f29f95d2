import sys

import pytest

from tests.proofs import mutated_control
from tests.proofs.mutated_control import prove, prove_strangers


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    monkeypatch.setattr(mutated_control, "LIMIT", 120.0)


async def test_mutated_frames_are_each_refused_with_a_code():
    codes = await prove(300, seed=7)

    assert sum(codes.values()) == 300
    assert codes.get("closed", 0) == 0
    assert len(codes) > 4


@pytest.mark.skipif(sys.platform == "win32", reason="half of a pipe cannot be closed there")
async def test_strangers_who_send_noise_are_turned_away():
    await prove_strangers(30, seed=7)
