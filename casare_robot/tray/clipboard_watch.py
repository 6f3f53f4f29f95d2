"""Waits for what a workflow wants copied."""

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from casare_robot.domain.question import Copied

LONGEST = 1_000_000
"""Characters of a text that is handed on."""


class ClipboardWatch(QObject):
    """Tells once what is copied.

    Args:
        wanted: What counts.
        copied: Told the text, and whether it is new.
    """

    def __init__(self, wanted: Copied, copied: Callable[[str, bool], object]) -> None:
        super().__init__()
        self._wanted = wanted
        self._copied = copied
        self._clipboard = QGuiApplication.clipboard()
        self._clipboard.dataChanged.connect(self._changed)

    def begin(self) -> None:
        """What is there already may do."""
        if not self._wanted.only_new:
            self._look(is_new=False)

    def finish(self) -> None:
        """Watch no more."""
        self._clipboard.dataChanged.disconnect(self._changed)

    @staticmethod
    def is_possible() -> bool:
        """Whether this desktop tells programs in the background what is copied."""
        return not QGuiApplication.platformName().startswith("wayland")

    def _changed(self) -> None:
        self._look(is_new=True)

    def _look(self, *, is_new: bool) -> None:
        data = self._clipboard.mimeData()
        text = data.text() if data is not None and data.hasText() else ""
        if text or (self._wanted.kind == "any" and data is not None and data.formats()):
            self._copied(text[:LONGEST], is_new)
