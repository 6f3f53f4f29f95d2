"""Every window: opens, says its name to a screen reader, obeys the keyboard."""

import itertools
import json
import time
from datetime import datetime

import pytest

from tests import tray_screens as screens

pytest.importorskip("PySide6.QtWidgets")

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QSpinBox,
    QTableView,
)

from casare_robot.domain.job import JobStatus
from casare_robot.observability.log_reader import LogFilter
from casare_robot.tray.log_index import LogIndex, Places, scan
from casare_robot.tray.views.group_view import group_view
from casare_robot.tray.views.tray_view import Do
from casare_robot.tray.windows.group_window import GroupWindow
from casare_robot.tray.windows.history_window import HistoryWindow
from casare_robot.tray.windows.job_panel import JobPanel
from casare_robot.tray.windows.log_window import LogWindow
from casare_robot.tray.windows.main_window import MainWindow
from casare_robot.tray.windows.settings_window import SettingsWindow
from casare_robot.tray.windows.theme import show_edges
from casare_robot.tray.windows.window import Window

PATIENCE = 60_000
"""Milliseconds until something has come, on a slow machine with much to do."""
CONTROLS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
)


@pytest.fixture(params=screens.WINDOWS)
def window(request, qtbot):
    made = screens.WINDOWS[request.param]()
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    return made


def names(control):
    text = getattr(control, "text", lambda: "")() if isinstance(control, QAbstractButton) else ""
    return control.accessibleName() or text


def test_every_control_has_a_name_for_screen_readers(window) -> None:
    within = (QComboBox, QAbstractSpinBox)
    controls = [
        control
        for kind in CONTROLS
        for control in window.findChildren(kind)
        if control.isVisible()
        and control.focusPolicy() != Qt.FocusPolicy.NoFocus
        and not isinstance(control.parent(), within)
        and not control.objectName().startswith("qt_")
    ]

    nameless = [control for control in controls if not names(control)]

    assert [f"{type(it).__name__} in {type(it.parent()).__name__}" for it in nameless] == []


def test_the_edges_of_fields_are_seen_on_dark_windows_and_those_of_light_ones_stay(qapp) -> None:
    from PySide6.QtGui import QPalette
    from PySide6.QtWidgets import QApplication

    before, tones = qapp.palette(), []
    try:
        for scheme in ("dark", "light"):
            qapp.setPalette(screens.palette(scheme))
            show_edges(qapp)
            ground = qapp.palette().color(QPalette.ColorRole.Window)
            edge = QApplication.palette("QLineEdit").color(QPalette.ColorRole.Window)
            tones.append((ground.lightness() < 128, edge.lightness() > 128))
    finally:
        qapp.setPalette(before)

    assert tones == [(True, True), (False, True)]


def test_a_window_is_no_larger_than_its_screen(qtbot) -> None:
    window = Window("Test")
    qtbot.addWidget(window)
    window.resize(10_000, 10_000)

    window.show()

    room = window.screen().availableGeometry().size()
    assert window.width() < room.width()
    assert window.height() < room.height()


def test_every_window_has_a_title(window) -> None:
    assert window.windowTitle()


def test_the_tab_key_reaches_every_control_that_takes_the_keyboard(window, qtbot) -> None:
    wanted = {
        control
        for kind in (QAbstractButton, QLineEdit, QComboBox, QTableView)
        for control in window.findChildren(kind)
        if control.isVisible()
        and control.isEnabled()
        and control.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not control.objectName().startswith("qt_")
        and not isinstance(control.parent(), QComboBox | QAbstractSpinBox)
    }
    reached = set()
    at = window.nextInFocusChain()
    while at is not window:
        reached.add(at)
        at = at.nextInFocusChain()

    assert wanted <= reached


