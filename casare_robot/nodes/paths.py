r"""The guard every path of a workflow goes through.

Nothing in a path is expanded: no ``~``, no ``$NAME``, no ``%NAME%``. Names are
judged first (`path_fault`), then links are followed and the result must lie in
the policy's folders. The ``allow_dangerous_paths`` flag of the file nodes is
accepted and changes nothing: a workflow cannot widen the policy of the robot.

Names that Windows reads in its own way are refused on Windows, and everywhere
in relative paths, so that a workflow means the same on every machine.

Source: reliability, 3.3.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PureWindowsPath
from typing import Any

from casare_robot.domain.errors import NodeFailure, PolicyError
from casare_robot.domain.node_context import NodeContext

OUTSIDE_READABLE = "E-POL-501"
OUTSIDE_WRITABLE = "E-POL-502"
BAD_NAME = "E-POL-503"

_WINDOWS = os.name == "nt"
_DEVICES = frozenset(
    {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"}
    | {f"{port}{digit}" for port in ("COM", "LPT") for digit in "0123456789¹²³"}
)
_SEPARATORS = re.compile(r"[\\/]")


def readable(ctx: NodeContext, path: Any) -> Path:
    """The real, absolute path of something a node wants to read; it need not exist.

    Raises:
        PolicyError: The name is refused, or the policy does not let it be read.
        NodeFailure: It is no path at all.
    """
    real = _real(ctx, path)
    folders = ctx.policy.readable_folders
    if folders is not None:
        _prove_inside(real, folders, path, OUTSIDE_READABLE, "read", "readable_folders")
    return real


def writable(ctx: NodeContext, path: Any, *, follow: bool = True) -> Path:
    """The real, absolute path of something a node wants to create, change or delete.

    ``follow`` False means the link itself where the last name is one.

    Raises:
        PolicyError: The name is refused, or the policy does not let it be written.
        NodeFailure: It is no path at all.
    """
    real = _real(ctx, path, follow)
    folders = ctx.policy.writable_folders
    if folders is None:
        folders = _own_folders(ctx)
    _prove_inside(real, folders, path, OUTSIDE_WRITABLE, "write to", "writable_folders")
    return real


def existing_file(ctx: NodeContext, path: Any, kind: str = "File") -> Path:
    """As `readable`, for a file that must be there; ``kind`` begins the message if not.

    Raises:
        PolicyError: As for `readable`.
        NodeFailure: There is none, or it is a folder or a device.
    """
    real = readable(ctx, path)
    if not real.exists():
        raise NodeFailure(f"{kind} not found: {path}", error_type="FileNotFoundError")
    if not real.is_file():
        raise NodeFailure(f"{path} is not a file")
    return real


def path_fault(path: str, *, windows: bool) -> str | None:
    """Why a path is refused whatever the policy says; None if it is not. Pure."""
    if "\0" in path:
        return "it holds a NUL character"
    if len(path) > 1 and path[0] in "\\/" and path[1] in "\\/":
        return r"network paths and \\?\ paths are not opened; map the share to a drive letter"
    if not windows and path.startswith("/"):
        return None
    drive = PureWindowsPath(path).drive
    if drive and not windows:
        return "it is a path of a Windows machine, and this is none"
    if drive and PureWindowsPath(path).root == "":
        return f"it names drive {drive} but no folder on it"
    for name in _SEPARATORS.split(path[len(drive) :]):
        fault = name_fault(name)
        if fault:
            return fault
    return None


def name_fault(name: str) -> str | None:
    """Why one part of a path is refused; None if it is not. Pure."""
    if name in {"", ".", ".."}:
        return None
    if any(ord(character) < 32 for character in name):
        return f"{name!r} holds a control character"
    if ":" in name:
        return f"{name!r} names an alternate data stream or a drive"
    if name[-1] in ". ":
        return f"{name!r} ends in a dot or space, which Windows drops"
    if name.split(".")[0].rstrip(" ").upper() in _DEVICES:
        return f"{name!r} is a device name of Windows"
    return None


def is_inside(real: Path, folders: tuple[str, ...]) -> bool:
    """Whether a real path is one of the folders or lies in one."""
    return any(real.is_relative_to(os.path.realpath(folder)) for folder in folders)


@contextmanager
def told_plainly() -> Iterator[None]:
    """Make what the operating system or a codec refuses a `NodeFailure` in one sentence.

    Every failure that leaves the block has ``success`` False among its outputs.
    """
    try:
        yield
    except NodeFailure as failure:
        failure.outputs.setdefault("success", False)
        raise
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        raise NodeFailure(
            f"{error.strerror or error}{where}",
            outputs={"success": False},
            error_type=type(error).__name__,
        ) from error
    except (UnicodeError, LookupError) as error:
        raise NodeFailure(str(error), outputs={"success": False}) from error


def _real(ctx: NodeContext, path: Any, follow: bool = True) -> Path:
    if not isinstance(path, str | os.PathLike):
        raise NodeFailure(f"a path is needed, not {type(path).__name__} {path!r:.80}")
    text = os.fspath(path)
    if not isinstance(text, str) or not text.strip():
        raise NodeFailure("a path is needed, but it is empty")
    fault = path_fault(text, windows=_WINDOWS)
    if fault:
        raise PolicyError(f"the path {text!r} is refused: {fault}", code=BAD_NAME)
    full = ctx.working_dir / text
    if follow or full.name in {"", ".."}:
        return Path(os.path.realpath(full))
    return Path(os.path.realpath(full.parent), full.name)


def _prove_inside(
    real: Path, folders: tuple[str, ...], given: Any, code: str, verb: str, setting: str
) -> None:
    if not is_inside(real, folders):
        raise PolicyError(
            f"{str(given)!r} is {real}, which this robot may not {verb}; "
            f"use one of {', '.join(folders) or 'no folder at all'}, "
            f"or have its folder added to {setting}",
            code=code,
        )


def _own_folders(ctx: NodeContext) -> tuple[str, ...]:
    import tempfile

    return (str(Path.home()), str(ctx.working_dir), tempfile.gettempdir())
