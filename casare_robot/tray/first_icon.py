"""The icon of a program that starts: on the screen before the rest is loaded.

So this file imports next to nothing, and shows a picture: the program that draws all
other icons takes a fifth of the time until then.
"""

import os

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QSystemTrayIcon

FOLDER = os.path.join(os.path.dirname(__file__), "pictures")  # noqa: PTH118, PTH120 - cheaper
PICTURE = f"{FOLDER}/starting.png"
PICTURE_SIZE = 64
PAINTED_BY_QT = "QSystemTrayIconSys"


def show_first_icon(tooltip: str) -> QSystemTrayIcon:
    """Put an icon into the tray."""
    icon = QSystemTrayIcon(QIcon(PICTURE))
    icon.setToolTip(tooltip)
    icon.show()
    return icon


def is_seen() -> bool:
    """Whether icons are on the screen: where Qt paints them itself, that takes a while.

    Without a tray there is nothing to wait for.
    """
    if not QSystemTrayIcon.isSystemTrayAvailable():
        return True
    for widget in QApplication.topLevelWidgets():
        if widget.metaObject().className() == PAINTED_BY_QT:
            window = widget.windowHandle()
            if window is None or not window.isExposed():
                return False
    return True
