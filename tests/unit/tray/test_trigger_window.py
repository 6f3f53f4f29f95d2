"""The window of what starts by itself, offscreen."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton

from casare_robot.tray.views.trigger_view import triggers_view
from casare_robot.tray.windows.trigger_window import TriggerWindow
from tests import tray_screens as screens


@pytest.fixture
def made(qtbot):
    """The window with one trigger off, two on, and what was asked for in it."""
    said = []
    window = TriggerWindow(
        switch_on=lambda file, missed: said.append(("on", file, missed)),
        switch_back=lambda line: said.append(("back", line.id)),
        switch_off=lambda line: said.append(("off", line.id)),
        fire=lambda line: said.append(("fire", line.id)),
        show_job=lambda line: said.append(("job", line.job)),
        refresh=lambda: said.append("refresh"),
    )
    qtbot.addWidget(window)
    on, off = screens.triggers()[:2], screens.triggers()[2:]
    window.show_triggers(triggers_view(on, now=screens.NOW, switched_off=off))
    window.show()
    return window, said


def press(window, named):
    [found] = [one for one in window.findChildren(QPushButton) if one.accessibleName() == named]
    found.click()


def test_each_button_says_which_trigger_it_is_for(made) -> None:
    window, said = made

    press(window, "Start now: Every morning")
    press(window, "Switch off: Orders from the shop")
    press(window, "Switch on: Invoices")
    press(window, "Last job: Every morning")

    assert said == [
        "refresh",
        ("fire", "every_morning.morning"),
        ("off", "orders.hook"),
        ("back", "invoices.mail"),
        ("job", "trigger-1"),
    ]


def test_a_workflow_is_chosen_with_what_becomes_of_its_missed_runs(made, tmp_path) -> None:
    window, said = made
    window._missed.setCurrentIndex(window._missed.findData("skip"))

    window.choose()
    window._asking.fileSelected.emit(str(tmp_path / "a.json"))
    window._asking.close()

    assert said[-1] == ("on", str(Path(tmp_path / "a.json")), "skip")


def test_a_new_look_keeps_the_buttons_and_the_focus(made) -> None:
    window, _ = made
    before = list(window._cards)

    later = screens.NOW.replace(minute=screens.NOW.minute + 1)
    on, off = screens.triggers()[:2], screens.triggers()[2:]
    window.show_triggers(triggers_view(on, now=later, switched_off=off))

    assert window._cards == before
    assert any("7 h 1 min ago" in card._times.text() for card in before)


def test_nothing_can_be_changed_while_the_robot_is_away(made) -> None:
    window, _ = made

    gone = triggers_view(screens.triggers(), now=screens.NOW, problem="It cannot be reached.")
    window.show_triggers(gone)

    assert window._problem.text() == "It cannot be reached."
    assert not any(one.isEnabled() for card in window._cards for one in card._buttons)
    assert not window._choose.isEnabled()
