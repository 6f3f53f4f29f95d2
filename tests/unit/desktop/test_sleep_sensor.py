"""Sleep shows as a jump of one clock against the other."""

import pytest

from casare_robot.desktop.sleep_sensor import SleepSensor


class Time:
    wall = 1_800_000_000.0
    steady = 50.0


@pytest.mark.parametrize(
    ("case", "wall", "steady", "missed"),
    [
        ("nothing", 2, 2, 0),
        ("a correction of the clock", 4, 2, 0),
        ("a night", 30_002, 2, 30_000),
        ("a night, on a system whose steady clock goes on", 30_002, 30_002, 30_002),
        ("the clock set back", -58, 2, -60),
    ],
)
def test_what_was_missed_is_told_once(case: str, wall: float, steady: float, missed: float) -> None:
    time = Time()
    sensor = SleepSensor(wall=lambda: time.wall, steady=lambda: time.steady)
    time.wall += wall
    time.steady += steady

    assert sensor.missed() == missed, case
    assert sensor.missed() == 0
