"""The icon in the tray and its menu: paints a TrayView, emits wishes."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from casare_robot.tray.first_icon import show_first_icon
from casare_robot.tray.icons import state_icon
from casare_robot.tray.texts import tr

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
        self._menu.setWindowTitle(tr("Menu"))
        self._menu.aboutToShow.connect(self.asked)
        self._icon = shown or show_first_icon(tooltip)
        self._connect()

    @property
    def is_in_a_tray(self) -> bool:
        """Whether there is a tray for it."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    def enter_tray(self) -> None:
        """Enter a tray that has appeared, and that may be of another kind than the last one."""
        old = self._icon
        old.hide()
        self._icon = QSystemTrayIcon(old.icon())
        self._icon.setToolTip(self._tooltip)
        self._connect()
        self._icon.show()
        old.deleteLater()

    def _connect(self) -> None:
        self._icon.setContextMenu(self._menu)
        self._icon.activated.connect(self._activated)
        self._icon.messageClicked.connect(self.notice_clicked)

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
            self._show_menu(view.menu)

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

    def _show_menu(self, entries: "tuple[Entry | None, ...]") -> None:
        """Change the words of an open menu, but never its lines under somebody's hand."""
        if _shape(entries) == _shape(self._entries):
            self._entries = entries
            self._reword(self._menu, entries)
        elif not self._menu.isVisible():
            self._entries = entries
            self._build()

    def _reword(self, menu: QMenu, entries: "Iterable[Entry | None]") -> None:
        for action, entry in zip(menu.actions(), entries, strict=True):
            if entry is None:
                continue
            within = action.menu()
            if isinstance(within, QMenu):
                self._reword(within, entry.entries)
            action.setText(_plain(entry.text))
            action.setData(entry.wish)

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
                within = QMenu(_plain(entry.text), menu)
                within.setWindowTitle(f"{tr('Menu')}: {entry.text}")
                self._menus.append(within)
                menu.addMenu(within)
                self._fill(within, entry.entries)
            else:
                self._add(menu, entry)

    def _add(self, menu: QMenu, entry: "Entry") -> None:
        action = QAction(_plain(entry.text), menu)
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


def _plain(text: str) -> str:
    """A text in which nothing is a key."""
    return text.replace("&", "&&")


def _shape(entries: "Iterable[Entry | None]") -> object:
    """What of a menu is not words."""
    return tuple(
        entry and (entry.wish is None, entry.is_default, _shape(entry.entries)) for entry in entries
    )
