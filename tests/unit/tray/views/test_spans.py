"""Times as people read them."""

from datetime import UTC, datetime

import pytest

from casare_robot.tray.texts import speak, tr
from casare_robot.tray.views.spans import clock, lasting, size, took

NOW = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-3, "0 s"), (59, "59 s"), (60, "1 min"), (4800, "1 h 20 min"), (187_200, "2 d 4 h")],
)
def test_durations_have_their_two_largest_units(seconds, text) -> None:
    assert lasting(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), [(0.012, "12 ms"), (3.14, "3.1 s"), (75, "1 min")])
def test_short_durations_are_exact(seconds, text) -> None:
    assert took(seconds) == text


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (21, "09:05"),
        (20, "yesterday 09:05"),
        (22, "tomorrow 09:05"),
        (1, "2026-11-01 09:05"),
    ],
)
def test_moments_have_their_day_unless_it_is_today(day, text) -> None:
    assert clock(datetime(2026, 11, day, 9, 5, tzinfo=UTC), NOW) == text


@pytest.mark.parametrize(
    ("count", "text"), [(12, "12 B"), (2048, "2 KB"), (5 << 20, "5 MB"), (3 << 30, "3.0 GB")]
)
def test_sizes_are_short(count, text) -> None:
    assert size(count) == text


def test_another_language_takes_the_place_of_english() -> None:
    speak(lambda text, _count: {"yesterday {time}": "gestern {time}"}.get(text))
    try:
        assert tr("yesterday {time}", time="9") == "gestern 9"
        assert tr("idle") == "idle"
    finally:
        speak(None)
