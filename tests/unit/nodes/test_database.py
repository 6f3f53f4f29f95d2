import sqlite3
import sys
import tracemalloc

import pytest

from casare_robot.domain.effect import Effect
from casare_robot.domain.policy import Policy
from casare_robot.nodes.catalogue import load_catalogue
from casare_robot.nodes.database import query_effect
from tests.workflow_builder import log, node, run, said

PEOPLE = [
    "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT 'x', born TEXT)",
    {"query": "INSERT INTO people (name) VALUES (?)", "parameters": ["Zoë"]},
    {"query": "INSERT INTO people (name) VALUES (:n)", "parameters": {"n": "Bo"}},
]


@pytest.fixture
def database(run_node, tmp_path):
    """Call nodes on one open database: `database("ExecuteQueryNode", query="SELECT 1")`."""
    opened = run_node("DatabaseConnectNode", {"database": "a.db"})
    assert opened.error is None

    def call(node_type, **config):
        inputs = {"connection": opened.outputs["connection"], **config}
        return run_node(node_type, inputs=inputs, surroundings=opened.surroundings)

    call.surroundings = opened.surroundings
    yield call
    for _, close in opened.surroundings.handles.values():
        close()


def count(database):
    return database("ExecuteQueryNode", query="SELECT count(*) AS n FROM people").outputs[
        "results"
    ][0]["n"]


def test_rows_are_asked_for_by_column(database):
    made = database("ExecuteBatchNode", statements=PEOPLE)

    found = database(
        "ExecuteQueryNode", query="SELECT id, name FROM people WHERE id < ?", parameters=9
    )

    assert made.outputs["total_rows_affected"] == 2
    assert [result["success"] for result in made.outputs["results"]] == [True] * 3
    assert found.outputs == {
        "results": [{"id": 1, "name": "Zoë"}, {"id": 2, "name": "Bo"}],
        "row_count": 2,
        "columns": ["id", "name"],
        "success": True,
        "error": "",
    }


def test_a_change_counts_its_rows_and_tells_the_new_id(database):
    database("ExecuteBatchNode", statements=PEOPLE)

    added = database(
        "ExecuteNonQueryNode", query="INSERT INTO people (name) VALUES (?)", parameters=["C"]
    )
    changed = database("ExecuteNonQueryNode", query="UPDATE people SET born = '2000'")

    assert (added.outputs["rows_affected"], added.outputs["last_insert_id"]) == (1, 3)
    assert changed.outputs["rows_affected"] == 3


def test_a_change_that_returns_rows_is_counted_too(database):
    database("ExecuteBatchNode", statements=PEOPLE)

    insert = "INSERT INTO people (name) VALUES ('C') RETURNING id"
    added = database("ExecuteNonQueryNode", query=insert)

    assert (added.outputs["rows_affected"], added.outputs["last_insert_id"]) == (1, 3)


def test_parameters_are_data_and_never_sql(database):
    database("ExecuteBatchNode", statements=PEOPLE)
    evil = "x'); DROP TABLE people; --"

    database("ExecuteNonQueryNode", query="INSERT INTO people (name) VALUES (?)", parameters=[evil])
    found = database(
        "ExecuteQueryNode", query="SELECT name FROM people WHERE name = ?", parameters=evil
    )

    assert found.outputs["results"] == [{"name": evil}]


def test_one_call_runs_one_statement_only(database):
    database("ExecuteBatchNode", statements=PEOPLE)

    done = database("ExecuteNonQueryNode", query="DELETE FROM people; DELETE FROM people")

    assert "one statement at a time" in done.error
    assert count(database) == 2


def test_what_the_database_refuses_is_told_with_outputs(database):
    query = database("ExecuteQueryNode", query="SELECT * FROM nowhere")
    change = database("ExecuteNonQueryNode", query="UPDATE nowhere SET a = 1")
    empty = database("ExecuteQueryNode", query=" ")

    assert query.error == "Query execution error: no such table: nowhere"
    assert query.outputs == {
        "results": [],
        "row_count": 0,
        "columns": [],
        "success": False,
        "error": query.error,
    }
    assert change.outputs["success"] is False
    assert empty.error == "Query execution error: Query is required"


