"""What the windows share: keys as in a dialog, files that are dropped, looking again."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QHideEvent,
    QKeyEvent,
    QKeySequence,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import QLineEdit, QPushButton, QToolButton, QWidget

from casare_robot.tray.windows.parts import Refreshing

EVERY = 2_000
"""Milliseconds between two looks at the robot."""

FRAME = QSize(16, 48)
"""Pixels for the frame that a system puts around a window."""


class Window(QWidget):
    """Enter presses the button that has the focus, or else the default; Escape closes.

    Ctrl+F goes to the search field and Escape empties it, where there is one; F5
    asks anew.

    Args:
        title: Of the window.
        refresh: Called at once, then every so often while the window can be seen.
        every: Milliseconds.
        dropped: Told the path of the first of the files that are dropped here.
    """

    def __init__(
        self,
        title: str,
        *,
        refresh: Callable[[], object] | None = None,
        every: int = EVERY,
        dropped: Callable[[str], object] | None = None,
    ) -> None:
        super().__init__()
        self.setWindowTitle(title)
        self.default: QPushButton | None = None
        self._search: QLineEdit | None = None
        self._refreshing = Refreshing(self, refresh, every) if refresh else None
        self._take_file = dropped
        self.setAcceptDrops(dropped is not None)
        _on(self, QKeySequence.StandardKey.Close, self.close)
        if refresh:
            _on(self, QKeySequence.StandardKey.Refresh, refresh)

    def search_in(self, field: QLineEdit) -> None:
        """Name the field to which Ctrl+F goes."""
        self._search = field
        _on(self, QKeySequence.StandardKey.Find, self._find)

    def _find(self) -> None:
        if self._search is not None:
            self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self._search.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Whatever no part of the window has used."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter()
        elif event.key() == Qt.Key.Key_Escape:
            self._escape()
        else:
            super().keyPressEvent(event)

    def _enter(self) -> None:
        focused = self.focusWidget()
        pressed = focused if isinstance(focused, QPushButton | QToolButton) else self.default
        if pressed is not None and pressed.isVisible():
            pressed.click()

    def _escape(self) -> None:
        search = self._search
        if search is not None and self.focusWidget() is search and search.text():
            search.clear()
        else:
            self.close()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Fit on the screen, and begin to refresh."""
        if not event.spontaneous():
            room = self.screen().availableGeometry().size() - FRAME
            self.resize(self.size().boundedTo(room))
        if self._refreshing is not None:
            self._refreshing.begin()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Sleep while nobody looks."""
        if self._refreshing is not None:
            self._refreshing.end()
        super().hideEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Take files."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Take the first file."""
        files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if files and self._take_file is not None:
            event.acceptProposedAction()
            self._take_file(files[0])


def _on(window: Window, keys: QKeySequence.StandardKey, then: Callable[[], object]) -> None:
    for key in QKeySequence.keyBindings(keys):
        QShortcut(key, window).activated.connect(lambda: then())
