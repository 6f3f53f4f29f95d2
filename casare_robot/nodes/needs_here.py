"""Whether what a node type needs is there on this machine."""

import os
import sys
from collections.abc import Mapping

_OF_WINDOWS: Mapping[str, tuple[str, ...]] = {
    "a Windows desktop": ("uiautomation", "uiautomation"),
    "Windows": (),
    "Microsoft Office on Windows": ("comtypes", "comtypes"),
}
"""What only Windows has, and the module and package that are used there."""
_SYSTEMS = {"linux": "Linux", "darwin": "macOS", "win32": "Windows"}


def obstacle(need: str, system: str = sys.platform) -> str:
    """Why a need (see `unavailable`) is not met here, as it reads after a comma; empty: it is."""
    if need in _OF_WINDOWS and system != "win32":
        return f"and this is {_SYSTEMS.get(system, system)}"
    if need in _OF_WINDOWS:
        return _missing(*_OF_WINDOWS[need])
    if need == "a screen" and system == "linux" and not os.environ.get("DISPLAY"):
        return "and there is no X display here (DISPLAY is not set)"
    if need == "a clipboard":
        from casare_robot.desktop.clipboard import clipboard_obstacle

        return clipboard_obstacle()
    if need == "a program that reads text in pictures":
        from casare_robot.desktop.text_in_pictures import ocr_obstacle

        return ocr_obstacle()
    if need == "a program that speaks":
        from casare_robot.desktop.speech import speech

        return "" if speech(150, 1.0) else "and there is none, such as espeak-ng"
    if need == "a program that knows the volume":
        from casare_robot.desktop.volume import volume_obstacle

        return volume_obstacle()
    if need == "a program that reads a camera":
        from casare_robot.desktop.camera import camera_program

        return "" if camera_program() else "and there is none, such as fswebcam or ffmpeg"
    return ""


def _missing(module: str = "", package: str = "") -> str:
    from importlib.util import find_spec

    if not module or find_spec(module) is not None:
        return ""
    return f"and {package} is not installed; pip install 'casare-robot[windows]'"
