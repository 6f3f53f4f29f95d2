"""Scripts, each in a process of its own with a time limit.

There are no lists of dangerous words: whether a robot runs scripts at all is
its policy's to say. What runs can do what the user can. References in a script
are bound to values; their text never becomes part of the code.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from casare_robot.desktop.process_tree import Completed
from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.bound_javascript import bound_javascript
from casare_robot.nodes.bound_python import bound_python
from casare_robot.nodes.bound_shell import bound_batch, bound_shell
from casare_robot.nodes.paths import existing_file
from casare_robot.nodes.processes import (
    ENDED,
    TIME_LIMIT,
    check_policy,
    ended,
    folder_of,
    run_allowed,
    told,
    words,
)

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
_JAVASCRIPT_FRAME = (
    "const {{input: inputData, values: {{{names}}}}} = "
    'JSON.parse(require("fs").readFileSync(0, "utf8"));\n{code}'
)

_RETRIES = (
    Property("retry_count", DataType.INTEGER, 0, low=0),
    Property("retry_interval", DataType.INTEGER, 1000, low=0),
    Property("retry_on_nonzero", DataType.BOOLEAN, False),
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
        TIME_LIMIT,
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
    text, values = bound_python(code)
    given = variables if isinstance(variables, Mapping) else {}
    order = {"code": text, "variables": {**given, **values}}
    with TemporaryDirectory(prefix="casare-") as folder:
        answer_path = Path(folder) / "answer.json"
        (Path(folder) / "empty").mkdir()
        options = ("-I",) if isolated else ()
        async with told({"output": ""}, timeout):
            done = await run_allowed(
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
    outputs=ENDED,
    properties=(
        Property("file_path", DataType.STRING, required=True),
        Property("args"),
        Property("working_dir", DataType.DIRECTORY_PATH),
        TIME_LIMIT,
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
    check_policy(ctx)
    program = _python() if python_path in ("", "<sys.executable>") else python_path
    path = existing_file(ctx, file_path, "Python file")
    return await ended(
        ctx,
        [program, str(path), *words(args)],
        timeout=timeout,
        cwd=folder_of(ctx, working_dir),
        must_be_zero=retry_on_nonzero,
    )


@node(
    "RunBatchScriptNode",
    category="scripts",
    effect=Effect.ONCE,
    inputs=(Port("script", DataType.STRING, required=True), Port("working_dir", DataType.STRING)),
    outputs=ENDED,
    properties=(
        Property("script", DataType.CODE, required=True),
        Property("working_dir", DataType.DIRECTORY_PATH),
        TIME_LIMIT,
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
            text, values = bound_batch(script)
            text = "@echo off\nchcp 65001 >nul\n" + text.replace("\r\n", "\n")
            path.write_text(text, encoding="utf-8", newline="\r\n")
            arguments = [os.environ.get("COMSPEC", "cmd.exe"), "/d", "/c", str(path)]
        else:
            text, values = bound_shell(script)
            path.write_text(text, encoding="utf-8")
            arguments = ["/bin/sh", str(path)]
        return await ended(
            ctx,
            arguments,
            timeout=timeout,
            cwd=folder_of(ctx, working_dir),
            env=values,
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
        Property("code", DataType.CODE, required=True),
        Property("input_data"),
        TIME_LIMIT,
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
        text, values = bound_javascript(code)
        order = {"input": input_data, "values": values}
        text = _JAVASCRIPT_FRAME.format(names=", ".join(values), code=text)
        path.write_text(text, encoding="utf-8")
        async with told({"result": ""}, timeout, missing="Node.js is not installed"):
            done = await run_allowed(
                ctx,
                [node_path or "node", str(path)],
                stdin=json.dumps(order, default=str).encode(),
                timeout=timeout,
                cwd=ctx.working_dir,
            )
    return {
        "result": done.stdout.strip(),
        "success": done.return_code == 0,
        "error": done.stderr.strip(),
    }


def _python() -> str:
    """A Python interpreter: ours, or where a packaged robot has none the one on the path."""
    if not getattr(sys, "frozen", False):
        return sys.executable
    import shutil

    installed = Path(sys.prefix, "python.exe")
    if installed.exists():
        return str(installed)
    found = shutil.which("python3") or shutil.which("python")
    if found is None:
        raise NodeFailure("there is no Python interpreter on the path", retryable=False)
    return found


def _bare_environment() -> dict[str, str]:
    return {name: os.environ[name] for name in _KEPT_WHEN_ISOLATED if name in os.environ}
