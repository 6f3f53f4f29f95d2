"""Reads the text in a picture by what is installed for it: tesseract or RapidOCR."""

import shlex
import shutil
from importlib.util import find_spec
from pathlib import Path

from casare_robot.desktop.process_tree import run

SECONDS = 120.0
TESSERACT, RAPIDOCR = "tesseract", "rapidocr"
_MODULE = "rapidocr_onnxruntime"


def engines() -> list[str]:
    """What this machine can read pictures with, the best first."""
    found = [TESSERACT] if shutil.which(TESSERACT) else []
    return [*found, RAPIDOCR] if find_spec(_MODULE) else found


def ocr_obstacle() -> str:
    """Why pictures cannot be read here, as it reads after a comma; empty: they can."""
    return "" if engines() else "and neither tesseract nor rapidocr-onnxruntime is installed"


async def read_text(picture: Path, *, engine: str, language: str, options: str) -> str:
    """The text in a picture.

    Args:
        picture: Its file.
        engine: One of `engines`.
        language: As tesseract names it, several joined by ``+``.
        options: More arguments for tesseract, as on a command line.

    Raises:
        OSError: The engine refuses.
        ValueError: The options cannot be split into words.
    """
    if engine == RAPIDOCR:
        return await _by_rapidocr(picture)
    words = [TESSERACT, str(picture), "stdout", "-l", language or "eng", *shlex.split(options)]
    done = await run(words, timeout=SECONDS)
    if done.return_code:
        lines = done.stderr.strip().splitlines()
        raise OSError(lines[-1] if lines else f"{TESSERACT} ended with {done.return_code}")
    return done.stdout.strip().removesuffix("\f").strip()


async def _by_rapidocr(picture: Path) -> str:
    import asyncio
    from importlib import import_module

    def read() -> str:
        found, _ = import_module(_MODULE).RapidOCR()(str(picture))
        return "\n".join(str(line[1]) for line in found or ())

    return await asyncio.to_thread(read)
