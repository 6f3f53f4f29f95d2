"""Starts the installed robot: what the launchers run."""

import os
import sys

sys.frozen = "installed"  # as packagers do: its programs are started by this executable
for name in ("stdin", "stdout", "stderr"):
    if getattr(sys, name) is None:  # a program with windows has none of them
        setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - pathlib costs start-up time

from casare_robot.__main__ import main  # noqa: E402 - it may look at the above

main()
