"""Desktop nodes, on a small desktop in memory."""

import pytest

from casare_robot.desktop.hotkeys import hotkeys_are
from casare_robot.desktop.screen_here import screen_is
from casare_robot.domain.effect import Effect
from casare_robot.domain.screen_work import Area, Stroke
from casare_robot.nodes.catalogue import Catalogue, load_catalogue
from casare_robot.nodes.screen_targets import until
from tests.small_desktop import SmallDesktop, Thing

OK_BUTTON = {"Name": "OK", "ControlType": "Button", "AutomationId": "ok"}
SELECTOR = {"strategy": "automation_id", "value": "ok"}


@pytest.fixture
def desk():
    desktop = SmallDesktop()
    with screen_is(desktop):
        yield desktop


@pytest.fixture
def do(desk, run_node):
    """Run a node, which has to succeed."""

    def run(name, config=None, **inputs):
        done = run_node(name, config, inputs=inputs)
        assert done.error is None
        return done.outputs

    return run


@pytest.fixture
def element(desk, do):
    """The value of an element that can do something: `element(["check"], Name="Agree")`."""

    def find(can=(), inside=(), **properties):
        desk.thing = Thing("k", {"Name": "it", **properties}, can=tuple(can), inside=list(inside))
        window = desk.add_window("Form", desk.thing)
        name = desk.thing.properties["Name"]
        return do("FindElementNode", {"selector": {"Name": name}}, window=window.handle)["element"]

    return find


WINDOW_CHANGES = [
    ("ResizeWindowNode", {"width": 300, "height": 200}, {"area": Area(0, 0, 300, 200)}),
    ("MoveWindowNode", {"x": 5, "y": 6}, {"area": Area(5, 6, 640, 480)}),
    ("MaximizeWindowNode", {}, {"shape": "maximized"}),
    ("MinimizeWindowNode", {}, {"shape": "minimized"}),
    ("SetWindowStateNode", {"state": "maximized"}, {"shape": "maximized"}),
]
SUPER_CHANGES = [
    ("Resize", {"width": 300, "height": 200}, {"area": Area(0, 0, 300, 200)}),
    ("Move", {"x": 5, "y": 6}, {"area": Area(5, 6, 640, 480)}),
    ("Maximize", {}, {"shape": "maximized"}),
    ("Minimize", {}, {"shape": "minimized"}),
    ("Set State", {"window_state": "minimized"}, {"shape": "minimized"}),
]
ALL_CHANGES = WINDOW_CHANGES + [
    ("WindowManagementSuperNode", {"action": action, **config}, after)
    for action, config, after in SUPER_CHANGES
]


@pytest.mark.parametrize(("name", "config", "after"), ALL_CHANGES)
def test_a_window_is_as_the_node_says(name, config, after, desk, do):
    window = desk.add_window("Editor")

    assert do(name, config, window=window.handle)["success"] is True

    now = desk.open[window.handle]
    assert {key: getattr(now, key) for key in after} == after


@pytest.mark.parametrize(
    ("name", "config"),
    [("RestoreWindowNode", {}), ("WindowManagementSuperNode", {"action": "Restore"})],
)
def test_a_maximized_window_is_restored(name, config, desk, do):
    window = desk.add_window("Editor", shape="maximized")

    do(name, config, window={"handle": window.handle})

    assert desk.open[window.handle].shape == "normal"


def test_a_wired_state_comes_before_the_one_set(desk, do):
    window = desk.add_window("Editor")
    config = {"action": "Set State", "window_state": "minimized"}

    do("WindowManagementSuperNode", config, window=window.handle, state="Maximized")

    assert desk.open[window.handle].shape == "maximized"


