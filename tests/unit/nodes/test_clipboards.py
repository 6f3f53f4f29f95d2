"""What the person at this machine copies."""

import pytest

from casare_robot.domain.question import AskOutcome, Copied

NODE = "ClipboardMonitorNode"


def test_what_is_copied_is_the_result(run_node, at_desk):
    run = run_node(NODE, {}, surroundings=at_desk("ok", content="4711", changed=True))

    assert run.outputs == {"content": "4711", "changed": True, "timed_out": False}


@pytest.mark.parametrize(
    ("config", "seconds", "body"),
    [
        ({}, 30.0, Copied(kind="text", only_new=True)),
        ({"timeout": 0, "trigger_on_change": False}, None, Copied(kind="text", only_new=False)),
        ({"timeout": 250, "content_type": "any"}, 0.25, Copied(kind="any", only_new=True)),
    ],
)
def test_it_asks_for_what_its_properties_say(run_node, at_desk, config, seconds, body):
    desk = at_desk(outcome=AskOutcome.TIMED_OUT)

    ask = run_node(NODE, config, surroundings=desk).surroundings.asked[0]

    assert (ask.seconds, ask.body) == (seconds, body)


def test_where_nothing_is_copied_in_time_it_says_so(run_node, at_desk):
    run = run_node(NODE, {}, surroundings=at_desk(outcome=AskOutcome.TIMED_OUT))

    assert run.outputs == {"content": "", "changed": False, "timed_out": True}


@pytest.mark.parametrize(("desk", "why"), [((), "no tray is there"), (("unseen",), "Wayland")])
def test_where_nobody_sees_the_clipboard_it_fails_and_says_why(run_node, at_desk, desk, why):
    assert why in str(run_node(NODE, {}, surroundings=at_desk(*desk)).error)
