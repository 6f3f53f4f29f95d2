"""Starts the face: first the icon, then all the rest. The only file that starts a loop."""

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from casare_robot.desktop.file_lock import FileLock
from casare_robot.desktop.places import Places, find_places
from casare_robot.tray.face_folder import folder_of_face

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication, QSystemTrayIcon

NAME = "Casare Robot"
ALREADY_RUNNING = 5
APPEARS_WITHIN = 0.3
"""Seconds that a tray may take for the icon until the rest is loaded."""


def run_tray(*, hidden: bool = False, home: Path | None = None) -> int:
    """Show the face until the person exits; the exit code.

    Args:
        hidden: Only the icon: no window.
        home: Folder for everything the robot keeps.
    """
    if not _has_screen():
        return _refuse("E-TRAY-1 there is no screen here; casare-robot run works without one")
    places = find_places(home)
    try:
        lock = _only_face(places)
        if not lock.acquire():
            return _show_first(places, hidden=hidden)
    except OSError as error:
        return _refuse(f"E-TRAY-2 {places.data} cannot be used: {error}")
    try:
        from PySide6.QtWidgets import QApplication

        from casare_robot.tray.first_icon import show_first_icon
    except ImportError as error:
        return _refuse(
            f"E-TRAY-3 the tray needs what `pip install casare-robot[desktop]` installs: {error}"
        )
    application = QApplication([NAME])
    application.setQuitOnLastWindowClosed(False)
    icon = show_first_icon(NAME)
    _let_it_appear(application)
    try:
        return _live(application, icon, places, hidden=hidden, home=home)
    finally:
        lock.release()


def _let_it_appear(application: "QApplication") -> None:
    """Let the tray take the icon and paint it, before anything else takes the time."""
    from casare_robot.tray.first_icon import is_seen

    end = time.monotonic() + APPEARS_WITHIN
    while not is_seen() and time.monotonic() < end:
        application.processEvents()
        time.sleep(0.001)
    application.processEvents()


def _live(
    application: "QApplication",
    icon: "QSystemTrayIcon",
    places: Places,
    *,
    hidden: bool,
    home: Path | None,
) -> int:
    import asyncio

    import qasync

    from casare_robot.tray.own_log import keep_log
    from casare_robot.tray.session import Session
    from casare_robot.tray.tray_icon import TrayIcon
    from casare_robot.tray.windows.theme import dress

    dress(application, NAME)
    keep_log(places.logs)
    with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(application)) as runner:
        session = Session(TrayIcon(NAME, icon), places=places, home=home)
        return runner.run(session.run(hidden=hidden))


def _has_screen() -> bool:
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def _only_face(places: Places) -> FileLock:
    return FileLock(folder_of_face(places.data) / "face")


def _show_first(places: Places, *, hidden: bool) -> int:
    """Hand the start over to the face that runs already."""
    import asyncio

    from casare_robot.tray.single_instance import hand_over

    if hidden:
        return 0
    try:
        asyncio.run(hand_over(folder_of_face(places.data), "open"))
    except OSError as error:
        _refuse(f"E-TRAY-5 another tray of this home does not answer: {error}")
        return ALREADY_RUNNING
    return 0


def _refuse(why: str) -> int:
    sys.stderr.write(f"{why}\n")
    return 1
