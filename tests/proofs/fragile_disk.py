"""A disk in memory whose power can be cut, as a SQLite VFS; and apsw dressed as sqlite3."""

import itertools
import random
import sqlite3
from dataclasses import dataclass, field
from typing import Any

import apsw

SECTOR = 512
_names = itertools.count()


@dataclass
class StoredFile:
    """What reads see, what is on the platter, and what has not been synchronised."""

    seen: bytearray = field(default_factory=bytearray)
    kept: bytearray = field(default_factory=bytearray)
    waiting: list[tuple[int, bytes | None]] = field(default_factory=list)
    """(offset, bytes), or (size, None) for a truncation."""
    is_durable: bool = False
    """Whether its name would survive a cut."""

    def change(self, offset: int, data: bytes | None) -> None:
        apply(self.seen, offset, data)
        self.waiting.append((offset, data))

    def sync(self) -> None:
        for offset, data in self.waiting:
            apply(self.kept, offset, data)
        self.waiting.clear()
        self.is_durable = True

    def cut(self, rng: random.Random) -> None:
        """Lose 40 % of what waits, tear 20 % at sector bounds, keep the rest."""
        for offset, data in self.waiting:
            fate = rng.random()
            if data is None:
                if fate >= 0.4:
                    apply(self.kept, offset, None)
            elif fate >= 0.6:
                apply(self.kept, offset, data)
            elif fate >= 0.4:
                for at in range(0, len(data), SECTOR):
                    if rng.random() < 0.5:
                        apply(self.kept, offset + at, data[at : at + SECTOR])
        self.waiting.clear()
        self.seen = bytearray(self.kept)


def apply(image: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        del image[offset:]
        return
    if len(image) < offset:
        image.extend(bytes(offset - len(image)))
    image[offset : offset + len(data)] = data


class FragileDisk(apsw.VFS):
    """Holds every file of one database; ``fuse`` writes from now the power goes.

    With ``broken_every`` the disk does not lose its power but refuses the write
    whose turn it is, once or for ever.
    """

    def __init__(self, rng: random.Random) -> None:
        self.vfs_name = f"fragile-{next(_names)}"
        self.files: dict[str, StoredFile] = {}
        self.fuse = -1
        self.has_power = True
        self.failure: type[Exception] = apsw.IOError
        self.heals = False
        self._rng = rng
        super().__init__(self.vfs_name, base="")

    def spend(self) -> None:
        """Account for one write, sync, truncation or deletion."""
        if not self.has_power:
            raise self.failure("the disk does not answer")
        if self.fuse == 0:
            self.has_power = self.heals
            self.fuse = -1
            raise self.failure("the disk does not answer")
        self.fuse -= 1

    def cut(self) -> None:
        """Lose the power, and get it back."""
        for name, file in list(self.files.items()):
            if not file.is_durable and self._rng.random() < 0.5:
                del self.files[name]
            else:
                file.cut(self._rng)
                file.is_durable = True
        self.has_power = True
        self.fuse = -1

    def xAccess(self, pathname: str, flags: int) -> bool:  # noqa: N802 - apsw's name
        return pathname in self.files

    def xFullPathname(self, filename: str) -> str:  # noqa: N802 - apsw's name
        return filename

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802 - apsw's name
        self.spend()
        self.files.pop(filename, None)

    def xOpen(self, name: Any, flags: list[int]) -> "OpenFile":  # noqa: N802 - apsw's name
        if not self.has_power:
            raise self.failure("the disk does not answer")
        filename = name.filename() if isinstance(name, apsw.URIFilename) else name
        file = StoredFile() if filename is None else self.files.setdefault(filename, StoredFile())
        flags[1] = flags[0]
        return OpenFile(self, file)


class OpenFile:
    """apsw's view of one file."""

    def __init__(self, disk: FragileDisk, file: StoredFile) -> None:
        self._disk = disk
        self._file = file

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802 - apsw's name
        if not self._disk.has_power:
            raise self._disk.failure("the disk does not answer")
        return bytes(self._file.seen[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - apsw's name
        if self._disk.fuse == 0 and not self._disk.heals:
            self._file.change(offset, bytes(data))  # the cut comes while it is written
        self._disk.spend()
        self._file.change(offset, bytes(data))

    def xTruncate(self, size: int) -> None:  # noqa: N802 - apsw's name
        self._disk.spend()
        self._file.change(size, None)

    def xSync(self, flags: int) -> None:  # noqa: N802 - apsw's name
        self._disk.spend()
        self._file.sync()

    def xFileSize(self) -> int:  # noqa: N802 - apsw's name
        return len(self._file.seen)

    def xSectorSize(self) -> int:  # noqa: N802 - apsw's name
        return SECTOR

    def xDeviceCharacteristics(self) -> int:  # noqa: N802 - apsw's name
        return 0

    def xFileControl(self, op: int, ptr: int) -> bool:  # noqa: N802 - apsw's name
        return False

    def xLock(self, level: int) -> None:  # noqa: N802 - apsw's name
        """One connection only."""

    def xUnlock(self, level: int) -> None:  # noqa: N802 - apsw's name
        """One connection only."""

    def xCheckReservedLock(self) -> bool:  # noqa: N802 - apsw's name
        return False

    def xClose(self) -> None:  # noqa: N802 - apsw's name
        """Nothing is kept open."""


@dataclass
class Rows:
    """A cursor that has been read to its end."""

    rows: list[Any]
    rowcount: int

    def fetchone(self) -> Any:
        return self.rows.pop(0) if self.rows else None

    def fetchall(self) -> list[Any]:
        rows, self.rows = self.rows, []
        return rows


class ApswConnection:
    """A connection of apsw that behaves like one of sqlite3 in autocommit mode.

    ``substitutions`` replace words of the SQL, so that a proof may weaken the
    product's own settings and show that they matter.
    """

    def __init__(self, disk: FragileDisk, substitutions: dict[str, str]) -> None:
        self._substitutions = substitutions
        with translated():
            self._connection = apsw.Connection("journal.db", vfs=disk.vfs_name)

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    @property
    def total_changes(self) -> int:
        return self._connection.total_changes()

    def execute(self, sql: str, parameters: Any = ()) -> Rows:
        for word, other in self._substitutions.items():
            sql = sql.replace(word, other)
        with translated():
            rows = list(self._connection.execute(sql, parameters))
            return Rows(rows, self._connection.changes())

    def executemany(self, sql: str, parameters: Any) -> Rows:
        return Rows([], sum(self.execute(sql, row).rowcount for row in parameters))

    def close(self) -> None:
        with translated():
            self._connection.close()


class translated:  # noqa: N801 - reads as a word
    """apsw's errors as sqlite3's."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, apsw.Error):
            mended = sqlite3.OperationalError(str(error))
            mended.sqlite_errorcode = getattr(error, "extendedresult", 1)
            raise mended from error
