"""Scripts of Windows PowerShell, with the values of references beside them."""

import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from casare_robot.domain.bound_code import BoundCode
from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.processes import ENDED, TIME_LIMIT, ended

_POLICIES = ("RemoteSigned", "Bypass", "Unrestricted", "AllSigned", "Restricted")
_UTF8 = "[Console]::OutputEncoding = [Text.Encoding]::UTF8"
_CONSTRAINED = "$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'"
_QUOTED_HERE = re.compile(r"@'[ \t]*\n.*?\n'@", re.DOTALL)
_SINGLE = re.compile(r"'(?:[^']|'')*'")
_TOKEN = re.compile(
    rf"""(?P<comment><\#.*?\#>|(?<![\w$`])\#[^\n]*)
    |(?P<here>{_QUOTED_HERE.pattern})
    |(?P<open>@"[ \t]*\n)
    |(?P<single>{_SINGLE.pattern})
    |(?P<double>"(?:`.|""|[^"`])*")
    |(?P<escaped>`.)""",
    re.DOTALL | re.VERBOSE,
)


@node(
    "RunPowerShellNode",
    category="system",
    effect=Effect.ONCE,
    needs="windows",
    inputs=(Port("script", DataType.STRING, required=True),),
    outputs=ENDED,
    properties=(
        Property("script", DataType.CODE, "", required=True),
        TIME_LIMIT,
        Property("execution_policy", DataType.CHOICE, "RemoteSigned", choices=_POLICIES),
        Property("allow_dangerous", DataType.BOOLEAN, False),
        Property("constrained_mode", DataType.BOOLEAN, False),
    ),
)
async def run_powershell(
    ctx: NodeContext,
    *,
    script: str,
    timeout: float,
    execution_policy: str,
    constrained_mode: bool,
) -> Outputs:
    """Run a script; a nonzero end is an answer, with ``success`` False.

    ``constrained_mode`` runs it in PowerShell's constrained language.
    ``allow_dangerous`` is accepted and changes nothing: what may run is the policy's.
    """
    text, values = bound_powershell(script)
    head = [_UTF8, *([_CONSTRAINED] if constrained_mode else [])]
    with TemporaryDirectory(prefix="casare-") as folder:
        path = Path(folder) / "script.ps1"
        path.write_text("; ".join(head) + "\n" + text, encoding="utf-8-sig")
        options = ["-NoLogo", "-NoProfile", "-NonInteractive"]
        options += ["-ExecutionPolicy", execution_policy, "-File", str(path)]
        return await ended(
            ctx, [_program(), *options], timeout=timeout, cwd=ctx.working_dir, env=values
        )


def _program() -> str:
    return shutil.which("powershell") or shutil.which("pwsh") or "powershell.exe"


def bound_powershell(code: str) -> tuple[str, dict[str, str]]:
    """The script for PowerShell and the environment variables it needs.

    A reference becomes ``$env:name``, in double quotes ``$($env:name)``: text,
    which PowerShell never reads as code.

    Raises:
        NodeFailure: A reference stands in single quotes or a comment, where no
            variable can, or its value has a NUL character.
    """
    if not isinstance(code, BoundCode):
        return code, {}
    for place, written in code.written.items():
        if "\0" in code.text(place):
            raise NodeFailure(f"the value of {written} has a NUL character, no program takes that")
    places = re.compile(code.place)
    out: list[str] = []
    at = 0
    for token in _TOKEN.finditer(code):
        out.append(_bare(places, code[at : token.start()]))
        out.append(_bound(code, places, token))
        at = token.end()
    out.append(_bare(places, code[at:]))
    return "".join(out), {name: code.text(name) for name in code.values}


def _bare(place: re.Pattern[str], text: str) -> str:
    return place.sub(lambda match: f"($env:{match[0]})", text)


def _bound(code: BoundCode, place: re.Pattern[str], token: re.Match[str]) -> str:
    text = token[0]
    if token["double"]:
        return place.sub(lambda match: f"$($env:{match[0]})", text)
    if token["open"] and place.search(code):
        raise NodeFailure('a script with references holds a @" text; write "..." instead')
    if token["here"] and (found := place.search(text)):
        written = code.written[found[0]]
        raise NodeFailure(f'{written} stands in a @\' text; write "..." instead')
    if token["single"]:
        return _joined(place, text)
    return code.as_written(text) if token["comment"] else text


def _joined(place: re.Pattern[str], text: str) -> str:
    if not place.search(text):
        return text
    inner = place.sub(lambda match: f"'+$env:{match[0]}+'", text)
    return f"({inner})"
