"""Starts the robot of a folder: what PyInstaller's program runs."""

import os
import sys

for name in [name for name in os.environ if name.startswith("_PYI_")]:
    del os.environ[name]
os.environ.pop("LD_LIBRARY_PATH", None)  # the folder's libraries are not for what jobs start
before = os.environ.pop("LD_LIBRARY_PATH_ORIG", "")
if before:
    os.environ["LD_LIBRARY_PATH"] = before
sys.frozen = "folder"  # its programs are started by this executable
sys.prefix = os.path.dirname(sys.executable)  # noqa: PTH120 - pathlib costs start-up time
sys.path.insert(0, sys.prefix + "/site")

from casare_robot.__main__ import main  # noqa: E402 - it may look at the above

main()
