"""Run a program so that it, and everything it started, can be ended."""

import asyncio
import errno
import functools
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

OUTPUT_LIMIT = 10 * 1024 * 1024
"""Bytes kept of each output stream; what a person reads is far smaller."""
_CHUNK = 64 * 1024
_LAST_WAIT = 5.0
"""Seconds that a killed child may take to be reaped before it is left to the system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """How a program ended.

    Args:
        return_code: Exit code; negative: ended by that signal (POSIX).
        stdout: Decoded output with plain line feeds; cut at `OUTPUT_LIMIT` bytes,
            which a last line then says.
        stderr: Likewise.
    """

    return_code: int
    stdout: str
    stderr: str


class Tree(Protocol):
    """A running program with everything it started."""

    def end(self) -> None:
        """Kill all of it at once; does nothing when it is already gone."""
        ...

    def release(self) -> None:
        """Let go after a normal end; what still runs in the background may run on."""
        ...


async def run(
    arguments: Sequence[str] | str,
    *,
    timeout: float,
    stdin: bytes = b"",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    shell: bool = False,
    capture: bool = True,
) -> Completed:
    """Run a program to its end.

    Args:
        arguments: Program and arguments; with ``shell`` one line for the system's shell.
        timeout: Seconds until the whole tree is killed.
        stdin: What the program can read.
        cwd: Working directory; None: this process's.
        env: The whole environment; None: this process's.
        shell: Give the line to ``sh`` or ``cmd``.
        capture: Keep the output. It is then waited for until everyone who holds it
            has ended, background programs included; without, only the program is.

    Raises:
        TimeoutError: Out of time; the tree has been killed.
        OSError: The program cannot be started.

    Cancelling kills the tree and waits until the program is gone.
    """
    output = asyncio.subprocess.PIPE if capture else asyncio.subprocess.DEVNULL
    options: dict[str, Any] = {
        "stdin": asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL,
        "stdout": output,
        "stderr": output,
        "cwd": cwd,
        "env": env,
    }
    process, tree = await _start(arguments, options, shell=shell)
    try:
        async with asyncio.timeout(timeout):
            stdout, stderr, _ = await asyncio.gather(
                _read(process.stdout), _read(process.stderr), _feed(process.stdin, stdin)
            )
            return_code = await process.wait()
    except BaseException:
        tree.end()
        await _reap(process)
        raise
    tree.release()
    return Completed(return_code=return_code, stdout=stdout, stderr=stderr)


async def _read(stream: asyncio.StreamReader | None) -> str:
    if stream is None:
        return ""
    kept = bytearray()
    cut = False
    while chunk := await stream.read(_CHUNK):
        room = OUTPUT_LIMIT - len(kept)
        kept += chunk[:room]
        cut = cut or len(chunk) > room
    text = _decode(bytes(kept)).replace("\r\n", "\n")
    return f"{text}\n[output cut after {OUTPUT_LIMIT} bytes]\n" if cut else text


def _decode(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("oem" if sys.platform == "win32" else "utf-8", errors="replace")


async def _feed(stream: asyncio.StreamWriter | None, data: bytes) -> None:
    if stream is None:
        return
    try:
        stream.write(data)
        await stream.drain()
        stream.close()
        await stream.wait_closed()
    except (BrokenPipeError, ConnectionResetError):
        return  # a program need not read what it is given


async def _reap(process: asyncio.subprocess.Process) -> None:
    """Wait for a killed child; a process that left the tree may hold its pipes, so not for ever."""
    try:
        async with asyncio.timeout(_LAST_WAIT):
            await process.wait()
    except TimeoutError:
        return


if sys.platform == "win32":
    from casare_robot.desktop.process_tree_windows import CREATE_SUSPENDED, JobTree

    async def _start(
        arguments: Sequence[str] | str, options: dict[str, Any], *, shell: bool
    ) -> tuple[asyncio.subprocess.Process, Tree]:
        options["creationflags"] = CREATE_SUSPENDED
        process = await _create(arguments, options, shell=shell)
        try:
            return process, JobTree(process.pid)
        except BaseException:
            process.kill()
            raise

else:
    import signal

    async def _start(
        arguments: Sequence[str] | str, options: dict[str, Any], *, shell: bool
    ) -> tuple[asyncio.subprocess.Process, Tree]:
        options["start_new_session"] = True
        if shell:
            arguments, shell = ["/bin/sh", "-c", _line(arguments)], False
        program = _found(arguments[0], options["cwd"], options["env"])
        process = await _create(
            [*dies_with_parent(), program, *arguments[1:]], options, shell=shell
        )
        return process, SessionTree(process.pid)

    @functools.cache
    def dies_with_parent() -> tuple[str, ...]:
        """Words in front of a command that tie its life to ours (Linux).

        ``setpriv`` sets the death signal after the fork and then becomes the
        command: no Python code runs between fork and exec, where a lock held
        by another thread would hang it.
        """
        setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
        return (setpriv, "--pdeathsig", "KILL", "--") if setpriv else ()

    def _found(program: str, cwd: Path | None, env: Mapping[str, str] | None) -> str:
        """Full path of a program, because ``setpriv`` would start even for a missing one.

        Raises:
            FileNotFoundError: There is no such program.
            PermissionError: It may not be executed.
        """
        path = (
            program
            if "/" in program
            else shutil.which(program, path=(env or os.environ).get("PATH"))
        )
        if path is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), program)
        place = Path(cwd or ".") / path
        if not place.is_file():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), program)
        if not os.access(place, os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), program)
        return path

    class SessionTree:
        """A POSIX session of its own: its group, and whoever below it left the group."""

        def __init__(self, leader: int) -> None:
            self._leader = leader

        def end(self) -> None:
            """Kill the descendants and the group."""
            with suppress(ProcessLookupError):  # nobody of it is left
                if self._has_ended():
                    os.killpg(self._leader, signal.SIGKILL)
                else:
                    self._end_all()

        def _has_ended(self) -> bool:
            """Whether the leader is gone; those who left its group cannot be found then."""
            flags = os.WEXITED | os.WNOWAIT | os.WNOHANG
            try:
                return os.waitid(os.P_PID, self._leader, flags) is not None
            except ChildProcessError:
                return True

        def _end_all(self) -> None:
            import psutil

            try:
                descendants = psutil.Process(self._leader).children(recursive=True)
            except psutil.NoSuchProcess:
                descendants = []
            with suppress(ProcessLookupError):
                os.killpg(self._leader, signal.SIGKILL)
            for descendant in descendants:
                with suppress(psutil.NoSuchProcess):
                    descendant.kill()

        def release(self) -> None:
            """Nothing is held."""


async def _create(
    arguments: Sequence[str] | str, options: dict[str, Any], *, shell: bool
) -> asyncio.subprocess.Process:
    if shell:
        return await asyncio.create_subprocess_shell(_line(arguments), **options)
    return await asyncio.create_subprocess_exec(*arguments, **options)


def _line(arguments: Sequence[str] | str) -> str:
    if not isinstance(arguments, str):
        raise TypeError("a shell takes one line, not a list of arguments")
    return arguments
