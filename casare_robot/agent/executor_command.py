"""How an executor of this installation is started."""

import sys

from casare_robot.desktop.child_process import python_module

EXECUTOR = "casare_robot.agent.executor_main"


def executor_command() -> list[str]:
    """Program and arguments."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "--executor"]
    return python_module(EXECUTOR)
