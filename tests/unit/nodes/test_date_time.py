"""Dates, times, and waiting. The clock of the tests stands at 2026-11-21T10:30:00+01:00."""

import asyncio
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casare_robot.domain.errors import NodeFailure
from casare_robot.nodes.date_time import date_time_compare, date_time_diff

NOW = 1795253400.0


def test_the_current_time_is_local_without_an_offset(run_node):
    outputs = run_node("GetCurrentDateTimeNode").outputs

    assert (outputs["datetime"], outputs["timestamp"]) == ("2026-11-21T10:30:00", NOW)
    assert (outputs["year"], outputs["minute"], outputs["day_of_week"]) == (2026, 30, "Saturday")


def test_the_current_time_of_another_zone_has_its_offset(run_node):
    outputs = run_node("GetCurrentDateTimeNode", {"timezone": "Asia/Tokyo"}).outputs

    assert outputs["datetime"] == "2026-11-21T18:30:00+09:00"
    assert (outputs["hour"], outputs["timestamp"]) == (18, NOW)


def test_the_current_time_is_formatted_as_asked(run_node):
    run = run_node("GetCurrentDateTimeNode", {"format": "%d.%m.%y %H:%M"})

    assert run.outputs["datetime"] == "21.11.26 10:30"


@pytest.mark.parametrize("zone", ["Mars/Base", "../etc/passwd", "/etc/localtime"])
def test_an_unknown_zone_is_refused(run_node, zone):
    assert run_node("GetCurrentDateTimeNode", {"timezone": zone}).error == (
        f"there is no time zone {zone!r}"
    )


MOMENTS = [
    ("2024-03-05", "2024-03-05T00:00:00"),
    ("2024-03-05T06:07:08Z", "2024-03-05T06:07:08+00:00"),
    ("2024-03-05 06:07:08.5", "2024-03-05T06:07:08.500000"),
    ("05/03/2024", "2024-03-05T00:00:00"),
    ("03/25/2024 01:02:03", "2024-03-25T01:02:03"),
    ("05-03-2024", "2024-03-05T00:00:00"),
    ("2024/03/05", "2024-03-05T00:00:00"),
]


@pytest.mark.parametrize(("text", "iso"), MOMENTS)
def test_common_ways_to_write_a_date_are_understood(run_node, text, iso):
    run = run_node("ParseDateTimeNode", {"datetime_string": text})

    assert (run.outputs["iso_format"], run.outputs["success"]) == (iso, True)


def test_a_format_says_how_a_date_is_to_be_read(run_node):
    run = run_node("ParseDateTimeNode", {"datetime_string": "5.3.24", "format": "%d.%m.%y"})

    assert (run.outputs["year"], run.outputs["month"], run.outputs["day"]) == (2024, 3, 5)


@pytest.mark.parametrize("value", ["", None, True, [], float("nan"), 1e30])
def test_what_is_no_date_is_refused(run_node, value):
    run = run_node("FormatDateTimeNode", inputs={"datetime": value})

    assert run.error


def test_a_timestamp_is_a_date_too(run_node):
    run = run_node("FormatDateTimeNode", {"format": "%Y"}, inputs={"datetime": 1709618828})

    assert run.outputs == {"result": "2024"}


SUMS = [
    # start                        added                         result
    ("2024-02-29T00:00:00", {"years": 1}, "2025-02-28T00:00:00"),
    ("2024-01-31T00:00:00", {"months": 1}, "2024-02-29T00:00:00"),
    ("2024-03-31T00:00:00", {"months": -1}, "2024-02-29T00:00:00"),
    ("2024-12-31T00:00:00", {"months": "12"}, "2025-12-31T00:00:00"),
    ("2024-01-01T00:00:00", {"weeks": 1, "days": -1}, "2024-01-07T00:00:00"),
    (
        "2024-01-01T00:00:00+02:00",
        {"hours": 1, "minutes": 2, "seconds": 3},
        "2024-01-01T01:02:03+02:00",
    ),
    (None, {"days": 1}, "2026-11-22T10:30:00"),
]


@pytest.mark.parametrize(("start", "added", "result"), SUMS)
def test_time_is_added_by_the_calendar(run_node, start, added, result):
    run = run_node("DateTimeAddNode", added, inputs={"datetime": start})

    assert run.outputs["result"] == result


