"""Every dialog of a question: what it shows, what its keys do, what comes of it."""

import pytest

from tests import question_screens as screens

pytest.importorskip("PySide6.QtWidgets")

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QListWidget, QPlainTextEdit

from casare_robot.domain.answering import checked
from casare_robot.domain.question import Answer, Ask, Button, Field, Form, Page
from casare_robot.tray.windows.question_dialog import QuestionDialog


@pytest.fixture
def show(qtbot):
    """Show a window and keep what it says."""

    def shown(window):
        qtbot.addWidget(window)
        said = []
        window.answered.connect(lambda button, values: said.append((button, values)))
        if hasattr(window, "put_off"):
            window.put_off.connect(lambda: said.append("put off"))
        window.show()
        qtbot.waitExposed(window)
        return window, said

    return shown


@pytest.fixture
def ask(show):
    return lambda asked, **facts: show(screens.dialog(asked, **facts))


DIALOGS = {
    name: make
    for name, make in screens.QUESTIONS.items()
    if name not in ("ask-progress", "ask-snackbar", "ask-tooltip")
}


@pytest.mark.parametrize("name", DIALOGS)
def test_what_enter_answers_fits_the_question_or_the_dialog_says_why_not(show, name):
    dialog, said = show(DIALOGS[name]())

    for _ in range(3):
        dialog.press(dialog.question.ask.proposed)

    if name == "ask-file":  # nothing is chosen yet
        assert said == []
        assert dialog.body.editors[0]._fault.isVisible()
        return
    [(button, values)] = said
    assert checked(dialog.question.ask, Answer(button=button, values=values))


@pytest.mark.parametrize("name", DIALOGS)
def test_escape_is_closing(show, qtbot, name):
    dialog, said = show(DIALOGS[name]())

    qtbot.keyClick(dialog, Qt.Key.Key_Escape)

    assert said == [(dialog.question.ask.dismiss, {})]


def test_what_can_only_be_answered_is_put_off_by_closing_and_stays(ask):
    dialog, said = ask(Ask(title="T", buttons=(Button(name="yes"),), proposed="yes", dismiss=""))

    dialog.close()

    assert said == ["put off"]
    assert dialog.isVisible()


def test_a_dialog_answers_once(ask, qtbot):
    dialog, said = ask(Ask(title="T"))

    dialog.press("ok")
    dialog.press("cancel")
    dialog.close()

    assert said == [("ok", {})]


def test_a_dialog_does_not_take_the_keyboard_and_stands_above(ask):
    dialog, _ = ask(Ask(title="T"))
    below, _ = ask(Ask(title="T", on_top=False))

    assert dialog.testAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
    assert dialog.windowFlags() & Qt.WindowType.WindowStaysOnTopHint
    assert not below.windowFlags() & Qt.WindowType.WindowStaysOnTopHint


def test_a_sound_is_made_where_one_is_asked_for(ask, monkeypatch):
    beeps = []
    monkeypatch.setattr(QApplication, "beep", lambda: beeps.append(1))

    ask(Ask(title="T"))
    ask(Ask(title="T", has_sound=True))

    assert beeps == [1]


def test_a_refused_answer_can_be_given_again(ask):
    dialog, said = ask(screens.form(Field(name="f", kind="text", default="x")))

    dialog.press("ok")
    dialog.refused("not this one")
    dialog.press("ok")

    assert [button for button, _ in said] == ["ok", "ok"]


def test_a_field_that_is_wrong_takes_the_keyboard_and_says_why(ask, qtbot):
    dialog, said = ask(screens.form(Field(name="n", kind="whole", label="Pieces", default="many")))

    dialog.press("ok")

    assert said == []
    assert dialog.body.editors[0]._fault.text() == "Pieces: 'many' is no number"


@pytest.mark.parametrize(
    ("field", "change", "value"),
    [
        (Field(name="f", kind="text"), lambda e: e.setText("Ada"), "Ada"),
        (Field(name="f", kind="secret"), lambda e: e.setText("pw"), "pw"),
        (Field(name="f", kind="whole"), lambda e: e.setText("3"), 3),
        (Field(name="f", kind="number"), lambda e: e.setText("2.5"), 2.5),
        (Field(name="f", kind="long_text"), lambda e: e.setPlainText("a\nb"), "a\nb"),
        (Field(name="f", kind="switch"), lambda e: e.setChecked(True), True),
        (
            Field(name="f", kind="choice", label="L", options=("a", "b")),
            lambda e: e.setCurrentText("b"),
            "b",
        ),
        (
            Field(name="f", kind="choice", options=("a", "b")),
            lambda e: e.item(1).setSelected(True),
            "b",
        ),
        (
            Field(name="f", kind="choices", options=("a", "b"), default=["a"]),
            lambda e: e.item(1).setSelected(True),
            ["a", "b"],
        ),
        (Field(name="f", kind="colour"), lambda e: e.setText("#FF0000"), "#ff0000"),
        (Field(name="f", kind="file"), lambda e: e.setText("/a"), "/a"),
        (Field(name="f", kind="files"), lambda e: e.setText("/a; /b"), ["/a", "/b"]),
        (Field(name="f", kind="folder"), lambda e: e.setText("/a"), "/a"),
        (
            Field(name="f", kind="date", default="2026-11-21"),
            lambda e: e.setDate(e.date().addDays(1)),
            "2026-11-22",
        ),
        (
            Field(name="f", kind="time", default="14:30:00"),
            lambda e: e.setTime(e.time().addSecs(60)),
            "14:31:00",
        ),
        (
            Field(name="f", kind="moment", default="2026-11-21T14:30:00"),
            lambda e: e.setDateTime(e.dateTime().addDays(1)),
            "2026-11-22T14:30:00",
        ),
    ],
    ids=lambda it: it.kind if isinstance(it, Field) else "",
)
def test_each_kind_of_field_gives_what_is_set_in_it(ask, field, change, value):
    dialog, said = ask(screens.form(field))

    change(dialog.body.editors[0].editor)
    dialog.press("ok")

    assert said == [("ok", {"f": value})]


