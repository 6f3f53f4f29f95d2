"""Scripts and commands, each in a process of its own with a time limit.

There are no lists of dangerous words: whether a robot runs scripts at all is
its policy's to say. What runs can do what the user can.
"""

import json
import os
import shlex
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from casare_robot.desktop.process_tree import Completed, run
from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure, PolicyError
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.paths import existing_file, readable

SCRIPTS_REFUSED = "E-POL-521"
_KEPT_WHEN_ISOLATED = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LANG", "LC_ALL")

_PYTHON_FRAME = """\
import json, sys, traceback
answer_path, order = sys.argv.pop(), json.load(sys.stdin.buffer)
names = {"__name__": "__main__", "result": None, **order["variables"]}
answer = {"error": ""}
try:
    exec(compile(order["code"], "<script>", "exec"), names)
    answer["result"] = names.get("result")
except SystemExit as end:
    answer["result"] = names.get("result")
    if end.code not in (None, 0):
        answer["error"] = f"the script ended itself with {end.code!r}"
except BaseException as error:
    answer["error"] = str(error) or type(error).__name__
    traceback.print_exc()
try:
    text = json.dumps(answer, default=str)
except (TypeError, ValueError) as error:
    text = json.dumps({"error": f"the result cannot be carried as JSON: {error}"})
with open(answer_path, "w", encoding="utf-8") as file:
    file.write(text)
"""
_JAVASCRIPT_FRAME = 'const inputData = JSON.parse(require("fs").readFileSync(0, "utf8"));\n'

_RETRIES = (
    Property("retry_count", DataType.INTEGER, 0, low=0),
    Property("retry_interval", DataType.INTEGER, 1000, low=0),
    Property("retry_on_nonzero", DataType.BOOLEAN, False),
)
_TIME_LIMIT = Property("timeout", DataType.INTEGER, 60, low=1)
_ENDED = (
    Port("stdout", DataType.STRING),
    Port("stderr", DataType.STRING),
    Port("return_code", DataType.INTEGER),
    Port("success", DataType.BOOLEAN),
)


@node(
    "RunPythonScriptNode",
    category="scripts",
    effect=Effect.ONCE,
    inputs=(Port("code", DataType.STRING, required=True), Port("variables", DataType.DICT)),
    outputs=(
        Port("result"),
        Port("output", DataType.STRING),
        Port("success", DataType.BOOLEAN),
        Port("error", DataType.STRING),
    ),
    properties=(
        Property("code", DataType.CODE, required=True),
        Property("variables", DataType.JSON),
        _TIME_LIMIT,
        Property("isolated", DataType.BOOLEAN, False),
    ),
    synonyms={"script": "code"},
)
async def run_python_script(
    ctx: NodeContext, *, code: str, variables: Any, timeout: float, isolated: bool
) -> Outputs:
    """Run Python in an interpreter of its own and hand back its variable ``result``.

    The variables and the result are carried as JSON; what JSON cannot carry
    becomes text. An exception in the script is an answer, with ``success``
    False; its traceback goes to the log. ``isolated`` runs it in an empty
    folder, without the environment and without the user's packages.
    """
    order = {"code": code, "variables": variables if isinstance(variables, Mapping) else {}}
    with TemporaryDirectory(prefix="casare-") as folder:
        answer_path = Path(folder) / "answer.json"
        (Path(folder) / "empty").mkdir()
        options = ("-I",) if isolated else ()
        async with _told({"output": ""}, timeout):
            done = await _run(
                ctx,
                [_python(), *options, "-X", "utf8", "-c", _PYTHON_FRAME, str(answer_path)],
                stdin=json.dumps(order, default=str).encode(),
                timeout=timeout,
                cwd=Path(folder) / "empty" if isolated else ctx.working_dir,
                env=_bare_environment() if isolated else None,
            )
        answer = _answer(answer_path, done)
    if answer["error"]:
        ctx.log("warning", done.stderr or answer["error"])
    return {
        "result": answer.get("result"),
        "output": done.stdout,
        "success": not answer["error"],
        "error": answer["error"],
    }


