from tests.proofs.kill9 import prove


def test_kills_lose_no_job_and_double_no_effect(tmp_path):
    tally = prove(tmp_path, kills=40, seed=7)

    assert not tally.violations, tally.examples
    assert tally.completed == tally.jobs
    assert sum(tally.kills.values()) >= 40


def test_without_intents_effects_double(tmp_path):
    """It takes a kill between an effect and its record: soon, but nobody knows when."""
    rounds = (
        prove(tmp_path / str(seed), kills=6, seed=seed, with_intents=False) for seed in range(7, 27)
    )

    assert any(tally.doubled for tally in rounds)
