"""Whether this process has a screen, a mouse and a keyboard to work with."""

import asyncio
import os
import subprocess
import sys

LOCKED = "the screen is locked"
DISCONNECTED = "its session is disconnected"
ELSEWHERE = "another session has the screen"
_REMOTE_SESSION = 0x1000  # SM_REMOTESESSION


def desktop_session() -> str:
    """The session this process can show windows in, for people; empty: none."""
    if sys.platform == "win32":
        import ctypes

        session = ctypes.c_ulong()
        kernel = ctypes.WinDLL("kernel32")
        if not kernel.ProcessIdToSessionId(os.getpid(), ctypes.byref(session)):
            return ""
        if not session.value:  # that is for services
            return ""
        is_remote = ctypes.WinDLL("user32").GetSystemMetrics(_REMOTE_SESSION)
        return f"Windows session {session.value}{', remote desktop' if is_remote else ''}"
    if sys.platform == "darwin":
        return "macOS session"
    for variable in ("WAYLAND_DISPLAY", "DISPLAY"):
        if os.environ.get(variable):
            return f"{variable} {os.environ[variable]}"
    return ""


async def desktop_obstacle() -> str:
    """Why nobody can click or type in this session now; empty: nothing is known against it.

    Told by systemd's logind and by Windows.
    """
    return await asyncio.to_thread(obstacle_now)


def obstacle_now() -> str:
    """As `desktop_obstacle`, waiting for the answer."""
    if sys.platform == "win32":
        from casare_robot.desktop.session_windows import is_disconnected_or_locked

        is_disconnected, is_locked = is_disconnected_or_locked()
        return DISCONNECTED if is_disconnected else LOCKED if is_locked else ""
    session = os.environ.get("XDG_SESSION_ID")
    if sys.platform == "darwin" or not session:
        return ""
    wanted = ("Type", "Active", "LockedHint")
    command = ["loginctl", "show-session", session, *(f"--property={name}" for name in wanted)]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=2, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return logind_obstacle(told.stdout)


def logind_obstacle(told: str) -> str:
    """What properties of a session mean, one ``NAME=value`` a line."""
    facts = dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
    if facts.get("LockedHint") == "yes":
        return LOCKED
    is_seen = facts.get("Type") in ("x11", "wayland", "mir")
    return ELSEWHERE if is_seen and facts.get("Active") == "no" else ""
