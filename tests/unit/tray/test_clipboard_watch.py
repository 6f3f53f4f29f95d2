"""What is copied while a workflow waits for it."""

import pytest

pytest.importorskip("PySide6.QtWidgets")

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication, QImage

from casare_robot.domain.question import Copied
from casare_robot.tray.clipboard_watch import ClipboardWatch


@pytest.fixture
def watch(qapp):
    """Begin to watch; what was told so far."""
    made = []

    def begin(kind="text", *, only_new=True):
        told = []
        one = ClipboardWatch(Copied(kind=kind, only_new=only_new), lambda *it: told.append(it))
        made.append(one)
        one.begin()
        return one, told

    QGuiApplication.clipboard().setText("old")
    yield begin
    for one in made:
        one.deleteLater()


def copy_picture():
    data = QMimeData()
    data.setImageData(QImage(2, 2, QImage.Format.Format_RGB32))
    QGuiApplication.clipboard().setMimeData(data)


def test_only_what_is_copied_from_now_on_counts_where_it_must_be_new(watch):
    _, told = watch()
    assert told == []

    QGuiApplication.clipboard().setText("new")

    assert told == [("new", True)]


def test_what_is_there_already_may_do(watch):
    assert watch(only_new=False)[1] == [("old", False)]


def test_a_picture_is_no_text_but_anything(watch):
    _, texts = watch()
    _, anything = watch("any")

    copy_picture()

    assert (texts, anything) == ([], [("", True)])


def test_one_that_has_finished_tells_nothing_more(watch):
    one, told = watch()
    one.finish()

    QGuiApplication.clipboard().setText("new")

    assert told == []
