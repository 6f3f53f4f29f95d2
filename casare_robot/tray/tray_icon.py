"""The icon in the tray and its menu: paints a TrayView, emits wishes."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from casare_robot.tray.first_icon import show_first_icon
from casare_robot.tray.icons import state_icon

if TYPE_CHECKING:
    from collections.abc import Iterable

    from casare_robot.tray.views.looks import Look
    from casare_robot.tray.views.tray_view import Entry, TrayView, Wish

NOTICE_LASTS = 10_000
"""Milliseconds a notice stays, where the system asks for it."""


class TrayIcon(QObject):
    """The icon; shown from the moment it is made, with whatever look it has then.

    Args:
        tooltip: At first.
        shown: The icon that is in the tray already, if one is.

    Signals:
        wished: A `Wish` was chosen from the menu.
        opened: The icon itself was clicked.
        asked: The menu is about to be shown: the time for a fresh view.
        notice_clicked: The last notice was clicked.
    """

    wished = Signal(object)
    opened = Signal()
    asked = Signal()
    notice_clicked = Signal()

    def __init__(self, tooltip: str, shown: QSystemTrayIcon | None = None) -> None:
        super().__init__()
        self._look: Look | None = None
        self._tooltip = tooltip
        self._entries: tuple[Entry | None, ...] = ()
        self._menus: list[QMenu] = []
        self._menu = QMenu()
        self._menu.aboutToShow.connect(self.asked)
        self._icon = shown or show_first_icon(tooltip)
        self._icon.setContextMenu(self._menu)
        self._icon.activated.connect(self._activated)
        self._icon.messageClicked.connect(self.notice_clicked)

    @property
    def is_in_a_tray(self) -> bool:
        """Whether there is a tray for it."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    def enter_tray(self) -> None:
        """Enter a tray that has appeared."""
        self._icon.hide()
        self._icon.show()

    def hide(self) -> None:
        """Leave the tray."""
        self._icon.hide()

    def show_view(self, view: "TrayView") -> None:
        """Show what has changed."""
        if view.look is not self._look:
            self._look = view.look
            self._icon.setIcon(state_icon(view.look))
        if view.tooltip != self._tooltip:
            self._tooltip = view.tooltip
            self._icon.setToolTip(view.tooltip)
        if view.menu != self._entries:
            self._entries = view.menu
            self._build()

    def notify(self, title: str, text: str, *, mood: str = "", lasts: int = NOTICE_LASTS) -> None:
        """Tell something where the system tells such things.

        Args:
            title: In a few words.
            text: In a sentence or two.
            mood: ``information``, ``warning`` or ``error``; else the robot's own icon.
            lasts: Milliseconds, where the system asks for that.
        """
        icons = QSystemTrayIcon.MessageIcon
        known = {
            "information": icons.Information,
            "warning": icons.Warning,
            "error": icons.Critical,
        }
        if mood in known:
            self._icon.showMessage(title, text, known[mood], lasts)
        else:
            self._icon.showMessage(title, text, self._icon.icon(), lasts)

    def _build(self) -> None:
        self._menu.clear()
        for old in self._menus:
            old.deleteLater()
        self._menus.clear()
        self._fill(self._menu, self._entries)

    def _fill(self, menu: QMenu, entries: "Iterable[Entry | None]") -> None:
        for entry in entries:
            if entry is None:
                menu.addSeparator()
            elif entry.entries:
                within = QMenu(entry.text, menu)
                self._menus.append(within)
                menu.addMenu(within)
                self._fill(within, entry.entries)
            else:
                self._add(menu, entry)

    def _add(self, menu: QMenu, entry: "Entry") -> None:
        action = QAction(entry.text.replace("&", "&&"), menu)
        menu.addAction(action)
        if entry.wish is None:
            action.setEnabled(False)
        else:
            action.setData(entry.wish)
            action.triggered.connect(self._triggered)
        if entry.is_default:
            menu.setDefaultAction(action)

    def _triggered(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            wish: Wish = action.data()
            self.wished.emit(wish)

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in (
            QSystemTrayIcon.ActivationReason.Trigger,
            QSystemTrayIcon.ActivationReason.DoubleClick,
        ):
            self.opened.emit()
