"""What the robot does next, as a table."""

from datetime import datetime
from typing import Any

import pytest

from casare_robot.agent.lifecycle import Action, Leaving, Look, decide, reasons, state_of
from casare_robot.domain.robot_status import RobotState

BEGIN, WAIT, LEAVE = Action.BEGIN, Action.WAIT, Action.LEAVE
AFTER, NOW = Leaving.AFTER_JOBS, Leaving.NOW
OPENS = datetime(2026, 11, 23, 8)


@pytest.mark.parametrize(
    ("look", "action", "state"),
    [
        ({}, BEGIN, RobotState.IDLE),
        ({"has_started": False}, WAIT, RobotState.STARTING),
        ({"running": 1}, WAIT, RobotState.EXECUTING),
        ({"running": 1, "limit": 2}, BEGIN, RobotState.EXECUTING),
        ({"running": 3, "limit": 2}, WAIT, RobotState.EXECUTING),
        ({"is_paused": True}, WAIT, RobotState.PAUSED),
        ({"is_paused": True, "running": 1, "limit": 2}, WAIT, RobotState.PAUSED),
        ({"is_draining": True}, WAIT, RobotState.DRAINING),
        ({"opens_at": OPENS}, WAIT, RobotState.IDLE),
        ({"trouble": "the disk is full"}, WAIT, RobotState.ERROR),
        ({"leaving": AFTER}, LEAVE, RobotState.STOPPING),
        ({"leaving": AFTER, "running": 1}, WAIT, RobotState.STOPPING),
        ({"leaving": AFTER, "running": 1, "limit": 2}, WAIT, RobotState.STOPPING),
        ({"leaving": NOW, "running": 2, "limit": 2}, LEAVE, RobotState.STOPPING),
        ({"leaving": NOW, "is_paused": True}, LEAVE, RobotState.STOPPING),
    ],
)
def test_each_look_has_one_action_and_one_word(
    look: dict[str, Any], action: Action, state: RobotState
) -> None:
    assert (decide(Look(**look)), state_of(Look(**look))) == (action, state)


@pytest.mark.parametrize(
    ("look", "waiting", "words"),
    [
        ({}, 0, ()),
        ({"is_paused": True, "note": "lunch"}, 0, ("paused", "lunch")),
        ({"opens_at": OPENS}, 1, ("working hours", "Mon 2026-11-23 08:00")),
        ({"running": 1}, 1, ("the robot runs one job at a time",)),
        ({"running": 2, "limit": 2}, 1, ("the robot runs 2 jobs at a time",)),
        ({"running": 1, "limit": 2}, 1, ("needs the desktop", "another job")),
        ({"no_desktop": "the screen is locked"}, 1, ("needs the desktop", "is locked")),
        ({"no_desktop": "the screen is locked"}, 0, ()),
        ({"is_paused": True, "is_draining": True}, 1, ("paused", "draining")),
    ],
)
def test_an_idle_robot_says_why(look: dict[str, Any], waiting: int, words: tuple[str, ...]) -> None:
    said = " ".join(reasons(Look(**look), waiting=waiting))

    assert all(word in said for word in words)
    assert bool(said) == bool(words)