def test_a_rollback_undoes_and_a_commit_keeps(database):
    database("ExecuteBatchNode", statements=PEOPLE)

    begun = database("BeginTransactionNode")
    database("ExecuteNonQueryNode", query="DELETE FROM people")
    database("RollbackTransactionNode")
    after_rollback = count(database)
    database("BeginTransactionNode")
    database("ExecuteNonQueryNode", query="DELETE FROM people WHERE id = 1")
    kept = database("CommitTransactionNode")

    assert begun.outputs["success"] is True
    assert kept.outputs["connection"] == begun.outputs["connection"]
    assert (after_rollback, count(database)) == (2, 1)


def test_a_second_transaction_is_refused(database):
    database("BeginTransactionNode")

    done = database("BeginTransactionNode")

    assert done.error.startswith("Begin transaction error: cannot start a transaction within")
    assert done.outputs["success"] is False


def test_a_batch_that_stops_is_wholly_undone(database):
    database("ExecuteBatchNode", statements=PEOPLE)
    batch = ["DELETE FROM people", "DELETE FROM nowhere", "DELETE FROM people"]

    done = database("ExecuteBatchNode", statements=batch)

    assert done.error.endswith("no such table: nowhere (nothing of the batch was kept)")
    assert len(done.outputs["results"]) == 2
    assert done.outputs["total_rows_affected"] == 0
    assert count(database) == 2


def test_a_batch_that_goes_on_keeps_the_rest_and_fails_in_the_end(database):
    database("ExecuteBatchNode", statements=PEOPLE)
    batch = ["DELETE FROM nowhere", "DELETE FROM people"]

    done = database("ExecuteBatchNode", statements=batch, stop_on_error=False)

    assert done.error == "Statement 0: no such table: nowhere"
    assert [result["success"] for result in done.outputs["results"]] == [False, True]
    assert count(database) == 0


def test_a_batch_inside_a_transaction_leaves_the_decision_to_it(database):
    database("ExecuteBatchNode", statements=PEOPLE)
    database("BeginTransactionNode")

    database("ExecuteBatchNode", statements=["DELETE FROM people"])
    database("RollbackTransactionNode")

    assert count(database) == 2


@pytest.mark.parametrize("statements", [None, [], "x", "[", [""], [5]])
def test_what_is_no_batch_is_refused(database, statements):
    done = database("ExecuteBatchNode", statements=statements)

    assert done.error.startswith("Batch execution error: ")


def test_tables_and_their_columns_are_told(database):
    database("ExecuteBatchNode", statements=PEOPLE)

    columns = database("GetTableColumnsNode", table_name="people")

    assert database("TableExistsNode", table_name="people").outputs["exists"] is True
    assert database("TableExistsNode", table_name="people)--").outputs["exists"] is False
    assert columns.outputs["column_names"] == ["id", "name", "born"]
    assert columns.outputs["columns"][1] == {
        "name": "name",
        "type": "TEXT",
        "nullable": False,
        "default": "'x'",
        "primary_key": False,
    }
    assert "no table 'nowhere'" in database("GetTableColumnsNode", table_name="nowhere").error


def test_without_auto_commit_nothing_changes_outside_a_transaction(run_node, tmp_path):
    opened = run_node("DatabaseConnectNode", {"database": "b.db", "auto_commit": False})

    def call(node_type, **config):
        inputs = {"connection": opened.outputs["connection"], **config}
        return run_node(node_type, inputs=inputs, surroundings=opened.surroundings)

    refused = call("ExecuteNonQueryNode", query="CREATE TABLE lost (b)")
    call("BeginTransactionNode")
    call("ExecuteNonQueryNode", query="CREATE TABLE a (b)")
    call("CommitTransactionNode")
    batch = call("ExecuteBatchNode", statements=["INSERT INTO a VALUES (1)"])
    call("BeginTransactionNode")
    call("ExecuteNonQueryNode", query="INSERT INTO a VALUES (2)")
    call("CloseDatabaseNode")

    assert "auto_commit is off" in refused.error
    assert "begin it with BeginTransactionNode" in refused.error
    assert batch.error is None
    with sqlite3.connect(tmp_path / "b.db") as look:
        assert look.execute("SELECT b FROM a").fetchall() == [(1,)]
    look.close()


