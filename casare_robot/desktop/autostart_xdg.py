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
    return _state(command, _entries())


def enable(command: Sequence[str]) -> None:
    """Write the entry, whatever it was before, unless that of all users is enough."""
    entry, *of_all = _entries()
    if _state(command, of_all) == AutostartState(is_on=True):
        entry.unlink(missing_ok=True)
        return
    program = command[0].replace("\\", "\\\\")
    _write(
        entry,
        f"Exec={_exec(command)}",
        *([f"TryExec={program}"] if program.startswith("/") else []),
        "Comment=Runs CasareRPA workflows",
        "Terminal=false",
        "StartupNotify=false",
        f"X-GNOME-Autostart-Delay={DELAY}",
    )


def disable() -> None:
    """Take the entry away, or hide that of all users."""
    entry, *of_all = _entries()
    if any(other.exists() for other in of_all):
        _write(entry, "Hidden=true")
    else:
        entry.unlink(missing_ok=True)


def _state(command: Sequence[str], entries: Sequence[Path]) -> AutostartState:
    """What the first of some entries that is there makes of it."""
    entry = next((entry for entry in entries if entry.exists()), None)
    if entry is None:
        return AutostartState(is_on=False)
    try:
        said = _keys(entry.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        return AutostartState(is_on=False, why=f"{entry} cannot be read: {error}")
    if said.get("Hidden") == "true" or said.get("X-GNOME-Autostart-enabled") == "false":
        return AutostartState(is_on=False, why="switched off in the settings of your desktop")
    program = said.get("TryExec", "").replace("\\\\", "\\")
    if program and not Path(program).exists():
        return AutostartState(is_on=False, why=f"starts {program}, which is not there any more")
    if said.get("Exec") != _exec(command):
        return AutostartState(is_on=True, why=f"starts another command: {said.get('Exec', '')}")
    return AutostartState(is_on=True)


def _write(entry: Path, *lines: str) -> None:
    entry.parent.mkdir(parents=True, exist_ok=True)
    draft = entry.with_name(f"{ENTRY}.new")
    opening = ("[Desktop Entry]", "Type=Application", "Name=Casare Robot")
    draft.write_text("\n".join([*opening, *lines]) + "\n", "utf-8")
    draft.replace(entry)


def _entries() -> list[Path]:
    """The person's entry, and those of all users, which it overrules."""
    named = os.environ.get("XDG_CONFIG_HOME", "")
    own = named if named.startswith("/") else str(Path.home() / ".config")
    of_all = os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
    folders = [own, *(place for place in of_all.split(":") if place.startswith("/"))]
    return [Path(folder) / "autostart" / ENTRY for folder in folders]


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
