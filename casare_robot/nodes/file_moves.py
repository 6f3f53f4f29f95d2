"""Files: copy and move."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from casare_robot.desktop.replacing import put_in_place
from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.file_writing import prepare_parent, replacing
from casare_robot.nodes.paths import existing_file, told_plainly, writable

_INPUTS = (
    Port("source_path", DataType.STRING, required=True),
    Port("dest_path", DataType.STRING, required=True),
)
_PROPERTIES = (
    Property("source_path", DataType.STRING, required=True),
    Property("dest_path", DataType.STRING, required=True),
    Property("overwrite", DataType.BOOLEAN, False),
    Property("create_dirs", DataType.BOOLEAN, True),
    Property("allow_dangerous_paths", DataType.BOOLEAN, False),
)
_SUCCESS = Port("success", DataType.BOOLEAN)


def copy_effect(parameters: Mapping[str, Any]) -> Effect:
    """A second copy without ``overwrite`` would fail on what the first one made."""
    return Effect.IDEMPOTENT if parameters.get("overwrite") else Effect.ONCE


@node(
    "CopyFileNode",
    category="file",
    effect=copy_effect,
    blocking=True,
    inputs=_INPUTS,
    outputs=(
        Port("dest_path", DataType.STRING),
        Port("bytes_copied", DataType.INTEGER),
        _SUCCESS,
    ),
    properties=_PROPERTIES,
)
def copy_file(
    ctx: NodeContext, *, source_path: Any, dest_path: Any, overwrite: bool, create_dirs: bool
) -> Outputs:
    """Copy a file with its times and mode; the copy appears whole or not at all."""
    import shutil

    with told_plainly():
        source = existing_file(ctx, source_path, "Source file")
        target = _destination(ctx, source, dest_path, overwrite)
        prepare_parent(target, create_dirs)
        with source.open("rb") as original, replacing(ctx, target) as copy:
            shutil.copyfileobj(original, copy, 1 << 20)
            size = copy.tell()
        shutil.copystat(source, target)
        return {"dest_path": str(target), "bytes_copied": size, "success": True}


@node(
    "MoveFileNode",
    category="file",
    effect=Effect.ONCE,
    blocking=True,
    inputs=_INPUTS,
    outputs=(Port("dest_path", DataType.STRING), _SUCCESS),
    properties=_PROPERTIES,
)
def move_file(
    ctx: NodeContext, *, source_path: Any, dest_path: Any, overwrite: bool, create_dirs: bool
) -> Outputs:
    """Move or rename a file; between disks it is copied whole before the source goes."""
    import errno

    with told_plainly():
        source = existing_file(ctx, source_path, "Source file")
        moved = writable(ctx, source_path, follow=False)
        target = _destination(ctx, source, dest_path, overwrite)
        prepare_parent(target, create_dirs)
        try:
            put_in_place(moved, target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            _move_between_disks(ctx, moved, target)
        return {"dest_path": str(target), "success": True}


def _destination(ctx: NodeContext, source: Path, dest_path: Any, overwrite: bool) -> Path:
    target = writable(ctx, dest_path)
    if target.is_dir():
        raise NodeFailure(f"Destination is a folder: {dest_path}; name the file in it")
    if target.exists():
        if not overwrite:
            raise NodeFailure(f"Destination already exists: {dest_path}")
        if target.samefile(source):
            raise NodeFailure(f"source and destination are the same file: {dest_path}")
    return target


def _move_between_disks(ctx: NodeContext, source: Path, target: Path) -> None:
    import shutil

    with source.open("rb") as original, replacing(ctx, target) as copy:
        shutil.copyfileobj(original, copy, 1 << 20)
    shutil.copystat(source, target)
    source.unlink()
