"""What stands in the middle of a question's dialog: a form, a table, a picture."""

from collections.abc import Callable
from typing import Any, Protocol

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QPixmap, QShortcut, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFormLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from casare_robot.domain.question import Field, Form, Page, Picture, Table
from casare_robot.tray.texts import tr
from casare_robot.tray.windows.parts import Text, button, row
from casare_robot.tray.windows.question_fields import FieldEditor
from casare_robot.tray.windows.region_overlay import RegionOverlay

ZOOM = (0.1, 5.0)
STEP = 1.25


class Body(Protocol):
    """The part of a dialog that a person fills in or looks at."""

    def values(self) -> dict[str, Any]:
        """What is filled in, by field."""
        ...

    def is_fine(self) -> bool:
        """Whether it can be given so; if not, it is said why."""
        ...


class FormBody(QStackedWidget):
    """Pages of fields.

    Args:
        form: What is asked.
        turned: Called when another page is seen.
    """

    def __init__(self, form: Form, turned: Callable[[], object]) -> None:
        super().__init__()
        self.form = form
        self._pages: list[list[FieldEditor]] = []
        self._overlay: RegionOverlay | None = None
        for number, page in enumerate(form.pages):
            self.addWidget(self._page(page, number))
        self.currentChanged.connect(lambda _: turned())

    @property
    def editors(self) -> list[FieldEditor]:
        """Those of all pages."""
        return [editor for page in self._pages for editor in page]

    @property
    def is_first(self) -> bool:
        """Whether there is no page before this one."""
        return self.currentIndex() == 0

    @property
    def is_last(self) -> bool:
        """Whether there is no page after this one."""
        return self.currentIndex() == self.count() - 1

    def values(self) -> dict[str, Any]:
        """What is filled in, by field."""
        return {editor.field.name: editor.value() for editor in self.editors}

    def is_fine(self) -> bool:
        """Whether this page can be given so; the first that cannot takes the keyboard."""
        wrong = [editor for editor in self._pages[self.currentIndex()] if not editor.is_fine()]
        if wrong:
            wrong[0].setFocus()
        return not wrong

    def turn(self, by: int) -> None:
        """See another page."""
        self.setCurrentIndex(self.currentIndex() + by)
        self.take_keyboard()

    def take_keyboard(self) -> None:
        """Let typing begin in the first field."""
        editors = self._pages[self.currentIndex()]
        if editors:
            editors[0].setFocus()
            if isinstance(editors[0].editor, QLineEdit):
                editors[0].editor.selectAll()

    def _page(self, page: Page, number: int) -> QWidget:
        whole = QWidget()
        layout = QVBoxLayout(whole)
        layout.setContentsMargins(0, 0, 0, 0)
        if self.form and len(self.form.pages) > 1:
            step = tr("Step {number} of {all}", number=number + 1, all=len(self.form.pages))
            layout.addWidget(Text(step, tone="muted", size=0.92))
        if page.title:
            layout.addWidget(Text(page.title, bold=True, size=1.1))
        if page.text:
            layout.addWidget(Text(page.text))
        editors = [FieldEditor(field, lambda: None) for field in page.fields]
        self._pages.append(editors)
        rows = QFormLayout()
        rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        rows.setVerticalSpacing(10)
        for editor in editors:
            self._add(rows, editor)
        if self.form.picks_region:
            layout.addLayout(row(button(tr("&Draw on the screen…"), self._draw), None))
        if any(editor.fills_the_window for editor in editors) and len(editors) == 1:
            layout.addWidget(_labelled(editors[0]), 1)
        else:
            layout.addLayout(rows)
            layout.addStretch(1)
        return whole

    def _draw(self) -> None:
        """Let a rectangle be drawn, while the dialog is out of the way."""
        overlay = self._overlay = RegionOverlay(shows_coordinates=self.form.shows_coordinates)
        window = self.window()
        overlay.chosen.connect(self.fill_region)
        overlay.destroyed.connect(window.show)
        window.hide()
        overlay.show()
        overlay.activateWindow()

    def fill_region(self, *places: int) -> None:
        """Take a rectangle that was drawn."""
        for editor, place in zip(self.editors, places, strict=True):
            if isinstance(editor.editor, QLineEdit):
                editor.editor.setText(str(place))

    def _add(self, rows: QFormLayout, editor: FieldEditor) -> None:
        field = editor.field
        if field.kind == "switch" or not field.label:
            rows.addRow(editor)
            return
        rows.addRow(_label(field, editor), editor)