@pytest.mark.parametrize("name", ["ResizeWindowNode", "MoveWindowNode"])
def test_a_window_is_restored_to_be_placed_and_comes_to_the_front_if_asked(name, desk, do):
    window = desk.add_window("Editor", shape="maximized")
    desk.add_window("Other")

    do(name, {"bring_to_front": True}, window=window.handle)

    assert desk.windows()[0].title == "Editor"
    assert desk.open[window.handle].shape == "normal"


@pytest.mark.parametrize(
    ("name", "config"),
    [("GetWindowPropertiesNode", {}), ("WindowManagementSuperNode", {"action": "Get Properties"})],
)
def test_a_window_tells_what_it_is(name, config, desk, do):
    window = desk.add_window("Editor", shape="minimized", area=Area(1, 2, 3, 4))

    told = do(name, config, window=window.handle)

    names = ("title", "x", "y", "width", "height", "state", "is_maximized", "is_minimized")
    assert [told[n] for n in names] == ["Editor", 1, 2, 3, 4, "minimized", False, True]
    assert told["properties"]["class_name"] == "Window"


def test_windows_are_listed_with_the_foremost_first_and_hidden_ones_only_if_asked(desk, do):
    desk.add_window("Report 1")
    desk.add_window("Report 2", is_visible=False)
    desk.add_window("Mail")
    desk.add_window("report 3")

    seen = do("GetWindowListNode", {"filter_title": "report"})
    everything = do("GetWindowListNode", {"include_invisible": True})

    assert [each["title"] for each in seen["window_list"]] == ["report 3", "Report 1"]
    assert (seen["window_count"], everything["window_count"]) == (2, 4)


def test_a_window_is_activated_by_part_of_its_title(desk, do):
    desk.add_window("Annual report")
    desk.add_window("Mail")

    told = do("ActivateWindowNode", {"window_title": "report"})

    assert (told["success"], told["window"]["title"]) == (True, "Annual report")
    assert desk.windows()[0].title == "Annual report"


def test_a_title_that_must_be_whole_is_not_found_by_a_part(desk, run_node):
    desk.add_window("Annual report")

    done = run_node(
        "ActivateWindowNode", {"window_title": "report", "match_partial": False, "timeout": 0.1}
    )

    assert "no window titled 'report' within 0.1 s" in done.error


def test_a_window_that_appears_is_waited_for(desk, do):
    desk.appearing = ["Invoice 17"]

    told = do("WaitForWindowNode", {"title_regex": r"\d+$", "poll_interval": 0.1})

    assert told["window"]["title"] == "Invoice 17"


@pytest.mark.parametrize(
    ("state", "more"),
    [("visible", {}), ("enabled", {}), ("disabled", {"is_enabled": False})],
)
def test_a_window_is_waited_for_in_a_state(state, more, desk, do):
    desk.add_window("Editor", class_name="E", **more)

    assert do("WaitForWindowNode", {"class_name": "E", "state": state})["success"] is True


def test_a_window_that_is_not_there_is_hidden(desk, do, run_node):
    assert do("WaitForWindowNode", {"title": "Editor", "state": "hidden"})["window"] is None
    desk.add_window("Editor")
    config = {"title": "Editor", "state": "hidden", "timeout": 0.1}
    assert "was hidden within" in run_node("WaitForWindowNode", config).error


def test_a_launched_application_tells_its_window(desk, do, tmp_path):
    config = {
        "application_path": "notepad.exe",
        "arguments": '"a file.txt" /x',
        "window_state": "maximized",
        "working_directory": str(tmp_path),
    }

    told = do("LaunchApplicationNode", config)

    process_id = told["process_id"]
    assert told["window_title"] == "notepad.exe - new"
    assert told["window"]["state"] == "maximized"
    assert desk.programs[process_id] == (["notepad.exe", "a file.txt", "/x"], str(tmp_path))


def test_an_application_that_is_not_kept_open_ends_with_its_job(desk, run_node):
    config = {"application_path": "notepad.exe", "keep_open": False}
    done = run_node("LaunchApplicationNode", config)
    assert desk.programs

    for handle in list(done.surroundings.handles):
        done.surroundings.close(handle)

    assert not desk.programs


