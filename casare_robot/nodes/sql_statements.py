"""What kind of SQL statement a text is, told by its first word. Pure."""

import re

from casare_robot.domain.errors import NodeFailure

_BEFORE = r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/|\()*"
_FIRST_WORD = re.compile(rf"{_BEFORE}([A-Za-z]+)", re.DOTALL)
_READING = frozenset({"SELECT", "VALUES", "SHOW", "DESCRIBE", "DESC", "TABLE"})
_WRITING = re.compile(r"\b(?:INSERT|UPDATE|DELETE|MERGE|REPLACE|INTO)\b", re.IGNORECASE)
_WITHIN = re.compile(
    rf"{_BEFORE}(?:SAVEPOINT|RELEASE|ROLLBACK\b[^;]*?\bTO)\b", re.IGNORECASE | re.DOTALL
)
_ENDS = re.compile(
    rf"{_BEFORE}(?P<begin>BEGIN|START\s+TRANSACTION)\b|{_BEFORE}(?P<commit>COMMIT|END)\b"
    rf"|{_BEFORE}(?P<rollback>ROLLBACK|ABORT)\b",
    re.IGNORECASE | re.DOTALL,
)
_NODES = {
    "begin": "BeginTransactionNode",
    "commit": "CommitTransactionNode",
    "rollback": "RollbackTransactionNode",
}


def only_reads(sql: str) -> bool:
    """Whether a statement is one that changes nothing; False where that is not certain."""
    word = _FIRST_WORD.match(sql)
    first = word[1].upper() if word else ""
    return first in _READING or (first == "WITH" and _WRITING.search(sql) is None)


def check_transaction(sql: str, *, auto_commit: bool, in_transaction: bool) -> None:
    """Refuse a statement that would leave open or end a transaction unknown to the engine.

    All that a transaction does is one step of a job, so the engine must know its
    ends. Source: architecture, rule 2.

    Raises:
        NodeFailure: Naming the node to use.
    """
    if _WITHIN.match(sql) and in_transaction:
        return
    if _WITHIN.match(sql):
        raise _refusal("a savepoint needs a transaction: begin it with BeginTransactionNode")
    found = _ENDS.match(sql)
    if found and found.lastgroup:
        raise _refusal(
            f"{found[found.lastgroup].upper()} is not taken as a statement: "
            f"use {_NODES[found.lastgroup]}, and one job step holds the whole transaction"
        )
    if not auto_commit and not in_transaction and not only_reads(sql):
        raise _refusal(
            "auto_commit is off, so a statement that may change something "
            "needs a transaction: begin it with BeginTransactionNode"
        )


def _refusal(message: str) -> NodeFailure:
    return NodeFailure(message, error_type="TransactionError", code="E-SQL-409", retryable=False)
