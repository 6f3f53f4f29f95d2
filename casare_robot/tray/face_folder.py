"""Where the face of a home says that it runs. Loaded before the icon is on the screen."""

from pathlib import Path

from casare_robot.desktop.private_folder import make_private


def folder_of_face(data: Path) -> Path:
    """The folder by which faces of one home find each other; made if it is missing.

    Raises:
        OSError: It cannot be made, or belongs to somebody else.
    """
    folder = data / "tray"
    make_private(folder)
    return folder
