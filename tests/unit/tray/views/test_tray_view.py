"""Icon, tooltip and menu as values."""

from datetime import UTC, datetime, timedelta

import pytest

from casare_robot.domain.robot_status import LinkState, RobotState, UpdateStatus
from casare_robot.tray.views.sight import Reach
from casare_robot.tray.views.tray_view import (
    LONGEST_TOOLTIP,
    Do,
    cost_of_exit,
    pauses,
    tooltip,
    tray_view,
)


def texts(view):
    return ["–" if entry is None else entry.text for entry in view.menu]


def wishes(entries):
    for entry in entries:
        if entry is not None:
            if entry.wish is not None:
                yield entry.wish.do
            yield from wishes(entry.entries)


def test_the_menu_of_an_idle_robot_is_in_the_usual_order(seen, now) -> None:
    view = tray_view(seen(link=LinkState.CONNECTED), now=now)

    assert texts(view) == [
        "Open Casare Robot",
        "✓ Connected – idle",
        "–",
        "Run a workflow…",
        "Pause",
        "–",
        "View logs",
        "Job history",
        "Starts by itself…",
        "–",
        "Settings…",
        "Help",
        "–",
        "Exit",
    ]
    assert view.menu[0].is_default


def test_the_group_is_in_the_menu_of_a_robot_that_is_in_one(seen, unreached, now) -> None:
    joined = seen(group="finance", group_role="active")
    gone = unreached(status=joined.status)

    assert texts(tray_view(joined, now=now))[6:10] == [
        "View logs",
        "Job history",
        "Starts by itself…",
        "Group: finance – active",
    ]
    assert "Group: finance – joining" in texts(tray_view(seen(group="finance"), now=now))
    assert Do.GROUP in set(wishes(tray_view(joined, now=now).menu))
    assert Do.GROUP not in set(wishes(tray_view(seen(), now=now).menu))
    assert Do.GROUP not in set(wishes(tray_view(gone, now=now).menu))


def test_a_running_job_is_a_line_with_its_progress(seen, running, now) -> None:
    view = tray_view(seen(RobotState.EXECUTING, jobs=(running(),)), now=now)

    assert "▶ Invoice import 4/11 (2 min)" in texts(view)
    assert "Cancel job…" in texts(view)


def test_of_several_jobs_each_can_be_cancelled(seen, running, now) -> None:
    jobs = (running("One"), running("Two"), running("Three", cancelling=True))

    cancel = next(
        entry
        for entry in tray_view(seen(RobotState.EXECUTING, jobs=jobs), now=now).menu
        if entry is not None and entry.text == "Cancel job"
    )

    assert [entry.text for entry in cancel.entries] == ["One…", "Two…"]


MENUS = [
    # case                     state               line                    offers        offers not
    ("idle", RobotState.IDLE, LinkState.LOCAL, Do.PAUSE, Do.RESUME),
    ("idle: nothing to cancel", RobotState.IDLE, LinkState.LOCAL, Do.PAUSE, Do.CANCEL),
    ("paused", RobotState.PAUSED, LinkState.LOCAL, Do.RESUME, Do.PAUSE),
    ("draining", RobotState.DRAINING, LinkState.LOCAL, Do.RESUME, Do.PAUSE),
    ("leaving", RobotState.STOPPING, LinkState.LOCAL, Do.EXIT, Do.PAUSE),
    ("line is fine", RobotState.IDLE, LinkState.CONNECTED, Do.RUN_FILE, Do.RECONNECT),
    ("line is away", RobotState.IDLE, LinkState.RECONNECTING, Do.RECONNECT, Do.START),
]


@pytest.mark.parametrize(("case", "state", "link", "offered", "missing"), MENUS)
def test_the_menu_offers_what_makes_sense_now(
    seen, now, case, state, link, offered, missing
) -> None:
    offers = set(wishes(tray_view(seen(state, link), now=now).menu))

    assert offered in offers, case
    assert missing not in offers, case


def test_a_robot_that_left_can_be_started(unreached, now) -> None:
    offers = set(wishes(tray_view(unreached(Reach.LEFT), now=now).menu))

    assert Do.START in offers
    assert Do.RUN_FILE not in offers


def test_what_needs_the_person_is_in_the_menu(seen, now) -> None:
    assert "! 2 jobs need you…" in texts(tray_view(seen(needs_attention=2), now=now))


def test_the_tooltip_tells_name_state_and_since(seen, now) -> None:
    assert tooltip(seen(), now) == "Desk 7: Local – idle\nsince 14:02"


def test_the_tooltip_tells_the_job(seen, running, now) -> None:
    text = tooltip(seen(RobotState.EXECUTING, jobs=(running(), running("Other"))), now)

    assert text == ("Desk 7: Local – executing\nInvoice import 4/11 (2 min)\nand 1 other job")


@pytest.mark.parametrize("reach", [Reach.LOOKING, Reach.LOST, Reach.LEFT])
def test_the_tooltip_is_never_empty(unreached, reach, now) -> None:
    assert tooltip(unreached(reach), now).strip()


def test_the_tooltip_is_never_longer_than_systems_show(seen, running, now) -> None:
    sight = seen(RobotState.EXECUTING, jobs=(running("N" * 500),))

    assert len(tooltip(sight, now)) == LONGEST_TOOLTIP


def test_a_pause_until_tomorrow_ends_in_the_morning() -> None:
    now = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)

    ends = [entry.wish.argument for entry in pauses(now)]

    assert ends[0] == now + timedelta(minutes=15)
    assert ends[2] == datetime(2027, 1, 1, 8, 0, tzinfo=UTC)
    assert ends[4] is None


def test_exit_costs_something_only_while_a_job_runs(seen, unreached, running, now) -> None:
    busy = seen(RobotState.EXECUTING, jobs=(running(), running("Other")))

    assert cost_of_exit(busy) == "2 jobs are running: Invoice import, Other"
    assert cost_of_exit(seen()) == ""
    assert cost_of_exit(unreached()) == ""


def test_a_newer_version_is_one_quiet_line(seen, now) -> None:
    ready = UpdateStatus(version="0.2.0", is_ready=True)
    on_the_way = UpdateStatus(version="0.2.0")
    wanted = UpdateStatus(version="0.2.0", is_ready=True, is_wanted=True)

    def line(update):
        menu = tray_view(seen(update=update), now=now).menu
        place = next(i for i, entry in enumerate(menu) if entry and entry.text == "Settings…")
        before = menu[place - 1]
        return None if before is None else (before.text, before.wish and before.wish.do)

    assert line(on_the_way) is None
    assert line(ready) == ("Install version 0.2.0 when idle", Do.UPDATE)
    assert line(wanted) == ("Version 0.2.0 is installed when the robot is idle", None)


def test_the_way_back_is_in_the_help_of_a_robot_that_has_one(seen, now) -> None:
    def has_way(previous):
        menu = tray_view(seen(update=UpdateStatus(previous=previous)), now=now).menu
        return Do.BACK in wishes(menu)

    assert has_way("0.1.0")
    assert not has_way("")
