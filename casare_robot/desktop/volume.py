"""How loud this machine is: read and set by what the system has for it."""

import re
import shutil
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import NamedTuple

from casare_robot.desktop.loudness import Loudness, Mixer
from casare_robot.desktop.process_tree import run

_SECONDS = 10.0
_PERCENT = re.compile(r"(\d+)%")


class MixerProgram(NamedTuple):
    """The commands of one program: read, set to a percentage, switch off or on."""

    read: Sequence[Sequence[str]]
    set: Callable[[int], Sequence[str]]
    mute: Callable[[bool], Sequence[str]]
    told: Callable[[str], Loudness]

    async def loudness(self) -> Loudness:
        """How loud it is now."""
        return self.told("\n".join([await _said(command) for command in self.read]))

    async def set_volume(self, level: int) -> None:
        """Make it so loud, in percent."""
        await _said(self.set(level))

    async def set_mute(self, *, off: bool) -> None:
        """Switch the sound off or on."""
        await _said(self.mute(off))


def _of_pipewire(text: str) -> Loudness:
    number = re.search(r"([\d.]+)", text)
    return Loudness(round(float(number[1]) * 100) if number else 0, "MUTED" in text)


def _of_percent(text: str) -> Loudness:
    number = _PERCENT.search(text)
    is_off = re.search(r"mute: yes|\[off\]|muted: ?true", text, re.IGNORECASE)
    return Loudness(int(number[1]) if number else 0, is_off is not None)


_PIPEWIRE = "@DEFAULT_AUDIO_SINK@"
_PULSE = "@DEFAULT_SINK@"
_MIXERS: dict[str, MixerProgram] = {
    "wpctl": MixerProgram(
        [["wpctl", "get-volume", _PIPEWIRE]],
        lambda level: ["wpctl", "set-volume", _PIPEWIRE, f"{level}%"],
        lambda off: ["wpctl", "set-mute", _PIPEWIRE, str(int(off))],
        _of_pipewire,
    ),
    "pactl": MixerProgram(
        [["pactl", "get-sink-volume", _PULSE], ["pactl", "get-sink-mute", _PULSE]],
        lambda level: ["pactl", "set-sink-volume", _PULSE, f"{level}%"],
        lambda off: ["pactl", "set-sink-mute", _PULSE, str(int(off))],
        _of_percent,
    ),
    "amixer": MixerProgram(
        [["amixer", "get", "Master"]],
        lambda level: ["amixer", "set", "Master", f"{level}%"],
        lambda off: ["amixer", "set", "Master", "mute" if off else "unmute"],
        _of_percent,
    ),
    "osascript": MixerProgram(
        [
            [
                "osascript",
                "-e",
                'set v to get volume settings\nreturn ((output volume of v) as text) & "% muted:"'
                " & ((output muted of v) as text)",
            ]
        ],
        lambda level: ["osascript", "-e", f"set volume output volume {level}"],
        lambda off: ["osascript", "-e", f"set volume output muted {str(off).lower()}"],
        _of_percent,
    ),
}


def mixer() -> Mixer | None:
    """What knows how loud this machine is, the best first; None: nothing does."""
    if sys.platform == "win32":
        if volume_obstacle():
            return None
        from casare_robot.desktop.volume_windows import WindowsMixer

        return WindowsMixer()
    names = ("osascript",) if sys.platform == "darwin" else ("wpctl", "pactl", "amixer")
    return next((_MIXERS[name] for name in names if shutil.which(name)), None)


def volume_obstacle(system: str = sys.platform) -> str:
    """Why nothing knows it, as it reads after a comma; empty: something does."""
    if system == "win32":
        is_there = find_spec("pycaw") is not None
        return "" if is_there else "and pycaw is not installed; pip install 'casare-robot[windows]'"
    return "" if mixer() else "and there is none, such as wpctl, pactl or amixer"


async def _said(command: Sequence[str]) -> str:
    done = await run(command, timeout=_SECONDS)
    if done.return_code:
        raise OSError(f"{command[0]}: {done.stderr.strip() or done.return_code}")
    return done.stdout
