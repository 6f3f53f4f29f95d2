"""Start at login by an XDG autostart entry.

Source: Desktop Application Autostart Specification 0.5; Desktop Entry
Specification 1.5, "The Exec key".
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from casare_robot.desktop.autostart_state import AutostartState

ENTRY = "casare-robot.desktop"
DELAY = 10
"""Seconds after the login, where the desktop knows them: its tray comes first."""
_RESERVED = re.compile(r"[\s\"'\\><~|&;$*?#()`]")


def state(command: Sequence[str]) -> AutostartState:
    """As the desktop will read it."""
    entry = _entry()
    try:
        said = _keys(entry.read_text("utf-8"))
    except FileNotFoundError:
        return AutostartState(is_on=False)
    except (OSError, UnicodeDecodeError) as error:
        return AutostartState(is_on=False, why=f"{entry} cannot be read: {error}")
    if said.get("Hidden") == "true" or said.get("X-GNOME-Autostart-enabled") == "false":
        return AutostartState(is_on=False, why="switched off in the settings of your desktop")
    if said.get("Exec") != _exec(command):
        return AutostartState(is_on=True, why=f"starts another command: {said.get('Exec', '')}")
    return AutostartState(is_on=True)


def enable(command: Sequence[str]) -> None:
    """Write the entry, whatever it was before."""
    entry = _entry()
    entry.parent.mkdir(parents=True, exist_ok=True)
    lines = (
        "[Desktop Entry]",
        "Type=Application",
        "Name=Casare Robot",
        "Comment=Runs CasareRPA workflows",
        f"Exec={_exec(command)}",
        "Terminal=false",
        "StartupNotify=false",
        f"X-GNOME-Autostart-Delay={DELAY}",
    )
    draft = entry.with_name(f"{ENTRY}.new")
    draft.write_text("\n".join(lines) + "\n", "utf-8")
    draft.replace(entry)


def disable() -> None:
    """Take the entry away."""
    _entry().unlink(missing_ok=True)


def _entry() -> Path:
    named = os.environ.get("XDG_CONFIG_HOME", "")
    folder = Path(named) if named.startswith("/") else Path.home() / ".config"
    return folder / "autostart" / ENTRY


def _keys(text: str) -> dict[str, str]:
    """The keys of the entry's main group."""
    found: dict[str, str] = {}
    group = ""
    for line in text.splitlines():
        if line.startswith("["):
            group = line.strip()
        elif group == "[Desktop Entry]" and "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key.strip(), value.strip())
    return found


def _exec(command: Sequence[str]) -> str:
    return " ".join(map(_quoted, command))


def _quoted(word: str) -> str:
    """A word for Exec: quoted where it must be, then escaped once more as any text value."""
    word = word.replace("%", "%%")
    if word and not _RESERVED.search(word):
        return word
    quoted = re.sub(r'(["`$\\])', r"\\\1", word)
    return '"' + quoted.replace("\\", "\\\\") + '"'
