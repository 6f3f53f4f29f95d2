"""`casare-robot autostart`: whether the tray starts at login, in truth."""

from pathlib import Path
from typing import Literal

from casare_robot.cli.refusal import UsageError, refuse
from casare_robot.cli.rendering import as_json
from casare_robot.desktop.autostart import Autostart
from casare_robot.desktop.own_command import tray_command

Word = Literal["on", "off", "status"]


def autostart(word: Word, *, json_output: bool, home: Path | None) -> int:
    """Switch it, and tell how it is then; the exit code, 1 where it is not as was asked."""
    start = Autostart(tray_command(home))
    try:
        if word != "status":
            start.turn(on=word == "on")
    except OSError as error:
        return refuse(UsageError(f"it cannot be changed: {error}"), json_output=json_output)
    state = start.state()
    if json_output:
        print(as_json({"autostart": state.is_on, "note": state.why}))
    else:
        print(f"{'on' if state.is_on else 'off'}{f' ({state.why})' if state.why else ''}")
    return 0 if word == "status" or state.is_on == (word == "on") else 1