def test_a_robot_that_may_run_no_programs_launches_none(desk, run_node):
    from casare_robot.domain.policy import Policy

    policy = Policy(allow_scripts=False)

    done = run_node("LaunchApplicationNode", {"application_path": "notepad.exe"}, policy=policy)

    assert "runs no scripts" in done.error
    assert not desk.programs


@pytest.mark.parametrize("by", ["window", "process_id", "window_title"])
def test_an_application_is_closed_by_its_window_its_process_or_its_title(by, desk, do):
    window = desk.add_window("Editor", process_id=77)
    desk.add_window("Other", process_id=78)
    value = {"window": window.handle, "process_id": 77, "window_title": "edit"}[by]

    assert do("CloseApplicationNode", **{by: value})["success"] is True

    assert [each.title for each in desk.windows()] == ["Other"]


def test_an_application_that_does_not_close_fails_unless_it_is_forced(desk, do, run_node):
    window = desk.add_window("Editor", process_id=77)
    desk.stubborn.add(window.handle)

    asked = run_node("CloseApplicationNode", {"timeout": 0.1}, inputs={"process_id": 77})
    do("CloseApplicationNode", {"timeout": 0.1, "force_close": True}, process_id=77)

    assert "did not close within 0.1 s" in asked.error
    assert asked.outputs == {"success": False}
    assert not desk.open


@pytest.mark.parametrize(
    "selector",
    [
        SELECTOR,
        {"AutomationId": "ok"},
        {"strategy": "control_type", "value": "ButtonControl", "properties": {"Name": "OK"}},
        '{"automation_id": "ok"}',
        "automation_id=ok",
        "OK",
    ],
)
def test_an_element_is_found_by_every_kind_of_selector(selector, desk, do):
    inner = Thing("2", dict(OK_BUTTON))
    window = desk.add_window("Form", Thing("1", {"Name": "Panel"}, inside=[inner]))

    told = do("FindElementNode", {"selector": selector}, window=window.handle)

    assert told["found"] is True
    assert (told["element"]["key"], told["element"]["control_type"]) == ("2", "Button")


def test_an_element_that_is_not_there_is_a_failure_or_an_answer(desk, run_node):
    window = desk.add_window("Form")
    config = {"selector": SELECTOR, "timeout": 0.1}

    failed = run_node("FindElementNode", config, inputs={"window": window.handle})
    config["throw_on_not_found"] = False
    told = run_node("FindElementNode", config, inputs={"window": window.handle})

    assert "no element with AutomationId 'ok' within 0.1 s" in failed.error
    assert told.outputs == {"element": None, "found": False}


@pytest.mark.parametrize("there", [True, False])
def test_whether_an_element_exists_is_told(there, desk, do):
    desk.add_window("Form", *([Thing("1", dict(OK_BUTTON))] if there else []))

    told = do("VerifyElementExistsNode", {"selector": SELECTOR, "timeout": 0.1})

    assert told["exists"] is there


async def test_a_screen_slower_than_the_time_to_wait_is_looked_at_once(desk):
    assert await until(lambda screen: "there", timeout=0.0) == "there"
    with pytest.raises(TimeoutError):
        await until(lambda screen: None, timeout=0.0)


@pytest.mark.parametrize(
    ("state", "properties"),
    [
        ("visible", {}),
        ("enabled", {}),
        ("disabled", {"IsEnabled": False}),
        ("hidden", {"IsOffscreen": True}),
    ],
)
def test_an_element_is_waited_for_in_a_state(state, properties, desk, do, run_node):
    thing = Thing("1", {**OK_BUTTON, "IsOffscreen": state != "hidden", **properties})
    desk.add_window("Form", thing)
    config = {"selector": SELECTOR, "state": state, "timeout": 0.1}
    if state != "hidden":
        assert f"was {state} within" in run_node("DesktopWaitForElementNode", config).error
        thing.properties["IsOffscreen"] = False

    assert do("DesktopWaitForElementNode", config)["success"] is True


