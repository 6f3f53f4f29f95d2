"""Unpacking a ZIP archive that may be hostile.

Everything that can be judged is judged before anything is written. Contents
then go to a folder of their own inside the target and are moved into place
only when all are there.

Source: reliability, 3.3.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING

from casare_robot.domain.errors import NodeFailure, PolicyError
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.policy import Policy
from casare_robot.nodes.file_writing import temporary_name
from casare_robot.nodes.paths import name_fault

if TYPE_CHECKING:
    import zipfile

BAD_ENTRY = "E-POL-504"
TOO_LARGE = "E-POL-505"

_HIGHEST_RATIO = 100
_RATIO_FROM = 10 << 20  # bytes; small archives of zeros are no danger
_CHUNK = 1 << 20
_DEEPEST = 64  # folders in folders; checking is quadratic in it

Parts = tuple[str, ...]


def unpack(ctx: NodeContext, archive_path: Path, folder: Path) -> list[Path]:
    """Unpack into a folder and tell the files made, in the archive's order.

    Args:
        ctx: Surroundings, for the policy's limits.
        archive_path: Real path of the archive.
        folder: Real path of the folder; made if it is missing.

    Raises:
        PolicyError: A name leads out of the folder, or the content is too large.
            Nothing was written.
        NodeFailure: The archive is damaged or encrypted. Nothing is left behind.
    """
    import lzma
    import struct
    import zipfile
    import zlib

    told = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError)
    stumbles = (struct.error, ValueError, RuntimeError, LookupError)
    try:
        with zipfile.ZipFile(archive_path) as archive:
            entries = archive.infolist()
            check_size(entries, archive_path.stat().st_size, ctx.policy)
            files, folders = plan(entries)
            targets = {_target(folder, parts): entry for parts, entry in files.items()}
            inner = [_target(folder, parts) for parts in folders]
            for path in targets:
                _check_way(path.parent)
                if path == archive_path or path.is_dir():
                    raise NodeFailure(f"{path} is in the way of a file of the archive")
            for path in inner:
                _check_way(path)
            return _extract(ctx, archive, targets, folder, inner)
    except (*told, *stumbles) as error:
        raise NodeFailure(f"{archive_path} cannot be unpacked: {error}") from error


def check_size(entries: "Iterable[zipfile.ZipInfo]", archive_size: int, policy: Policy) -> None:
    """Refuse bombs by what the archive says of itself; `_extract` holds it to that.

    Raises:
        PolicyError: Too many entries, too many bytes, or too many for the archive's size.
    """
    sizes = [entry.file_size for entry in entries]
    total = sum(sizes)
    if len(sizes) > policy.max_unpacked_files:
        fault = f"has {len(sizes)} entries; {policy.max_unpacked_files} are allowed"
    elif total > policy.max_unpacked_bytes:
        fault = f"unpacks to {total} bytes; {policy.max_unpacked_bytes} are allowed"
    elif total > _RATIO_FROM and total > _HIGHEST_RATIO * archive_size:
        fault = f"unpacks to {total} bytes from {archive_size}, more than {_HIGHEST_RATIO}:1"
    else:
        return
    raise PolicyError(f"the archive {fault}", code=TOO_LARGE)


def plan(
    entries: "Iterable[zipfile.ZipInfo]",
) -> "tuple[dict[Parts, zipfile.ZipInfo], list[Parts]]":
    """Where each entry goes, relative to the target folder: files and folders.

    Of two entries with one name the later counts, as an updated archive means it.

    Raises:
        PolicyError: A name leads out of the folder, or an entry is no file or folder.
        NodeFailure: An entry is encrypted, or both a file and a folder.
    """
    files: dict[Parts, zipfile.ZipInfo] = {}
    folders: list[Parts] = []
    for entry in entries:
        name = entry.orig_filename
        is_folder = name.endswith(("/", "\\"))
        parts = _parts(name, entry.external_attr >> 16)
        if is_folder:
            folders.append(parts)
        elif entry.flag_bits & 1:
            raise NodeFailure(f"the archive entry {name!r} is encrypted")
        else:
            files[parts] = entry
    above = {parts[:length] for parts in files for length in range(1, len(parts))}
    for parts in above.union(folders).intersection(files):
        raise NodeFailure(f"the archive entry {'/'.join(parts)!r} is both a file and a folder")
    for parts in folders:
        if any(parts[:length] in files for length in range(1, len(parts))):
            raise NodeFailure(f"the archive entry {'/'.join(parts)!r} lies in a file")
    return files, folders


def _parts(name: str, mode: int) -> Parts:
    import stat

    parts = tuple(part for part in re.split(r"[\\/]", name) if part not in {"", "."})
    fault = next(filter(None, map(name_fault, parts)), None)
    if name[:1] in {"/", "\\"}:
        fault = "it is an absolute path"
    elif ".." in parts:
        fault = "it leads out of the folder"
    elif len(parts) > _DEEPEST:
        fault = f"it is nested deeper than {_DEEPEST} folders"
    elif not parts and not name.endswith(("/", "\\")):
        fault = "it names nothing"
    elif stat.S_IFMT(mode) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        fault = "it is a link or a device"
    if fault:
        raise PolicyError(f"the archive entry {name!r:.200} is refused: {fault}", code=BAD_ENTRY)
    return parts


def _target(folder: Path, parts: Parts) -> Path:
    target = folder.joinpath(*parts)
    if os.path.realpath(target) != str(target):
        raise PolicyError(
            f"the archive entry {'/'.join(parts)!r} would follow a link in {folder}",
            code=BAD_ENTRY,
        )
    return target


def _check_way(folder: Path) -> None:
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        raise NodeFailure(f"{folder} is in the way of a folder of the archive")


def _extract(
    ctx: NodeContext,
    archive: "zipfile.ZipFile",
    targets: "dict[Path, zipfile.ZipInfo]",
    folder: Path,
    inner: list[Path],
) -> list[Path]:
    import shutil

    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    unfinished = folder / temporary_name(ctx, "unzip")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        for number, entry in enumerate(targets.values()):
            with archive.open(entry) as source, (unfinished / str(number)).open("xb") as file:
                _copy(ctx, source, file, entry.file_size)
        for path in inner:
            path.mkdir(parents=True, exist_ok=True)
        for number, target in enumerate(targets):
            target.parent.mkdir(parents=True, exist_ok=True)
            (unfinished / str(number)).replace(target)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        _remove_if_empty(missing)
        raise
    shutil.rmtree(unfinished, ignore_errors=True)
    return list(targets)


def _copy(ctx: NodeContext, source: IO[bytes], file: IO[bytes], size: int) -> None:
    left = size
    while chunk := source.read(_CHUNK):
        left -= len(chunk)
        if left < 0:
            raise PolicyError("the archive unpacks to more than it says", code=TOO_LARGE)
        if ctx.cancelled():
            raise NodeFailure("cancelled while unpacking")
        file.write(chunk)


def _remove_if_empty(folders: list[Path]) -> None:
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return