@pytest.mark.parametrize("added", [{"years": 9999}, {"days": 10**10}, {"months": -(10**9)}])
def test_a_date_beyond_the_calendar_is_refused(run_node, added):
    run = run_node("DateTimeAddNode", added, inputs={"datetime": "2024-01-01"})

    assert "there is no such date" in run.error


def test_a_difference_has_totals_and_parts():
    found = date_time_diff(datetime_1="2024-01-01", datetime_2="2024-01-03T01:02:03")

    assert found["total_hours"] == pytest.approx(49.0341666)
    assert [found[unit] for unit in ("days", "hours", "minutes", "seconds")] == [2, 1, 2, 3]


def test_two_moments_are_compared_by_nodes(run_node):
    moments = {"datetime_1": "2024-01-01", "datetime_2": "2024-01-03T12:00:00"}

    apart = run_node("DateTimeDiffNode", inputs=moments).outputs
    compared = run_node("DateTimeCompareNode", inputs=moments).outputs

    assert (apart["total_days"], apart["days"], apart["hours"]) == (2.5, 2, 12)
    assert (compared["is_before"], compared["comparison"]) == (True, -1)


def test_a_negative_difference_has_negative_totals_and_days():
    found = date_time_diff(datetime_1="2024-01-03", datetime_2="2024-01-01")

    assert (found["total_days"], found["days"], found["hours"]) == (-2.0, -2, 0)


@settings(max_examples=50)
@given(st.datetimes(), st.datetimes())
def test_a_comparison_agrees_with_the_difference(first, second):
    compared = date_time_compare(datetime_1=first.isoformat(), datetime_2=second.isoformat())
    total = date_time_diff(datetime_1=first, datetime_2=second)["total_seconds"]

    assert compared["is_before"] == (total > 0)
    assert compared["is_equal"] == (total == 0)
    assert compared["comparison"] == (total < 0) - (total > 0)


def test_moments_of_different_zones_are_compared_by_the_instant():
    found = date_time_compare(
        datetime_1="2024-01-01T12:00:00+02:00", datetime_2="2024-01-01T10:00:00Z"
    )

    assert found["is_equal"]


def test_a_local_moment_can_be_compared_with_one_that_has_an_offset():
    found = date_time_compare(datetime_1="2024-01-01", datetime_2="2024-06-01T00:00:00Z")

    assert found["is_before"]


def test_a_moment_out_of_range_cannot_be_compared_with_an_offset():
    with pytest.raises(NodeFailure, match="out of range"):
        date_time_compare(datetime_1="0001-01-01", datetime_2="9999-12-31T23:59:59-23:00")


@pytest.mark.parametrize(("milliseconds", "result"), [(False, NOW), ("true", NOW * 1000)])
def test_a_timestamp_counts_from_1970(run_node, milliseconds, result):
    run = run_node("GetTimestampNode", {"milliseconds": milliseconds})

    assert run.outputs == {"timestamp": result}


@pytest.mark.parametrize("node_type", ["WaitNode", "BrowserWaitNode"])
@pytest.mark.parametrize("config", [{"duration": "0"}, {"duration_ms": 0}])
def test_waiting_for_no_time_ends(run_node, node_type, config):
    run = run_node(node_type, config)

    assert (run.error, run.port) == (None, "exec_out")


WAITS = [({"duration": "1.5"}, 1.5), ({"duration": 1, "duration_ms": "500"}, 0.5), ({}, 1.0)]


@pytest.mark.parametrize(("config", "seconds"), WAITS)
def test_waiting_sleeps_for_its_duration(run_node, monkeypatch, config, seconds):
    slept = []

    async def remember(duration):
        if threading.get_ident() == here:  # servers have threads of their own
            slept.append(duration)
        else:
            await sleep(duration)

    here, sleep = threading.get_ident(), asyncio.sleep
    monkeypatch.setattr("asyncio.sleep", remember)
    run_node("WaitNode", config)

    assert slept == [seconds]


@pytest.mark.parametrize("duration", [-1, float("nan"), float("inf"), "soon"])
def test_an_impossible_wait_is_refused(run_node, duration):
    assert run_node("WaitNode", inputs={"duration": duration}).error