class TableBody(QTableWidget):
    """Rows to look at or to choose from."""

    def __init__(self, table: Table) -> None:
        super().__init__(len(table.rows), len(table.columns))
        self._can_choose = table.can_choose
        self.setHorizontalHeaderLabels(list(table.columns))
        self.setAccessibleName(tr("Table"))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        modes = QAbstractItemView.SelectionMode
        self.setSelectionMode(modes.SingleSelection if table.can_choose else modes.NoSelection)
        self.setAlternatingRowColors(True)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        for number, cells in enumerate(table.rows):
            for column, text in enumerate(cells):
                self.setItem(number, column, QTableWidgetItem(text))
        self.resizeColumnsToContents()
        self.horizontalHeader().setStretchLastSection(True)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self.setMinimumSize(420, 220)

    def values(self) -> dict[str, Any]:
        """The chosen row, if one may be chosen."""
        if not self._can_choose:
            return {}
        rows = {index.row() for index in self.selectedIndexes()}
        return {"row": min(rows) if rows else None}

    def is_fine(self) -> bool:
        """Nothing can be wrong."""
        return True


class PictureBody(QScrollArea):
    """A picture, zoomed by wheel or with Ctrl and plus or minus."""

    def __init__(self, picture: Picture) -> None:
        super().__init__()
        self.scale = picture.scale
        self._can_zoom = picture.can_zoom
        self._pixmap = QPixmap(picture.path)
        self._label = QLabel()
        self._label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._label.setAccessibleName(tr("Picture {path}", path=picture.path))
        self.setAccessibleName(tr("Picture"))
        self.setWidget(self._label)
        self.setWidgetResizable(True)
        self.setMinimumSize(420, 300)
        if self._pixmap.isNull():
            self._label.setText(tr("{path} is no picture that can be shown.", path=picture.path))
            self._label.setWordWrap(True)
            return
        self._show()
        if picture.can_zoom:
            keys = QKeySequence.StandardKey
            for key, factor in ((keys.ZoomIn, STEP), (keys.ZoomOut, 1 / STEP)):
                shortcut = QShortcut(QKeySequence(key), self)
                shortcut.activated.connect(lambda factor=factor: self.zoom(factor))

    def show_file(self, path: str) -> None:
        """Show another picture."""
        self._pixmap = QPixmap(path)
        self._label.setAccessibleName(tr("Picture {path}", path=path))
        self._show()

    def zoom(self, factor: float) -> None:
        """Make it larger or smaller."""
        self.scale = max(ZOOM[0], min(ZOOM[1], self.scale * factor))
        self._show()

    def values(self) -> dict[str, Any]:
        """Nothing is filled in."""
        return {}

    def is_fine(self) -> bool:
        """Nothing can be wrong."""
        return True

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Zoom, if one may."""
        if not self._can_zoom or self._pixmap.isNull():
            super().wheelEvent(event)
            return
        self.zoom(STEP if event.angleDelta().y() > 0 else 1 / STEP)
        event.accept()

    def _show(self) -> None:
        size = self._pixmap.size() * self.scale
        modes = Qt.TransformationMode
        shown = self._pixmap.scaled(
            size, Qt.AspectRatioMode.KeepAspectRatio, modes.SmoothTransformation
        )
        self._label.setPixmap(shown)


class PagesBody(QWidget):
    """The pages of a document, one at a time."""

    def __init__(self, picture: Picture) -> None:
        super().__init__()
        self._pages = picture.pages
        self.page = picture.page
        self.picture = PictureBody(
            msgspec.structs.replace(picture, path=self._pages[self.page - 1])
        )
        self._back = button(tr("&Previous page"), lambda: self.turn(-1))
        self._on = button(tr("N&ext page"), lambda: self.turn(1))
        self._where = Text(tone="muted", wraps=False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.picture, 1)
        layout.addLayout(row(self._back, self._on, self._where, None))
        self.setMinimumSize(460, 420)
        self.turn(0)

    def turn(self, by: int) -> None:
        """See another page."""
        self.page = max(1, min(len(self._pages), self.page + by))
        if by:
            self.picture.show_file(self._pages[self.page - 1])
        self._back.setEnabled(self.page > 1)
        self._on.setEnabled(self.page < len(self._pages))
        self._where.setText(tr("Page {number} of {all}", number=self.page, all=len(self._pages)))

    def values(self) -> dict[str, Any]:
        """The page that is seen."""
        return {"page": self.page}

    def is_fine(self) -> bool:
        """Nothing can be wrong."""
        return True


def _labelled(editor: FieldEditor) -> QWidget:
    """A field that fills the window, below its label."""
    whole = QWidget()
    layout = QVBoxLayout(whole)
    layout.setContentsMargins(0, 0, 0, 0)
    if editor.field.label:
        layout.addWidget(_label(editor.field, editor))
    layout.addWidget(editor, 1)
    return whole


def _label(field: Field, editor: FieldEditor) -> QLabel:
    text = field.label.rstrip(" :") + (" *" if field.required else "")
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setBuddy(editor.editor)
    return label