def test_the_tab_key_goes_down_the_window_and_not_back_up(window) -> None:
    """Among controls side by side or below each other in one part of a window."""
    chain, at = [], window.nextInFocusChain()
    while at is not window:
        if (
            at.isVisible()
            and at.isEnabled()
            and at.focusPolicy() & Qt.FocusPolicy.TabFocus
            and not at.objectName().startswith("qt_")
        ):
            chain.append(at)
        at = at.nextInFocusChain()

    def is_before(one, other):
        first, then = one.geometry(), other.geometry()
        if first.bottom() < then.top() or then.bottom() < first.top():
            return first.top() < then.top()
        return first.left() < then.left()

    back = [
        (names_or_kind(one), names_or_kind(other))
        for one, other in itertools.pairwise(chain)
        if one.parent() is other.parent() and not is_before(one, other)
    ]
    assert back == []


def names_or_kind(control):
    return names(control) or type(control).__name__


@pytest.fixture
def main(qtbot):
    """The main window, and what was wished and decided in it."""
    said = []

    def make(sight, looked=None):
        window = MainWindow(
            sight,
            wished=said.append,
            decided=lambda *it: said.append(it),
            dropped=said.append,
            refresh=lambda: None,
            now=lambda: screens.NOW,
        )
        qtbot.addWidget(window)
        if looked is not None:
            window.looked(looked)
        window.show()
        return window, said

    return make


def button(window, text):
    found = [
        it
        for it in window.findChildren(QAbstractButton)
        if it.text().replace("&", "") == text and it.isVisible()
    ]
    assert found, f"no button {text}"
    return found[0]


def test_a_step_is_decided_by_one_click(main, qtbot) -> None:
    made = screens.main_window()
    qtbot.addWidget(made)
    window, said = main(made._sight, made._looked)

    button(window, "Do it again").click()

    assert said == [(screens.entry(2).job_id, "1/pay/0", "again")]


def test_a_running_job_moves_without_new_widgets(main) -> None:
    window, _ = main(screens.sight(jobs=screens.jobs()))
    panel = window._jobs[0]
    job = screens.jobs()[0]

    import msgspec

    further = msgspec.structs.replace(job, nodes_executed=8, node_id="pay")
    window.see(screens.sight(jobs=(further, screens.jobs()[1])))

    assert window._jobs[0] is panel
    assert panel._where.text() == "8 of 11 nodes, at pay"
    assert panel._bar.value() == 727


def test_buttons_wish_for_what_they_say(main) -> None:
    window, said = main(screens.sight(jobs=screens.jobs()))

    for text in ("Run a workflow…", "Job history", "Logs", "Settings…", "Cancel…"):
        button(window, text).click()

    assert [wish.do for wish in said] == [
        Do.RUN_FILE,
        Do.HISTORY,
        Do.LOGS,
        Do.SETTINGS,
        Do.CANCEL,
    ]


def test_the_window_sleeps_while_nobody_looks(qtbot) -> None:
    looks = []
    window = MainWindow(
        screens.sight(),
        wished=screens.nothing,
        decided=screens.nothing,
        dropped=screens.nothing,
        refresh=lambda: looks.append(1),
    )
    qtbot.addWidget(window)

    window.show()
    window.hide()

    assert looks == [1]
    assert not window._refreshing._timer.isActive()


@pytest.fixture
def history(qtbot):
    chosen = []
    panel = JobPanel(
        wished=chosen.append, retry=lambda *it: chosen.append(it), decided=screens.nothing
    )
    window = HistoryWindow(
        chosen=chosen.append,
        refresh=screens.nothing,
        export=screens.nothing,
        panel=panel,
        now=lambda: screens.NOW,
    )
    qtbot.addWidget(window)
    window.said = chosen
    return window


def test_the_history_is_searched_and_filtered(history) -> None:
    history.show_entries(screens.entries())

    history.search.setText("payroll")
    history._filter()
    found = history.model.rowCount()
    history.status.setCurrentIndex(history.status.findData(JobStatus.FAILED))

    assert found == 12
    assert history.model.rowCount() == 1
    assert history.count.text() == "1 job of 60"


def test_a_row_is_chosen_by_the_keyboard_and_stays_chosen_when_jobs_come(history, qtbot) -> None:
    history.show_entries(screens.entries()[1:])
    history.show()
    history.table.setFocus()
    history.table.selectRow(0)
    qtbot.keyClick(history.table, Qt.Key.Key_Down)
    job = history.job_id

    history.show_entries(screens.entries())

    assert job == screens.entries()[2].job_id
    assert history.job_id == job
    assert history.table.currentIndex().row() == 2