@pytest.mark.parametrize(
    ("statement", "node"),
    [
        ("BEGIN", "BeginTransactionNode"),
        ("begin immediate transaction", "BeginTransactionNode"),
        ("-- now\n START  TRANSACTION", "BeginTransactionNode"),
        ("SAVEPOINT a", "BeginTransactionNode"),
        ("COMMIT;", "CommitTransactionNode"),
        ("END", "CommitTransactionNode"),
        ("/* no */ Rollback", "RollbackTransactionNode"),
    ],
)
@pytest.mark.parametrize("is_batch", [True, False])
def test_a_transaction_begins_and_ends_by_its_nodes_only(database, statement, node, is_batch):
    if is_batch:
        done = database("ExecuteBatchNode", statements=[statement], stop_on_error=False)
    else:
        done = database("ExecuteNonQueryNode", query=statement)

    assert node in done.error
    assert not database.surroundings.live(next(iter(database.surroundings.handles))).in_transaction


def test_a_savepoint_inside_a_transaction_is_fine(database):
    database("ExecuteBatchNode", statements=PEOPLE)
    database("BeginTransactionNode")

    for query in ("SAVEPOINT a", "DELETE FROM people", "ROLLBACK TRANSACTION TO a", "RELEASE a"):
        assert database("ExecuteNonQueryNode", query=query).error is None
    database("CommitTransactionNode")

    assert count(database) == 2


def test_a_closed_connection_is_no_longer_usable_and_closes_twice(database):
    first, second = database("CloseDatabaseNode"), database("CloseDatabaseNode")

    assert first.outputs == second.outputs == {"success": True, "error": ""}
    assert database("ExecuteQueryNode", query="SELECT 1").error == "Query execution error: not open"


@pytest.mark.parametrize("type_name", ["ExecuteQuery", "DatabaseSuper"])
@pytest.mark.parametrize("connection", [{}, {"connection": ""}, {"connection": None}])
def test_a_node_without_a_connection_asks_the_one_opened_last(
    tmp_path, monkeypatch, type_name, connection
):
    monkeypatch.chdir(tmp_path)

    result = run(
        "s > c > q > l",
        c=node("DatabaseConnect", database="a.db"),
        q=node(type_name, query="SELECT 1 AS one", **connection),
        l=log("{{q.results[0].one}}"),
    )

    assert said(result) == ["1"], result.error


def test_a_connection_is_needed(run_node):
    done = run_node("ExecuteQueryNode", {"query": "SELECT 1"})

    assert done.error == "Query execution error: Database connection is required"


def test_a_file_outside_is_neither_opened_nor_attached(run_node, database):
    opened = run_node("DatabaseConnectNode", {"database": "/etc/casare.db"})
    attached = database("ExecuteNonQueryNode", query="ATTACH '/etc/casare.db' AS e")
    copied = database("ExecuteNonQueryNode", query="VACUUM INTO '/etc/casare.db'")
    own = database("ExecuteNonQueryNode", query="ATTACH ? AS e", parameters=["own.db"])

    assert "may not write" in opened.error
    assert "not authorized" in attached.error
    assert copied.port is None
    assert own.port is None


def test_a_file_inside_can_be_attached(database, tmp_path):
    attached = database("ExecuteNonQueryNode", query=f"ATTACH '{tmp_path}/own.db' AS e")
    vacuumed = database("ExecuteNonQueryNode", query="VACUUM")

    assert attached.error is None
    assert vacuumed.error is None


def test_threads_can_share_a_connection(database):
    from concurrent.futures import ThreadPoolExecutor

    database("ExecuteBatchNode", statements=PEOPLE)

    with ThreadPoolExecutor(4) as pool:
        runs = list(
            pool.map(
                lambda n: database(
                    "ExecuteNonQueryNode",
                    query="INSERT INTO people (name) VALUES (?)",
                    parameters=[str(n)],
                ),
                range(40),
            )
        )

    assert [run.error for run in runs] == [None] * 40
    assert count(database) == 42


def test_a_server_in_a_private_network_is_refused_to_jobs_from_the_network(run_node):
    policy = Policy(profile="remote", allow_private_addresses=False)

    done = run_node(
        "DatabaseConnectNode", {"db_type": "postgresql", "host": "127.0.0.1"}, policy=policy
    )

    assert "127.0.0.1 is not a public address" in done.error
    assert done.outputs["success"] is False


