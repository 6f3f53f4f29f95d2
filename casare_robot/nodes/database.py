"""Databases: connect, ask, change."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from casare_robot.domain.bound_code import BoundCode
from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure, PolicyError
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.credentials import login
from casare_robot.nodes.sql_connection import Database, Parameters
from casare_robot.nodes.sql_statements import only_reads
from casare_robot.nodes.sql_values import bound_json, filled

SUCCESS = (Port("success", DataType.BOOLEAN), Port("error", DataType.STRING))
CONNECTION = Port("connection", DataType.ANY, required=True)
_KIND = "database"
CONNECTION_SETTING = Property("connection", current=_KIND)
FINE: Outputs = {"success": True, "error": ""}


def query_effect(parameters: Mapping[str, Any]) -> Effect:
    """Effect of a query: a SELECT reads, anything else may change something. Pure."""
    if not only_reads(str(parameters.get("query") or "")):
        return Effect.ONCE
    return Effect.IDEMPOTENT if parameters.get("output_file") else Effect.READS


def _retries(interval: int) -> tuple[Property, Property]:
    return (
        Property("retry_count", DataType.INTEGER, 0, low=0),
        Property("retry_interval", DataType.INTEGER, interval, low=0),
    )


@node(
    "DatabaseConnectNode",
    category="database",
    effect=Effect.READS,
    blocking=True,
    opens=True,
    inputs=(
        Port("db_type", DataType.STRING),
        Port("host", DataType.STRING),
        Port("port", DataType.INTEGER),
        Port("database", DataType.STRING),
        Port("username", DataType.STRING),
        Port("password", DataType.STRING),
        Port("connection_string", DataType.STRING),
    ),
    outputs=(Port("connection"), *SUCCESS),
    properties=(
        Property("credential_name", DataType.STRING, ""),
        Property("db_type", DataType.CHOICE, "sqlite", choices=("sqlite", "postgresql", "mysql")),
        Property("host", DataType.STRING, "localhost"),
        Property("port", DataType.INTEGER, 5432),
        Property("database", DataType.STRING, ""),
        Property("username", DataType.STRING, ""),
        Property("password", DataType.STRING, ""),
        Property("connection_string", DataType.STRING, ""),
        Property("timeout", DataType.FLOAT, 30.0, low=0.1),
        Property("ssl", DataType.BOOLEAN, False),
        Property("ssl_ca", DataType.STRING, ""),
        Property("pool_size", DataType.INTEGER, 5, low=1),
        Property("auto_commit", DataType.BOOLEAN, True),
        Property("charset", DataType.STRING, "utf8mb4"),
        *_retries(2000),
    ),
)
def connect(
    ctx: NodeContext,
    *,
    credential_name: str,
    db_type: str,
    host: str,
    port: int,
    database: str,
    username: str,
    password: str,
    connection_string: str,
    timeout: float,
    ssl: bool,
    ssl_ca: str = "",
    pool_size: int,
    auto_commit: bool = True,
    charset: str = "utf8mb4",
) -> Outputs:
    """Open a database; it is closed at the latest when the job ends.

    A credential stands for the password; it is ``user:password`` when no user
    name is given. Without ``auto_commit`` nothing may change outside a
    transaction that `begin_transaction` began.
    """
    from casare_robot.nodes.database_open import open_server, open_sqlite, server_url

    kind = db_type.strip().lower()
    username, password = login(ctx, credential_name, username, password)
    with telling("Database connection error", connection=None):
        if kind == "sqlite":
            opened = open_sqlite(
                ctx, database or connection_string, timeout=timeout, auto_commit=auto_commit
            )
        else:
            url = server_url(
                kind,
                host=host,
                port=port,
                database=database,
                username=username,
                password=password,
                connection_string=connection_string,
            )
            opened = open_server(
                ctx,
                url,
                timeout=timeout,
                ssl=ssl,
                ssl_ca=ssl_ca,
                pool_size=pool_size,
                auto_commit=auto_commit,
                charset=charset,
            )
    return {"connection": ctx.keep_open(opened, opened.close, _KIND), **FINE}


@node(
    "ExecuteQueryNode",
    category="database",
    effect=query_effect,
    blocking=True,
    inputs=(CONNECTION, Port("query", DataType.STRING), Port("parameters", DataType.LIST)),
    outputs=(
        Port("results", DataType.LIST),
        Port("row_count", DataType.INTEGER),
        Port("columns", DataType.LIST),
        Port("output_file", DataType.STRING),
        *SUCCESS,
    ),
    properties=(
        CONNECTION_SETTING,
        Property("query", DataType.CODE, ""),
        Property("parameters", DataType.LIST, []),
        Property("output_file", DataType.FILE_PATH, ""),
        *_retries(1000),
    ),
)
def execute_query(
    ctx: NodeContext, *, connection: Any, query: str, parameters: Any, output_file: str = ""
) -> Outputs:
    """Ask; the results are a dict for each row.

    With ``output_file`` (``.csv`` or ``.jsonl``) the rows go there one after the other, however
    many they are, and ``results`` stays empty.
    """
    with telling("Query execution error", results=[], row_count=0, columns=[]):
        if output_file:
            return {**_saved(ctx, connection, query, parameters, output_file), **FINE}
        found = live(ctx, connection).execute(_statement(query), _parameters(parameters))
    return {
        "results": found.rows,
        "row_count": len(found.rows),
        "columns": found.columns,
        **FINE,
    }


def _saved(
    ctx: NodeContext, connection: Any, query: str, parameters: Any, output_file: str
) -> Outputs:
    from casare_robot.nodes.query_file import save_rows

    statement = _statement(query)
    if not only_reads(statement):
        raise NodeFailure("only what reads can be saved into output_file", retryable=False)
    with live(ctx, connection).stream(statement, _parameters(parameters)) as found:
        path, count = save_rows(ctx, output_file, found)
    return {
        "results": [],
        "row_count": count,
        "columns": found.columns,
        "output_file": path,
    }


@node(
    "ExecuteNonQueryNode",
    category="database",
    effect=Effect.ONCE,
    blocking=True,
    inputs=(CONNECTION, Port("query", DataType.STRING), Port("parameters", DataType.LIST)),
    outputs=(
        Port("rows_affected", DataType.INTEGER),
        Port("last_insert_id", DataType.INTEGER),
        *SUCCESS,
    ),
    properties=(
        CONNECTION_SETTING,
        Property("query", DataType.CODE, ""),
        Property("parameters", DataType.LIST, []),
        *_retries(1000),
    ),
)
def execute_non_query(ctx: NodeContext, *, connection: Any, query: str, parameters: Any) -> Outputs:
    """Insert, update, delete or define."""
    with telling("Query execution error", rows_affected=0, last_insert_id=0):
        done = live(ctx, connection).execute(_statement(query), _parameters(parameters))
    return {"rows_affected": done.rows_affected, "last_insert_id": done.last_insert_id, **FINE}


@node(
    "CloseDatabaseNode",
    category="database",
    effect=Effect.READS,
    blocking=True,
    inputs=(CONNECTION,),
    outputs=SUCCESS,
    properties=(CONNECTION_SETTING,),
)
def close_database(ctx: NodeContext, *, connection: Any) -> Outputs:
    """Close a connection; an open transaction is undone."""
    ctx.close(connection)
    return dict(FINE)


@node(
    "ExecuteBatchNode",
    category="database",
    effect=Effect.ONCE,
    blocking=True,
    inputs=(CONNECTION, Port("statements", DataType.LIST)),
    outputs=(
        Port("results", DataType.LIST),
        Port("total_rows_affected", DataType.INTEGER),
        *SUCCESS,
    ),
    properties=(
        CONNECTION_SETTING,
        Property("statements", DataType.LIST, [], is_code=True),
        Property("stop_on_error", DataType.BOOLEAN, True),
        *_retries(1000),
    ),
)
def execute_batch(
    ctx: NodeContext, *, connection: Any, statements: Any, stop_on_error: bool
) -> Outputs:
    """Run statements in order: texts, or dicts of ``query`` and ``parameters``.

    With ``stop_on_error`` the batch is one transaction of its own unless one is
    open: it is done wholly or not at all. Without, each statement stands alone,
    and the node fails in the end if one did.
    """
    results: list[dict[str, Any]] = []
    with telling("Batch execution error", results=[], total_rows_affected=0):
        database = live(ctx, connection)
        todo = _statements(statements)
        alone = stop_on_error and not database.in_transaction
        with database.exclusive():
            try:
                if alone:
                    database.begin()
                for number, (sql, parameters) in enumerate(todo):
                    results.append(_step(database, number, sql, parameters))
                    if stop_on_error and not results[-1]["success"]:
                        break
                else:
                    if alone:
                        database.commit()
            finally:
                if alone:
                    database.rollback()
    errors = [f"Statement {r['statement']}: {r['error']}" for r in results if not r["success"]]
    undone = bool(errors) and alone
    total = 0 if undone else sum(result["rows_affected"] for result in results)
    if errors:
        message = "; ".join(errors)
        raise NodeFailure(
            message + (" (nothing of the batch was kept)" if undone else ""),
            outputs={
                "results": results,
                "total_rows_affected": total,
                "success": False,
                "error": message,
            },
            retryable=undone,
        )
    return {"results": results, "total_rows_affected": total, **FINE}


def _step(database: Database, number: int, sql: str, parameters: Parameters) -> dict[str, Any]:
    try:
        affected = database.execute(sql, parameters).rows_affected
    except NodeFailure as failure:
        return {"statement": number, "rows_affected": 0, "success": False, "error": str(failure)}
    return {"statement": number, "rows_affected": affected, "success": True}


@node(
    "TableExistsNode",
    category="database",
    effect=Effect.READS,
    blocking=True,
    inputs=(CONNECTION, Port("table_name", DataType.STRING, required=True)),
    outputs=(Port("exists", DataType.BOOLEAN), *SUCCESS),
    properties=(
        CONNECTION_SETTING,
        Property("table_name", DataType.STRING, required=True),
    ),
)
def table_exists(ctx: NodeContext, *, connection: Any, table_name: str) -> Outputs:
    """Whether there is a table or view of this name."""
    with telling("Table check error", exists=False):
        exists = live(ctx, connection).table_exists(table_name)
    return {"exists": exists, **FINE}


@node(
    "GetTableColumnsNode",
    category="database",
    effect=Effect.READS,
    blocking=True,
    inputs=(CONNECTION, Port("table_name", DataType.STRING, required=True)),
    outputs=(Port("columns", DataType.LIST), Port("column_names", DataType.LIST), *SUCCESS),
    properties=(
        CONNECTION_SETTING,
        Property("table_name", DataType.STRING, required=True),
    ),
)
def get_table_columns(ctx: NodeContext, *, connection: Any, table_name: str) -> Outputs:
    """The columns of a table: dicts of ``name, type, nullable, default, primary_key``."""
    with telling("Get columns error", columns=[], column_names=[]):
        columns = live(ctx, connection).columns(table_name)
    if not columns:
        message = f"there is no table {table_name!r}"
        outputs = {"columns": [], "column_names": [], "success": False, "error": message}
        raise NodeFailure(message, outputs=outputs)
    return {
        "columns": [column._asdict() for column in columns],
        "column_names": [column.name for column in columns],
        **FINE,
    }


def live(ctx: NodeContext, connection: Any) -> Database:
    """The open database of a connection.

    Raises:
        NodeFailure: There is none.
    """
    if connection is None:
        raise NodeFailure("Database connection is required")
    database: Database = ctx.live(connection)
    return database


def _statement(query: Any) -> str:
    if not isinstance(query, str) or not query.strip():
        raise NodeFailure("Query is required")
    return query


def _parameters(parameters: Any) -> Parameters:
    """A list or dict of parameters, also as JSON text; a single value is a list of one."""
    parameters = filled(_from_json(parameters))
    if parameters is None or parameters == "":
        return []
    if isinstance(parameters, list | tuple | dict):
        return parameters
    return [parameters]


def _statements(statements: Any) -> list[tuple[str, Parameters]]:
    given = _from_json(statements)
    if not isinstance(given, list) or not given:
        raise NodeFailure("Statements list is required")
    return [
        (_statement(entry.get("query") or entry.get("sql")), _parameters(entry.get("parameters")))
        if isinstance(entry, Mapping)
        else (_statement(entry), [])
        for entry in given
    ]


def _from_json(value: Any) -> Any:
    if not isinstance(value, str) or value.strip()[:1] not in ("[", "{"):
        return value
    try:
        return bound_json(value) if isinstance(value, BoundCode) else json.loads(value)
    except ValueError as error:
        written = value.as_written(value) if isinstance(value, BoundCode) else value
        raise NodeFailure(f"{written!r:.80} is not JSON: {error}") from error


@contextmanager
def telling(what: str, **outputs: Any) -> Iterator[None]:
    """Let a failure say what was tried, and carry the node's outputs."""
    try:
        yield
    except NodeFailure as failure:
        if not isinstance(failure, PolicyError):
            failure.args = (f"{what}: {failure}",)
        failure.outputs = {"success": False, "error": str(failure), **outputs}
        raise
