"""The settings, page by page; what is typed is checked as it is typed."""

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QListWidget,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from casare_robot.tray.texts import counted, tr
from casare_robot.tray.views.settings_view import Field, Page, changed, faults_of
from casare_robot.tray.windows.parts import Card, Text, button, plain, row
from casare_robot.tray.windows.setting_editors import Editor
from casare_robot.tray.windows.theme import PAGES
from casare_robot.tray.windows.window import Window

LABEL = 27
"""Letters of a setting's name side by side; it takes several lines before its field is squeezed."""
ENDPOINTS = ("orchestrator_url", "supabase_url", "store_url")


class SettingsWindow(Window):
    """See the module.

    Args:
        save: Told the changed values by name.
        change_secret: Asked to change a secret.
        forget_secret: Asked to forget one.
        check: Asked to test the connection.
        accounts: Asked for the accounts that the robot is signed in to.
        autostart: Told whether to start at login.
    """

    def __init__(
        self,
        *,
        save: Callable[[dict[str, Any]], object],
        change_secret: Callable[[Field], object],
        forget_secret: Callable[[Field], object],
        check: Callable[[], object],
        accounts: Callable[[], object],
        autostart: Callable[[bool], object],
    ) -> None:
        super().__init__(tr("Settings"))
        self._save = save
        self._change_secret = change_secret
        self._forget_secret = forget_secret
        self._check = check
        self._autostart = autostart
        self._editors: dict[str, Editor] = {}
        self.pages = QListWidget()
        self.pages.setAccessibleName(tr("Pages"))
        self.pages.setMaximumWidth(180)
        self.pages.setSpacing(1)
        self.pages.setStyleSheet(PAGES)
        self._stack = QStackedWidget()
        self.pages.currentRowChanged.connect(self._stack.setCurrentIndex)
        self.told = Text()
        self.login = QCheckBox(tr("Start at &login, hidden in the tray"))
        self.login.clicked.connect(lambda is_on: self._autostart(is_on))
        self.login_told = Text(tone="muted", size=0.92)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok
            | QDialogButtonBox.StandardButton.Cancel
            | QDialogButtonBox.StandardButton.Apply
        )
        self._apply = self.buttons.button(QDialogButtonBox.StandardButton.Apply)
        self._ok = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        self._apply.clicked.connect(self.apply)
        self.buttons.accepted.connect(self._accept)
        self.buttons.rejected.connect(self.close)
        plain(self.buttons)
        self.default = self._ok
        middle = row(self.pages, self._stack)
        middle.setStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.addLayout(middle, 1)
        layout.addWidget(self.told)
        foot = row(button(tr("&Accounts…"), accounts), self.buttons)
        foot.setStretch(1, 1)
        layout.addLayout(foot)
        self.resize(820, 600)

    def show_pages(self, pages: Sequence[Page]) -> None:
        """Show the settings in force; what was typed and not saved is forgotten."""
        chosen = max(0, self.pages.currentRow())
        self.pages.blockSignals(True)
        self.pages.clear()
        self.login.setParent(None)
        self.login_told.setParent(None)
        while (old := self._stack.widget(0)) is not None:
            self._stack.removeWidget(old)
            old.deleteLater()
        self._editors = {}
        for place, page in enumerate(pages):
            self.pages.addItem(page.title)
            self._stack.addWidget(self._page(page, is_first=place == 0))
        self.pages.blockSignals(False)
        self.pages.setCurrentRow(chosen)
        self._stack.setCurrentIndex(chosen)
        self._edited()

    def show_autostart(self, *, is_on: bool, can_change: bool, told: str) -> None:
        """Show whether the program really starts at login."""
        self.login.setChecked(is_on)
        self.login.setEnabled(can_change)
        self.login_told.setText(told)
        self.login_told.setVisible(bool(told))

    def tell(self, text: str, *, is_bad: bool = False) -> None:
        """Say how it went."""
        self.told.setText(text)
        self.told.set_tone("bad" if is_bad else "good")

    def said(self) -> dict[str, Any]:
        """What is typed and differs from what is in force."""
        fields = {name: editor.field for name, editor in self._editors.items()}
        values = {
            name: editor.value()
            for name, editor in self._editors.items()
            if editor.field.kind != "secret" and not editor.field.locked
        }
        return changed(fields, values)

    def apply(self) -> None:
        """Save what was changed."""
        self._save(self.said())

    def _accept(self) -> None:
        said = self.said()
        if said:
            self._save(said)
        self.close()

    def _page(self, page: Page, *, is_first: bool) -> QWidget:
        inner = QWidget()
        form = QFormLayout(inner)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(12)
        heading = Text(page.title, bold=True, size=1.2)
        form.addRow(heading)
        group = ""
        for field in page.fields:
            if field.group != group:
                group = field.group
                form.addRow(Text(group, bold=True))
            editor = Editor(
                field,
                edited=self._edited,
                change_secret=self._change_secret,
                forget_secret=self._forget_secret,
                beside=self._test() if field.name in ENDPOINTS else None,
            )
            label = QLabel(field.title)
            label.setWordWrap(True)
            label.setFixedWidth(label.fontMetrics().averageCharWidth() * LABEL)
            label.setBuddy(editor)
            form.addRow(label, editor)
            self._editors[field.name] = editor
        if is_first:
            card = Card()
            card.body.addWidget(self.login)
            card.body.addWidget(self.login_told)
            form.addRow(card)
        defaults = button(tr("Defaults of this page"), lambda: self._defaults(page))
        form.addRow("", row_widget(defaults))
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(inner)
        return scroll

    def _test(self) -> QWidget:
        return button(tr("Test"), self._check, named=tr("Test the connection"))

    def _defaults(self, page: Page) -> None:
        """Save the page's settings as they are when nobody sets them."""
        values = {
            field.name: field.default
            for field in page.fields
            if not field.locked and field.kind != "secret" and field.value != field.default
        }
        if values:
            self._save(values)

    def _edited(self) -> None:
        """Check what is typed."""
        said = self.said()
        faults = faults_of(said) if said else {}
        for name, editor in self._editors.items():
            editor.show_fault(faults.get(name, ""))
        self._apply.setEnabled(bool(said) and not faults)
        self._ok.setEnabled(not faults)
        if faults:
            count = len(faults)
            self.tell(
                counted(count, "{count} value is not right", "{count} values are not right"),
                is_bad=True,
            )
        elif self.told.text():
            self.told.setText("")


def row_widget(part: QWidget) -> QWidget:
    """A widget at the left of its line."""
    whole = QWidget()
    layout = row(part, None)
    layout.setContentsMargins(0, 0, 0, 0)
    whole.setLayout(layout)
    return whole