def test_each_way_to_run_a_job_again_is_an_entry_of_its_button(history) -> None:
    import msgspec

    from casare_robot.tray.views.history_view import job_view

    failed = msgspec.structs.replace(screens.entries()[4], can_go_on=True, path="/pay.json")
    history.panel.show_job(job_view(failed, None, (), now=screens.NOW))
    actions = history.panel._retry.menu().actions()

    for action in actions:
        action.trigger()

    assert history.said == [(failed.job_id, way) for way in history.panel._view.retries]
    assert [action.isSeparator() for action in actions] == [False, False, True, False, False]


def test_ten_thousand_jobs_are_shown_in_no_time(history) -> None:
    entries = [screens.entry(number) for number in range(10_000)]
    began = time.process_time()

    history.show_entries(entries)
    history.show()
    history.grab()
    history.search.setText("payroll")
    history._filter()

    assert history.model.rowCount() == 2000
    assert time.process_time() - began < 3  # a fault in kind, not in degree, takes longer


@pytest.fixture
def log(qtbot):
    wanted = []
    window = LogWindow(filtered=wanted.append, follow=screens.nothing, export=screens.nothing)
    qtbot.addWidget(window)
    window.asked = wanted
    return window


def shown(window, path, wanted=LogFilter()):  # noqa: B008 - it is frozen
    places = Places(path)
    places.offsets, places.end = scan(path, 0, wanted)
    window.model.begin_anew(LogIndex(wanted))
    window.add_older(places)


def test_a_million_lines_are_rows_and_none_is_kept(log, tmp_path) -> None:
    path = tmp_path / "robot-1.log"
    line = json.dumps({"at": "2026-11-21T14:30:00Z", "level": "info", "event": "x" * 60})
    path.write_text(f"{line}\n" * 1_000_000)

    shown(log, path)
    log.show()
    bar = log.table.verticalScrollBar()
    for place in range(0, 1_000_000, 50_000):
        bar.setValue(place)
        log.grab()

    assert log.model.rowCount() == 1_000_000
    assert len(log.model.index_of_lines._read) <= 4096
    assert log.model.index(999_999, 3).data() == "x" * 60


def test_following_stays_at_the_end_and_reading_stays_where_it_is(log, tmp_path) -> None:
    older, newer = tmp_path / "robot-1.log", tmp_path / "robot-2.log"
    for path in (older, newer):
        screens.write_log(tmp_path).replace(path)
    shown(log, newer)
    log.show()
    bar = log.table.verticalScrollBar()
    assert bar.value() == bar.maximum()

    log.follow.setChecked(False)
    bar.setValue(100)
    top = log.table.rowAt(0)
    event = log.model.index(top, 0).data()
    places = Places(older)
    places.offsets, places.end = scan(older, 0, LogFilter())
    log.add_older(places)

    assert log.model.rowCount() == 800
    assert log.model.index(log.table.rowAt(0), 0).data() == event


def test_lines_that_come_are_added_at_the_end(log, tmp_path) -> None:
    path = screens.write_log(tmp_path, 3)
    shown(log, path)
    with path.open("a") as file:
        file.write('{"event": "new"}\n')

    log.model.extend(*scan(path, log.model.index_of_lines.newest.end, LogFilter()))
    log.added()

    assert log.model.index(3, 3).data() == "new"
    assert log.count.text() == "4 lines"


def test_level_job_and_text_are_asked_for(log, qtbot) -> None:
    log.level.setCurrentIndex(log.level.findData("warning"))
    log.job.setEditText("4f0c")
    log.search.setText("pay")
    qtbot.waitUntil(lambda: log.asked and log.asked[-1].text == "pay", timeout=PATIENCE)

    assert log.asked[-1] == LogFilter(level="warning", job="4f0c", text="pay")


def test_chosen_lines_are_copied(log, tmp_path, qtbot, qapp) -> None:
    shown(log, screens.write_log(tmp_path, 3))
    log.table.selectAll()

    log.copy()

    assert len(qapp.clipboard().text().splitlines()) == 3


