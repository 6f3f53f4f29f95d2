"""All database work in one node."""

from casare_robot.domain.effect import Effect
from casare_robot.domain.node_type import Action, DataType, Port, Property, node
from casare_robot.nodes.database import (
    CONNECTION,
    CONNECTION_SETTING,
    SUCCESS,
    close_database,
    connect,
    execute_batch,
    execute_non_query,
    execute_query,
    query_effect,
)
from casare_robot.nodes.database_transactions import (
    begin_transaction,
    commit_transaction,
    rollback_transaction,
)

_QUERY = (Port("query", DataType.STRING), Port("parameters", DataType.LIST))
_OUTPUTS = (
    Port("connection"),
    Port("results", DataType.LIST),
    Port("row_count", DataType.INTEGER),
    Port("columns", DataType.LIST),
    Port("rows_affected", DataType.INTEGER),
    Port("last_insert_id", DataType.INTEGER),
    *SUCCESS,
)
_CONNECT_INPUTS = (
    Port("db_type", DataType.STRING),
    Port("host", DataType.STRING),
    Port("port", DataType.INTEGER),
    Port("database", DataType.STRING),
    Port("username", DataType.STRING),
    Port("password", DataType.STRING),
    Port("connection_string", DataType.STRING),
)
_ACTIONS = {
    "Connect": Action(
        connect,
        inputs=_CONNECT_INPUTS,
        effect=Effect.READS,
        renames={"use_ssl": "ssl"},
        opens=True,
    ),
    "Query (SELECT)": Action(execute_query, inputs=(CONNECTION, *_QUERY), effect=query_effect),
    "Execute (INSERT/UPDATE/DELETE)": Action(
        execute_non_query, inputs=(CONNECTION, *_QUERY), effect=Effect.ONCE
    ),
    "Begin Transaction": Action(
        begin_transaction, inputs=(CONNECTION,), effect=Effect.ONCE, transaction="begin"
    ),
    "Commit": Action(
        commit_transaction, inputs=(CONNECTION,), effect=Effect.ONCE, transaction="commit"
    ),
    "Rollback": Action(
        rollback_transaction, inputs=(CONNECTION,), effect=Effect.ONCE, transaction="rollback"
    ),
    "Close Connection": Action(close_database, inputs=(CONNECTION,), effect=Effect.READS),
    "Execute Batch": Action(
        execute_batch,
        inputs=(CONNECTION, Port("statements", DataType.LIST)),
        effect=Effect.ONCE,
    ),
}


@node(
    "DatabaseSuperNode",
    category="database",
    effect=Effect.ONCE,
    blocking=True,
    exec_out=("exec_out", "exec_error"),
    failure_port="exec_error",
    inputs=(
        Port("action", DataType.STRING),
        Port("connection"),
        *_CONNECT_INPUTS,
        *_QUERY,
        Port("statements", DataType.LIST),
    ),
    outputs=_OUTPUTS,
    properties=(
        Property("action", DataType.CHOICE, "Query (SELECT)", choices=tuple(_ACTIONS)),
        CONNECTION_SETTING,
        Property("credential_name", DataType.STRING, ""),
        Property("db_type", DataType.CHOICE, "sqlite", choices=("sqlite", "postgresql", "mysql")),
        Property("host", DataType.STRING, "localhost"),
        Property("port", DataType.INTEGER, 5432),
        Property("database", DataType.STRING, ""),
        Property("username", DataType.STRING, ""),
        Property("password", DataType.STRING, ""),
        Property("connection_string", DataType.STRING, ""),
        Property("pool_size", DataType.INTEGER, 5, low=1),
        Property("timeout", DataType.FLOAT, 30.0, low=0.1),
        Property("use_ssl", DataType.BOOLEAN, False),
        Property("query", DataType.CODE, ""),
        Property("output_file", DataType.FILE_PATH, ""),
        Property("parameters", DataType.JSON, []),
        Property("statements", DataType.JSON, [], is_code=True),
        Property("stop_on_error", DataType.BOOLEAN, True),
        Property("retry_count", DataType.INTEGER, 0, low=0),
        Property("retry_interval", DataType.INTEGER, 1000, low=0),
    ),
    actions=_ACTIONS,
)
def database_super() -> None:
    """The chosen action's function runs in place of this one."""
