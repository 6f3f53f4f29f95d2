"""Which program of this machine takes a picture with a camera, and how."""

import shutil
import sys
from pathlib import Path


def camera_program() -> str:
    """Name of the program of this machine that reads a camera; "" if there is none."""
    names = {"linux": ("fswebcam", "ffmpeg"), "darwin": ("ffmpeg",)}.get(sys.platform, ())
    return next((name for name in names if shutil.which(name)), "")


def camera_command(number: int, target: Path) -> list[str] | None:
    """The command that takes one picture into a file; None where no program does."""
    name = camera_program()
    if name == "fswebcam":
        return [name, "-q", "--no-banner", "-d", f"/dev/video{number}", str(target)]
    if name == "ffmpeg":
        source = ["v4l2", "-i", f"/dev/video{number}"]
        if sys.platform == "darwin":
            source = ["avfoundation", "-framerate", "30", "-i", str(number)]
        return [name, "-loglevel", "error", "-y", "-f", *source, "-frames:v", "1", str(target)]
    return None
