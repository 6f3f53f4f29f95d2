"""Backoff."""

from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casare_robot.resilience.backoff import Backoff


def test_delays_double_until_the_cap() -> None:
    """Without jitter the delays are 1, 2, 4, then the cap for ever."""
    delays = Backoff(base_delay=1.0, max_delay=5.0).delays(rng=lambda: 0.5)

    assert list(islice(delays, 5)) == [1.0, 2.0, 4.0, 5.0, 5.0]


def test_jitter_spreads_the_first_delay_from_half_to_one_and_a_half() -> None:
    lowest = next(Backoff(base_delay=2.0).delays(rng=lambda: 0.0))
    highest = next(Backoff(base_delay=2.0).delays(rng=lambda: 1.0))

    assert (lowest, highest) == (1.0, 3.0)


@settings(max_examples=50)
@given(
    base=st.floats(0.001, 1e6),
    cap=st.floats(0.001, 1e6),
    factor=st.floats(1, 100),
    dice=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=40),
)
def test_no_delay_is_longer_than_the_cap_nor_zero(base, cap, factor, dice) -> None:
    throws = iter(dice)
    backoff = Backoff(base_delay=base, max_delay=cap, factor=factor)

    delays = list(islice(backoff.delays(rng=lambda: next(throws)), len(dice)))

    assert all(0 < delay <= cap for delay in delays)


def test_two_iterations_of_one_backoff_both_start_at_the_first_delay() -> None:
    backoff = Backoff()

    first = list(islice(backoff.delays(rng=lambda: 0.5), 3))
    second = list(islice(backoff.delays(rng=lambda: 0.5), 3))

    assert first == second == [1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_delay": 0.0},
        {"base_delay": -1.0},
        {"max_delay": 0.0},
        {"max_delay": float("inf")},
        {"factor": 0.5},
        {"factor": float("nan")},
    ],
)
def test_a_bound_that_is_broken_is_named_with_its_value(wrong) -> None:
    [(name, value)] = wrong.items()

    with pytest.raises(ValueError, match=rf"^{name} .*{value!r}"):
        Backoff(**wrong)
