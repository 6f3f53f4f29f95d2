"""An editor for each kind of field that a question may have."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import QDate, QDateTime, QTime
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QColorDialog,
    QComboBox,
    QDateEdit,
    QDateTimeEdit,
    QFileDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QPlainTextEdit,
    QTimeEdit,
    QVBoxLayout,
    QWidget,
)

from casare_robot.domain.answering import fault_of, typed
from casare_robot.domain.errors import QuestionError
from casare_robot.domain.question import Field
from casare_robot.tray.texts import tr
from casare_robot.tray.windows.parts import Text, button, row

LINES = 6
"""Lines of longer text that are seen at once."""
FEW = 12
"""Options up to which a choice is a drop-down list without a search."""
SWATCH = 28


class FieldEditor(QWidget):
    """A field: editor, how much still fits, what is wrong.

    Args:
        field: What is asked.
        edited: Called whenever its value changes.
    """

    def __init__(self, field: Field, edited: Callable[[], object]) -> None:
        super().__init__()
        self.field = field
        self._edited = edited
        self._value: Callable[[], Any] = lambda: field.default
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)
        editor = self._make(field)
        name = (field.label or field.placeholder or field.name).rstrip(" :")
        editor.setAccessibleName(name)
        self.editor = editor
        self.setFocusProxy(editor)
        self._fault = Text(tone="bad", size=0.92)
        self._fault.hide()
        self._layout.addWidget(self._fault)

    @property
    def fills_the_window(self) -> bool:
        """Whether it takes what space there is."""
        return isinstance(self.editor, QPlainTextEdit | QListWidget)

    def value(self) -> Any:
        """What is said now; text that makes no sense is given as it is."""
        return self._value()

    def is_fine(self) -> bool:
        """Whether the value fits; if not, it is said why."""
        fault = fault_of(self.field, self.value())
        self._fault.setText(fault)
        self._fault.setVisible(bool(fault))
        return not fault

    def _make(self, field: Field) -> QWidget:
        makers: dict[str, Callable[[Field], QWidget]] = {
            "long_text": self._long_text,
            "switch": self._switch,
            "choice": self._choice,
            "choices": self._choices,
            "date": self._date,
            "time": self._time,
            "moment": self._moment,
            "colour": self._colour,
            "file": self._file,
            "files": self._file,
            "folder": self._file,
        }
        return makers.get(field.kind, self._text)(field)

    def _text(self, field: Field) -> QWidget:
        edit = self._line(field)
        if field.kind == "secret" and field.is_masked:
            edit.setEchoMode(QLineEdit.EchoMode.Password)
        self._layout.addWidget(edit)
        self._value = lambda: self._typed(edit.text())
        return edit

    def _line(self, field: Field) -> QLineEdit:
        edit = QLineEdit("" if field.default is None else str(field.default))
        edit.setPlaceholderText(field.placeholder)
        if field.most:
            edit.setMaxLength(field.most)
        edit.textChanged.connect(self._changed)
        return edit

    def _long_text(self, field: Field) -> QWidget:
        edit = QPlainTextEdit(str(field.default or ""))
        edit.setPlaceholderText(field.placeholder)
        edit.setTabChangesFocus(True)
        edit.setMinimumHeight(edit.fontMetrics().lineSpacing() * LINES + 12)
        self._layout.addWidget(edit, 1)
        self._value = edit.toPlainText
        if field.most:
            count = Text(tone="muted", size=0.92)
            self._layout.addWidget(count)

            def counted() -> None:
                length = len(edit.toPlainText())
                count.setText(tr("{count} of {most} characters", count=length, most=field.most))
                count.set_tone("bad" if length > field.most else "muted")

            edit.textChanged.connect(counted)
            counted()
        edit.textChanged.connect(self._changed)
        return edit

    def _switch(self, field: Field) -> QWidget:
        box = QCheckBox(field.label.rstrip(" :") or tr("Yes"))
        box.setChecked(bool(field.default))
        box.toggled.connect(self._changed)
        self._layout.addWidget(box)
        self._value = box.isChecked
        return box

    def _choice(self, field: Field) -> QWidget:
        if len(field.options) > FEW or not field.label:
            return self._list(field, several=False)
        box = QComboBox()
        box.addItems(list(field.options))
        box.setCurrentText(str(field.default or ""))
        box.currentIndexChanged.connect(self._changed)
        self._layout.addWidget(box)
        self._value = box.currentText
        return box

    def _choices(self, field: Field) -> QWidget:
        return self._list(field, several=True)

    def _list(self, field: Field, *, several: bool) -> QWidget:
        found = QListWidget()
        found.setUniformItemSizes(True)
        modes = QAbstractItemView.SelectionMode
        found.setSelectionMode(modes.MultiSelection if several else modes.SingleSelection)
        chosen = field.default if isinstance(field.default, list) else [field.default]
        for option in field.options:
            found.addItem(option)
        for number, option in enumerate(field.options):
            item = found.item(number)
            if option in chosen:
                item.setSelected(True)
                found.setCurrentItem(item)
        if field.is_searchable:
            self._layout.addWidget(_search(found))
        self._layout.addWidget(found, 1)
        found.setMinimumHeight(140)
        found.itemSelectionChanged.connect(self._changed)

        def value() -> Any:
            texts = [it.text() for it in found.selectedItems()]
            ordered = [option for option in field.options if option in texts]
            return ordered if several else (ordered[0] if ordered else "")

        self._value = value
        return found

    def _date(self, field: Field) -> QWidget:
        edit = QDateEdit(QDate.currentDate())
        edit.setDisplayFormat("yyyy-MM-dd")
        self._value = lambda: edit.date().toString("yyyy-MM-dd")
        return self._calendar(field, edit)

    def _moment(self, field: Field) -> QWidget:
        now = QDateTime.currentDateTime()
        now.setTime(QTime(now.time().hour(), now.time().minute()))
        edit = QDateTimeEdit(now)
        edit.setDisplayFormat("yyyy-MM-dd HH:mm:ss")
        self._value = lambda: edit.dateTime().toString("yyyy-MM-ddTHH:mm:ss")
        return self._calendar(field, edit)

    def _time(self, field: Field) -> QWidget:
        now = QTime.currentTime()
        edit = QTimeEdit(QTime(now.hour(), now.minute()))
        edit.setDisplayFormat("HH:mm:ss")
        if field.default:
            edit.setTime(QTime.fromString(str(field.default)[:8].ljust(8, "0"), "HH:mm:ss"))
        edit.timeChanged.connect(self._changed)
        self._layout.addWidget(edit)
        self._value = lambda: edit.time().toString("HH:mm:ss")
        return edit

    def _calendar(self, field: Field, edit: QDateTimeEdit) -> QWidget:
        edit.setCalendarPopup(True)
        if field.low:
            edit.setMinimumDate(_day(field.low))
        if field.high:
            edit.setMaximumDate(_day(field.high))
        if field.default:
            at = datetime.fromisoformat(str(field.default))
            edit.setDateTime(
                QDateTime(QDate(at.year, at.month, at.day), QTime(at.hour, at.minute, at.second))
            )
        edit.dateTimeChanged.connect(self._changed)
        self._layout.addWidget(edit)
        return edit

    def _colour(self, field: Field) -> QWidget:
        """A line for the colour's name beside a button that shows it and opens the palette."""
        edit = QLineEdit(str(field.default or field.placeholder or "#ffffff"))
        edit.setMaximumWidth(140)
        swatch = button(
            tr("&Choose…"), lambda: self._palette(field, edit), named=tr("Choose a colour")
        )
        sample = QLabel()
        sample.setFixedSize(SWATCH, SWATCH)
        sample.setAccessibleName(tr("The colour"))

        def show() -> None:
            colour = QColor(edit.text())
            shown = colour.name() if colour.isValid() else "transparent"
            sample.setStyleSheet(
                f"background: {shown}; border: 1px solid palette(mid); border-radius: 4px;"
            )

        edit.textChanged.connect(show)
        edit.textChanged.connect(self._changed)
        show()
        self._layout.addLayout(row(sample, edit, swatch, None))
        self._value = lambda: edit.text().strip().lower()
        return edit

    def _palette(self, field: Field, edit: QLineEdit) -> None:
        dialog = QColorDialog(QColor(edit.text()), self)
        dialog.setOption(QColorDialog.ColorDialogOption.ShowAlphaChannel, field.alpha)
        forms = QColor.NameFormat
        form = forms.HexArgb if field.alpha else forms.HexRgb
        dialog.colorSelected.connect(lambda colour: edit.setText(colour.name(form)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _file(self, field: Field) -> QWidget:
        edit = self._line(field)
        if field.kind == "files":
            edit.setPlaceholderText(tr("Several are separated by ;"))
        browse = button(tr("&Browse…"), lambda: self._browse(field, edit))
        line = row(edit, browse)
        line.setStretch(0, 1)
        self._layout.addLayout(line)
        if field.kind == "files":
            self._value = lambda: [it.strip() for it in edit.text().split(";") if it.strip()]
        else:
            self._value = lambda: edit.text().strip()
        return edit

    def _browse(self, field: Field, edit: QLineEdit) -> None:
        dialog = QFileDialog(self, self.window().windowTitle())
        modes = QFileDialog.FileMode
        mode = {"folder": modes.Directory, "files": modes.ExistingFiles}
        dialog.setFileMode(mode.get(field.kind, modes.ExistingFile))
        if field.kind == "folder":
            dialog.setOption(QFileDialog.Option.ShowDirsOnly, True)
        elif field.filter:
            dialog.setNameFilter(field.filter)
        if field.start and Path(field.start).is_dir():
            dialog.setDirectory(field.start)
        dialog.filesSelected.connect(lambda files: edit.setText("; ".join(files)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _typed(self, text: str) -> Any:
        try:
            return typed(self.field, text)
        except QuestionError:
            return text

    def _changed(self) -> None:
        if self._fault.isVisible():
            self.is_fine()
        self._edited()


def _search(found: QListWidget) -> QLineEdit:
    line = QLineEdit()
    line.setPlaceholderText(tr("Search"))
    line.setAccessibleName(tr("Search in the list"))
    line.setClearButtonEnabled(True)

    def narrow(text: str) -> None:
        for number in range(found.count()):
            item = found.item(number)
            item.setHidden(text.lower() not in item.text().lower())

    line.textChanged.connect(narrow)
    return line


def _day(text: str) -> QDate:
    return QDate.fromString(text, "yyyy-MM-dd")
