"""What is well and what is not: a line for each check, with its mend."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QProgressBar, QScrollArea, QVBoxLayout, QWidget

from casare_robot.agent.doctor import Finding
from casare_robot.tray.texts import counted, tr
from casare_robot.tray.windows.parts import Text, button, emptied, row
from casare_robot.tray.windows.window import Window

MARKS = {"ok": ("✓", "good"), "warn": ("!", "warn"), "fail": ("✕", "bad"), "skip": ("–", "still")}
WORDS = {"ok": "good", "warn": "could be better", "fail": "bad", "skip": "left out"}
"""What a screen reader says in the place of a mark."""
WIDTHS = (24, 130)
"""Pixels of the mark and of the check's name."""


class CheckList(QWidget):
    """The lines alone, for other windows too."""

    def __init__(self) -> None:
        super().__init__()
        self._lines = QVBoxLayout()
        self._lines.setSpacing(8)
        self._busy = QProgressBar()
        self._busy.setRange(0, 0)
        self._busy.setTextVisible(False)
        self._busy.setFixedHeight(6)
        self._busy.setAccessibleName(tr("Checking"))
        self.summary = Text(bold=True)
        self.findings: list[Finding] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.summary)
        layout.addWidget(self._busy)
        layout.addLayout(self._lines)
        layout.addStretch(1)

    def begin(self) -> None:
        """Forget what was found."""
        emptied(self._lines)
        self.findings = []
        self.summary.setText(tr("Checking…"))
        self.summary.set_tone("")
        self._busy.show()

    def add(self, finding: Finding) -> None:
        """One more line."""
        self.findings.append(finding)
        mark, tone = MARKS[finding.state]
        sign = Text(mark, bold=True, tone=tone)
        sign.setFixedWidth(WIDTHS[0])
        sign.setAccessibleName(tr(WORDS[finding.state]))
        name = Text(finding.check)
        name.setFixedWidth(WIDTHS[1])
        message = QVBoxLayout()
        message.setSpacing(1)
        message.addWidget(Text(finding.message))
        if finding.mend:
            message.addWidget(Text(finding.mend, tone=tone, size=0.92))
        line = row(sign, name)
        line.setAlignment(Qt.AlignmentFlag.AlignTop)
        line.addLayout(message, 1)
        self._lines.addLayout(line)

    def end(self) -> None:
        """All was looked at."""
        self._busy.hide()
        bad = sum(finding.state == "fail" for finding in self.findings)
        odd = sum(finding.state == "warn" for finding in self.findings)
        if bad:
            text = counted(
                bad,
                "{count} thing keeps the robot from working",
                "{count} things keep the robot from working",
            )
            self.summary.set_tone("bad")
        elif odd:
            text = counted(
                odd,
                "It works; {count} thing could be better",
                "It works; {count} things could be better",
            )
            self.summary.set_tone("warn")
        else:
            text = tr("All is well.")
            self.summary.set_tone("good")
        self.summary.setText(text)


class CheckWindow(Window):
    """The lines in a window of their own.

    Args:
        again: Asked to check again.
        save: Asked to save the diagnosis.
    """

    def __init__(self, *, again: Callable[[], object], save: Callable[[], object]) -> None:
        super().__init__(tr("Check connection"))
        self.list = CheckList()
        self.again = button(tr("Check &again"), again)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(self.list)
        self.default = button(tr("&Close"), self.close, is_default=True)
        layout = QVBoxLayout(self)
        layout.addWidget(scroll, 1)
        layout.addLayout(row(button(tr("&Save diagnosis…"), save), None, self.again, self.default))
        self.resize(640, 480)
