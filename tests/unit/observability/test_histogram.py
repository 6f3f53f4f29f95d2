"""Quantiles are close to the true ones, in a fixed amount of memory."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casare_robot.observability.histogram import Histogram

DURATIONS = st.lists(st.floats(min_value=2e-5, max_value=30_000), min_size=1, max_size=200)


@settings(max_examples=50)
@given(DURATIONS, st.sampled_from([0.5, 0.95, 1.0]))
def test_a_quantile_is_within_ten_percent_of_a_true_one(durations, share):
    histogram = Histogram()
    histogram.add_all(durations)
    rank = max(1, -(-len(durations) * share // 1))
    true = sorted(durations)[int(rank) - 1]

    assert histogram.quantile(share) == pytest.approx(true, rel=0.1)


@settings(max_examples=50)
@given(DURATIONS)
def test_one_by_one_gives_the_same_as_all_at_once(durations):
    one, all_ = Histogram(), Histogram()
    for duration in durations:
        one.add(duration)
    all_.add_all(durations)

    assert one.cumulative() == all_.cumulative()
    assert one.summary() == pytest.approx(all_.summary())


def test_what_is_beyond_the_bounds_is_counted_too():
    histogram = Histogram()
    histogram.add_all([0.0, -1.0, 1e9])

    assert histogram.count == 3
    assert histogram.quantile(1.0) == 1e9
    assert histogram.cumulative()[0][1] == 2
    assert histogram.cumulative()[-1][1] == 2


def test_nothing_has_a_summary_too():
    assert Histogram().summary() == {"count": 0, "mean": 0, "p50": 0, "p95": 0, "max": 0}
