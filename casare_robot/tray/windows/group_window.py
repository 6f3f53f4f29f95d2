"""The group window: who is in the group, who is well, what it knows, who took over from whom."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QProgressBar,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from casare_robot.tray.texts import tr
from casare_robot.tray.views.group_view import GroupView, MemberLine
from casare_robot.tray.windows.parts import (
    Card,
    Text,
    ask,
    button,
    emptied,
    row,
    tell,
)
from casare_robot.tray.windows.window import Window

NARROWEST = 280
"""Pixels of a line of text."""


class GroupWindow(Window):
    """See `GroupView`.

    Args:
        promote: Told a passive member to make active.
        demote: Told an active member to make passive.
        drill: Wished: a failover on purpose.
        sync: Wished: all members in step.
        refresh: Asks for a new look; called every two seconds while the window can be seen.
    """

    def __init__(
        self,
        *,
        promote: Callable[[str], object],
        demote: Callable[[str], object],
        drill: Callable[[], object],
        sync: Callable[[], object],
        refresh: Callable[[], object],
    ) -> None:
        super().__init__(tr("Group"), refresh=refresh)
        self._promote = promote
        self._demote = demote
        self._view: GroupView | None = None
        self._rows: list[MemberRow] = []
        self._build(drill, sync)
        self.resize(680, 600)

    def show_group(self, view: GroupView) -> None:
        """Show how the group is."""
        before, self._view = self._view, view
        if before == view:
            return
        self.setWindowTitle(tr("Group {name}", name=view.name) if view.members else tr("Group"))
        self._name.setText(view.name)
        self._headline.setText(view.headline)
        self._headline.set_tone(view.tone)
        self._headline.setVisible(bool(view.headline))
        self._leader.setText(view.leader)
        self._leader.setVisible(bool(view.leader))
        self._problem.setText(view.problem[:1].upper() + view.problem[1:])
        self._problem_card.setVisible(bool(view.problem))
        self._body.setVisible(bool(view.members))
        self._memory.setText(view.memory)
        self._bar.setValue(view.memory_done)
        self._full.setVisible(view.is_nearly_full)
        self._jobs.setText(view.jobs)
        self._drill.setEnabled(view.can_drill)
        self._sync.setEnabled(view.can_sync)
        if before is None or _shape(before) != _shape(view):
            self._lay_members(view)
        for line, shown in zip(self._rows, view.members, strict=True):
            line.show_member(shown)
        if before is None or before.failovers != view.failovers:
            self._lay_failovers(view)

    def ask_drill(self, cost: str, then: Callable[[], object]) -> None:
        """Ask whether to fail over on purpose."""
        ask(
            self,
            tr("Fail over on purpose?"),
            more=cost,
            answers=[(tr("Fail over"), then)],
            cancel=tr("Leave it as it is"),
        )

    def tell(self, title: str, text: str) -> None:
        """Say something."""
        tell(self, title, text)

    def _build(self, drill: Callable[[], object], sync: Callable[[], object]) -> None:
        self._name = Text(bold=True, size=1.35)
        self._headline = Text(size=1.05)
        self._leader = Text(tone="muted")
        self._problem = Text()
        self._problem_card = Card(edge="warn")
        self._problem_card.body.addWidget(self._problem)
        self._problem_card.hide()
        self._members = QGridLayout()
        self._members.setHorizontalSpacing(14)
        self._members.setVerticalSpacing(8)
        self._members.setColumnStretch(2, 1)
        self._memory = _line()
        self._full = _line(tr("nearly full: the least used texts go first"), tone="warn")
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(8)
        self._bar.setAccessibleName(tr("How full the memory is"))
        self._jobs = _line()
        self._failovers = QVBoxLayout()
        self._failovers.setSpacing(2)
        self._drill = button(tr("&Drill…"), drill)
        self._drill.setToolTip(tr("Let a standby take over on purpose, and see how long it takes"))
        self._sync = button(tr("Bring in &step"), sync)
        self._sync.setToolTip(tr("Bring all members up to what the group knows"))
        self._body = QWidget()
        body = QVBoxLayout(self._body)
        body.setContentsMargins(16, 4, 16, 8)
        body.setSpacing(8)
        for heading, card in (
            (tr("Members"), self._card(self._members)),
            (tr("Working memory"), self._card(self._memory, self._bar, self._full)),
            (tr("Jobs"), self._card(self._jobs)),
            (tr("Failovers"), self._card(self._failovers)),
        ):
            body.addWidget(Text(heading, bold=True))
            body.addWidget(card)
        body.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(self._body)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        head = QVBoxLayout()
        head.setContentsMargins(16, 0, 16, 0)
        head.setSpacing(8)
        names = QVBoxLayout()
        names.setSpacing(1)
        for part in (self._name, self._headline, self._leader):
            names.addWidget(part)
        head.addLayout(names)
        head.addWidget(self._problem_card)
        foot = row(self._sync, None, self._drill)
        foot.setContentsMargins(16, 0, 16, 0)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 14, 0, 12)
        whole.setSpacing(8)
        whole.addLayout(head)
        whole.addWidget(scroll, 1)
        whole.addLayout(foot)

    def _card(self, *parts: QWidget | QHBoxLayout | QVBoxLayout | QGridLayout) -> Card:
        card = Card()
        for part in parts:
            if isinstance(part, QWidget):
                card.body.addWidget(part)
            else:
                card.body.addLayout(part)
        return card

    def _lay_members(self, view: GroupView) -> None:
        emptied(self._members)
        self._rows = []
        for place, member in enumerate(view.members):
            line = MemberRow(member, promote=self._promote, demote=self._demote)
            self._rows.append(line)
            for column, part in enumerate((line.mark, line.name, line.condition, line.change)):
                if part is not None:
                    self._members.addWidget(part, place, column)

    def _lay_failovers(self, view: GroupView) -> None:
        emptied(self._failovers)
        for story in view.failovers:
            self._failovers.addWidget(_line(story))
        if not view.failovers:
            self._failovers.addWidget(_line(tr("There was none."), tone="muted"))


class MemberRow:
    """The parts of a member's line; those that change keep their place and the focus."""

    def __init__(
        self,
        member: MemberLine,
        *,
        promote: Callable[[str], object],
        demote: Callable[[str], object],
    ) -> None:
        self.mark = Text(bold=True, wraps=False)
        self.name = Text(bold=True, wraps=False)
        self.condition = _line(tone="muted")
        self.change: QWidget | None = None
        if member.can_promote:
            named = tr("Promote {robot}", robot=member.robot)
            self.change = button(tr("Promote"), partial(promote, member.robot), named=named)
        elif member.can_demote:
            named = tr("Demote {robot}", robot=member.robot)
            self.change = button(tr("Demote"), partial(demote, member.robot), named=named)

    def show_member(self, member: MemberLine) -> None:
        """Show how it is now."""
        self.mark.setText(member.mark)
        self.mark.set_tone(member.tone)
        self.name.setText(member.name)
        can = tr("; can {what}", what=member.can) if member.can else ""
        self.condition.setText(f"{member.role}: {member.condition}{can}")


def _line(text: str = "", *, tone: str = "") -> Text:
    """Text that wraps only where there is really no room: what is above it stays in sight."""
    made = Text(text, tone=tone)
    made.setMinimumWidth(NARROWEST)
    return made


def _shape(view: GroupView) -> object:
    """What decides which parts there are."""
    return [(one.robot, one.can_promote, one.can_demote) for one in view.members]
