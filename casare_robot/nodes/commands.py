"""Any program or shell line."""

import os
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from casare_robot.domain.bound_code import BoundCode
from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.bound_shell import bound_shell
from casare_robot.nodes.processes import ENDED, TIME_LIMIT, ended, folder_of, words


@node(
    "RunCommandNode",
    category="system",
    effect=Effect.ONCE,
    inputs=(Port("command", DataType.STRING, required=True), Port("args")),
    outputs=ENDED,
    properties=(
        Property("command", DataType.CODE, "", required=True),
        Property("args", DataType.CODE, ""),
        Property("shell", DataType.BOOLEAN, False),
        TIME_LIMIT,
        Property("working_dir", DataType.STRING, ""),
        Property("capture_output", DataType.BOOLEAN, True),
        Property("allow_dangerous", DataType.BOOLEAN, False),
    ),
)
async def run_command(
    ctx: NodeContext,
    *,
    command: str,
    args: Any,
    shell: bool,
    timeout: float,
    working_dir: str | None,
    capture_output: bool,
) -> Outputs:
    """Run a program; a nonzero end is an answer, with ``success`` False.

    Without ``shell`` nothing but quotes has a meaning in ``command`` and ``args``.
    With it, list arguments are quoted and text is added to the line as it is.
    The value of a reference in them is always one word or part of one.
    ``allow_dangerous`` is accepted and changes nothing: what may run is the policy's.
    """
    arguments: Sequence[str] | str
    values: Mapping[str, str] = {}
    if shell:
        arguments, values = _line(command, args)
    else:
        arguments = [*_command(ctx, command), *words(args)]
    return await ended(
        ctx,
        arguments,
        timeout=timeout,
        cwd=folder_of(ctx, working_dir),
        env=values,
        shell=shell,
        capture=capture_output,
    )


def _command(ctx: NodeContext, command: str) -> list[str]:
    """A program's path, which may hold spaces, or a line of program and arguments."""
    if not command.strip():
        raise NodeFailure("there is no command")
    path = command.filled(command) if isinstance(command, BoundCode) else command
    return [path] if (ctx.working_dir / path).is_file() else words(command)


def _line(command: str, args: Any) -> tuple[str, dict[str, str]]:
    """One line for the shell, and the environment variables with its values."""
    added = args if isinstance(args, str) else shlex.join(words(args))
    if os.name == "nt" and (isinstance(command, BoundCode) or isinstance(added, BoundCode)):
        raise NodeFailure(
            "cmd takes no values in one line; RunBatchScriptNode does", retryable=False
        )
    line, values = bound_shell(command)
    more, more_values = bound_shell(added, prefix="args_")
    return f"{line} {more}" if more else line, {**values, **more_values}
