"""Transactions: begin, keep, undo."""

from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import Outputs, Port, node
from casare_robot.nodes.database import (
    CONNECTION,
    CONNECTION_SETTING,
    FINE,
    SUCCESS,
    live,
    telling,
)


@node(
    "BeginTransactionNode",
    category="database",
    effect=Effect.ONCE,
    blocking=True,
    transaction="begin",
    inputs=(CONNECTION,),
    outputs=(Port("connection"), *SUCCESS),
    properties=(CONNECTION_SETTING,),
)
def begin_transaction(ctx: NodeContext, *, connection: Any) -> Outputs:
    """Begin a transaction."""
    with telling("Begin transaction error", connection=connection):
        live(ctx, connection).begin()
    return {"connection": connection, **FINE}


@node(
    "CommitTransactionNode",
    category="database",
    effect=Effect.ONCE,
    blocking=True,
    transaction="commit",
    inputs=(CONNECTION,),
    outputs=(Port("connection"), *SUCCESS),
    properties=(CONNECTION_SETTING,),
)
def commit_transaction(ctx: NodeContext, *, connection: Any) -> Outputs:
    """Keep what was done since the transaction began."""
    with telling("Commit transaction error", connection=connection):
        live(ctx, connection).commit()
    return {"connection": connection, **FINE}


@node(
    "RollbackTransactionNode",
    category="database",
    effect=Effect.ONCE,
    blocking=True,
    transaction="rollback",
    inputs=(CONNECTION,),
    outputs=(Port("connection"), *SUCCESS),
    properties=(CONNECTION_SETTING,),
)
def rollback_transaction(ctx: NodeContext, *, connection: Any) -> Outputs:
    """Undo what was done since the transaction began."""
    with telling("Rollback transaction error", connection=connection):
        live(ctx, connection).rollback()
    return {"connection": connection, **FINE}
