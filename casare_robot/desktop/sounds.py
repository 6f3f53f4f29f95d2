"""Plays a sound by what the system has for it; no library is loaded for that."""

import array
import asyncio
import math
import shutil
import sys
import wave
from collections.abc import Sequence
from pathlib import Path

from casare_robot.desktop.process_tree import run

RATE = 44_100
LOUDNESS = 0.3
FADE = 0.005
"""Seconds in which a tone swells and fades, so that it does not click."""
LONGEST = 600.0
"""Seconds that one playing may take."""
_LINUX = (("pw-play",), ("paplay",), ("aplay", "-q"))


def players() -> list[list[str]]:
    """The programs of this machine that play a file, the best first; none on Windows."""
    if sys.platform == "win32":
        return []
    known: Sequence[tuple[str, ...]] = (("afplay",),) if sys.platform == "darwin" else _LINUX
    return [[found, *words] for name, *words in known if (found := shutil.which(name)) is not None]


async def play(file: Path, *, times: int = 1) -> str:
    """Play a file to its end, as often as wanted; why it could not be heard, or nothing."""
    for _ in range(times):
        if fault := await _play_once(file):
            return fault
    return ""


def write_tone(file: Path, *, hertz: float, seconds: float) -> None:
    """Write a tone as a wave file."""
    count = round(RATE * seconds)
    fade = RATE * min(FADE, seconds / 2)
    samples = array.array(
        "h",
        (
            round(
                LOUDNESS
                * 32767
                * min(1.0, at / fade, (count - at) / fade)
                * math.sin(2 * math.pi * hertz * at / RATE)
            )
            for at in range(count)
        ),
    )
    if sys.byteorder == "big":
        samples.byteswap()
    with wave.open(str(file), "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(RATE)
        made.writeframes(samples.tobytes())


async def _play_once(file: Path) -> str:
    if sys.platform == "win32":
        return await _play_on_windows(file)
    faults = []
    for player in players():
        try:
            done = await run([*player, str(file)], timeout=LONGEST, cwd=file.parent)
        except (OSError, TimeoutError) as error:
            faults.append(f"{Path(player[0]).name}: {error or 'it took too long'}")
            continue
        if done.return_code == 0:
            return ""
        said = done.stderr.strip().splitlines()
        faults.append(f"{Path(player[0]).name}: {said[-1] if said else done.return_code}")
    return "; ".join(faults) or "no program that plays sounds is installed"


async def _play_on_windows(file: Path) -> str:
    """Windows itself plays wave files; it is stopped when nobody waits any more."""
    if sys.platform != "win32":
        return ""
    import winsound

    try:
        with wave.open(str(file), "rb") as read:
            seconds = read.getnframes() / read.getframerate()
        winsound.PlaySound(str(file), winsound.SND_FILENAME | winsound.SND_ASYNC)
        try:
            await asyncio.sleep(min(seconds, LONGEST))
        finally:
            winsound.PlaySound(None, 0)
    except (wave.Error, EOFError, RuntimeError, OSError) as error:
        return f"Windows plays wave files only: {error}"
    return ""
