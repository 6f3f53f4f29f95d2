"""Programs that nodes run: the policy, the time limit, and how they ended."""

import os
import shlex
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from casare_robot.desktop.process_tree import Completed, run
from casare_robot.domain.bound_code import BoundCode
from casare_robot.domain.errors import NodeFailure, PolicyError
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property
from casare_robot.nodes.paths import readable

SCRIPTS_REFUSED = "E-POL-521"

TIME_LIMIT = Property("timeout", DataType.INTEGER, 60, low=1)
ENDED = (
    Port("stdout", DataType.STRING),
    Port("stderr", DataType.STRING),
    Port("return_code", DataType.INTEGER),
    Port("success", DataType.BOOLEAN),
)


async def ended(
    ctx: NodeContext,
    arguments: Sequence[str] | str,
    *,
    timeout: float,
    cwd: Path,
    must_be_zero: bool = False,
    env: Mapping[str, str] | None = None,
    shell: bool = False,
    capture: bool = True,
) -> Outputs:
    """Run a program, and answer on the ports of `ENDED`.

    Args:
        ctx: The node's surroundings.
        arguments: As for `casare_robot.desktop.process_tree.run`.
        timeout: Seconds, more than 0.
        cwd: Working directory.
        must_be_zero: Fail when it ends with another code.
        env: Variables on top of this process's environment.
        shell: Give the line to the system's shell.
        capture: Keep the output.
    """
    async with told({"stdout": "", "return_code": -1}, timeout, error_port="stderr"):
        done = await run_allowed(
            ctx,
            arguments,
            timeout=timeout,
            cwd=cwd,
            env={**os.environ, **env} if env else None,
            shell=shell,
            capture=capture,
        )
    outputs: Outputs = {
        "stdout": done.stdout,
        "stderr": done.stderr,
        "return_code": done.return_code,
        "success": done.return_code == 0,
    }
    if must_be_zero and done.return_code:
        raise NodeFailure(f"it ended with {done.return_code}", outputs=outputs)
    return outputs


async def run_allowed(
    ctx: NodeContext,
    arguments: Sequence[str] | str,
    *,
    timeout: float,
    cwd: Path,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    shell: bool = False,
    capture: bool = True,
) -> Completed:
    """Run a program, if the policy lets any run; ``env`` is the whole environment."""
    check_policy(ctx)
    return await run(
        arguments, stdin=stdin, timeout=timeout, cwd=cwd, env=env, shell=shell, capture=capture
    )


def check_policy(ctx: NodeContext) -> None:
    """Refuse where the robot's policy allows no scripts.

    Raises:
        PolicyError: It allows none.
    """
    if not ctx.policy.allow_scripts:
        raise PolicyError("this robot runs no scripts and commands", code=SCRIPTS_REFUSED)


@asynccontextmanager
async def told(
    outputs: Outputs, seconds: float, *, error_port: str = "error", missing: str = ""
) -> AsyncIterator[None]:
    """Make what keeps a program from ending by itself a failure with outputs."""
    if not seconds > 0:
        message = f"timeout is {seconds:g}; a program needs more than 0 seconds"
        raise NodeFailure(
            message,
            outputs={**outputs, error_port: message, "success": False},
            retryable=False,
        )
    try:
        yield
    except TimeoutError as error:
        message = f"Execution timed out after {seconds:g}s"
        raise NodeFailure(
            message,
            outputs={**outputs, error_port: message, "success": False},
            error_type="TimeoutError",
            code="E-NODE-408",
        ) from error
    except OSError as error:
        message = missing if missing and isinstance(error, FileNotFoundError) else str(error)
        raise NodeFailure(
            message,
            outputs={**outputs, error_port: message, "success": False},
            error_type=type(error).__name__,
        ) from error
    except ValueError as error:  # a NUL character in an argument
        raise NodeFailure(str(error), outputs={**outputs, "success": False}) from error


def words(args: Any) -> list[str]:
    """Arguments from a list, or from text with quotes.

    A bound value is never split, whatever it holds.
    """
    if args is None or args == "":
        return []
    if isinstance(args, list | tuple):
        return [str(word) for word in args]
    line = str(args)
    try:
        found = shlex.split(line, posix=os.name != "nt")
    except ValueError as error:
        written = args.as_written(line) if isinstance(args, BoundCode) else line
        raise NodeFailure(f"{written!r} cannot be split into words: {error}") from error
    if os.name == "nt":
        found = [word.strip('"') for word in found]
    return [args.filled(word) for word in found] if isinstance(args, BoundCode) else found


def folder_of(ctx: NodeContext, working_dir: str | None) -> Path:
    """The working directory a node asks for, else the job's."""
    if not working_dir:
        return ctx.working_dir
    folder = readable(ctx, working_dir)
    if not folder.is_dir():
        raise NodeFailure(f"there is no folder {working_dir}", error_type="FileNotFoundError")
    return folder