def test_wrong_settings_cannot_be_saved(qtbot) -> None:
    window = screens.faulty_settings()
    qtbot.addWidget(window)

    assert not window._apply.isEnabled()
    assert not window._ok.isEnabled()
    assert "wss://" in window._editors["orchestrator_url"]._fault.text()


def test_only_what_was_changed_is_saved(qtbot) -> None:
    saved = []
    window = SettingsWindow(
        save=saved.append,
        change_secret=screens.nothing,
        forget_secret=screens.nothing,
        check=screens.nothing,
        accounts=screens.nothing,
        autostart=screens.nothing,
    )
    qtbot.addWidget(window)
    made = screens.settings_window()
    qtbot.addWidget(made)
    window.show_pages([])
    pages = _pages()
    window.show_pages(pages)
    window._editors["robot_name"].findChildren(QLineEdit)[0].setText("Desk 9")
    window._editors["notifications"].findChildren(QAbstractButton)[2].click()

    window.apply()

    assert saved == [
        {"robot_name": "Desk 9", "notifications": ["failed", "needs_you", "completed"]}
    ]


def _pages():
    from pathlib import Path

    from casare_robot.config.robot_config import RobotConfig
    from casare_robot.tray.views.settings_view import settings_pages

    return settings_pages(RobotConfig(), person=Path("/p.json"), policy=Path("/q.json"))


def test_a_size_is_told_in_a_unit_that_people_read(qtbot) -> None:
    window = screens.settings_window()
    qtbot.addWidget(window)
    editor = window._editors["log_max_bytes"]
    before = editor._unit.text()
    editor.findChildren(QSpinBox)[0].setValue(3 << 20)

    assert (before, editor._unit.text()) == ("bytes (100 MB)", "bytes (3 MB)")


def test_a_locked_setting_cannot_be_edited(qtbot) -> None:
    window = screens.settings_window()
    qtbot.addWidget(window)
    editor = window._editors["environment"]

    assert not editor.findChildren(QLineEdit)[0].isEnabled()


def test_each_secret_can_be_changed_and_forgotten(qtbot) -> None:
    from pathlib import Path

    from casare_robot.config.robot_config import RobotConfig
    from casare_robot.tray.views.settings_view import settings_pages

    asked = []
    window = SettingsWindow(
        save=screens.nothing,
        change_secret=lambda field: asked.append(("change", field.name)),
        forget_secret=lambda field: asked.append(("forget", field.name)),
        check=screens.nothing,
        accounts=screens.nothing,
        autostart=screens.nothing,
    )
    qtbot.addWidget(window)
    config = RobotConfig(supabase_key="sb_publishable_1", sources={"supabase_key": "keyring"})
    window.show_pages(settings_pages(config, person=Path("/p.json"), policy=Path("/q.json")))

    for name in ("api_key", "supabase_key"):
        for made in window._editors[name].findChildren(QAbstractButton):
            made.click()

    assert asked == [
        ("change", "api_key"),
        ("change", "supabase_key"),
        ("forget", "supabase_key"),
    ]


def test_a_pause_ends_when_it_was_said(qtbot) -> None:
    dialog = screens.pause_dialog()
    qtbot.addWidget(dialog)
    with qtbot.waitSignal(dialog.chosen, timeout=PATIENCE) as said:
        dialog.accept()

    assert said.args == [datetime(2026, 11, 21, 15, 0, tzinfo=screens.NOW.tzinfo)]


def test_a_question_without_a_window_stays_until_it_is_answered(qtbot, qapp) -> None:
    import gc

    from PySide6.QtWidgets import QMessageBox

    from casare_robot.tray.windows.parts import ask

    said = []
    ask(None, "Really?", answers=[("Yes", lambda: said.append("yes"))], cancel="No")
    gc.collect()
    qapp.processEvents()

    box = next(it for it in qapp.topLevelWidgets() if isinstance(it, QMessageBox))
    button(box, "Yes").click()

    assert said == ["yes"]


