"""Small things under a name: the state of a pause, how often the robot has started."""

from typing import Any
from zlib import crc32

import msgspec

from casare_robot.domain.errors import JournalDamagedError
from casare_robot.journal.connection import Connection

_OUT = msgspec.msgpack.Encoder()
_IN = msgspec.msgpack.Decoder()


def remembering(key: str, value: Any) -> tuple[str, tuple[Any, ...]]:
    """The statement, with its parameters, that keeps a value; None forgets.

    Raises:
        TypeError: The value is not plain data.
    """
    if value is None:
        return "DELETE FROM notes WHERE key = ?", (key,)
    data = _OUT.encode(value)
    return "REPLACE INTO notes VALUES (?, ?, ?)", (key, data, _sum(key, data))


def recall(connection: Connection, key: str) -> Any:
    """The value kept under a key; None if there is none.

    Raises:
        JournalDamagedError: It fails its checksum.
    """
    row = connection.execute("SELECT value, crc FROM notes WHERE key = ?", (key,)).fetchone()
    if row is None:
        return None
    data, crc = row
    if not isinstance(data, bytes) or crc != _sum(key, data):
        raise JournalDamagedError(f"what was noted as {key!r} fails its checksum")
    return _IN.decode(data)


def _sum(key: str, data: bytes) -> int:
    return crc32(data, crc32(key.encode()))
