"""The window of what starts by itself: each trigger with its next and last run, on and off."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from casare_robot.domain.trigger_status import Missed
from casare_robot.tray.texts import tr
from casare_robot.tray.views.trigger_view import TriggerLine, TriggersView, missed_choices
from casare_robot.tray.windows.files import ask_for_file
from casare_robot.tray.windows.parts import Card, Text, button, emptied, row
from casare_robot.tray.windows.window import Window

NARROWEST = 280
"""Pixels of a line of text."""
Told = Callable[[TriggerLine], object]


class TriggerWindow(Window):
    """See `TriggersView`.

    Args:
        switch_on: Told the file of a workflow and what becomes of its missed runs.
        switch_back: Told a line that was switched off.
        switch_off: Told a line that is on.
        fire: Told a line whose workflow is to start now.
        show_job: Told a line whose last job is to be shown.
        refresh: Asks for a new look; called every two seconds while the window can be seen.
    """

    def __init__(
        self,
        *,
        switch_on: Callable[[str, Missed], object],
        switch_back: Told,
        switch_off: Told,
        fire: Told,
        show_job: Told,
        refresh: Callable[[], object],
    ) -> None:
        super().__init__(tr("Starts by itself"), refresh=refresh)
        self._switch_on = switch_on
        self._told = {
            "back": switch_back,
            "off": switch_off,
            "fire": fire,
            "job": show_job,
        }
        self._view: TriggersView | None = None
        self._cards: list[TriggerCard] = []
        self._asking: QFileDialog | None = None
        self._build()
        self.resize(680, 520)

    def show_triggers(self, view: TriggersView) -> None:
        """Show what is on."""
        before, self._view = self._view, view
        if before == view:
            return
        self._headline.setText(view.headline)
        self._headline.setVisible(bool(view.headline))
        self._problem.setText(view.problem)
        self._problem_card.setVisible(bool(view.problem))
        self._hint.setVisible(not view.lines)
        self._choose.setEnabled(view.can_change)
        if before is None or _shape(before) != _shape(view):
            emptied(self._list)
            self._cards = [TriggerCard(line, self._told) for line in view.lines]
            for card in self._cards:
                self._list.addWidget(card)
        for card, line in zip(self._cards, view.lines, strict=True):
            card.show_line(line, can_change=view.can_change)

    def choose(self) -> None:
        """Ask for a workflow to switch on."""
        self._asking = ask_for_file(
            self,
            tr("Which workflow is to start by itself?"),
            kinds=tr("Workflows (*.json);;All files (*)"),
            chosen=lambda path: self._switch_on(str(path), self._missed.currentData()),
        )

    def _build(self) -> None:
        self._headline = Text(bold=True, size=1.2)
        self._problem = Text()
        self._problem_card = Card(edge="warn")
        self._problem_card.body.addWidget(self._problem)
        self._problem_card.hide()
        self._hint = Text(
            tr(
                "A workflow that begins with a trigger – a schedule, a folder, a mailbox – "
                "starts by itself from when it is switched on, also after a restart."
            ),
            tone="muted",
        )
        self._list = QVBoxLayout()
        self._list.setSpacing(8)
        self._missed = QComboBox()
        for value, text in missed_choices().items():
            self._missed.addItem(text, value)
        self._missed.setAccessibleName(tr("What becomes of missed runs"))
        self._missed.setToolTip(tr("Of a schedule, while the robot was away"))
        self._choose = button(tr("&Switch on a workflow…"), self.choose)
        body = QWidget()
        inner = QVBoxLayout(body)
        inner.setContentsMargins(16, 4, 16, 8)
        inner.setSpacing(8)
        inner.addWidget(self._hint)
        inner.addLayout(self._list)
        inner.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(body)
        head = QVBoxLayout()
        head.setContentsMargins(16, 0, 16, 0)
        head.setSpacing(8)
        head.addWidget(self._headline)
        head.addWidget(self._problem_card)
        foot = row(self._missed, None, self._choose)
        foot.setContentsMargins(16, 0, 16, 0)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 14, 0, 12)
        whole.setSpacing(8)
        whole.addLayout(head)
        whole.addWidget(scroll, 1)
        whole.addLayout(foot)


class TriggerCard(Card):
    """A trigger and what can be done about it; its parts keep their place and the focus."""

    def __init__(self, line: TriggerLine, told: dict[str, Told]) -> None:
        super().__init__(edge="warn" if line.problem else "")
        self._line = line
        self._mark = Text(bold=True, wraps=False)
        self._name = Text(bold=True)
        self._kind = Text(tone="muted", wraps=False)
        self._times = Text(tone="muted")
        self._file = Text(tone="muted")
        self._address = Text()
        self._problem = Text(tone="warn")
        self._buttons: list[QPushButton] = []

        def does(text: str, what: str) -> None:
            named = f"{text}: {line.name}"
            made = button(text, lambda: told[what](self._line), named=named)
            self._buttons.append(made)

        if line.is_on:
            does(tr("Start now"), "fire")
            does(tr("Switch off"), "off")
        else:
            does(tr("Switch on"), "back")
        if line.job:
            does(tr("Last job"), "job")
        self._buttons.reverse()
        head = row(self._mark, self._name, self._kind)
        head.setStretch(1, 1)
        self.body.addLayout(head)
        for part in (self._problem, self._times, self._file, self._address):
            part.setMinimumWidth(NARROWEST)
            self.body.addWidget(part)
        self.body.addLayout(row(None, *self._buttons))

    def show_line(self, line: TriggerLine, *, can_change: bool) -> None:
        """Show how it is now."""
        self._line = line
        self._mark.setText(line.mark)
        self._mark.set_tone(line.tone)
        self._kind.setText(line.kind)
        for part, text in (
            (self._name, line.name),
            (self._problem, line.problem),
            (self._times, line.times),
            (self._file, line.file),
            (self._address, line.address),
        ):
            part.setText(text)
            part.setVisible(bool(text))
        for made in self._buttons:
            made.setEnabled(can_change)


def _shape(view: TriggersView) -> object:
    """What decides which parts there are."""
    return [(one.id, one.is_on, bool(one.problem), bool(one.job)) for one in view.lines]
