"""Where the face of a home says that it runs. Loaded before the icon is on the screen."""

from pathlib import Path

from casare_robot.desktop.private_folder import make_private

_STOPPED = "robot-was-stopped"


def folder_of_face(data: Path) -> Path:
    """The folder by which faces of one home find each other; made if it is missing.

    Raises:
        OSError: It cannot be made, or belongs to somebody else.
    """
    folder = data / "tray"
    make_private(folder)
    return folder


def keep_stopped(data: Path) -> None:
    """Let the next face know that a person has stopped the robot.

    Raises:
        OSError: It cannot be kept.
    """
    (folder_of_face(data) / _STOPPED).touch()


def was_stopped(data: Path) -> bool:
    """Whether a person had stopped the robot before the last face left; told once.

    Raises:
        OSError: It cannot be told only once.
    """
    mark = folder_of_face(data) / _STOPPED
    is_there = mark.exists()
    mark.unlink(missing_ok=True)
    return is_there
