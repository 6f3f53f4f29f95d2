"""The accounts that the robot is signed in to, and signing in to another."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QFormLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from casare_robot.tray.texts import tr
from casare_robot.tray.views.accounts_view import AccountLine, AccountsView, access_words
from casare_robot.tray.windows.files import ask_for_file
from casare_robot.tray.windows.parts import Card, Text, ask, button, emptied, row
from casare_robot.tray.windows.window import Window

CONSOLE = "console.cloud.google.com"
NARROWEST = 380
"""Pixels of a line of text."""


class AccountsWindow(Window):
    """See `AccountsView`.

    Args:
        add: Told a name, a client's file and words for what is asked for.
        give_up: Wished: no sign-in any more.
        remove: Told the name of an account.
    """

    def __init__(
        self,
        *,
        add: Callable[[str, str, Sequence[str]], object],
        give_up: Callable[[], object],
        remove: Callable[[str], object],
    ) -> None:
        super().__init__(tr("Accounts"))
        self._add = add
        self._remove = remove
        self._view: AccountsView | None = None
        self._asking: QFileDialog | None = None
        self._build(give_up)
        self.resize(560, 520)

    def show_accounts(self, view: AccountsView) -> None:
        """Show what there is, and what is asked."""
        before, self._view = self._view, view
        if before is None or before.lines != view.lines:
            emptied(self._list)
            for line in view.lines:
                self._list.addWidget(self._card(line))
            if not view.lines:
                self._list.addWidget(Text(tr("The robot is signed in nowhere."), tone="muted"))
        asked = view.asked
        self._asked_card.setVisible(asked is not None)
        if asked is not None:
            self._words.setText(asked.words)
            self._code.setText(asked.code)
            self._code.setVisible(bool(asked.code))
            self._copy.setVisible(bool(asked.code))
            self._page.setText(asked.url if asked.code else "")
            self._page.setVisible(bool(asked.code))
        self._form.setEnabled(not view.is_busy)
        self._give_up.setVisible(view.is_busy)
        self._told.setText(view.told)
        self._told.set_tone("bad" if view.is_bad else "")
        self._told.setVisible(bool(view.told))

    def open_page(self, url: str) -> None:
        """Open a page in the person's browser."""
        QDesktopServices.openUrl(QUrl(url))

    def _build(self, give_up: Callable[[], object]) -> None:
        self._list = QVBoxLayout()
        self._list.setSpacing(6)
        self._words, self._page = Text(), Text(tone="muted")
        self._code = Text(bold=True, size=1.8, wraps=False)
        self._open = button(tr("Open the &page"), self._open_asked)
        self._copy = button(tr("&Copy the code"), self._copy_code)
        self._asked_card = Card(edge="busy")
        for part in (self._words, self._code, self._page):
            self._asked_card.body.addWidget(part)
        self._asked_card.body.addLayout(row(self._open, self._copy, None))
        self._asked_card.hide()
        self.name = QLineEdit("google")
        self.name.setAccessibleName(tr("Name in workflows"))
        self.client = QLineEdit()
        self.client.setPlaceholderText(tr("of the last sign-in, if this is empty"))
        self.client.setAccessibleName(tr("The OAuth client's file"))
        browse = button(tr("Choose…"), self._choose)
        client = QWidget()
        beside = row(self.client, browse)
        beside.setContentsMargins(0, 0, 0, 0)
        client.setLayout(beside)
        self.access = {word: QCheckBox(text) for word, text in access_words().items()}
        for word, box in self.access.items():
            box.setChecked(word != "drive-file")
        self._go = self.default = button(tr("&Sign in to Google"), self._begin, is_default=True)
        self._give_up = button(tr("&Give up"), give_up)
        self._give_up.hide()
        self._told = Text()
        self._told.hide()
        self._form = QWidget()
        form = QFormLayout(self._form)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow(tr("Name in workflows"), self.name)
        form.addRow(tr("OAuth client's file"), client)
        hint = tr("A client of the type Desktop app or TV; {console} gives it.", console=CONSOLE)
        told = Text(hint, tone="muted", size=0.92)
        told.setMinimumWidth(NARROWEST)
        form.addRow("", told)
        for place, box in enumerate(self.access.values()):
            form.addRow(tr("The robot may use") if place == 0 else "", box)
        form.addRow("", row(self._go, None))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 14, 16, 12)
        whole.setSpacing(8)
        whole.addWidget(Text(tr("Accounts"), bold=True, size=1.2))
        whole.addLayout(self._list)
        whole.addWidget(Text(tr("Sign in"), bold=True))
        whole.addWidget(self._form)
        whole.addWidget(self._asked_card)
        foot = row(self._told, self._give_up)
        foot.setStretch(0, 1)
        foot.setAlignment(self._give_up, Qt.AlignmentFlag.AlignRight)
        whole.addLayout(foot)
        whole.addStretch(1)

    def _card(self, line: AccountLine) -> Card:
        card = Card()
        head = row(Text(line.title, bold=True), None)
        named = tr("Remove {name}", name=line.name)
        head.addWidget(button(tr("Remove…"), partial(self._ask_removal, line), named=named))
        card.body.addLayout(head)
        card.body.addWidget(Text(line.access, tone="muted"))
        return card

    def _begin(self) -> None:
        access = [word for word, box in self.access.items() if box.isChecked()]
        self._add(self.name.text().strip() or "google", self.client.text().strip(), access)

    def _choose(self) -> None:
        self._asking = ask_for_file(
            self,
            tr("The OAuth client's file"),
            kinds=tr("JSON files (*.json);;All files (*)"),
            chosen=lambda path: self.client.setText(str(path)),
        )

    def _ask_removal(self, line: AccountLine) -> None:
        ask(
            self,
            tr("Remove {name}?", name=line.name),
            more=tr("Google is told, and workflows that use it work no more."),
            answers=[(tr("Remove it"), partial(self._remove, line.name))],
            cancel=tr("Keep it"),
        )

    def _open_asked(self) -> None:
        if self._view is not None and self._view.asked is not None:
            self.open_page(self._view.asked.url)

    def _copy_code(self) -> None:
        QGuiApplication.clipboard().setText(self._code.text())