def test_the_text_of_an_element_is_told_and_kept_in_a_variable(desk, run_node):
    desk.add_window("Form", Thing("1", {"Name": "City", "Value": "Graz"}))

    done = run_node("GetElementTextNode", {"selector": "name=City", "variable_name": "city"})

    assert (done.outputs["text"], done.variables["city"]) == ("Graz", "Graz")
    assert done.outputs["element"]["key"] == "1"


def test_a_property_of_an_element_is_told(element, do):
    value = element(IsEnabled=False)

    assert do("GetElementPropertyNode", {"property_name": "IsEnabled"}, element=value)["value"] is (
        False
    )


@pytest.mark.parametrize(
    ("comparison", "expected", "result"),
    [
        ("equals", "Total 12", True),
        ("equals", "Total", False),
        ("contains", "al 1", True),
        ("startswith", "Total", True),
        ("endswith", "13", False),
        ("regex", r"\d{2}$", True),
    ],
)
def test_a_property_is_compared(comparison, expected, result, element, do):
    config = {"property_name": "Name", "expected_value": expected, "comparison": comparison}

    told = do("VerifyElementPropertyNode", config, element=element(Name="Total 12"))

    assert told == {"result": result, "actual_value": "Total 12"}


def test_a_click_is_in_the_middle_of_the_element_in_front(desk, do):
    form = desk.add_window("Form", Thing("1", dict(OK_BUTTON), Area(100, 50, 40, 20)))
    desk.add_window("Other")

    do("DesktopClickElementNode", {"selector": SELECTOR, "x_offset": 3}, window=form.handle)

    assert desk.clicks() == [("left", "down", (123, 60), ())]
    assert desk.windows()[0].title == "Form"


def test_a_simulated_click_leaves_the_mouse_alone(desk, element, do):
    do("DesktopClickElementNode", {"simulate": True}, element=element(["invoke"]))

    assert desk.thing.done == ["invoked"]
    assert desk.events == []


def test_text_is_typed_as_it_is(desk, element, do):
    value = element(["edit"], Value="old ")
    do("DesktopTypeTextNode", {"text": "a {b}", "interval": 0}, element=value)
    assert desk.thing.properties["Value"] == "old a {b}"

    do("DesktopTypeTextNode", {"text": "c", "interval": 0, "clear_first": True}, element=value)
    assert desk.thing.properties["Value"] == "c"


def choices(*names):
    return [Thing(name, {"Name": name}, can=("select",)) for name in names]


@pytest.mark.parametrize(
    ("name", "port", "config", "chosen"),
    [
        ("SelectFromDropdownNode", "element", {"value": "two"}, "two"),
        ("SelectFromDropdownNode", "element", {"value": "2", "by_text": False}, "three"),
        ("SelectTabNode", "tab_control", {"tab_name": "one"}, "one"),
        ("SelectTabNode", "tab_control", {"tab_index": 1}, "two"),
    ],
)
def test_an_item_is_chosen_by_its_name_or_its_number(name, port, config, chosen, desk, element, do):
    value = element(["expand"], choices("one", "two", "three"))

    do(name, config, **{port: value})

    selected = [each.key for each in desk.thing.items() if each.properties.get("IsSelected")]
    assert selected == [chosen]


@pytest.mark.parametrize(
    ("name", "port", "config", "message"),
    [
        ("SelectFromDropdownNode", "element", {"value": "x"}, "there is no item 'x'; there are"),
        ("SelectTabNode", "tab_control", {"tab_index": 9}, "there is no tab 9; there are 1"),
        ("SelectTabNode", "tab_control", {}, "a tab_name or a tab_index is needed"),
    ],
)
def test_an_item_that_is_not_there_is_a_failure(name, port, config, message, element, run_node):
    value = element(["expand"], choices("one"))

    assert message in run_node(name, config, inputs={port: value}).error