def test_a_secret_is_not_seen_unless_the_node_says_otherwise(ask):
    hidden, _ = ask(screens.form(Field(name="f", kind="secret")))
    seen, _ = ask(screens.form(Field(name="f", kind="secret", is_masked=False)))

    assert hidden.findChild(QLineEdit).echoMode() is QLineEdit.EchoMode.Password
    assert seen.findChild(QLineEdit).echoMode() is QLineEdit.EchoMode.Normal


def test_a_list_is_narrowed_by_a_search_and_what_was_chosen_stays(ask):
    options = ("Oslo", "Paris", "Rome")
    dialog, _ = ask(screens.form(Field(name="f", kind="choice", options=options, default="Oslo")))
    found = dialog.findChild(QListWidget)
    search = next(it for it in dialog.findChildren(QLineEdit))

    search.setText("ro")

    assert [found.item(n).isHidden() for n in range(3)] == [True, True, False]
    assert dialog.body.values() == {"f": "Oslo"}


def test_longer_text_counts_its_characters_and_ctrl_enter_answers(ask, qtbot):
    dialog, said = ask(screens.form(Field(name="f", kind="long_text", most=3)))
    text = dialog.findChild(QPlainTextEdit)

    text.setPlainText("abcd")
    qtbot.keyClick(text, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert said == []
    text.setPlainText("abc")
    qtbot.keyClick(dialog, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

    assert said == [("ok", {"f": "abc"})]


def test_dates_stay_within_their_bounds(ask):
    field = Field(name="f", kind="date", low="2026-01-01", high="2026-12-31", default="2026-05-05")
    dialog, _ = ask(screens.form(field))
    edit = dialog.body.editors[0].editor

    edit.setDate(edit.date().addYears(3))

    assert dialog.body.values() == {"f": "2026-12-31"}


def wizard(*, can_go_back=True):
    first = Page(title="One", fields=(Field(name="a", kind="text", required=True),))
    second = Page(title="Two", fields=(Field(name="b", kind="text"),))
    return Ask(title="T", body=Form(pages=(first, second), can_go_back=can_go_back))


def test_a_wizard_turns_pages_and_each_must_be_fine_first(ask):
    dialog, said = ask(wizard())
    proposed = dialog._buttons["ok"]

    dialog.press("ok")
    at_first = dialog.body.currentIndex()
    dialog.body.editors[0].editor.setText("x")
    dialog.press("ok")

    assert (at_first, dialog.body.currentIndex(), said) == (0, 1, [])
    assert (proposed.text(), dialog._back.isVisible()) == ("&Finish", True)
    dialog._back.click()
    assert (proposed.text(), dialog._back.isVisible()) == ("&Next", False)
    dialog.press("ok")
    dialog.press("ok")
    assert said == [("ok", {"a": "x", "b": ""})]


def test_a_wizard_without_a_way_back_has_none(ask):
    dialog, _ = ask(wizard(can_go_back=False))
    dialog.body.editors[0].editor.setText("x")

    dialog.press("ok")

    assert not dialog._back.isVisible()


def test_a_row_of_a_table_is_chosen(show):
    dialog, said = show(screens.QUESTIONS["ask-table"]())

    dialog.body.selectRow(3)
    dialog.press("ok")

    assert said == [("ok", {"row": 3})]


def test_a_picture_is_zoomed_and_one_that_is_none_says_so(show, tmp_path):
    from casare_robot.domain.question import Picture

    dialog, _ = show(screens.QUESTIONS["ask-picture"]())
    broken, _ = show(screens.dialog(Ask(title="T", body=Picture(path=str(tmp_path / "x.png")))))

    dialog.body.zoom(100)
    assert dialog.body.scale == 5.0
    dialog.body.zoom(0.0001)
    assert dialog.body.scale == 0.1
    assert "is no picture" in broken.body._label.text()


def test_details_are_shown_on_demand(show):
    dialog, _ = show(screens.QUESTIONS["ask-message"]())
    details = dialog.findChild(QPlainTextEdit)
    toggle = next(it for it in dialog.findChildren(type(dialog._back)) if "details" in it.text())

    hidden = details.isVisible()
    toggle.click()

    assert (hidden, details.isVisible()) == (False, True)
    assert "388.00" in details.toPlainText()


def test_a_dialog_tells_when_it_closes_by_itself(show):
    dialog, _ = show(screens.QUESTIONS["ask-message"]())

    assert dialog._closing.text() == "closes in 1 min"


def test_progress_moves_and_its_cancel_is_heard(show):
    window, said = show(screens.progress_window(62))
    from casare_robot.tray.views.question_view import question_view

    moved = screens.progress_window(80).question
    window.show_progress(moved, question_view(moved))
    window._press("cancel")

    assert (window.bar.value(), window.bar.text()) == (80, "80%")
    assert said == [("cancel", {})]


def test_closing_progress_cancels_nothing(show):
    window, said = show(screens.progress_window(62))

    window.close()

    assert said == ["put off"]


def test_progress_that_nobody_knows_is_a_bar_that_moves(show):
    window, _ = show(screens.progress_window(None))

    assert (window.bar.minimum(), window.bar.maximum()) == (0, 0)


def test_what_passes_goes_by_itself(qtbot):
    window = screens.passing_window(seconds=0.05)
    qtbot.addWidget(window)

    with qtbot.waitSignal(window.gone, timeout=30_000):
        window.appear()

    assert not window.isVisible()


def test_what_passes_goes_on_a_click_where_it_says_so(qtbot):
    stays = screens.passing_window(goes_on_click=False)
    goes = screens.passing_window(goes_on_click=True)
    for window in (stays, goes):
        qtbot.addWidget(window)
        window.appear()
        qtbot.mouseClick(window, Qt.MouseButton.LeftButton)

    assert (stays.isVisible(), goes.isVisible()) == (True, False)


def test_an_action_of_what_passes_is_an_answer(show):
    window, said = show(screens.QUESTIONS["ask-snackbar"]())

    window._press("a")

    assert said == [("a", {})]


def test_what_passes_never_takes_the_keyboard(qtbot):
    window = screens.passing_window(style="splash", shows_progress=True, fades=True)
    qtbot.addWidget(window)
    window.appear()

    assert window.windowFlags() & Qt.WindowType.WindowDoesNotAcceptFocus


def test_text_of_a_workflow_is_never_markup(ask):
    dialog, _ = ask(Ask(title="<b>T</b>", message="<img src=x>", detail="<i>d</i>"))

    from PySide6.QtWidgets import QLabel

    for label in dialog.findChildren(QLabel):
        assert label.textFormat() is Qt.TextFormat.PlainText or not label.text()
    assert isinstance(dialog, QuestionDialog)


def test_a_rectangle_drawn_on_the_screen_fills_the_fields(show, qtbot):
    from PySide6.QtCore import QPoint

    from casare_robot.tray.windows.region_overlay import RegionOverlay

    dialog, said = show(screens.QUESTIONS["ask-region"]())
    overlay = RegionOverlay(shows_coordinates=True)
    qtbot.addWidget(overlay)
    overlay.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    overlay.chosen.connect(dialog.body.fill_region)
    overlay.show()

    left = Qt.MouseButton.LeftButton
    qtbot.mousePress(overlay, left, pos=QPoint(250, 180))
    qtbot.mouseMove(overlay, QPoint(60, 90))
    overlay.grab()
    qtbot.mouseRelease(overlay, left, pos=QPoint(50, 80))
    dialog.press("ok")

    corner = overlay.geometry().topLeft()
    [(_, values)] = said
    assert (values["x"], values["y"]) == (50 + corner.x(), 80 + corner.y())
    assert (values["width"], values["height"]) == (200, 100)
    assert not overlay.isVisible()


def test_escape_and_a_click_alone_choose_no_rectangle(qtbot):
    from casare_robot.tray.windows.region_overlay import RegionOverlay

    overlay = RegionOverlay(shows_coordinates=False)
    qtbot.addWidget(overlay)
    overlay.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    chosen = []
    overlay.chosen.connect(lambda *region: chosen.append(region))
    overlay.show()

    qtbot.mouseClick(overlay, Qt.MouseButton.LeftButton)
    still_there = overlay.isVisible()
    qtbot.keyClick(overlay, Qt.Key.Key_Escape)

    assert (chosen, still_there, overlay.isVisible()) == ([], True, False)


def test_the_pages_of_a_document_are_turned_and_the_last_seen_is_told(show):
    dialog, said = show(screens.QUESTIONS["ask-pages"]())

    dialog.body.turn(1)
    dialog.body.turn(1)
    can_go_on = dialog.body._on.isEnabled()
    dialog.press("ok")

    assert (said, can_go_on) == ([("ok", {"page": 2})], False)
    assert dialog.body._where.text() == "Page 2 of 2"
