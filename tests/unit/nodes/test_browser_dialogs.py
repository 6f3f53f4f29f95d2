"""Dialogs of a real page are answered."""

import pytest


def asks(call):
    return f'<button id=b onclick="document.title = String({call})">x</button>'


@pytest.mark.parametrize(
    ("call", "config", "kind", "title"),
    [
        ("confirm('Sure?')", {}, "confirm", "true"),
        ("confirm('Sure?')", {"action": "dismiss"}, "confirm", "false"),
        ("prompt('Sure?')", {"prompt_text": "Ada"}, "prompt", "Ada"),
        ("prompt('Sure?', 'given')", {}, "prompt", "given"),
        ("alert('Sure?')", {}, "alert", "undefined"),
    ],
)
def test_a_dialog_that_a_click_brought_up_is_answered(act, call, config, kind, title):
    act.html(asks(call))
    act("ClickElement", selector="#b")

    done = act("BrowserAlertHandle", **config)

    assert done.error is None
    assert done.outputs["message"] == "Sure?"
    assert done.outputs["dialog_type"] == kind
    assert done.outputs["success"] is True
    assert act.run(act.page.title()) == title


def test_the_node_can_click_by_itself(act):
    act.html(asks("confirm('Sure?')"))

    done = act("BrowserAlertHandle", {"trigger_selector": "#b"})

    assert done.outputs["message"] == "Sure?"
    assert act.run(act.page.title()) == "true"


def test_no_dialog_is_told_in_time(act):
    done = act("BrowserAlertHandle", timeout=100)

    assert "0.1 s" in done.error
    assert done.outputs["success"] is False
