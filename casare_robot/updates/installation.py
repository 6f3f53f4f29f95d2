"""How this robot was installed, and what installs another version of it."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec

from casare_robot.desktop.background_program import start_background

SILENT = "/S"


class Installation(msgspec.Struct, frozen=True, kw_only=True):
    """``windows``: by the set-up, into ``folder``; ``debian``: a package.

    Nothing installs over the others: a ``folder`` that was unpacked, and the ``sources``.
    """

    kind: Literal["windows", "debian", "folder", "sources"]
    folder: Path | None = None

    @property
    def previous(self) -> str:
        """The version before this one that lies beside it; empty: none does."""
        if self.folder is None:
            return ""
        try:
            return (self.folder / "previous" / "VERSION").read_text("ascii").strip()
        except (OSError, ValueError):
            return ""

    def installing(self, setup: Path, *, patience: float) -> list[str]:
        """The command that puts a set-up over this installation, waiting so long for jobs."""
        return [str(setup), SILENT, f"/PATIENCE={patience:.0f}"]

    def going_back(self, *, patience: float) -> list[str]:
        """The command by which this version and the one before change places."""
        folder = str(self.folder)
        return [
            str(Path(folder) / "uninstall.exe"),
            SILENT,
            "/BACK=1",
            f"/PATIENCE={patience:.0f}",
            f"_?={folder}",
        ]


class Starter(Protocol):
    """Starts a program that outlives this one."""

    def __call__(self, command: Sequence[str], *, output: Path) -> object:
        """Start it.

        Raises:
            OSError: It cannot be started.
        """
        ...


start: Starter = start_background


def this_installation() -> Installation:
    """How the robot that runs was installed."""
    frozen = getattr(sys, "frozen", False)
    if not frozen:
        return Installation(kind="sources")
    if sys.platform == "win32":
        return Installation(kind="windows", folder=Path(sys.executable).parents[2])
    return Installation(kind="folder" if frozen == "folder" else "debian")


def packaged_source() -> tuple[str, tuple[str, ...]]:
    """Feed and keys that came with the installation; empty: none did.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is damaged.
    """
    file = Path(sys.prefix) / "share" / "casare-robot" / "update.json"
    if not file.is_file():
        return "", ()
    said: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return str(said["feed"]), tuple(map(str, said["keys"]))
