"""Due times: zones, missed runs, clocks that are set."""

from datetime import UTC, datetime, timedelta

import pytest

from casare_robot.domain.errors import TriggerError
from casare_robot.triggers.schedule import Schedule

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DEFAULTS = {
    "frequency": "cron",
    "time_hour": 9,
    "time_minute": 0,
    "interval_seconds": 60,
    "day_of_week": "mon",
    "day_of_month": 1,
    "cron_expression": "*/10 * * * *",
    "timezone": "UTC",
    "max_runs": 0,
    "start_time": "",
}


def schedule(missed="once", **settings):
    return Schedule(DEFAULTS | settings, missed)


def times(look):
    return [event.payload["scheduled_time"] for event in look.events]


def begun(plan, now=NOON):
    look = plan.look(None, now)
    assert not look.events
    return look.cursor


def test_what_is_due_is_due_once():
    plan = schedule()
    cursor = begun(plan)

    early = plan.look(cursor, NOON + timedelta(minutes=9))
    due = plan.look(early.cursor, NOON + timedelta(minutes=10))
    again = plan.look(due.cursor, NOON + timedelta(minutes=10, seconds=1))

    assert (times(early), early.wait) == ([], 30.0)
    assert times(due) == ["2026-11-20T12:10:00+00:00"]
    assert times(again) == []


def test_a_restart_in_the_middle_sees_the_same_event_under_the_same_key():
    plan, at = schedule(), NOON + timedelta(minutes=10)
    cursor = begun(plan)

    first, second = plan.look(cursor, at), plan.look(cursor, at + timedelta(seconds=40))

    assert [event.key for event in first.events] == [event.key for event in second.events]


@pytest.mark.parametrize(
    ("missed", "count"), [("once", 1), ("skip", 0), ("all", 6)], ids=lambda value: value
)
def test_runs_that_were_missed_are_made_up_for_by_policy(missed, count):
    plan = schedule(missed)

    look = plan.look(begun(plan), NOON + timedelta(minutes=65))

    assert len(look.events) == count
    assert plan.look(look.cursor, NOON + timedelta(minutes=66)).events == ()


def test_a_year_of_missed_runs_is_no_flood():
    plan = schedule("all", cron_expression="* * * * *")
    interval = schedule("all", frequency="interval", interval_seconds=1)

    later = NOON + timedelta(days=365)

    assert len(plan.look(begun(plan), later).events) == 100
    assert len(interval.look(begun(interval), later).events) == 100


def test_hours_are_those_of_the_zone_also_when_summer_time_begins():
    plan = schedule("all", frequency="daily", time_hour=9, timezone="Europe/Berlin")
    cursor = begun(plan, datetime(2026, 3, 27, 12, tzinfo=UTC))

    look = plan.look(cursor, datetime(2026, 3, 30, 12, tzinfo=UTC))

    assert times(look) == [
        "2026-03-28T09:00:00+01:00",
        "2026-03-29T09:00:00+02:00",
        "2026-03-30T09:00:00+02:00",
    ]


def test_an_hour_that_the_clock_shows_twice_counts_once():
    plan = schedule("all", cron_expression="30 2 * * *", timezone="Europe/Berlin")
    cursor = begun(plan, datetime(2026, 10, 24, 12, tzinfo=UTC))

    assert len(plan.look(cursor, datetime(2026, 10, 25, 12, tzinfo=UTC)).events) == 1


def test_a_clock_set_back_a_little_repeats_nothing():
    plan = schedule()
    done = plan.look(begun(plan), NOON + timedelta(minutes=10)).cursor

    back = plan.look(done, NOON + timedelta(minutes=5))
    again = plan.look(back.cursor, NOON + timedelta(minutes=10))

    assert (back.events, again.events) == ((), ())


def test_a_clock_that_was_years_ahead_does_not_stop_the_schedule():
    plan = schedule()
    wrong = plan.look(begun(plan), NOON + timedelta(days=3650)).cursor

    right = plan.look(wrong, NOON)
    due = plan.look(right.cursor, NOON + timedelta(minutes=10))

    assert (len(right.events), len(due.events)) == (0, 1)


def test_an_interval_goes_on_in_its_own_step():
    plan = schedule(frequency="interval", interval_seconds=60)
    cursor = begun(plan)

    late = plan.look(cursor, NOON + timedelta(seconds=61))
    following = plan.look(late.cursor, NOON + timedelta(seconds=120))

    assert (len(late.events), len(following.events)) == (1, 1)
    assert times(following) == ["2026-11-20T12:02:00+00:00"]


def test_once_is_once():
    plan = schedule(frequency="once", start_time="2026-11-20T14:00", timezone="Europe/Berlin")

    look = plan.look(begun(plan), NOON + timedelta(hours=1, seconds=5))

    assert times(look) == ["2026-11-20T14:00:00+01:00"]
    assert plan.look(look.cursor, NOON + timedelta(days=1)).events == ()


def test_no_more_than_max_runs():
    plan = schedule("all", max_runs=2)
    look = plan.look(begun(plan), NOON + timedelta(hours=1))

    assert [event.payload["run_number"] for event in look.events] == [1, 2]
    assert plan.look(look.cursor, NOON + timedelta(hours=2)).events == ()


def test_the_next_run_is_told_and_none_where_there_is_none():
    plan, few = schedule(), schedule(max_runs=1)
    at = NOON + timedelta(minutes=10)
    done = few.look(begun(few), at).cursor
    once = schedule(frequency="once", start_time="2026-11-20T14:00", timezone="Europe/Berlin")

    assert plan.next_run(None, NOON) == plan.next_run(begun(plan), NOON) == at
    assert few.next_run(done, at) is None
    assert once.next_run(None, NOON) == NOON + timedelta(hours=1)
    assert once.next_run(None, NOON + timedelta(hours=2)) is None


@pytest.mark.parametrize(
    ("settings", "expression"),
    [
        ({"frequency": "hourly", "time_minute": 5}, "2026-11-20T12:05:00+00:00"),
        ({"frequency": "weekly", "day_of_week": "sat"}, "2026-11-21T09:00:00+00:00"),
        ({"frequency": "monthly", "day_of_month": 24}, "2026-11-24T09:00:00+00:00"),
    ],
)
def test_the_simple_frequencies(settings, expression):
    plan = schedule(**settings)

    assert plan.following(NOON, NOON).isoformat() == expression


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"cron_expression": "every day"}, "every day"),
        ({"cron_expression": "0 0 31 2 *"}, "ever comes"),
        ({"timezone": "Europe/Bärlin"}, "Bärlin"),
        ({"frequency": "once", "start_time": "soon"}, "soon"),
    ],
)
def test_what_makes_no_sense_is_told_when_it_is_switched_on(settings, said):
    with pytest.raises(TriggerError, match=said):
        schedule(**settings)
