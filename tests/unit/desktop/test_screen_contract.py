"""What every desktop does: the small one of the tests, and Windows' own where there is one."""

import sys

import pytest

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.screen_work import Area, Stroke
from tests.on_wine import on_wine
from tests.small_desktop import SmallDesktop, Thing

SECONDS = 20.0


def small():
    desktop = SmallDesktop()
    thing = Thing("1", {"Name": "Text", "ControlType": "Edit"}, can=("edit",))

    def launch(command, folder):
        desktop.add_window("Untitled - Notepad", thing, process_id=7)
        return 7

    desktop.launch = launch
    return desktop


def windows():
    from casare_robot.desktop.screen_windows import WindowsScreen

    return WindowsScreen()


ON_WINDOWS = pytest.mark.skipif(sys.platform != "win32", reason="needs a Windows desktop")
NOT_ON_WINE = pytest.mark.skipif(on_wine(), reason="wine's UIAutomationCore has no IUIAutomation")
DESKTOPS = [
    pytest.param(small, id="small"),
    pytest.param(windows, marks=[ON_WINDOWS, NOT_ON_WINE], id="windows"),
]


def eventually(look):
    from time import monotonic

    end = monotonic() + SECONDS
    while not (found := look()):
        assert monotonic() < end, "it did not happen"
    return found


@pytest.fixture(params=DESKTOPS)
def desktop(request):
    return request.param()


@pytest.fixture
def editor(desktop, tmp_path):
    """A window of Notepad."""
    before = {window.handle for window in desktop.windows()}
    process_id = desktop.launch(["notepad.exe"], str(tmp_path))

    def new():
        return [
            each
            for each in desktop.windows()
            if each.handle not in before and "Notepad" in each.title
        ]

    (window,) = eventually(new)
    yield window
    desktop.kill(process_id)


def now(desktop, window):
    return next(each for each in desktop.windows() if each.handle == window.handle)


def test_a_window_is_placed_where_it_is_told_to_be(desktop, editor):
    desktop.place(editor.handle, Area(50, 60, 500, 400))

    assert now(desktop, editor).area == Area(50, 60, 500, 400)


@pytest.mark.parametrize("shape", ["maximized", "minimized", "normal"])
def test_a_window_has_the_shape_it_is_told_to_have(shape, desktop, editor):
    desktop.show(editor.handle, shape)

    assert now(desktop, editor).shape == shape


def test_an_activated_window_is_the_foremost(desktop, editor):
    desktop.activate(editor.handle)

    assert next(each for each in desktop.windows() if each.is_visible).handle == editor.handle


def test_a_closed_window_is_gone(desktop, editor):
    desktop.close(editor.handle)

    eventually(lambda: editor.handle not in {each.handle for each in desktop.windows()})


def test_a_killed_program_has_no_windows(desktop, editor):
    desktop.kill(editor.process_id)

    eventually(lambda: editor.handle not in {each.handle for each in desktop.windows()})


def test_what_is_typed_is_in_the_element_with_the_keyboard(desktop, editor):
    desktop.activate(editor.handle)
    kinds = ("Edit", "Document")
    field = next(e for e in desktop.elements(editor.handle) if e.read("ControlType") in kinds)
    field.focus()

    for character in "Grüße":
        desktop.stroke(Stroke(character))

    assert eventually(lambda: field.text() == "Grüße")
    field.clear()
    assert field.text() == ""


def test_an_element_keeps_its_key_and_tells_no_property_that_there_is_not(desktop, editor):
    first = [element.key for element in desktop.elements(editor.handle)]
    again = list(desktop.elements(editor.handle))

    assert first == [element.key for element in again]
    with pytest.raises(NodeFailure, match="no property 'Nonsense'"):
        again[0].read("Nonsense")


def test_the_mouse_is_where_it_was_put(desktop):
    desktop.point(31, 47)

    assert desktop.pointer() == (31, 47)


def test_a_window_that_is_not_open_is_a_failure(desktop):
    with pytest.raises(NodeFailure):
        list(desktop.elements(1))