def _answer(path: Path, done: Completed) -> dict[str, Any]:
    try:
        answer = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        message = f"the interpreter ended with {done.return_code} before the script did"
        return {"error": done.stderr.strip() or message}
    return answer if isinstance(answer, dict) else {"error": "the interpreter's answer is broken"}


@node(
    "RunPythonFileNode",
    category="scripts",
    effect=Effect.ONCE,
    inputs=(
        Port("file_path", DataType.STRING, required=True),
        Port("args"),
        Port("working_dir", DataType.STRING),
    ),
    outputs=_ENDED,
    properties=(
        Property("file_path", DataType.STRING, required=True),
        Property("args"),
        Property("working_dir", DataType.DIRECTORY_PATH),
        _TIME_LIMIT,
        Property("python_path", DataType.STRING, "<sys.executable>"),
        *_RETRIES,
    ),
)
async def run_python_file(
    ctx: NodeContext,
    *,
    file_path: str,
    args: Any,
    working_dir: str | None,
    timeout: float,
    python_path: str,
    retry_on_nonzero: bool,
) -> Outputs:
    """Run a Python file; a nonzero end is an answer, with ``success`` False."""
    _check_policy(ctx)
    program = _python() if python_path in ("", "<sys.executable>") else python_path
    path = existing_file(ctx, file_path, "Python file")
    return await _ended(
        ctx,
        [program, str(path), *_words(args)],
        timeout=timeout,
        cwd=_folder(ctx, working_dir),
        must_be_zero=retry_on_nonzero,
    )


@node(
    "RunBatchScriptNode",
    category="scripts",
    effect=Effect.ONCE,
    inputs=(Port("script", DataType.STRING, required=True), Port("working_dir", DataType.STRING)),
    outputs=_ENDED,
    properties=(
        Property("script", DataType.TEXT, required=True),
        Property("working_dir", DataType.DIRECTORY_PATH),
        _TIME_LIMIT,
        *_RETRIES,
    ),
)
async def run_batch_script(
    ctx: NodeContext,
    *,
    script: str,
    working_dir: str | None,
    timeout: float,
    retry_on_nonzero: bool,
) -> Outputs:
    """Run a script of the system's shell: ``sh``, on Windows ``cmd``."""
    with TemporaryDirectory(prefix="casare-") as folder:
        path = Path(folder) / ("script.bat" if os.name == "nt" else "script.sh")
        if os.name == "nt":
            text = "@echo off\nchcp 65001 >nul\n" + script.replace("\r\n", "\n")
            path.write_text(text, encoding="utf-8", newline="\r\n")
            arguments = [os.environ.get("COMSPEC", "cmd.exe"), "/d", "/c", str(path)]
        else:
            path.write_text(script, encoding="utf-8")
            arguments = ["/bin/sh", str(path)]
        return await _ended(
            ctx,
            arguments,
            timeout=timeout,
            cwd=_folder(ctx, working_dir),
            must_be_zero=retry_on_nonzero,
        )


@node(
    "RunJavaScriptNode",
    category="scripts",
    effect=Effect.ONCE,
    inputs=(Port("code", DataType.STRING, required=True), Port("input_data")),
    outputs=(
        Port("result", DataType.STRING),
        Port("success", DataType.BOOLEAN),
        Port("error", DataType.STRING),
    ),
    properties=(
        Property("code", DataType.TEXT, required=True),
        Property("input_data"),
        _TIME_LIMIT,
        Property("node_path", DataType.STRING, "node"),
    ),
    synonyms={"variables": "input_data", "output": "result", "script": "code"},
)
async def run_javascript(
    ctx: NodeContext, *, code: str, input_data: Any, timeout: float, node_path: str
) -> Outputs:
    """Run JavaScript in Node.js; what it prints is the result.

    The script sees ``input_data`` as ``inputData``.
    """
    with TemporaryDirectory(prefix="casare-") as folder:
        path = Path(folder) / "script.js"
        path.write_text(_JAVASCRIPT_FRAME + code, encoding="utf-8")
        async with _told({"result": ""}, timeout, missing="Node.js is not installed"):
            done = await _run(
                ctx,
                [node_path or "node", str(path)],
                stdin=json.dumps(input_data, default=str).encode(),
                timeout=timeout,
                cwd=ctx.working_dir,
            )
    return {
        "result": done.stdout.strip(),
        "success": done.return_code == 0,
        "error": done.stderr.strip(),
    }


