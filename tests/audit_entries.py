"""Reads a robot's audit entries back, for tests that ask what was written."""

from functools import partial

from casare_robot.journal import audit_table
from casare_robot.journal.journal import Journal
from casare_robot.observability.audit_chain import ENTRY_IN, AuditEntry


def audit_entries(journal: Journal) -> list[AuditEntry]:
    """All of them, oldest first."""
    rows = journal.writer.write_now(partial(audit_table.rows_after, seq=-(1 << 63), limit=1 << 30))
    return [ENTRY_IN.decode(row.body) for row in rows]
