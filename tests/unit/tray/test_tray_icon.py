"""The menu under somebody's hand."""

import pytest

from tests import tray_screens as screens

pytest.importorskip("PySide6.QtWidgets")

import msgspec

from casare_robot.tray.tray_icon import TrayIcon
from casare_robot.tray.views.tray_view import tray_view


@pytest.fixture
def icon(qapp):
    made = TrayIcon("Casare Robot")
    yield made
    made._menu.hide()
    made.hide()


def running(nodes):
    job = msgspec.structs.replace(screens.jobs()[0], nodes_executed=nodes)
    return tray_view(screens.sight(jobs=(job,)), now=screens.NOW)


def test_the_lines_of_an_open_menu_stay_while_their_words_change(icon) -> None:
    icon.show_view(running(4))
    before = icon._menu.actions()
    icon._menu.show()

    icon.show_view(running(5))

    assert icon._menu.actions() == before
    assert before[2].text() == "▶ Invoice import 5/11 (2 min)"


def test_an_open_menu_gets_other_lines_when_it_is_opened_again(icon) -> None:
    icon.show_view(running(4))
    before = icon._menu.actions()
    icon._menu.show()
    idle = tray_view(screens.sight(), now=screens.NOW)

    icon.show_view(idle)
    while_open = icon._menu.actions()
    icon._menu.hide()
    icon.show_view(idle)

    assert while_open == before
    assert [it.text() for it in icon._menu.actions()] == [
        entry.text if entry else "" for entry in idle.menu
    ]


def test_a_reworded_entry_wishes_for_what_it_says_now(icon) -> None:
    from datetime import timedelta

    said = []
    icon.wished.connect(said.append)
    for minutes in (0, 10):
        icon.show_view(tray_view(screens.sight(), now=screens.NOW + timedelta(minutes=minutes)))
    pause = next(it.menu() for it in icon._menu.actions() if it.text() == "Pause")

    pause.actions()[0].trigger()

    assert said[0].argument == screens.NOW + timedelta(minutes=25)