@pytest.mark.parametrize(
    ("name", "can", "config", "after"),
    [
        ("CheckCheckboxNode", "check", {}, {"IsChecked": True}),
        ("CheckCheckboxNode", "check", {"check": False}, {"IsChecked": False}),
        ("SelectRadioButtonNode", "select", {}, {"IsSelected": True}),
        ("ExpandTreeItemNode", "expand", {}, {"IsExpanded": True}),
        ("ExpandTreeItemNode", "expand", {"expand": False}, {"IsExpanded": False}),
    ],
)
def test_an_element_is_as_the_node_says(name, can, config, after, desk, element, do):
    assert do(name, config, element=element([can])) == {"success": True}

    assert after.items() <= desk.thing.properties.items()


def test_an_element_is_scrolled(desk, element, do):
    do("ScrollElementNode", {"direction": "left", "amount": 0.25}, element=element(["scroll"]))

    assert desk.thing.done == [("left", 0.25)]


def test_an_element_that_is_gone_is_named(desk, element, run_node):
    value = element(["check"])
    desk.things = {key: [] for key in desk.things}

    done = run_node("CheckCheckboxNode", {}, inputs={"element": value})

    assert done.error == "the element 'it' is not there any more"


def test_the_mouse_tells_where_it_is(desk, do):
    desk.mouse = (7, 8)

    assert do("GetMousePositionNode") == {"x": 7, "y": 8}


def test_the_mouse_moves_in_steps_when_it_takes_its_time(desk, do):
    config = {"x": 100, "y": 0, "duration": 0.01, "steps": 4, "ease": "ease_in"}

    told = do("MoveMouseNode", config)

    assert (told["final_x"], told["final_y"]) == (100, 0)
    assert [event[1] for event in desk.events] == [6, 25, 56, 100]


def test_clicks_have_a_button_a_count_and_modifiers(desk, do):
    config = {
        "x": 4,
        "y": 5,
        "button": "right",
        "click_type": "double",
        "click_count": 2,
        "with_ctrl": True,
        "with_shift": True,
    }

    told = do("MouseClickNode", config)

    assert (told["click_x"], told["click_y"]) == (4, 5)
    assert desk.clicks() == [("right", "down", (4, 5), ("CTRL", "SHIFT"))] * 4
    assert desk.held == []


def test_a_click_without_a_point_is_where_the_mouse_is(desk, do):
    desk.mouse = (30, 40)

    do("MouseClickNode")

    assert desk.clicks() == [("left", "down", (30, 40), ())]


def test_the_mouse_drags_from_a_point_to_another(desk, do):
    config = {"from_x": 1, "from_y": 2, "to_x": 9, "to_y": 10}
    synonyms = load_catalogue().get("DragMouseNode").synonyms

    do("DragMouseNode", {synonyms[key]: value for key, value in config.items()})

    assert desk.events[0] == ("point", 1, 2)
    assert desk.events[1] == ("left", "down", (1, 2), ())
    assert desk.events[-1] == ("left", "up", (9, 10), ())


def test_keys_are_pressed_with_what_is_held_and_pressed_before_and_after(desk, do):
    config = {
        "keys": "a{Tab 2}{Ctrl}c",
        "interval": 0,
        "with_alt": True,
        "clear_first": True,
        "press_enter_after": True,
    }

    told = do("SendKeysNode", config)

    assert told["keys_sent"] == 4
    pressed = ["CTRL+a", "DELETE", "ALT+a", "ALT+TAB", "ALT+TAB", "ALT+CTRL+c", "ENTER"]
    assert desk.typed() == pressed


def test_a_value_in_keys_is_typed_and_presses_nothing(desk, do, bind):
    do("SendKeysNode", {"interval": 0}, keys=bind("{{word}}{Enter}", word="{Del}"))

    assert desk.typed() == [*"{Del}", "ENTER"]


