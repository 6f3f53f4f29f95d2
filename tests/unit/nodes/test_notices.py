"""What is shown while the workflow goes on."""

import pytest

from casare_robot.domain.question import AskOutcome, Progress

PASSING = ["Tooltip", "Snackbar", "BalloonTip", "SplashScreen", "SystemNotification"]


@pytest.mark.parametrize("type_", PASSING)
def test_what_passes_is_not_waited_for(run_node, at_desk, type_):
    run = run_node(f"{type_}Node", {"message": "M"}, surroundings=at_desk(outcome=AskOutcome.SHOWN))

    assert run.outputs["success"] is True
    assert not run.surroundings.asked[0].waits


@pytest.mark.parametrize("type_", PASSING)
def test_where_nobody_is_there_the_log_has_what_was_to_be_seen(run_node, at_desk, type_):
    run = run_node(f"{type_}Node", {"message": "M"}, surroundings=at_desk())

    assert (run.error, run.outputs["success"]) == (None, False)
    assert run.log[0][1].startswith("nobody is there to see it:")
    assert "M" in run.log[0][1]


def test_a_tooltip_looks_as_it_says(run_node, at_desk):
    config = {
        "message": "M",
        "duration": 1500,
        "bg_color": "#112233",
        "tooltip_text_color": "#445566",
        "position": "top_left",
        "click_to_dismiss": True,
        "max_width": 120,
        "tooltip_icon": "success",
        "fade_animation": False,
    }

    desk = at_desk(outcome=AskOutcome.SHOWN)
    ask = run_node("TooltipNode", config, surroundings=desk).surroundings.asked[0]

    body = ask.body
    assert (body.seconds, body.ground, body.ink) == (1.5, "#112233", "#445566")
    assert (body.place, body.goes_on_click, body.width, body.fades) == (
        "top_left",
        True,
        120,
        False,
    )
    assert ask.mood == "success"


def test_an_action_is_waited_for_as_long_as_the_strip_lasts(run_node, at_desk):
    config = {"message": "M", "action_text": "Undo", "duration": 2000}

    clicked = run_node("SnackbarNode", config, surroundings=at_desk("action"))
    missed = run_node("SnackbarNode", config, surroundings=at_desk(outcome=AskOutcome.TIMED_OUT))

    assert (clicked.outputs, missed.outputs) == (
        {"action_clicked": True, "success": True},
        {"action_clicked": False, "success": True},
    )
    assert clicked.surroundings.asked[0].seconds == 2.0


def test_a_notification_with_buttons_tells_of_a_click(run_node, at_desk):
    config = {"message": "M", "action_buttons": "Open, Later"}

    clicked = run_node("SystemNotificationNode", config, surroundings=at_desk("Open"))
    closed = run_node("SystemNotificationNode", config, surroundings=at_desk("closed"))

    assert (clicked.outputs["click_action"], closed.outputs["click_action"]) == (True, False)


@pytest.mark.parametrize(
    ("config", "value", "shown"),
    [
        ({}, 40, Progress(value=40)),
        ({}, 140, Progress(value=100)),
        ({"show_percent": False}, None, Progress(value=0, shows_percent=False)),
        ({"indeterminate": True}, 40, Progress(value=None)),
    ],
)
def test_progress_is_between_0_and_100(run_node, at_desk, config, value, shown):
    desk = at_desk(outcome=AskOutcome.SHOWN)

    run = run_node("ProgressDialogNode", config, inputs={"value": value}, surroundings=desk)

    assert run.outputs == {"canceled": False}
    assert run.surroundings.asked[0].body == shown


def test_progress_tells_that_it_was_cancelled(run_node, at_desk):
    run = run_node("ProgressDialogNode", {}, surroundings=at_desk("cancel"))

    assert run.outputs == {"canceled": True}


def test_progress_that_nobody_sees_is_no_failure(run_node, at_desk):
    assert run_node("ProgressDialogNode", {}, surroundings=at_desk()).outputs == {"canceled": False}
