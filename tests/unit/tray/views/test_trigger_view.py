"""What the window of what starts by itself says."""

from datetime import timedelta

import msgspec
import pytest

from casare_robot.domain.trigger_status import TriggerState, TriggerStatus
from casare_robot.tray.views.trigger_view import missed_choices, triggers_view


@pytest.fixture
def schedule(now):
    return TriggerStatus(
        id="morning.t",
        file="/flows/morning.json",
        node_id="t",
        type="ScheduleTriggerNode",
        workflow="Every morning",
        state=TriggerState.WATCHING,
        missed="skip",
        started=12,
        last_at=now - timedelta(hours=7),
        last_job="trigger-1",
        next_at=now + timedelta(days=1),
    )


def test_a_schedule_says_when_it_runs_next_and_when_it_last_did(schedule, now) -> None:
    view = triggers_view([schedule], now=now)

    [line] = view.lines
    assert view.headline == "1 trigger is on"
    assert (line.name, line.kind, line.mark, line.is_on) == (
        "Every morning",
        "by the clock",
        "▶",
        True,
    )
    assert line.times == "next run tomorrow 14:30 · last 7 h 0 min ago · 12 starts"
    assert (line.missed, line.job) == ("skip", "trigger-1")


def test_what_is_over_or_has_never_run_is_said_so(schedule, now) -> None:
    over = msgspec.structs.replace(schedule, next_at=None, last_at=None, started=0)

    [line] = triggers_view([over], now=now).lines

    assert line.times == "no further run · never started yet"


def test_trouble_is_counted_and_told_with_its_reason(schedule, now) -> None:
    lost = msgspec.structs.replace(
        schedule, id="a", state=TriggerState.TROUBLE, problem="the folder is gone"
    )

    view = triggers_view([lost, schedule], now=now)

    assert view.headline == "2 triggers are on · 1 is in trouble"
    assert {(line.mark, line.problem) for line in view.lines} == {
        ("!", "the folder is gone"),
        ("▶", ""),
    }


def test_what_was_switched_off_here_is_still_shown_until_it_is_on_again(schedule, now) -> None:
    off = triggers_view([], now=now, switched_off=[schedule])
    again = triggers_view([schedule], now=now, switched_off=[schedule])

    assert (off.headline, off.lines[0].is_on) == ("No workflow starts by itself.", False)
    assert off.lines[0].times == "switched off · last 7 h 0 min ago · 12 starts"
    assert [line.is_on for line in again.lines] == [True]


def test_a_robot_that_does_not_answer_leaves_what_was_seen_and_lets_nothing_be_changed(
    schedule, now
) -> None:
    seen = triggers_view([schedule], now=now, problem="The robot cannot be reached.")
    never = triggers_view([], now=now, problem="The robot cannot be reached.")

    assert (len(seen.lines), seen.can_change) == (1, False)
    assert (never.headline, never.problem) == ("", "The robot cannot be reached.")


def test_each_policy_for_missed_runs_has_words() -> None:
    assert set(missed_choices()) == {"once", "skip", "all"}
