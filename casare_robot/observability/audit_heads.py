"""Signed heads of the audit chain in a file of their own, beside the journal."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from casare_robot.desktop.replacing import put_in_place
from casare_robot.domain.audit_head import AuditHead
from casare_robot.observability.audit_chain import HEAD_IN, HEAD_OUT


def add_heads(file: Path, heads: Iterable[AuditHead]) -> None:
    """Write heads at the end of the file.

    Raises:
        OSError: It cannot be written.
    """
    lines = b"".join(HEAD_OUT.encode(head) + b"\n" for head in heads)
    with file.open("a+b") as out:
        if out.tell():
            out.seek(-1, 2)
            if out.read(1) != b"\n":  # the power went in the middle of a line
                lines = b"\n" + lines
        out.write(lines)


def read_heads(file: Path) -> list[AuditHead]:
    """The heads in the file, oldest first; a line that the power tore is left out."""
    try:
        lines = file.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    heads = []
    for line in lines:
        try:
            heads.append(HEAD_IN.decode(line))
        except (msgspec.MsgspecError, ValueError):
            continue
    return heads


def keep_heads(file: Path, since: int) -> None:
    """Forget heads of entries before ``since``."""
    kept = [head for head in read_heads(file) if head.seq >= since]
    unfinished = file.with_suffix(".new")
    unfinished.write_bytes(b"".join(HEAD_OUT.encode(head) + b"\n" for head in kept))
    put_in_place(unfinished, file)
