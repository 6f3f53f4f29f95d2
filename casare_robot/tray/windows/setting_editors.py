"""An editor for each kind of setting."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QLocale
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from casare_robot.tray.texts import tr
from casare_robot.tray.views.settings_view import Field, typed
from casare_robot.tray.views.spans import size
from casare_robot.tray.windows.parts import Text, button

LARGEST = 2_000_000_000
SHORTEST = QLocale.FloatingPointPrecisionOption.FloatingPointShortest.value
SECRET_SHOWN = "••••••••"  # noqa: S105 - that is what is shown instead of one


class NumberBox(QDoubleSpinBox):
    """Shows a number with no more places than it has."""

    def textFromValue(self, value: float) -> str:  # noqa: N802 - Qt's name
        """The number as it is written here."""
        return self.locale().toString(value, "f", SHORTEST)


class Editor(QWidget):
    """A field's widgets: editor, unit, description, where its value comes from, what is wrong.

    Args:
        field: The setting.
        edited: Called whenever its value changes.
        change_secret: Asked to change a secret.
        forget_secret: Asked to forget one.
        beside: Stands at the right of the editor.
    """

    def __init__(
        self,
        field: Field,
        *,
        edited: Callable[[], object],
        change_secret: Callable[[Field], object],
        forget_secret: Callable[[Field], object],
        beside: QWidget | None = None,
    ) -> None:
        super().__init__()
        self.field = field
        self._edited = edited
        self._change_secret = change_secret
        self._forget_secret = forget_secret
        self._value: Callable[[], Any] = lambda: field.value
        self._unit = QLabel(field.unit)
        editor = self._make(field)
        editor.setAccessibleName(field.title)
        editor.setAccessibleDescription(field.description)
        editor.setEnabled(not field.locked)
        self.setFocusProxy(editor)
        line = QHBoxLayout()
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(editor, 1 if field.kind in ("text", "list", "path", "secret") else 0)
        if field.unit:
            line.addWidget(self._unit)
        if beside is not None:
            line.addWidget(beside)
        if field.kind not in ("text", "list", "path", "secret"):
            line.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(line)
        source = "" if field.locked else field.source
        about = " · ".join(part for part in (field.description, source) if part)
        if about:
            layout.addWidget(Text(about, tone="muted", size=0.92))
        if field.locked:
            layout.addWidget(Text(field.locked, tone="warn", size=0.92))
        self._fault = Text(tone="bad", size=0.92)
        self._fault.hide()
        layout.addWidget(self._fault)

    def value(self) -> Any:
        """What is said now, as the settings' file says it."""
        return self._value()

    def show_fault(self, fault: str) -> None:
        """Say what is wrong; empty: nothing."""
        self._fault.setText(fault[:1].upper() + fault[1:])
        self._fault.setVisible(bool(fault))

    def _make(self, field: Field) -> QWidget:
        makers: dict[str, Callable[[Field], QWidget]] = {
            "switch": self._switch,
            "choice": self._choice,
            "choices": self._choices,
            "whole": self._whole,
            "number": self._number,
            "secret": self._secret,
        }
        return makers.get(field.kind, self._text)(field)

    def _text(self, field: Field) -> QWidget:
        shown = field.value
        if field.kind == "list":
            shown = ", ".join(field.value or ())
        edit = QLineEdit(str(shown))
        if field.may_be_none:
            edit.setPlaceholderText(tr("no limit"))
        elif field.default and field.kind != "list":
            edit.setPlaceholderText(str(field.default))

        def value() -> Any:
            if field.may_be_none and not edit.text().strip():
                return None
            return typed(field, edit.text())

        self._value = value
        edit.textChanged.connect(lambda _: self._edited())
        return edit

    def _switch(self, field: Field) -> QWidget:
        box = QCheckBox(tr("Yes"))
        box.setChecked(bool(field.value))
        self._value = box.isChecked
        box.toggled.connect(lambda _: self._edited())
        return box

    def _choice(self, field: Field) -> QWidget:
        box = QComboBox()
        for word, text in field.choices:
            box.addItem(text, word)
        box.setCurrentIndex(box.findData(field.value))
        self._value = box.currentData
        box.currentIndexChanged.connect(lambda _: self._edited())
        return box

    def _choices(self, field: Field) -> QWidget:
        whole = QWidget()
        layout = QVBoxLayout(whole)
        layout.setContentsMargins(0, 0, 0, 0)
        boxes: dict[str, QCheckBox] = {}
        for word, text in field.choices:
            box = boxes[word] = QCheckBox(text)
            box.setChecked(word in field.value)
            box.toggled.connect(lambda _: self._edited())
            layout.addWidget(box)
        self._value = lambda: [word for word, box in boxes.items() if box.isChecked()]
        return whole

    def _whole(self, field: Field) -> QWidget:
        box = QSpinBox()
        box.setRange(int(field.low or 0), LARGEST)
        box.setValue(int(field.value))
        box.setGroupSeparatorShown(True)
        self._value = box.value
        if field.name.endswith("_bytes"):
            self._show_size(box.value())
            box.valueChanged.connect(self._show_size)
        box.valueChanged.connect(lambda _: self._edited())
        return box

    def _show_size(self, count: int) -> None:
        self._unit.setText(f"{self.field.unit} ({size(count)})")

    def _number(self, field: Field) -> QWidget:
        box = NumberBox()
        box.setDecimals(3 if (field.low or 0) < 1 else 1)
        box.setRange(field.low or 0, LARGEST)
        box.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        box.setValue(float(field.value))
        self._value = box.value
        box.valueChanged.connect(lambda _: self._edited())
        return box

    def _secret(self, field: Field) -> QWidget:
        whole = QWidget()
        layout = QHBoxLayout(whole)
        layout.setContentsMargins(0, 0, 0, 0)
        shown = QLabel(SECRET_SHOWN if field.value else tr("not set"))
        shown.setAccessibleName(tr("{title} is set", title=field.title) if field.value else "")
        layout.addWidget(shown)
        change = button(
            tr("Change…"),
            lambda: self._change_secret(field),
            named=tr("Change {title}", title=field.title),
        )
        layout.addWidget(change)
        if field.value:
            layout.addWidget(
                button(
                    tr("Forget…"),
                    lambda: self._forget_secret(field),
                    named=tr("Forget {title}", title=field.title),
                )
            )
        layout.addStretch(1)
        whole.setFocusProxy(change)
        return whole
