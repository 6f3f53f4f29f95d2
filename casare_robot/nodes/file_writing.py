"""Writing files so that a kill leaves the old content or the new, never half of it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2s
from pathlib import Path
from typing import IO

from casare_robot.desktop.replacing import put_in_place
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext

_BINARY = getattr(os, "O_BINARY", 0)  # only Windows has it, and needs it


@contextmanager
def replacing(ctx: NodeContext, path: Path) -> Iterator[IO[bytes]]:
    """A file to write to; it becomes ``path`` when the block ends well, else vanishes.

    Missing parent folders are made. The mode of a replaced file is kept.

    Raises:
        NodeFailure: ``path`` is there and is not a file.
        OSError: It cannot be written; ``path`` is as before.
    """
    if path.exists() and not path.is_file():
        raise NodeFailure(f"{path} is not a file, so it is not overwritten")
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(temporary_name(ctx, path.name))
    beside.unlink(missing_ok=True)
    try:
        with beside.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            beside.chmod(path.stat().st_mode & 0o7777)
        put_in_place(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def write_whole(ctx: NodeContext, path: Path, content: bytes) -> None:
    """Make ``content`` the whole content of a file. Errors: as `replacing`."""
    with replacing(ctx, path) as file:
        file.write(content)


def append_whole(path: Path, content: bytes, *, create: bool) -> None:
    """Append in one write, so that a kill leaves all of ``content`` or nothing.

    Raises:
        NodeFailure: The disk took only a part of it.
        OSError: It cannot be written.
    """
    flags = os.O_WRONLY | os.O_APPEND | _BINARY | (os.O_CREAT if create else 0)
    descriptor = os.open(path, flags, 0o666)
    try:
        written = os.write(descriptor, content)
    finally:
        os.close(descriptor)
    if written != len(content):
        raise NodeFailure(
            f"only {written} of {len(content)} bytes were appended to {path}", retryable=False
        )


def temporary_name(ctx: NodeContext, purpose: str) -> str:
    """A name for something unfinished, the same each time this step is run.

    So a step that is run again after a kill clears away what the first left.
    """
    return f".casare-{blake2s(f'{ctx.step_key}/{purpose}'.encode(), digest_size=8).hexdigest()}.tmp"


def prepare_parent(path: Path, create_dirs: bool) -> None:
    """See that there is a folder for a file to be written, made if that is wanted.

    Raises:
        NodeFailure: There is none, and it is not to be made.
    """
    if create_dirs:
        path.parent.mkdir(parents=True, exist_ok=True)
    elif not path.parent.is_dir():
        raise NodeFailure(f"the folder {path.parent} does not exist; set create_dirs to make it")