def test_the_first_steps_can_be_skipped_into_local_use(qtbot) -> None:
    from casare_robot.tray.windows.first_run import FirstRunWindow

    said = []
    window = FirstRunWindow(
        name="desk-7",
        starts_at_login=False,
        browse=screens.nothing,
        enrol=screens.nothing,
        check=screens.nothing,
        finish=lambda *it: said.append(it),
        try_out=screens.nothing,
    )
    qtbot.addWidget(window)
    window.show()

    button(window, "Skip: use it for this desk only").click()

    assert said == [(False, "desk-7")]
    assert not window.isVisible()


def test_enter_goes_through_the_first_steps(qtbot) -> None:
    window = screens.first_run()
    qtbot.addWidget(window)
    window.for_desk.setChecked(True)
    window.show()
    pages = [window.pages.currentIndex()]

    while window.isVisible():
        qtbot.keyClick(window.focusWidget() or window, Qt.Key.Key_Return)
        pages.append(window.pages.currentIndex())

    assert pages == [0, 2, 3, 4, 4]


def test_a_file_that_is_typed_is_read_by_enter_and_by_leaving_it(qtbot) -> None:
    from casare_robot.tray.windows.run_window import RunWindow

    read, ran = [], []
    window = RunWindow(
        browse=screens.nothing, chosen=read.append, run=ran.append, example=screens.nothing
    )
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE)
    window.file.setFocus()
    qtbot.waitUntil(window.file.hasFocus, timeout=PATIENCE)

    qtbot.keyClicks(window.file, "a.json")
    qtbot.keyClick(window.file, Qt.Key.Key_Return)
    qtbot.keyClicks(window.file, "x")
    qtbot.keyClick(window.file, Qt.Key.Key_Tab)

    assert (read, ran) == (["a.json", "a.jsonx"], [])


def test_a_form_gives_what_is_typed(qtbot) -> None:
    said = []
    window = screens.run_window()
    qtbot.addWidget(window)
    window._run = said.append

    window.go.click()

    assert said[0]["dry_run"] == "true"
    assert said[0]["customers"] == '["Ada", "Grace"]'


@pytest.fixture
def of_group(qtbot):
    """The group window, and what was asked for in it."""
    said = []
    window = GroupWindow(
        promote=lambda robot: said.append(("promote", robot)),
        demote=lambda robot: said.append(("demote", robot)),
        drill=lambda: said.append("drill"),
        sync=lambda: said.append("sync"),
        refresh=lambda: said.append("refresh"),
    )
    qtbot.addWidget(window)
    window.show()
    return window, said


def test_the_group_window_asks_for_what_its_buttons_say(of_group, qtbot) -> None:
    window, said = of_group
    window.show_group(group_view(screens.group(), now=screens.NOW))
    qtbot.waitUntil(lambda: window._rows[1].change.isVisible(), timeout=PATIENCE)

    button(window, "Promote").click()
    button(window, "Drill…").click()
    button(window, "Bring in step").click()

    assert said == ["refresh", ("promote", "robot-8"), "drill", "sync"]


def test_a_new_look_at_the_group_keeps_the_focus_where_it_is(of_group, qtbot) -> None:
    window, _ = of_group
    window.show_group(group_view(screens.group(), now=screens.NOW))
    qtbot.waitUntil(lambda: window._rows[1].change.isVisible(), timeout=PATIENCE)
    focused = button(window, "Promote")
    focused.setFocus()

    window.show_group(group_view(screens.group(leader_age=2.6), now=screens.NOW))

    assert button(window, "Promote") is focused
    assert "renewed 3 s ago" in window._leader.text()


def test_a_drill_is_begun_only_by_the_answer_that_says_so(of_group, qtbot) -> None:
    window, _ = of_group
    begun = []

    window.ask_drill("b takes over from a", lambda: begun.append(1))
    box = window.findChildren(QMessageBox)[-1]
    unasked = list(begun)
    button(box, "Fail over").click()

    assert (unasked, begun) == ([], [1])
    assert box.informativeText() == "b takes over from a"


def test_a_robot_in_no_group_sees_an_empty_window_that_says_so(of_group) -> None:
    window, _ = of_group
    window.show_group(group_view(None, now=screens.NOW))

    assert window._headline.text() == "This robot is in no group."
    assert not window._body.isVisible()
    assert not button(window, "Drill…").isEnabled()
