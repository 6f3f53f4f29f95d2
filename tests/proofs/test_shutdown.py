from tests.proofs.shutdown import prove


def test_ending_an_agent_is_as_safe_as_killing_it(tmp_path):
    tally = prove(tmp_path, runs=10, seed=3)

    assert not tally.violations
    assert tally.ended_in_job


def test_without_its_protection_leaving_costs_jobs(tmp_path):
    tally = prove(tmp_path, runs=6, seed=3, module="tests.proofs.cancelling")

    assert tally.violations
