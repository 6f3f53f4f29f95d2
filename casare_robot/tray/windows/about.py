"""What this program is."""

from PySide6.QtWidgets import QMessageBox, QWidget

from casare_robot import __version__
from casare_robot.desktop.places import Places
from casare_robot.tray.icons import application_pixmap
from casare_robot.tray.texts import tr
from casare_robot.tray.views.sight import Sight
from casare_robot.tray.windows.parts import HEADED, tell

ICON = 64
WIDTH = 420
"""Pixels, so that paths of a usual length stand on one line."""


def about(parent: QWidget | None, places: Places, sight: Sight) -> QMessageBox:
    """Tell name, version and places."""
    status = sight.status
    lines = [
        tr("Runs CasareRPA workflows and never loses a job."),
        "",
        tr("Version: {version}", version=__version__),
    ]
    if status is not None:
        if status.version != __version__:
            lines.append(tr("Version of the running robot: {version}", version=status.version))
        lines.append(tr("Robot: {name} ({id})", name=status.name, id=status.robot_id))
    lines += [
        tr("Settings: {path}", path=places.config_file),
        tr("Logs: {path}", path=places.logs),
        "",
        tr("MIT licence. Qt for Python is used under the LGPL."),
    ]
    box = tell(parent, tr("Casare Robot"), "\n".join(lines))
    box.setStyleSheet(f"{HEADED} QLabel#qt_msgbox_informativelabel {{ min-width: {WIDTH}px; }}")
    box.setIconPixmap(application_pixmap(ICON, box.devicePixelRatioF()))
    return box
