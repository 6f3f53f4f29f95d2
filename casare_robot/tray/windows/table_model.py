"""What the tables of all windows have in common: headings, and rows that are counted elsewhere."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

Index = QModelIndex | QPersistentModelIndex


class TableModel(QAbstractTableModel):
    """A flat table; what makes one of it is `data`.

    Args:
        columns: Its headings, in the language in use.
        count: How many rows there are now.
    """

    def __init__(self, columns: Callable[[], tuple[str, ...]], count: Callable[[], int]) -> None:
        super().__init__()
        self._columns = columns
        self._count = count

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's way
        """So many rows; a row has none below it."""
        return 0 if parent.isValid() else self._count()

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's way
        """So many headings."""
        return 0 if parent.isValid() else len(self._columns())

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Headings."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._columns()[section]
        return None
