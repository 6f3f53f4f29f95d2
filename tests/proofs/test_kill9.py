from tests.proofs.kill9 import prove


def test_kills_lose_no_job_and_double_no_effect(tmp_path):
    tally = prove(tmp_path, kills=40, seed=7)

    assert not tally.violations, tally.examples
    assert tally.completed == tally.jobs
    assert sum(tally.kills.values()) >= 40


def test_without_intents_effects_double(tmp_path):
    tally = prove(tmp_path, kills=12, seed=7, with_intents=False)

    assert tally.doubled
