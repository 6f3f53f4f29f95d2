"""Clicks, typing, choices and keys on a real page."""

import json

import pytest

FORM = """
<form onsubmit="document.title = 'sent'; return false">
  <label for=name>Name</label><input id=name value="old">
  <label for=city>City</label><input id=city>
  <select id=kind><option value=a>Alpha<option value=b>Beta<option value=c>Gamma</select>
  <input type=submit>
  <button id=go type=button onclick="document.title += event.detail + (event.shiftKey ? 'S' : '')
    + event.button + Math.round(event.offsetX)">Go</button>
</form>
"""


def value(act, selector):
    return act.run(act.page.input_value(selector))


def title(act):
    return act.run(act.page.title())


def test_a_click_reaches_its_element_with_everything_that_was_asked(act):
    act.html(FORM)

    done = act("ClickElement", selector="#go", modifiers=["Shift"], position_x=5, position_y=4)
    act("ClickElement", selector="#go", click_count=2, fast_mode=True)

    assert done.error is None
    assert done.outputs == {"page": act.ctx.current["page"]}
    assert title(act).startswith("1S0")
    assert "20" in title(act)


def test_the_right_button_a_slow_one_and_a_trial(act):
    act.html(
        "<p id=x oncontextmenu=\"document.title='menu'\" onclick=\"document.title='no'\">x</p>"
    )

    act("ClickElement", selector="#x", trial=True)
    tried = title(act)
    act("ClickElement", selector="#x", button="right", delay=20, highlight_before_click=True)

    assert tried == ""
    assert title(act) == "menu"


def test_force_clicks_what_something_else_covers(act):
    act.html(
        "<button id=b onclick=\"document.title='b'\">b</button>"
        "<div style='position:absolute;left:0;top:0;width:99px;height:99px'></div>"
    )

    waited = act("ClickElement", selector="#b", timeout=300)
    forced = act("ClickElement", selector="#b", timeout=300, force=True)

    assert "300ms" in waited.error
    assert forced.error is None


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, "Ada"),
        ({"clear_first": False}, "oldAda"),
        ({"clear_first": False, "fast_mode": True}, "oldAda"),
        ({"press_sequentially": True}, "Ada"),
        ({"delay": 5}, "Ada"),
        ({"fast_mode": True, "delay": 60000}, "Ada"),
        ({"force": True, "no_wait_after": True, "strict": True}, "Ada"),
    ],
    ids=str,
)
def test_text_is_typed(act, config, expected):
    act.html(FORM)

    done = act("TypeText", selector="#name", text="Ada", **config)

    assert done.error is None
    assert value(act, "#name") == expected


def test_enter_sends_the_form_and_tab_goes_on(act):
    act.html(FORM)

    act("TypeText", selector="#name", text="Ada", press_tab_after=True)
    focused = act.run(act.page.evaluate("document.activeElement.id"))
    act("TypeText", selector="#city", text="Rome", press_enter_after=True)

    assert focused == "city"
    assert title(act) == "sent"


def test_strict_wants_one_element_only(act):
    act.html("<input><input>")

    assert act("TypeText", selector="input", text="a").error is None
    assert "strict" in act("TypeText", selector="input", text="a", strict=True).error


@pytest.mark.parametrize(
    ("select_by", "wanted"), [("value", "b"), ("label", "Beta"), ("index", "1")]
)
def test_an_option_is_chosen(act, select_by, wanted):
    act.html(FORM)

    done = act("SelectDropdown", selector="#kind", value=wanted, select_by=select_by)

    assert done.error is None
    assert value(act, "#kind") == "b"


def test_a_place_in_a_list_is_a_number(act):
    assert (
        "'x' is no place"
        in act("SelectDropdown", selector="#k", value="x", select_by="index").error
    )


def test_a_key_is_pressed_where_the_cursor_is(act):
    act.html(FORM)
    act.run(act.page.focus("#name"))

    act("PressKey", key="Control+A")
    act("PressKey", key="Delete", delay=10)
    typed = value(act, "#name")
    act("PressKey")

    assert typed == ""
    assert title(act) == "sent"
    assert act("PressKey", key="Nonsense").error is not None


@pytest.mark.parametrize(
    ("position", "expected"), [("right", "r"), ("left", "l"), ("below", "b"), ("above", "a")]
)
def test_an_anchor_says_which_of_many_is_meant(act, position, expected):
    spots = {"a": (100, 0), "l": (0, 50), "r": (220, 50), "b": (100, 120), "far": (700, 700)}
    act.html(
        "<p id=here style='position:absolute;left:100px;top:50px;width:60px;margin:0'>Here</p>"
        + "".join(
            f"<button style='position:absolute;left:{x}px;top:{y}px;width:50px' "
            f"onclick=\"document.title='{name}'\">x</button>"
            for name, (x, y) in spots.items()
        )
    )
    anchor = json.dumps({"enabled": True, "selector": "#here", "position": position})

    done = act("ClickElement", selector="button", anchor_config=anchor)

    assert done.error is None
    assert title(act) == expected


def test_an_anchor_can_hold_its_element_and_one_that_is_off_says_nothing(act):
    act.html(
        "<button onclick=\"document.title='1'\">x</button>"
        "<div id=in><button onclick=\"document.title='2'\">x</button></div>"
    )
    anchor = {"enabled": True, "selector": "#in", "position": "inside"}

    act("ClickElement", selector="button", anchor_config=anchor)
    inside = title(act)
    act("ClickElement", selector="button", anchor_config={**anchor, "enabled": False})

    assert (inside, title(act)) == ("2", "1")
    assert "no JSON" in act("ClickElement", selector="button", anchor_config="{").error


def test_a_failure_keeps_how_the_page_looked_and_what_it_held(act, tmp_path):
    act.html("<p>evidence</p>")

    done = act(
        "ClickElement",
        selector="#nope",
        timeout=200,
        screenshot_on_fail=True,
        screenshot_path="shots/fail.png",
    )

    assert "#nope" in done.error
    assert "200ms" in done.error
    html = next(tmp_path.glob("*.html"))
    assert "evidence" in html.read_text()
    assert str(html) in done.error
    assert (tmp_path / "shots" / "fail.png").read_bytes().startswith(b"\x89PNG")
    assert next(tmp_path.glob("*.png")).read_bytes().startswith(b"\x89PNG")


def test_a_dialog_that_nobody_answers_is_dismissed(act):
    act.html("<button onclick=\"document.title = String(confirm('Sure?'))\">x</button>")

    clicked = act("ClickElement", selector="button")
    read = act("ExtractText", selector="button")

    assert clicked.error is None
    assert read.outputs["text"] == "x"
    assert title(act) == "false"
    assert any("Sure?" in text for _level, text in act.ctx.lines)


def test_without_a_page_the_node_says_what_opens_one(run_node):
    assert "Launch Browser" in run_node("ClickElementNode", {"selector": "#x"}).error
