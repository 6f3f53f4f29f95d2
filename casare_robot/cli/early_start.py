"""Starts an executor while the command line is still loading: both take a while."""

from casare_robot.agent.executor_command import executor_command
from casare_robot.desktop.child_process import Child, start_child

_started: list[Child] = []


def start() -> None:
    """Start an executor for the command that is about to run."""
    _started.append(start_child(executor_command()))


def taken() -> Child | None:
    """Hand the executor over, if one was started."""
    return _started.pop() if _started else None
