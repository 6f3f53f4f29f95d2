"""How windows look: the system's own style and fonts, a few tones for light and for dark."""

from functools import partial
from typing import Any

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from casare_robot.tray.icons import application_icon

TONES = {
    "good": ("#2e8b3d", "#5cc46c"),
    "busy": ("#1a73e8", "#6aa8f7"),
    "warn": ("#b45309", "#f5b041"),
    "bad": ("#c5221f", "#ff7b72"),
    "still": ("#6b7280", "#9aa3af"),
}
"""Name to colour on light and on dark; each readable as text on its window."""


TABLE = (
    "QTableView { border: 1px solid palette(mid); border-radius: 4px; }"
    "QHeaderView { background: palette(base); }"
    "QHeaderView::section { background: palette(base); border: 0; padding: 5px 3px;"
    " border-bottom: 1px solid palette(midlight); font-weight: bold; }"
)
"""The style of a table: flat headings that stand out by their weight."""
PAGES = (
    "QListWidget { border: 0; background: transparent; outline: 0; }"
    "QListWidget::item { padding: 7px 10px; border-radius: 5px; }"
    "QListWidget::item:selected { background: palette(highlight);"
    " color: palette(highlighted-text); }"
)
"""The style of a list of pages."""


# Any: the stub of setPalette wants bytes, its code wants text
EDGED: tuple[Any, ...] = (
    *("QLineEdit", "QAbstractSpinBox", "QPlainTextEdit", "QCheckBox", "QRadioButton"),
)
"""What has an edge that Fusion draws in a darker tone than the window's."""
EDGE = "#9a9aa2"
"""On dark windows; of this Fusion makes a grey that can be seen."""


def dress(application: QApplication, name: str) -> None:
    """Give a program its name, its icon and, where the system has none, its style."""
    application.setApplicationName("casare-robot")
    application.setApplicationDisplayName(name)
    application.setDesktopFileName("casare-robot")
    application.setWindowIcon(application_icon())
    application.styleHints().colorSchemeChanged.connect(partial(show_edges, application))
    show_edges(application)


def show_edges(application: QApplication, *_: object) -> None:
    """Let the edges of fields and boxes be seen on dark windows too."""
    if application.style().name() != "fusion":
        return
    for kind in EDGED:
        palette = QPalette(application.palette())
        if is_dark(palette):
            palette.setColor(QPalette.ColorRole.Window, QColor(EDGE))
        application.setPalette(palette, kind)


def is_dark(palette: QPalette) -> bool:
    """Whether text is light on dark."""
    return palette.color(QPalette.ColorRole.Window).lightness() < 128


def tone(widget: QWidget, name: str) -> QColor:
    """One of `TONES` for where this widget is."""
    light, dark = TONES[name]
    return QColor(dark if is_dark(widget.palette()) else light)


def muted(widget: QWidget) -> QColor:
    """The colour of text that is less important; still readable."""
    palette = widget.palette()
    text = palette.color(QPalette.ColorRole.WindowText)
    ground = palette.color(QPalette.ColorRole.Window)
    return mixed(text, ground, 0.35)


def mixed(one: QColor, other: QColor, part: float) -> QColor:
    """A colour between two: ``part`` of the other."""
    return QColor.fromRgbF(
        one.redF() + (other.redF() - one.redF()) * part,
        one.greenF() + (other.greenF() - one.greenF()) * part,
        one.blueF() + (other.blueF() - one.blueF()) * part,
    )
