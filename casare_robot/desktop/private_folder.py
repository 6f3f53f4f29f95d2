"""Folders that only this user can enter."""

import os
import stat
import sys
from pathlib import Path


def make_private(folder: Path) -> None:
    """Make a folder, or make sure of one, that is this user's and nobody else's.

    On Windows the folders of a user's profile are private already.

    Raises:
        OSError: It cannot be made, belongs to somebody else or is a link.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if sys.platform == "win32":
        return
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PermissionError(f"{folder} is not a folder of this user")
    if stat.S_IMODE(found.st_mode) != 0o700:
        folder.chmod(0o700)
