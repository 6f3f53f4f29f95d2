"""ZIP archives: pack and unpack."""

import os
from pathlib import Path, PurePath
from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.file_writing import replacing, temporary_name
from casare_robot.nodes.folders import matches
from casare_robot.nodes.paths import existing_file, readable, told_plainly, writable
from casare_robot.nodes.unpacking import unpack

_DANGEROUS = Property("allow_dangerous_paths", DataType.BOOLEAN, False)
_ZIP_PATH = Property("zip_path", DataType.STRING, required=True)
_COUNT = Port("file_count", DataType.INTEGER)
_SUCCESS = Port("success", DataType.BOOLEAN)


@node(
    "ZipFilesNode",
    category="file",
    effect=Effect.ONCE,
    blocking=True,
    inputs=(
        Port("zip_path", DataType.STRING, required=True),
        Port("source_path", DataType.STRING),
        Port("files", DataType.LIST),
        Port("base_dir", DataType.STRING),
    ),
    outputs=(
        Port("zip_path", DataType.STRING),
        Port("attachment_file", DataType.LIST),
        _COUNT,
        _SUCCESS,
    ),
    properties=(
        _ZIP_PATH,
        Property("source_path", DataType.STRING, ""),
        Property("base_dir", DataType.STRING, ""),
        Property(
            "compression",
            DataType.CHOICE,
            "ZIP_DEFLATED",
            choices=("ZIP_STORED", "ZIP_DEFLATED"),
        ),
        _DANGEROUS,
    ),
)
def zip_files(
    ctx: NodeContext,
    *,
    zip_path: Any,
    source_path: str | None,
    files: Any,
    base_dir: str | None,
    compression: str,
) -> Outputs:
    """Pack ``files``, else the file, folder or pattern (``reports/*.txt``) of ``source_path``.

    Names in the archive are relative to ``base_dir`` (a source folder, if not
    given), else bare. The archive appears whole or not at all, and replaces an
    older one.
    """
    import zipfile

    with told_plainly():
        target = writable(ctx, zip_path)
        members = _members(ctx, files, source_path or "", base_dir or "", target)
        method = zipfile.ZIP_STORED if compression == "ZIP_STORED" else zipfile.ZIP_DEFLATED
        with (
            replacing(ctx, target) as file,
            zipfile.ZipFile(file, "w", method, strict_timestamps=False) as archive,
        ):
            for name, path in members.items():
                if ctx.cancelled():
                    raise NodeFailure(f"cancelled while packing {zip_path}")
                archive.write(path, name)
        return {
            "zip_path": str(target),
            "attachment_file": [str(target)],
            "file_count": len(members),
            "success": True,
        }


@node(
    "UnzipFilesNode",
    category="file",
    effect=Effect.IDEMPOTENT,
    blocking=True,
    inputs=(
        Port("zip_path", DataType.STRING, required=True),
        Port("extract_to", DataType.STRING, required=True),
    ),
    outputs=(
        Port("extract_to", DataType.STRING),
        Port("files", DataType.LIST),
        _COUNT,
        _SUCCESS,
    ),
    properties=(
        _ZIP_PATH,
        Property("extract_to", DataType.STRING, required=True),
        _DANGEROUS,
    ),
)
def unzip_files(ctx: NodeContext, *, zip_path: Any, extract_to: Any) -> Outputs:
    """Unpack an archive, over files that are there; ``files`` are absolute paths in its order."""
    with told_plainly():
        archive = existing_file(ctx, zip_path, "ZIP file")
        folder = writable(ctx, extract_to)
        files = [str(path) for path in unpack(ctx, archive, folder)]
        return {
            "extract_to": str(folder),
            "files": files,
            "file_count": len(files),
            "success": True,
        }


def _members(
    ctx: NodeContext, files: Any, source_path: str, base_dir: str, target: Path
) -> dict[str, Path]:
    """What goes into the archive: name in it to real path, never ``target`` itself."""
    base = readable(ctx, base_dir) if base_dir else None
    if files:
        if not isinstance(files, list | tuple):
            raise NodeFailure(f"files must be a list of paths, not {files!r:.80}")
        found = [path for given in files for path in _files_at(ctx, given)]
    elif source_path and readable(ctx, source_path).is_dir():
        found = _files_at(ctx, source_path)
        base = base or readable(ctx, source_path)
    elif "*" in source_path or "?" in source_path:
        folder, pattern = _split_pattern(source_path)
        found = [path for path in matches(ctx, folder, pattern, False) if path.is_file()]
        base = base or readable(ctx, folder)
    else:
        found = _files_at(ctx, source_path) if source_path else []
    unfinished = temporary_name(ctx, target.name)
    members: dict[str, Path] = {}
    for path in found:
        if path == target or path.name == unfinished:
            continue
        inside = base is not None and path.is_relative_to(base)
        name = path.relative_to(base).as_posix() if base and inside else path.name
        if members.setdefault(name, path) != path:
            raise NodeFailure(
                f"{members[name]} and {path} would both be {name} in the archive; set base_dir"
            )
    if not members:
        raise NodeFailure("No files to zip: give source_path (a folder or pattern) or files")
    return members


def _files_at(ctx: NodeContext, given: Any) -> list[Path]:
    if readable(ctx, given).is_dir():
        return [path for path in matches(ctx, given, "*", True) if path.is_file()]
    existing_file(ctx, given)
    full = ctx.working_dir / given
    return [Path(os.path.realpath(full.parent), full.name)]


def _split_pattern(pattern: str) -> tuple[str, str]:
    parts = PurePath(pattern).parts
    first = next(i for i, part in enumerate(parts) if "*" in part or "?" in part)
    return str(PurePath(*parts[:first])), str(PurePath(*parts[first:]))