@pytest.mark.parametrize(
    ("config", "pressed"),
    [
        ({"keys": "Ctrl+Shift+S"}, "CTRL+SHIFT+s"),
        ({"keys": "ctrl,c"}, "CTRL+c"),
        ({"modifier": "Alt", "key": "F4"}, "ALT+F4"),
        ({}, "ENTER"),
        ({"keys": "Ctrl++"}, "CTRL++"),
    ],
)
def test_a_hotkey_is_pressed(config, pressed, desk, do):
    do("SendHotKeyNode", config)

    assert desk.typed() == [pressed]


@pytest.mark.parametrize(
    ("name", "config", "message"),
    [
        ("SendKeysNode", {"keys": "{Nope}"}, "there is no key 'Nope'"),
        ("SendKeysNode", {"keys": "a{"}, "left open"),
        ("SendHotKeyNode", {"keys": "a+b"}, "holds down a"),
        ("SendKeysNode", {}, "no keys are given"),
        ("MouseClickNode", {"x": 1}, "x and y go together"),
    ],
)
def test_nothing_is_pressed_that_cannot_be_meant(name, config, message, desk, run_node):
    assert message in run_node(name, config).error
    assert desk.events == []


@pytest.mark.parametrize("name", ["MouseClickNode", "GetMousePositionNode", "SendHotKeyNode"])
def test_nothing_is_attempted_while_the_screen_is_locked(name, desk, run_node):
    desk.why_not = "the screen is locked"

    done = run_node(name)

    expected = "not attempted: the screen is locked, so nobody can work on this desktop"
    assert done.error == expected
    assert desk.events == []


class Pressed:
    """A keyboard on which somebody presses one combination, or none."""

    def __init__(self, combination=None):
        self.combination, self.asked = combination, []

    def wait(self, stroke, over, *, seconds, consumes):
        self.asked.append((stroke, seconds, consumes))
        return stroke == self.combination


@pytest.mark.parametrize(
    ("config", "asked", "triggered"),
    [
        ({}, (Stroke("a", ("CTRL", "SHIFT")), None, True), True),
        ({"timeout": 1500, "hotkey": "Alt+F4"}, (Stroke("F4", ("ALT",)), 1.5, True), False),
        ({"consume_key": False}, (Stroke("a", ("CTRL", "SHIFT")), None, False), True),
    ],
)
def test_a_hotkey_is_waited_for(config, asked, triggered, run_node):
    keyboard = Pressed(Stroke("a", ("CTRL", "SHIFT")))

    with hotkeys_are(keyboard):
        done = run_node("HotkeyWaitNode", config)

    assert keyboard.asked == [asked]
    assert done.outputs == {"triggered": triggered, "timed_out": not triggered}


def test_a_window_that_was_closed_is_named(desk, run_node):
    window = {"handle": 5, "title": "Editor"}

    done = run_node("MaximizeWindowNode", {}, inputs={"window": window})

    assert done.error == "the window 'Editor' is not open"


ON_A_DESKTOP = [
    type_
    for name in load_catalogue()
    if (type_ := load_catalogue().get(name)).needs == "windows-desktop"
]


@pytest.mark.parametrize("type_", ON_A_DESKTOP, ids=lambda type_: type_.name)
def test_what_is_done_to_a_desktop_is_declared_and_told_where_it_cannot_be(type_):
    met = Catalogue({type_.name: "casare_robot.nodes.windows"}, obstacle=lambda need: "")
    unmet = Catalogue({type_.name: "casare_robot.nodes.windows"}, obstacle=lambda need: "and so")

    assert type_.effect is not Effect.PURE
    assert type_.name in met
    assert type_.name not in unmet
    assert unmet.need(type_.name) == "a Windows desktop"
    assert unmet.obstacle(type_.name) == "and so"
