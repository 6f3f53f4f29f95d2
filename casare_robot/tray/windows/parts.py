"""Small parts that several windows are made of."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QIcon, QPalette
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QMessageBox,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from casare_robot.tray.texts import tr
from casare_robot.tray.windows.theme import mixed, muted, tone

GAP = 8


class Text(QLabel):
    """Plain text that wraps and can be copied.

    Args:
        text: Never read as markup.
        size: Of the font, compared with the usual one.
        wraps: Whether it may take several lines.
        tone: One of `theme.TONES`, ``muted`` or empty.
    """

    def __init__(
        self,
        text: str = "",
        *,
        size: float = 1.0,
        bold: bool = False,
        tone: str = "",
        wraps: bool = True,
    ) -> None:
        super().__init__(text)
        self._tone = tone
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wraps)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * size)
        font.setBold(bold)
        self.setFont(font)
        self._colour()

    def set_tone(self, tone: str) -> None:
        """Change its colour."""
        self._tone = tone
        self._colour()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Follow a change between light and dark."""
        if event.type() is QEvent.Type.ApplicationPaletteChange:
            self._colour()
        super().changeEvent(event)

    def _colour(self) -> None:
        if not self._tone:
            return
        self.setPalette(QPalette())
        palette = self.palette()
        colour = muted(self) if self._tone == "muted" else tone(self, self._tone)
        palette.setColor(QPalette.ColorRole.WindowText, colour)
        self.setPalette(palette)


class Card(QFrame):
    """A quiet frame around what belongs together, with an optional coloured edge."""

    def __init__(self, *, edge: str = "") -> None:
        super().__init__()
        self._edge = edge
        self.setObjectName("card")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(12, 10, 12, 10)
        self.body.setSpacing(6)
        self._paint_style()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Follow a change between light and dark."""
        if event.type() is QEvent.Type.ApplicationPaletteChange:
            self._paint_style()
        super().changeEvent(event)

    def _paint_style(self) -> None:
        palette = self.palette()
        base = palette.color(QPalette.ColorRole.Base)
        text = palette.color(QPalette.ColorRole.WindowText)
        line = mixed(base, text, 0.18).name()
        edge = f"border-left: 4px solid {tone(self, self._edge).name()};" if self._edge else ""
        self.setStyleSheet(
            f"#card {{ background: {base.name()}; border: 1px solid {line}; {edge}"
            " border-radius: 6px; }"
        )


class Refreshing:
    """Calls something at once and then every so often, while a window can be seen.

    Args:
        owner: The window.
        refresh: What to call.
        every: Milliseconds, a second at least: the face sleeps when nobody looks.
    """

    def __init__(self, owner: QWidget, refresh: Callable[[], object], every: int = 2_000) -> None:
        self._refresh = refresh
        self._timer = QTimer(owner, interval=max(1_000, every))
        self._timer.timeout.connect(self._tick)

    def begin(self) -> None:
        """The window is shown."""
        self._timer.start()
        self._refresh()

    def end(self) -> None:
        """The window is hidden."""
        self._timer.stop()

    def _tick(self) -> None:
        self._refresh()


def row(*parts: QWidget | int | None) -> QHBoxLayout:
    """Widgets side by side; None is space that grows, a number space that does not."""
    layout = QHBoxLayout()
    layout.setSpacing(GAP)
    for part in parts:
        if part is None:
            layout.addStretch(1)
        elif isinstance(part, int):
            layout.addSpacing(part)
        else:
            layout.addWidget(part)
    return layout


def button(
    text: str, pressed: Callable[[], object], *, named: str = "", is_default: bool = False
) -> QPushButton:
    """A button; ``named`` is what a screen reader says where the text alone is not enough."""
    made = QPushButton(text)
    made.setAccessibleName(named or text.replace("&", ""))
    made.setAutoDefault(is_default)
    made.setDefault(is_default)
    made.clicked.connect(lambda: pressed())
    return made


def plain(box: QDialogButtonBox) -> QDialogButtonBox:
    """Buttons without the pictures that some styles add."""
    for made in box.buttons():
        made.setIcon(QIcon())
    return box


def emptied(layout: QLayout) -> None:
    """Take out and delete everything in a layout."""
    while (item := layout.takeAt(0)) is not None:
        widget, within = item.widget(), item.layout()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif within is not None:
            emptied(within)


def ask(
    parent: QWidget | None,
    question: str,
    *,
    more: str = "",
    answers: Sequence[tuple[str, Callable[[], object]]],
    cancel: str,
) -> QMessageBox:
    """Ask something in a box that holds up nothing; what is answered is called.

    Args:
        parent: The window it belongs to.
        question: In a sentence.
        more: What one should know to answer.
        answers: Words on buttons, and what they mean; the first is proposed.
        cancel: The words for no answer.
    """
    box = QMessageBox(parent)
    box.setWindowTitle(tr("Casare Robot"))
    box.setIcon(QMessageBox.Icon.Question)
    box.setText(question)
    box.setInformativeText(more)
    box.setTextFormat(Qt.TextFormat.PlainText)
    meanings = {}
    for text, then in answers:
        made = box.addButton(text, QMessageBox.ButtonRole.AcceptRole)
        meanings[made] = then
        if len(meanings) == 1:
            box.setDefaultButton(made)
    box.setEscapeButton(box.addButton(cancel, QMessageBox.ButtonRole.RejectRole))
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

    def answered(chosen: object) -> None:
        for made, then in meanings.items():
            if made is chosen:
                then()

    box.buttonClicked.connect(answered)
    open_dialog(box)
    return box


def tell(parent: QWidget | None, title: str, text: str, *, is_failure: bool = False) -> QMessageBox:
    """Say something in a box that holds up nothing."""
    box = QMessageBox(parent)
    box.setWindowTitle(tr("Casare Robot"))
    box.setIcon(QMessageBox.Icon.Warning if is_failure else QMessageBox.Icon.Information)
    box.setText(title)
    box.setInformativeText(text)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    box.setStyleSheet(HEADED)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    open_dialog(box)
    return box


HEADED = """
    QMessageBox { dialogbuttonbox-buttons-have-icons: 0; }
    QLabel#qt_msgbox_label { font-weight: bold; }
"""
"""A message box whose first line is a heading."""


def open_dialog(dialog: QDialog) -> None:
    """Open a dialog in front, and keep it while it is open: it may have no parent that does."""
    _open.add(dialog)
    dialog.finished.connect(lambda _: _open.discard(dialog))
    dialog.open()
    dialog.raise_()
    dialog.activateWindow()


_open: set[QDialog] = set()
