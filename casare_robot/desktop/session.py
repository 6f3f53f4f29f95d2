"""Whether this process has a screen, a mouse and a keyboard to work with."""

import os
import sys


def desktop_session() -> str:
    """The session this process can show windows in, for people; empty: none."""
    if sys.platform == "win32":
        import ctypes

        session = ctypes.c_ulong()
        kernel = ctypes.WinDLL("kernel32")
        if not kernel.ProcessIdToSessionId(os.getpid(), ctypes.byref(session)):
            return ""
        return f"Windows session {session.value}" if session.value else ""  # 0 is for services
    if sys.platform == "darwin":
        return "macOS session"
    for variable in ("WAYLAND_DISPLAY", "DISPLAY"):
        if os.environ.get(variable):
            return f"{variable} {os.environ[variable]}"
    return ""
