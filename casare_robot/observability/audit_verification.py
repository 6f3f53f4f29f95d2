"""Reads the audit chain and tells what is not as the robot wrote it."""

from collections.abc import Iterable, Iterator
from functools import partial

import msgspec

from casare_robot.domain.audit_head import AuditHead
from casare_robot.journal import audit_table
from casare_robot.journal.journal import Journal
from casare_robot.observability.audit_chain import (
    HEAD_IN,
    HEAD_OUT,
    AuditFinding,
    ChainCheck,
)

PAGE = 1000
"""Rows read at once, so that the journal's other users wait a few milliseconds at most."""


def verify(
    journal: Journal, *, key: bytes, given_out: Iterable[AuditHead] = ()
) -> tuple[AuditFinding, ...]:
    """Check the whole chain; blocks, about a second for 100,000 entries.

    Args:
        journal: Where the chain is.
        key: The robot's public key, 32 bytes.
        given_out: Heads kept outside the journal. Without them a chain that
            was cut off, replaced by an older one or signed anew looks whole.
    """
    check = ChainCheck(key, kept=kept_heads(journal), given_out=given_out)
    for row in _rows(journal):
        check.entry(*row)
    return check.end()


def kept_heads(journal: Journal) -> dict[int, AuditHead]:
    """The heads in the journal by number, oldest first; those that are none left out."""
    heads: dict[int, AuditHead] = {}
    at = -1
    while True:
        page: list[audit_table.HeadRow] = journal.writer.write_now(
            partial(audit_table.heads_after, seq=at, limit=PAGE)
        )
        for row in page:
            try:
                head = HEAD_IN.decode(row.head)
            except (msgspec.MsgspecError, ValueError, TypeError):
                continue
            if (head.seq, HEAD_OUT.encode(head)) == (row.seq, row.head):  # to the last bit
                heads[row.seq] = head
        if len(page) < PAGE:
            return heads
        at = page[-1].seq


def _rows(journal: Journal) -> Iterator[audit_table.AuditRow]:
    at = -(1 << 63)
    while True:
        page: list[audit_table.AuditRow] = journal.writer.write_now(
            partial(audit_table.rows_after, seq=at, limit=PAGE)
        )
        yield from page
        if len(page) < PAGE:
            return
        at = page[-1].seq
