"""What a model that works by itself may use, each within the policy of the robot."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.nodes.file_writing import replacing
from casare_robot.nodes.paths import existing_file, told_plainly, writable

_LONGEST = 20_000
"""Letters of an answer that the model is shown."""
_LARGEST_FILE = 5 * 2**20


class Tool(NamedTuple):
    """What a tool is for, in words for the model, and what it does."""

    about: str
    use: Callable[[NodeContext, Mapping[str, Any]], Awaitable[Any]]
    writes: bool = False


async def _calculate(ctx: NodeContext, given: Mapping[str, Any]) -> Any:
    return ctx.evaluate(str(given.get("expression") or ""))


async def _parse_json(ctx: NodeContext, given: Mapping[str, Any]) -> Any:
    try:
        return json.loads(str(given.get("json_string") or ""))
    except ValueError as error:
        raise NodeFailure(f"this is no JSON: {error}") from error


async def _read_file(ctx: NodeContext, given: Mapping[str, Any]) -> str:
    with told_plainly():
        path = existing_file(ctx, given.get("file_path"))
        if path.stat().st_size > _LARGEST_FILE:
            raise NodeFailure(f"{path.name} is larger than {_LARGEST_FILE // 2**20} MB")
        return path.read_text(encoding=str(given.get("encoding") or "utf-8"))


async def _write_file(ctx: NodeContext, given: Mapping[str, Any]) -> str:
    with told_plainly():
        path = writable(ctx, given.get("file_path"))
        content = str(given.get("content") or "").encode(str(given.get("encoding") or "utf-8"))
        with replacing(ctx, path) as file:
            file.write(content)
        return f"{len(content)} bytes written"


async def _request(ctx: NodeContext, given: Mapping[str, Any]) -> dict[str, Any]:
    from casare_robot.nodes.http import http_request

    answer = await http_request(
        ctx,
        url=str(given.get("url") or ""),
        method=str(given.get("method") or "GET"),
        headers=given.get("headers") or {},
        body=given.get("body") or "",
        timeout=30.0,
        verify_ssl=True,
    )
    return {"status": answer["status_code"], "body": answer["response_body"]}


TOOLS: Mapping[str, Tool] = {
    "calculate": Tool('work out an expression: {"expression": "2 + 2 * 3"}', _calculate),
    "parse_json": Tool('read JSON: {"json_string": text}', _parse_json),
    "read_file": Tool('read a text file: {"file_path": path, "encoding": "utf-8"}', _read_file),
    "write_file": Tool(
        'write a text file: {"file_path": path, "content": text}', _write_file, writes=True
    ),
    "http_request": Tool(
        'send a request: {"url": address, "method": "GET", "headers": {}, "body": text}',
        _request,
        writes=True,
    ),
}
HARMLESS = ("calculate", "parse_json")
"""What a node may use that names no tools: nothing that reads or changes anything outside."""
_ALWAYS = ("think", "finish")
"""Names of other agents' tools that every answer here is anyway."""


def chosen_tools(names: Any) -> dict[str, Tool]:
    """The tools of a list, of JSON or of text with commas; the harmless ones of nothing. Pure.

    Raises:
        NodeFailure: One of them is no tool.
    """
    if isinstance(names, str):
        try:
            names = json.loads(names) if names.strip().startswith("[") else names.split(",")
        except ValueError as error:
            raise NodeFailure(f"available_tools is no JSON: {error}", retryable=False) from error
    wanted = [str(name).strip() for name in names or () if str(name).strip()]
    unknown = [name for name in wanted if name not in (*TOOLS, *_ALWAYS)]
    if unknown:
        raise NodeFailure(
            f"{', '.join(unknown)}: no such tool; there are {', '.join(TOOLS)}", retryable=False
        )
    return {name: TOOLS[name] for name in wanted or HARMLESS if name in TOOLS}


async def used(tools: Mapping[str, Tool], ctx: NodeContext, name: str, given: Any) -> str:
    """What a tool gives, as the model reads it; what goes wrong is an answer too."""
    tool = tools.get(name)
    if tool is None:
        return f"there is no tool {name!r}; there are: {', '.join(tools)}"
    if not isinstance(given, Mapping):
        return f"the arguments of {name} must be a JSON object"
    try:
        found = await tool.use(ctx, given)
    except (NodeFailure, ValueError, LookupError) as error:
        return f"{name} failed: {error}"
    text = found if isinstance(found, str) else json.dumps(found, default=str, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ... ({len(text)} letters)"
