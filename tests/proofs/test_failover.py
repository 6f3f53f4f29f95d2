"""The proof of failover in short, on every store that robots of several processes can share."""

import asyncio
import sys

import pytest

from tests.proofs import failover

BOUND = 30.0
"""Seconds to a takeover on a machine that is busy with other tests; the proof asks for 6."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stops processes by signals")


def prove(folder, url=None, *scenarios, **how):
    return asyncio.run(
        failover.prove(folder, url, rounds=len(scenarios), scenarios=scenarios, bound=BOUND, **how)
    )


@pytest.mark.parametrize("scenario", failover.SCENARIOS)
def test_a_groups_job_has_one_robot_at_a_time_and_always_has_one(tmp_path, scenario) -> None:
    proof = prove(tmp_path, None, scenario)

    assert proof.violations == []
    assert proof.rounds[scenario] == 1


def test_on_postgresql_too(tmp_path, postgres_server) -> None:
    url = postgres_server.database()
    chosen = ("killed", "frozen", "cut_off", "cancelled", "restarted")
    proof = prove(tmp_path, url, *chosen, restart=postgres_server.restart)

    assert proof.violations == []
    assert proof.rounds == dict.fromkeys(chosen, 1)


def test_on_redis_too(tmp_path, redis_server) -> None:
    url = redis_server.empty(77)
    chosen = ("killed", "frozen", "cut_off", "cancelled", "restarted")
    proof = prove(tmp_path, url, *chosen, restart=redis_server.restart)

    assert proof.violations == []
    assert proof.rounds == dict.fromkeys(chosen, 1)
