"""Asks for files, holding up nothing."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from casare_robot.tray.windows.parts import open_dialog


def ask_where_to_save(
    parent: QWidget | None, title: str, *, name: str, kinds: str, chosen: Callable[[Path], object]
) -> QFileDialog:
    """Ask for the name of a new file."""
    dialog = _dialog(parent, title, kinds, chosen)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setFileMode(QFileDialog.FileMode.AnyFile)
    dialog.selectFile(name)
    open_dialog(dialog)
    return dialog


def ask_for_file(
    parent: QWidget | None, title: str, *, kinds: str, chosen: Callable[[Path], object]
) -> QFileDialog:
    """Ask for a file that there is."""
    dialog = _dialog(parent, title, kinds, chosen)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    open_dialog(dialog)
    return dialog


def _dialog(
    parent: QWidget | None, title: str, kinds: str, chosen: Callable[[Path], object]
) -> QFileDialog:
    dialog = QFileDialog(parent, title)
    dialog.setNameFilter(kinds)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda path: chosen(Path(path)))
    return dialog
