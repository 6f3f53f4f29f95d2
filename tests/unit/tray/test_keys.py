"""Every window can be worked by the keyboard alone."""

from collections import Counter

import pytest

from tests import tray_screens as screens
from tests.question_screens import QUESTIONS

pytest.importorskip("PySide6.QtWidgets")

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QPushButton

from casare_robot.tray.language import speak_language
from casare_robot.tray.views.settings_view import PAGES
from casare_robot.tray.windows.window import Window

OWN = [name for name in screens.WINDOWS if name not in QUESTIONS]
REFRESHED = ("main", "history", "group")


@pytest.fixture(params=["en", "de"])
def language(request, qapp):
    speak_language(request.param)
    yield request.param
    speak_language("en")


@pytest.fixture
def opened(qtbot):
    def opened(name):
        made = screens.WINDOWS[name]()
        qtbot.addWidget(made)
        made.show()
        return made

    return opened


@pytest.mark.parametrize("name", OWN)
def test_escape_closes_it(opened, qtbot, name) -> None:
    window = opened(name)

    qtbot.keyClick(window, Qt.Key.Key_Escape)

    assert not window.isVisible()


@pytest.mark.parametrize("name", OWN)
def test_enter_presses_the_button_that_has_the_focus(opened, qtbot, name) -> None:
    window = opened(name)
    buttons = [
        it
        for it in window.findChildren(QPushButton)
        if it.isVisible() and it.isEnabled() and it.menu() is None
    ]
    pressed = []
    for place, one in enumerate(buttons):
        one.clicked.disconnect()
        one.clicked.connect(lambda _=False, place=place: pressed.append(place))
        one.setFocus()
        qtbot.keyClick(one, Qt.Key.Key_Return)

    assert pressed == list(range(len(buttons)))


@pytest.mark.parametrize("name", [*OWN, *QUESTIONS])
def test_a_letter_means_one_thing(opened, qtbot, name, language) -> None:
    window = opened(name)
    texts = [
        it.text()
        for kind in (QAbstractButton, QLabel)
        for it in window.findChildren(kind)
        if it.isVisible() and (isinstance(it, QAbstractButton) or it.buddy() is not None)
    ]
    plain = [text.replace("&&", "") for text in texts]
    letters = Counter(
        text[text.index("&") + 1].lower() for text in plain if "&" in text and text[-1] != "&"
    )

    assert {letter: count for letter, count in letters.items() if count > 1} == {}, plain


@pytest.mark.parametrize("name", ["logs", "history"])
def test_ctrl_f_searches_and_escape_empties_the_search_first(opened, qtbot, name) -> None:
    window = opened(name)
    window.activateWindow()
    window.search.setText("pay")
    window.table.setFocus()

    window._find()
    qtbot.keyClick(window.search, Qt.Key.Key_Escape)

    assert window.focusWidget() is window.search
    assert (window.search.text(), window.isVisible()) == ("", True)
    qtbot.keyClick(window.search, Qt.Key.Key_Escape)
    assert not window.isVisible()


def test_f5_asks_anew(qtbot) -> None:
    asked = []
    window = Window("Test", refresh=lambda: asked.append(1), every=3_600_000)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=60_000)

    qtbot.keyClick(window, Qt.Key.Key_F5)

    assert asked == [1, 1]


@pytest.mark.parametrize("page", range(len(PAGES) + 1))
def test_a_letter_means_one_thing_on_each_page_of_the_settings(qtbot, page, language) -> None:
    window = screens.settings_window(page)
    qtbot.addWidget(window)
    window.show()
    texts = [it.text() for it in window.findChildren(QAbstractButton) if it.isVisible()]
    letters = Counter(it[it.index("&") + 1].lower() for it in texts if "&" in it)

    assert [letter for letter, count in letters.items() if count > 1] == []
