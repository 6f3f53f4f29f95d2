"""The last day as charts."""

from datetime import UTC, datetime, timedelta

from casare_robot.domain.metric_minute import MetricMinute
from casare_robot.tray.views.day import BINS, day_charts

NOW = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)


def charts(*minutes):
    made = [(NOW - timedelta(minutes=ago), MetricMinute(**facts)) for ago, facts in minutes]
    return {chart.title: chart for chart in day_charts(made, now=NOW)}


def test_jobs_are_counted_by_the_half_hour() -> None:
    chart = charts(
        (1, {"jobs_completed": 2}), (20, {"jobs_completed": 1}), (40, {"jobs_failed": 1})
    )["Jobs"]

    good, bad = (series.values for series in chart.series)
    assert (len(good), good[-1], bad[-2], sum(good)) == (BINS, 3, 1, 3)
    assert chart.summary == "3 jobs went well, 1 did not"


def test_the_mean_duration_is_of_the_jobs_that_ended() -> None:
    chart = charts((1, {"jobs_completed": 1, "jobs_failed": 1, "job_seconds": 90.0}))[
        "Duration of a job"
    ]

    assert chart.series[0].values[-1] == 45.0
    assert chart.series[0].values[0] is None
    assert chart.summary == "45.0 s at most"


def test_where_the_robot_did_not_run_there_is_a_gap() -> None:
    chart = charts((1, {"queues": {"waiting": 4}}), (100, {"queues": {"waiting": 1}}))["Queue"]

    values = chart.series[0].values
    assert (values[-1], values[-2], values[-4]) == (4, None, 1)
    assert chart.summary == "4 jobs waited at most"


def test_a_day_without_figures_says_so() -> None:
    assert {chart.summary for chart in charts().values()} == {
        "No job ended",
        "No job had to wait",
        "Nothing was measured",
    }


def test_what_is_older_than_a_day_is_left_out() -> None:
    assert charts((60 * 25, {"jobs_completed": 5}))["Jobs"].summary == "No job ended"
