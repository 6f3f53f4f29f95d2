from datetime import UTC, datetime, timedelta, timezone

import pytest

from casare_robot.cli.refusal import UsageError
from casare_robot.cli.times import duration, moment, since

ZONE = timezone(timedelta(hours=2))
NOW = datetime(2026, 11, 21, 16, 0, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1800), ("1h", 3600), ("1h30m", 5400), ("2d", 172_800), ("0.5H", 1800)],
)
def test_durations_are_read(text, seconds) -> None:
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "1", "h", "-1h", "1 week", "0s", "9999999d", "1h 30"])
def test_what_is_no_duration_is_refused(text) -> None:
    with pytest.raises(UsageError):
        duration(text)


@pytest.mark.parametrize(
    ("text", "then"),
    [
        ("17:00", datetime(2026, 11, 21, 15, 0, tzinfo=UTC)),
        ("09:30", datetime(2026, 11, 22, 7, 30, tzinfo=UTC)),
        ("16:00", datetime(2026, 11, 22, 14, 0, tzinfo=UTC)),
        ("2026-12-01T08:00", datetime(2026, 12, 1, 6, 0, tzinfo=UTC)),
        ("2026-12-01T08:00+00:00", datetime(2026, 12, 1, 8, 0, tzinfo=UTC)),
    ],
)
def test_a_time_of_day_is_today_or_else_tomorrow(text, then) -> None:
    assert moment(text, NOW) == then


@pytest.mark.parametrize("text", ["", "25:00", "five", "2026-11-20T10:00"])
def test_what_is_no_time_or_over_is_refused(text) -> None:
    with pytest.raises(UsageError):
        moment(text, NOW)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(-5, "0 s"), (59, "59 s"), (61, "1 min"), (3700, "1 h 1 min"), (100_000, "1 d 3 h")],
)
def test_how_long_ago_is_told_in_two_units(seconds, told) -> None:
    assert since(NOW - timedelta(seconds=seconds), NOW) == told
