"""Asks for a workflow and for its variables, and runs it."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from casare_robot.tray.texts import tr
from casare_robot.tray.views.form_view import FormField, RunForm
from casare_robot.tray.windows.parts import Text, button, plain, row
from casare_robot.tray.windows.window import Window


class RunWindow(Window):
    """See the module.

    Args:
        browse: Asked to let a person choose a file.
        chosen: Told the path of a file that was dropped or typed.
        run: Told what was typed, by variable.
        example: Asked to choose one that comes with the program.
    """

    def __init__(
        self,
        *,
        browse: Callable[[], object],
        chosen: Callable[[str], object],
        run: Callable[[dict[str, str]], object],
        example: Callable[[], object],
    ) -> None:
        super().__init__(tr("Run a workflow"), dropped=chosen)
        self._chosen = chosen
        self._run = run
        self._editors: dict[str, Callable[[], str]] = {}
        self._faults: dict[str, Text] = {}
        self.file = QLineEdit()
        self.file.setPlaceholderText(tr("A workflow file; or drop one here"))
        self.file.setAccessibleName(tr("Workflow file"))
        self.file.editingFinished.connect(self._left)
        files = QHBoxLayout()
        files.addWidget(self.file, 1)
        files.addWidget(button(tr("&Browse…"), browse))
        self.title = Text(bold=True, size=1.15)
        self.about = Text(tone="muted")
        self.told = Text()
        self._none_at_hand = QWidget()
        offered = row(
            Text(tr("No workflow at hand?"), tone="muted", wraps=False),
            button(tr("Try an &example"), example),
            None,
        )
        offered.setContentsMargins(0, 0, 0, 0)
        self._none_at_hand.setLayout(offered)
        self._form = QFormLayout()
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self._form.setVerticalSpacing(10)
        inner = QWidget()
        body = QVBoxLayout(inner)
        body.setContentsMargins(0, 0, 0, 0)
        for part in (self.title, self.about, self.told, self._none_at_hand):
            body.addWidget(part)
        body.addLayout(self._form)
        body.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(inner)
        buttons = QDialogButtonBox()
        self.go = buttons.addButton(tr("&Run"), QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        plain(buttons)
        self.default = self.go
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.addLayout(files)
        layout.addWidget(scroll, 1)
        layout.addWidget(buttons)
        self.resize(520, 440)
        self.show_nothing()

    def show_nothing(self, fault: str = "") -> None:
        """No workflow, or one that cannot be run."""
        self._clear()
        self.title.hide()
        self.about.hide()
        self.tell(fault, is_bad=True)
        self._none_at_hand.setVisible(not fault)
        self.go.setEnabled(False)

    def show_form(self, form: RunForm) -> None:
        """A workflow that can be run."""
        self._clear()
        self._none_at_hand.hide()
        self.title.setText(form.title)
        self.title.show()
        self.about.show()
        self.about.setText(tr("Its variables:") if form.fields else tr("It has no variables."))
        self.tell("\n".join(form.warnings))
        for field in form.fields:
            self._add(field)
        self.go.setEnabled(True)
        self.go.setFocus()

    def tell(self, text: str, *, is_bad: bool = False) -> None:
        """Say what is wrong or odd; empty: nothing."""
        self.told.setText(text)
        self.told.set_tone("bad" if is_bad else "warn")
        self.told.setVisible(bool(text))

    def show_fault(self, name: str, why: str) -> None:
        """Say that what was typed for a variable is wrong."""
        fault = self._faults.get(name)
        if fault is None:
            self.tell(why, is_bad=True)
            return
        fault.setText(why[:1].upper() + why[1:])
        fault.show()

    def said(self) -> dict[str, str]:
        """What is typed, by variable."""
        return {name: value() for name, value in self._editors.items()}

    def _clear(self) -> None:
        while self._form.rowCount():
            self._form.removeRow(0)
        self._editors.clear()
        self._faults.clear()

    def _add(self, field: FormField) -> None:
        editor: QWidget
        if field.kind == "switch":
            box = QCheckBox(tr("Yes"))
            box.setChecked(field.text == "true")
            first = field.text

            def switched() -> str:
                said = "true" if box.isChecked() else "false"
                return first if not first and said == "false" else said

            self._editors[field.name] = switched
            editor = box
        else:
            edit = QLineEdit(field.text)
            edit.setCursorPosition(0)
            if field.kind == "secret":
                edit.setEchoMode(QLineEdit.EchoMode.Password)
            if field.kind == "json":
                edit.setPlaceholderText("JSON")
            self._editors[field.name] = edit.text
            editor = edit
        editor.setAccessibleName(field.name)
        editor.setAccessibleDescription(field.description)
        fault = self._faults[field.name] = Text(tone="bad", size=0.92)
        fault.hide()
        cell = QVBoxLayout()
        cell.setSpacing(2)
        cell.addWidget(editor)
        if field.description:
            cell.addWidget(Text(field.description, tone="muted", size=0.92))
        cell.addWidget(fault)
        label = QLabel(field.name)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setBuddy(editor)
        self._form.addRow(label, cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Enter reads the file that was typed, and anywhere else runs the workflow."""
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and self.file.hasFocus():
            self._choose()
        else:
            super().keyPressEvent(event)

    def _left(self) -> None:
        if self.file.isModified() and not self.file.hasFocus():
            self._choose()

    def _choose(self) -> None:
        self.file.setModified(False)
        self._chosen(self.file.text())

    def _accept(self) -> None:
        for fault in self._faults.values():
            fault.hide()
        self._run(self.said())
