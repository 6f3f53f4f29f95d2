"""When jobs may begin."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casare_robot.agent.working_hours import WorkingHours

OFFICE = "Mon-Fri 08:00-18:00, Sat 09:00-12:00"
#    2026-11-16 is a Monday


@pytest.mark.parametrize(
    ("case", "pattern", "now", "is_open"),
    [
        ("no pattern", "", "2026-11-22T03:00", True),
        ("the first minute", OFFICE, "2026-11-16T08:00", True),
        ("a minute before", OFFICE, "2026-11-16T07:59", False),
        ("the last minute", OFFICE, "2026-11-20T17:59", True),
        ("the end itself", OFFICE, "2026-11-20T18:00", False),
        ("Saturday", OFFICE, "2026-11-21T09:30", True),
        ("Sunday", OFFICE, "2026-11-22T09:30", False),
        ("until midnight", "Mon 20:00-24:00", "2026-11-16T23:59", True),
        ("after it", "Mon 20:00-24:00", "2026-11-17T00:00", False),
        ("over midnight, before", "Mon 22:00-06:00", "2026-11-16T23:00", True),
        ("over midnight, after", "Mon 22:00-06:00", "2026-11-17T05:59", True),
        ("over midnight, ended", "Mon 22:00-06:00", "2026-11-17T06:00", False),
        ("the night before has no hours", "Mon 22:00-06:00", "2026-11-16T05:00", False),
        ("over Sunday's midnight", "Sun 22:00-06:00", "2026-11-16T05:00", True),
        ("days over the week's end", "Sat-Mon 10:00-11:00", "2026-11-22T10:30", True),
        ("and not between", "Sat-Mon 10:00-11:00", "2026-11-18T10:30", False),
        ("the same time is a day", "Mon 08:00-08:00", "2026-11-17T07:00", True),
    ],
)
def test_jobs_begin_in_working_hours_only(case: str, pattern: str, now: str, is_open: bool) -> None:
    assert WorkingHours.parse(pattern).is_open(datetime.fromisoformat(now)) is is_open, case


def test_hours_follow_the_clock_on_the_wall_when_summer_time_begins() -> None:
    hours = WorkingHours.parse("Sun 02:30-04:00")
    berlin = ZoneInfo("Europe/Berlin")
    before = datetime.fromisoformat("2026-03-29T00:59:59Z").astimezone(berlin)
    after = datetime.fromisoformat("2026-03-29T01:00:00Z").astimezone(berlin)

    assert not hours.is_open(before)  # 01:59:59, and the next second is 03:00
    assert hours.is_open(after)


def test_an_hour_that_comes_twice_counts_twice() -> None:
    hours = WorkingHours.parse("Sun 02:00-03:00")
    berlin = ZoneInfo("Europe/Berlin")

    for utc in ("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"):
        assert hours.is_open(datetime.fromisoformat(utc).astimezone(berlin))


def test_closed_hours_say_when_they_open() -> None:
    hours = WorkingHours.parse(OFFICE)

    assert hours.next_opening(datetime(2026, 11, 21, 12, 0, 30)) == datetime(2026, 11, 23, 8)
    assert hours.next_opening(datetime(2026, 11, 20, 9)) is None


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)))
def test_the_next_opening_is_open_and_nothing_before_it_is(now: datetime) -> None:
    hours = WorkingHours.parse("Tue-Thu 22:15-01:05, Sun 00:00-00:01")
    opening = hours.next_opening(now)

    if opening is None:
        assert hours.is_open(now)
    else:
        assert hours.is_open(opening)
        before = opening - timedelta(minutes=1)
        assert before < now or not hours.is_open(before)


@pytest.mark.parametrize("pattern", ["Mon", "Mon 8-9", "Noday 08:00-09:00", "Mon 08:00", "25:00"])
def test_other_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="is not like"):
        WorkingHours.parse(pattern)