@node(
    "RunCommandNode",
    category="system",
    effect=Effect.ONCE,
    inputs=(Port("command", DataType.STRING, required=True), Port("args")),
    outputs=_ENDED,
    properties=(
        Property("command", DataType.STRING, "", required=True),
        Property("args", DataType.STRING, ""),
        Property("shell", DataType.BOOLEAN, False),
        _TIME_LIMIT,
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
    ``allow_dangerous`` is accepted and changes nothing: what may run is the policy's.
    """
    if shell:
        added = args if isinstance(args, str) else shlex.join(_words(args))
        arguments: Sequence[str] | str = f"{command} {added}" if added else command
    else:
        arguments = [*_command(ctx, command), *_words(args)]
    return await _ended(
        ctx,
        arguments,
        timeout=timeout,
        cwd=_folder(ctx, working_dir),
        shell=shell,
        capture=capture_output,
    )


async def _ended(
    ctx: NodeContext,
    arguments: Sequence[str] | str,
    *,
    timeout: float,
    cwd: Path,
    must_be_zero: bool = False,
    shell: bool = False,
    capture: bool = True,
) -> Outputs:
    async with _told({"stdout": "", "return_code": -1}, timeout, error_port="stderr"):
        done = await _run(ctx, arguments, timeout=timeout, cwd=cwd, shell=shell, capture=capture)
    outputs: Outputs = {
        "stdout": done.stdout,
        "stderr": done.stderr,
        "return_code": done.return_code,
        "success": done.return_code == 0,
    }
    if must_be_zero and done.return_code:
        raise NodeFailure(f"it ended with {done.return_code}", outputs=outputs)
    return outputs


async def _run(
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
    _check_policy(ctx)
    return await run(
        arguments, stdin=stdin, timeout=timeout, cwd=cwd, env=env, shell=shell, capture=capture
    )


def _check_policy(ctx: NodeContext) -> None:
    if not ctx.policy.allow_scripts:
        raise PolicyError("this robot runs no scripts and commands", code=SCRIPTS_REFUSED)


@asynccontextmanager
async def _told(
    outputs: Outputs, seconds: float, *, error_port: str = "error", missing: str = ""
) -> AsyncIterator[None]:
    """Make what keeps a program from ending by itself a failure with outputs."""
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


def _words(args: Any) -> list[str]:
    """Arguments from a list, or from text with quotes."""
    if args is None or args == "":
        return []
    if isinstance(args, list | tuple):
        return [str(word) for word in args]
    return _split(str(args))


def _command(ctx: NodeContext, command: str) -> list[str]:
    """A program's path, which may hold spaces, or a line of program and arguments."""
    if not command.strip():
        raise NodeFailure("there is no command")
    return [command] if (ctx.working_dir / command).is_file() else _split(command)


def _split(line: str) -> list[str]:
    try:
        words = shlex.split(line, posix=os.name != "nt")
    except ValueError as error:
        raise NodeFailure(f"{line!r} cannot be split into words: {error}") from error
    return words if os.name != "nt" else [word.strip('"') for word in words]


def _folder(ctx: NodeContext, working_dir: str | None) -> Path:
    if not working_dir:
        return ctx.working_dir
    folder = readable(ctx, working_dir)
    if not folder.is_dir():
        raise NodeFailure(f"there is no folder {working_dir}", error_type="FileNotFoundError")
    return folder


def _python() -> str:
    """A Python interpreter: ours, or in a packaged robot the one on the path."""
    if not getattr(sys, "frozen", False):
        return sys.executable
    import shutil

    found = shutil.which("python3") or shutil.which("python")
    if found is None:
        raise NodeFailure("there is no Python interpreter on the path", retryable=False)
    return found


def _bare_environment() -> dict[str, str]:
    return {name: os.environ[name] for name in _KEPT_WHEN_ISOLATED if name in os.environ}
