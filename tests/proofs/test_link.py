"""The proofs of the line, in short."""

import asyncio

from tests.proofs import mutated_messages, network_chaos, slow_server


def test_mutated_messages_are_taken_or_answered_by_a_code():
    answers = mutated_messages.prove(400)

    assert {"taken", "E-MSG-101", "E-MSG-110", "E-MSG-120"} <= answers.keys()


def test_random_faults_of_the_network_change_nothing(monkeypatch):
    monkeypatch.setattr(network_chaos, "LIMIT", 180.0)
    failures, connections = asyncio.run(network_chaos.prove_many(20, first=1000, at_once=10))

    assert failures == []
    assert connections > 20


async def test_a_slow_server_costs_no_memory_and_no_result():
    grown, connections, arrived = await slow_server.run(
        count=60_000, rate=40_000, size=60_000, heartbeat=15.0, timeout=180
    )

    assert arrived
    assert connections == 1
    assert grown < 20
