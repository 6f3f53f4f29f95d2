"""Folders: create one, list what is in one."""

from collections.abc import Mapping
from pathlib import Path, PurePath, PureWindowsPath
from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.paths import is_inside, readable, told_plainly, writable

_DANGEROUS = Property("allow_dangerous_paths", DataType.BOOLEAN, False)
_PATTERN = Property("pattern", DataType.STRING, "*")
_RECURSIVE = Property("recursive", DataType.BOOLEAN, False)
_SUCCESS = Port("success", DataType.BOOLEAN)


def create_effect(parameters: Mapping[str, Any]) -> Effect:
    """A second time fails on what the first made, unless that is fine (``exist_ok``)."""
    return Effect.IDEMPOTENT if parameters.get("exist_ok") else Effect.ONCE


@node(
    "CreateDirectoryNode",
    category="file",
    effect=create_effect,
    blocking=True,
    inputs=(Port("directory_path", DataType.STRING, required=True),),
    outputs=(Port("dir_path", DataType.STRING), _SUCCESS),
    properties=(
        Property("directory_path", DataType.STRING, required=True),
        Property("parents", DataType.BOOLEAN, True),
        Property("exist_ok", DataType.BOOLEAN, True),
        _DANGEROUS,
    ),
    synonyms={
        "dir_path": "directory_path",
        "create_parents": "parents",
        "created": "success",
    },
)
def create_directory(
    ctx: NodeContext, *, directory_path: Any, parents: bool, exist_ok: bool
) -> Outputs:
    """Create a folder, and with ``parents`` those above it."""
    with told_plainly():
        path = writable(ctx, directory_path)
        path.mkdir(parents=parents, exist_ok=exist_ok)
        return {"dir_path": str(path), "success": True}


@node(
    "ListDirectoryNode",
    category="file",
    effect=Effect.READS,
    blocking=True,
    inputs=(Port("dir_path", DataType.STRING, required=True),),
    outputs=(Port("items", DataType.LIST), Port("count", DataType.INTEGER), _SUCCESS),
    properties=(
        Property("dir_path", DataType.STRING, required=True),
        _PATTERN,
        _RECURSIVE,
        Property("files_only", DataType.BOOLEAN, False),
        Property("dirs_only", DataType.BOOLEAN, False),
        _DANGEROUS,
    ),
)
def list_directory(
    ctx: NodeContext,
    *,
    dir_path: Any,
    pattern: str,
    recursive: bool,
    files_only: bool,
    dirs_only: bool,
) -> Outputs:
    """Absolute paths of files and folders, sorted by path."""
    with told_plainly():
        items = [
            str(path)
            for path in matches(ctx, dir_path, pattern, recursive)
            if (path.is_file() or not files_only) and (path.is_dir() or not dirs_only)
        ]
        return {"items": items, "count": len(items), "success": True}


@node(
    "ListFilesNode",
    category="file",
    effect=Effect.READS,
    blocking=True,
    inputs=(Port("directory_path", DataType.STRING, required=True),),
    outputs=(Port("files", DataType.LIST), Port("count", DataType.INTEGER), _SUCCESS),
    properties=(
        Property("directory_path", DataType.STRING, ""),
        _PATTERN,
        _RECURSIVE,
        _DANGEROUS,
    ),
)
def list_files(ctx: NodeContext, *, directory_path: Any, pattern: str, recursive: bool) -> Outputs:
    """Absolute paths of files, sorted by path."""
    with told_plainly():
        found = matches(ctx, directory_path, pattern, recursive)
        files = [str(path) for path in found if path.is_file()]
        return {"files": files, "count": len(files), "success": True}


def matches(ctx: NodeContext, folder: Any, pattern: str, recursive: bool) -> list[Path]:
    """What a pattern such as ``*.txt`` finds in a folder, sorted; less what links lead out.

    Raises:
        PolicyError: The folder may not be read.
        NodeFailure: It is no folder, or the pattern leaves it.
    """
    root = readable(ctx, folder)
    if not root.exists():
        raise NodeFailure(f"Directory not found: {folder}", error_type="FileNotFoundError")
    if not root.is_dir():
        raise NodeFailure(f"Not a directory: {folder}")
    pattern = pattern or "*"
    if ".." in PurePath(pattern).parts or PureWindowsPath(pattern).anchor:
        raise NodeFailure(f"the pattern {pattern!r} leads out of the folder")
    allowed = ctx.policy.readable_folders
    found = []
    for path in root.rglob(pattern) if recursive else root.glob(pattern):
        if ctx.cancelled():
            raise NodeFailure(f"cancelled while listing {folder}")
        if allowed is None or is_inside(path.resolve(), allowed):
            found.append(path)
    return sorted(found)
