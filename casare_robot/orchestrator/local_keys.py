"""The keys of an orchestrator on this machine, for programs of the same user.

Who may read this file need not be told a key: ``submit``, ``run`` and ``orchestrator
code`` find it by themselves when they are pointed at this machine.
"""

from pathlib import Path

import msgspec

from casare_robot.desktop.places import find_places
from casare_robot.desktop.private_file import write_private
from casare_robot.link.address import is_here

FILE = "keys.json"


class LocalKeys(msgspec.Struct, frozen=True, kw_only=True):
    """Where an orchestrator was last served, and its keys for people and for robots."""

    admin_key: str
    robot_key: str
    url: str = ""


def default_folder() -> Path:
    """Where an orchestrator keeps what it knows unless it is told otherwise."""
    return find_places().data.parent / "orchestrator"


def read_keys(folder: Path) -> LocalKeys | None:
    """The keys in a folder; None if there are none that can be read."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=LocalKeys)
    except (OSError, msgspec.MsgspecError):
        return None


def write_keys(folder: Path, keys: LocalKeys) -> None:
    """Keep keys where only this user can read them."""
    folder.mkdir(parents=True, exist_ok=True)
    write_private(folder / FILE, msgspec.json.format(msgspec.json.encode(keys)))


def keys_for(url: str) -> LocalKeys | None:
    """The keys of the orchestrator at an address, if it is this user's on this machine."""
    keys = read_keys(default_folder())
    if keys is None or not keys.url or not is_here(url):
        return None
    return keys if _port(keys.url) == _port(url) else None


def _port(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].rpartition(":")[2]
