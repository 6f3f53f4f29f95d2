"""A long-lived child that is talked to over its standard input and output."""

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from casare_robot.desktop import process_tree


class Child:
    """A running child with everything it starts.

    ``read_fd`` is what it says, ``write_fd`` what it is told, ``errors`` its
    standard error where that was asked for: who reads it closes it.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", tree: process_tree.Tree) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError("a child needs both pipes")
        self.process = process
        self.read_fd = process.stdout.fileno()
        self.write_fd = process.stdin.fileno()
        self.errors = process.stderr
        self._tree = tree

    def wait(self) -> int:
        """Wait for its end; the exit code."""
        return self.process.wait()

    def has_ended(self, *, within: float) -> bool:
        """Whether it ends by itself within so many seconds."""
        try:
            self.process.wait(within)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """Kill it and all it started, and leave what it said to be read."""
        self._tree.end()

    def end(self) -> None:
        """Kill it and all it started; harmless when it has ended."""
        self._tree.end()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


def start_child(command: Sequence[str], *, errors: int | None = None) -> Child:
    """Start a program that dies with this one.

    Args:
        command: Program and arguments.
        errors: Its standard error: this process's, `subprocess.DEVNULL`, or
            `subprocess.PIPE` for `Child.errors`.

    Raises:
        OSError: It cannot be started.
    """
    pipe = subprocess.PIPE
    options: dict[str, Any] = {"stdin": pipe, "stdout": pipe, "stderr": errors}
    if sys.platform == "win32":
        options["creationflags"] = process_tree.CREATE_SUSPENDED
        process = subprocess.Popen(command, **options)
        return Child(process, process_tree.JobTree(process.pid))
    options["start_new_session"] = True
    process = subprocess.Popen([*process_tree.dies_with_parent(), *command], **options)
    return Child(process, process_tree.SessionTree(process.pid))


def python_module(module: str) -> list[str]:
    """Command that runs a module of this installation with this interpreter."""
    executable = sys.executable or "python"
    return (
        [executable, "-X", "utf8", "-m", module] if os.name == "nt" else [executable, "-m", module]
    )
