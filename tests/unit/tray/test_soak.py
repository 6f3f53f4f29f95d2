"""Nothing grows however long the tray runs.

Guards against PySide releases that drop references of None, True and small
numbers with each call (6.12.0 on Python 3.11 aborts after some 5,000).
"""

import gc
import sys

import psutil
import pytest

from tests import tray_screens as screens

pytest.importorskip("PySide6.QtWidgets")

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from casare_robot.domain.robot_status import RobotState
from casare_robot.tray.tray_icon import TrayIcon
from casare_robot.tray.views.looks import Look
from casare_robot.tray.views.tray_view import tray_view

SIGNALS = 200_000
VIEWS = 2_000
MENUS = 200


class Bell(QObject):
    rung = Signal(bool, int, object)


def immortals():
    gc.collect()  # what earlier tests left refers to them too
    return [sys.getrefcount(value) for value in (None, True, False, 0, 1)]


def assert_none_is_used_up(before, margin):
    """Counts that grow are harmless: PySide 6.11 takes a None too many in some calls."""
    for now, then in zip(immortals(), before, strict=True):
        assert now > then - margin


def handles():
    """Open files and threads of this process."""
    process = psutil.Process()
    files = process.num_handles() if sys.platform == "win32" else process.num_fds()
    return files, process.num_threads()


def memory():
    gc.collect()
    return psutil.Process().memory_info().rss


@pytest.mark.parametrize("kind", ["signals", "timers"])
def test_two_hundred_thousand_signals_and_timers_leave_nothing_behind(qapp, kind) -> None:
    heard = [0]
    bell = Bell()
    timer = QTimer(singleShot=True, interval=0)

    def hear(*_):
        heard[0] += 1

    bell.rung.connect(hear)
    timer.timeout.connect(hear)

    def ring(times):
        for _ in range(times):
            if kind == "signals":
                bell.rung.emit(True, 1, None)
            else:
                timer.start()
                QApplication.processEvents()
            bell.setObjectName("bell")

    ring(2_000)
    counts, before, held = immortals(), memory(), handles()
    objects = len(gc.get_objects())
    ring(SIGNALS)

    assert heard[0] == SIGNALS + 2_000
    assert handles() <= held
    assert len(gc.get_objects()) - objects < 1000
    assert_none_is_used_up(counts, SIGNALS / 100)
    assert memory() - before < 8 << 20


def test_views_of_a_day_leave_nothing_behind(qapp) -> None:
    icon = TrayIcon("Casare Robot")
    looks = [RobotState.IDLE, RobotState.EXECUTING, RobotState.PAUSED, RobotState.ERROR]

    def show(number):
        sight = screens.sight(state=looks[number % 4], jobs=screens.jobs(), waiting=number % 7)
        icon.show_view(tray_view(sight, now=screens.NOW))
        if number % 20 == 0:
            QApplication.processEvents()
            QApplication.sendPostedEvents(None, 52)  # DeferredDelete

    for number in range(MENUS):
        show(number)
    counts, before, held = immortals(), memory(), handles()
    menus = len(icon._menu.children())
    for number in range(VIEWS):
        show(number)

    assert abs(len(icon._menu.children()) - menus) < 200
    assert handles() <= held
    assert_none_is_used_up(counts, VIEWS)
    assert memory() - before < 8 << 20
    icon.hide()


def test_each_look_is_drawn_once(qapp) -> None:
    from casare_robot.tray.icons import state_icon

    first = {look: state_icon(look) for look in Look}

    assert all(state_icon(look) is icon for look, icon in first.items())
    assert all(not icon.isNull() for icon in first.values())
