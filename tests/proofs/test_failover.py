"""The proof of failover in short."""

import asyncio
import sys

import pytest

from tests.proofs import failover

BOUND = 90.0
"""Seconds to a takeover on a machine that is busy with other tests; the proof asks for 6."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stops processes by signals")


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    monkeypatch.setattr(failover, "PATIENCE", 180.0)


async def prove(folder, url, *scenarios, **how):
    """One round of each scenario by a pair of its own."""
    folder.mkdir()
    count = len(scenarios)
    given = {"rounds": count, "scenarios": scenarios, "bound": BOUND, "group": folder.name}
    proof = await failover.prove(folder, url, **given, **how)
    assert proof.violations == []
    assert proof.rounds == dict.fromkeys(scenarios, 1)


async def test_a_groups_job_has_one_robot_at_a_time_and_always_has_one(tmp_path) -> None:
    url = f"sqlite:{tmp_path / 'shared.db'}"
    await asyncio.gather(
        prove(tmp_path / "pair-1", url, "killed", "cut_off", "vetoed", "cancelled"),
        prove(tmp_path / "pair-2", url, "frozen", "late", "many"),
    )
