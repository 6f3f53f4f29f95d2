"""Checks the audit of a memory folder, and says where its heads are kept."""

from collections.abc import Iterable
from pathlib import Path

from casare_robot.domain.audit_head import AuditHead
from casare_robot.domain.errors import Fault
from casare_robot.journal.journal import Journal
from casare_robot.observability.audit_heads import read_heads
from casare_robot.observability.audit_key import load_key
from casare_robot.observability.audit_verification import verify


def heads_file(folder: Path) -> Path:
    """Where signed heads are kept beside the journal."""
    return folder / "audit.heads"


def check_audit(
    journal: Journal, folder: Path, told: Iterable[AuditHead] = ()
) -> tuple[Fault, ...]:
    """Everything in the audit that is not as the robot wrote it; blocks.

    ``key`` of a fault tells the kind and the entry's number.

    Args:
        journal: Where it is.
        folder: Where its key and its heads are.
        told: Heads that others keep, the orchestrator for one.

    Raises:
        OSError: The key can be neither read nor made.
    """
    public = load_key(folder).public_key().public_bytes_raw()
    found = verify(journal, key=public, given_out=(*read_heads(heads_file(folder)), *told))
    return tuple(
        Fault(code="E-AUD-409", message=finding.message, key=f"{finding.kind} {finding.seq}")
        for finding in found
    )
