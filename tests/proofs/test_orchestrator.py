"""The proofs of the whole robot against the real orchestrator, in short."""

import asyncio

import pytest

from tests.proofs import load, mutated_http, network_chaos, orchestrator_restarts


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    """The proofs ask for speed; here the machine is slow, or busy with other tests."""
    monkeypatch.setattr(load, "SLOWEST", 60.0)
    monkeypatch.setattr(mutated_http, "LIMIT", 120.0)
    monkeypatch.setattr(network_chaos, "LIMIT", 180.0)


def test_an_orchestrator_that_is_killed_ten_times_loses_and_doubles_nothing(tmp_path):
    proof = asyncio.run(orchestrator_restarts.prove(tmp_path, restarts=10, jobs=40, seed=1))

    assert proof.violations == []
    assert proof.restarts == 10


def test_random_faults_of_the_network_change_nothing_for_a_real_robot():
    failures, connections = asyncio.run(
        network_chaos.prove_many(20, first=2000, at_once=5, whole=True)
    )

    assert failures == []
    assert connections > 20


async def test_mutated_requests_are_answered_by_a_code_and_make_no_jobs():
    proof = await mutated_http.prove(300)

    assert proof.violations == []
    assert {("submit", 422), ("submit", 201), ("websocket", "E-MSG-110")} <= proof.answers.keys()


async def test_a_long_queue_is_worked_off_while_the_page_answers(tmp_path):
    seen = await load.prove(tmp_path, queued=30, rate=10, seconds=2)

    assert seen.violations == []
    assert len(seen.answers) > 10
