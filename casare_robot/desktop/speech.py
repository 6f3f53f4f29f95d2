"""Says a text aloud by what the system has for it; no library is loaded for that."""

import os
import shutil
import sys
from collections.abc import Sequence
from typing import NamedTuple

from casare_robot.desktop.process_tree import run

LONGEST = 1800.0
"""Seconds that one text may take."""
_NORMAL_RATE = 175.0
"""Words a minute at which Windows' own scale has its 0."""
_WINDOWS = (
    "Add-Type -AssemblyName System.Speech;"
    "$v = New-Object System.Speech.Synthesis.SpeechSynthesizer;"
    "$v.Rate = [int]$env:SPEECH_RATE; $v.Volume = [int]$env:SPEECH_VOLUME;"
    "[Console]::InputEncoding = [Text.Encoding]::UTF8;"
    "$v.Speak([Console]::In.ReadToEnd())"
)
"""The text comes by its input, so that it never is code."""


class Speech(NamedTuple):
    """A program that reads a text from its input, and what its environment says besides."""

    arguments: Sequence[str]
    environment: dict[str, str]


def speech(rate: int, volume: float) -> Speech | None:
    """The program of this machine that speaks so many words a minute, so loud (0 to 1)."""
    if sys.platform == "win32":
        found = shutil.which("powershell")
        pace = round(max(-10.0, min(10.0, (rate - _NORMAL_RATE) / 20)))
        said = {"SPEECH_RATE": str(pace), "SPEECH_VOLUME": str(round(volume * 100))}
        words = ["-NoProfile", "-NonInteractive", "-Command", _WINDOWS]
        return Speech([found, *words], said) if found else None
    if sys.platform == "darwin":
        found = shutil.which("say")
        return Speech([found, "-r", str(rate), "-f", "-"], {}) if found else None
    for name in ("espeak-ng", "espeak"):
        if found := shutil.which(name):
            words = ["-s", str(rate), "-a", str(round(volume * 200)), "--stdin"]
            return Speech([found, *words], {})
    return None


async def speak(text: str, *, rate: int, volume: float) -> str:
    """Say a text to its end; why it could not be heard, or nothing."""
    program = speech(rate, volume)
    if program is None:
        return "no program that speaks is installed (espeak-ng)"
    try:
        done = await run(
            program.arguments,
            timeout=LONGEST,
            stdin=text.encode(),
            env={**os.environ, **program.environment},
        )
    except (OSError, TimeoutError) as error:
        return str(error) or "it took too long"
    lines = done.stderr.strip().splitlines()
    return (lines[-1] if lines else f"it ended with {done.return_code}") if done.return_code else ""