@pytest.mark.parametrize("db_type", ["postgresql", "mysql"])
def test_a_server_that_is_away_is_told(run_node, db_type):
    config = {"db_type": db_type, "host": "127.0.0.1", "port": 1, "database": "d", "timeout": 5}

    done = run_node("DatabaseConnectNode", config)

    assert done.error.startswith("Database connection error: ")
    assert done.outputs["connection"] is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("postgresql://127.0.0.1/d?host=/tmp", "options that are not taken: host"),
        ("postgresql://127.0.0.1/d?service=x", "options that are not taken: service"),
        ("mysql://127.0.0.1/d", "must begin with postgresql://"),
        ("user:secret-word@host", "must begin with postgresql://"),
        ("postgresql://127.0.0.1:port/d", "cannot be read"),
    ],
)
def test_a_connection_string_cannot_lead_elsewhere(run_node, text, message):
    done = run_node("DatabaseConnectNode", {"db_type": "postgresql", "connection_string": text})

    assert message in done.error
    assert "secret-word" not in done.error


def test_a_missing_driver_names_the_extra(run_node, monkeypatch):
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    monkeypatch.setitem(sys.modules, "sqlalchemy.engine", None)

    done = run_node("DatabaseConnectNode", {"db_type": "mysql"})

    assert "casare-robot[databases]" in done.error


def test_an_unknown_kind_of_database_is_refused(run_node):
    done = run_node("DatabaseConnectNode", {"db_type": "oracle"})

    assert "'oracle' is none of sqlite, postgresql, mysql" in done.error


@pytest.mark.parametrize(
    ("query", "effect"),
    [
        ("SELECT 1", Effect.READS),
        ("  -- a\n /* b */ (select 1)", Effect.READS),
        ("INSERT INTO a VALUES (1) RETURNING id", Effect.ONCE),
        ("WITH a AS (SELECT 1) DELETE FROM b", Effect.ONCE),
        ("WITH a AS (SELECT 1) SELECT * FROM a", Effect.READS),
        ("selection", Effect.ONCE),
        ("", Effect.ONCE),
        (None, Effect.ONCE),
    ],
)
def test_only_a_select_is_known_to_change_nothing(query, effect):
    assert query_effect({"query": query}) is effect


def test_transactions_and_openers_are_declared():
    types = load_catalogue()
    actions = types.get("DatabaseSuperNode").actions

    assert types.get("BeginTransactionNode").transaction == "begin"
    assert types.get("CommitTransactionNode").transaction == "commit"
    assert types.get("RollbackTransactionNode").transaction == "rollback"
    assert types.get("DatabaseConnectNode").opens
    assert actions["Connect"].opens
    assert actions["Begin Transaction"].transaction == "begin"


LONG = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
    "SELECT i, 'row ' || i AS t, NULL AS blank, x'0aff' AS raw FROM n"
)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("a/rows.csv", "i,t,blank,raw", "3,row 3,,0aff"),
        (
            "rows.jsonl",
            '{"i":1,"t":"row 1","blank":null,"raw":"0aff"}',
            '{"i":3,"t":"row 3","blank":null,"raw":"0aff"}',
        ),
    ],
)
def test_rows_are_saved_into_a_file(database, tmp_path, name, first, last):
    done = database("ExecuteQueryNode", query=LONG, parameters=[3], output_file=name)

    lines = (tmp_path / name).read_text(encoding="utf-8").splitlines()
    assert done.error is None
    assert (done.outputs["results"], done.outputs["row_count"]) == ([], 3)
    assert done.outputs["output_file"] == str(tmp_path / name)
    assert (lines[0], lines[-1]) == (first, last)


def test_a_long_query_takes_little_memory(database, tmp_path):
    query = LONG.replace(", x'0aff' AS raw", "")
    database("ExecuteQueryNode", query=query, parameters=[2], output_file="warm.csv")
    tracemalloc.start()
    done = database("ExecuteQueryNode", query=query, parameters=[60_000], output_file="b.csv")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert done.outputs["row_count"] == 60_000
    assert peak < 2 * 2**20


@pytest.mark.parametrize(
    ("query", "name", "reason"),
    [
        ("SELECT 1", "rows.xlsx", "ends in one of .csv"),
        ("CREATE TABLE t (a)", "rows.csv", "only what reads"),
        ("WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", "rows.csv", "only what reads"),
        ("SELECT * FROM nowhere", "rows.csv", "no such table"),
    ],
)
def test_what_cannot_be_saved_leaves_no_file(database, tmp_path, query, name, reason):
    done = database("ExecuteQueryNode", query=query, output_file=name)

    assert reason in done.error
    assert not (tmp_path / name).exists()
