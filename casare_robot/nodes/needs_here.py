"""Whether what a node type needs is there on this machine."""

import os
import sys

_SYSTEMS = {"linux": "Linux", "darwin": "macOS", "win32": "Windows"}


def obstacle(need: str, system: str = sys.platform) -> str:
    """Why a need (see `unavailable`) is not met here, as it reads after a comma; empty: it is."""
    if need in ("a Windows desktop", "Windows") and system != "win32":
        return f"and this is {_SYSTEMS.get(system, system)}"
    if need == "a screen" and system == "linux" and not os.environ.get("DISPLAY"):
        return "and there is no X display here (DISPLAY is not set)"
    if need == "a clipboard":
        from casare_robot.desktop.clipboard import clipboard_obstacle

        return clipboard_obstacle()
    if need == "a Windows desktop":
        from importlib.util import find_spec

        if find_spec("uiautomation") is None:
            return "and uiautomation is not installed; pip install 'casare-robot[windows]'"
    return ""
