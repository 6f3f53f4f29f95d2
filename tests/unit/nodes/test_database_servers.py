"""Databases with a server: PostgreSQL, and MySQL where MariaDB is installed."""

import csv

import pytest

from tests.mariadb_server import INSTALLER, PASSWORD, SERVER, USER, mariadb_server
from tests.socket_relay import relayed

pytest.importorskip("pymysql")
pytest.importorskip("psycopg")
NUMBER = {"postgresql": "SERIAL", "mysql": "INT AUTO_INCREMENT"}
MANY = {
    "postgresql": "SELECT n, 'row ' || n AS t FROM generate_series(1, 5000) AS n",
    "mysql": "SELECT seq AS n, CONCAT('row ', seq) AS t FROM seq_1_to_5000",
}


@pytest.fixture(scope="module")
def mariadb(tmp_path_factory):
    if SERVER is None or INSTALLER is None:
        pytest.skip("no MariaDB server is installed here")
    with mariadb_server(tmp_path_factory.mktemp("mariadb")) as port:
        yield port


@pytest.fixture(scope="module")
def postgres(postgres_server):
    with relayed(f"{postgres_server.folder}/.s.PGSQL.5432") as port:
        yield port


@pytest.fixture(params=["postgresql", "mysql"])
def kind(request):
    return request.param


@pytest.fixture
def database(run_node, kind, request):
    """Call nodes on one open database: `database("ExecuteQuery", query="SELECT 1")`."""
    if kind == "mysql":
        place = {
            "host": "127.0.0.1",
            "port": request.getfixturevalue("mariadb"),
            "database": "d",
            "username": USER,
            "password": PASSWORD,
        }
    else:
        name = request.getfixturevalue("postgres_server").database()
        place = {
            "host": "127.0.0.1",
            "port": request.getfixturevalue("postgres"),
            "database": name.partition("?")[0].rpartition("/")[2],
            "username": "postgres",
        }
    opened = run_node("DatabaseConnectNode", {"db_type": kind, **place})
    assert opened.error is None, opened.error

    def call(name, **config):
        inputs = {"connection": opened.outputs["connection"], **config}
        return run_node(f"{name}Node", inputs=inputs, surroundings=opened.surroundings)

    call("ExecuteNonQuery", query="DROP TABLE IF EXISTS people")
    columns = f"id {NUMBER[kind]} PRIMARY KEY, name VARCHAR(40), born DATE"
    made = call("ExecuteNonQuery", query=f"CREATE TABLE people ({columns})")
    assert made.error is None, made.error
    yield call
    for _, close in opened.surroundings.handles.values():
        close()


def names(database):
    found = database("ExecuteQuery", query="SELECT name FROM people ORDER BY id")
    assert found.error is None, found.error
    return [row["name"] for row in found.outputs["results"]]


def test_rows_are_written_and_asked_for(database, kind):
    query = "INSERT INTO people (name, born) VALUES (%s, %s)"
    query += " RETURNING id" if kind == "postgresql" else ""
    done = database("ExecuteNonQuery", query=query, parameters=["Zoë 'O\\", "2026-11-21"])

    found = database(
        "ExecuteQuery", query="SELECT * FROM people WHERE name = :n", parameters={"n": "Zoë 'O\\"}
    )

    assert (done.outputs["rows_affected"], done.outputs["last_insert_id"]) == (1, 1)
    assert found.outputs["results"] == [{"id": 1, "name": "Zoë 'O\\", "born": "2026-11-21"}]


def test_a_transaction_is_kept_or_undone(database):
    insert = "INSERT INTO people (name) VALUES (%s)"
    for name, end in (("kept", "Commit"), ("undone", "Rollback")):
        assert database("BeginTransaction").error is None
        assert database("ExecuteNonQuery", query=insert, parameters=[name]).error is None
        assert database(f"{end}Transaction").error is None

    assert names(database) == ["kept"]


def test_a_batch_that_fails_is_undone_as_a_whole(database):
    done = database(
        "ExecuteBatch",
        statements=["INSERT INTO people (name) VALUES ('a')", "INSERT INTO nowhere VALUES (1)"],
    )

    assert "nowhere" in str(done.error or done.outputs)
    assert names(database) in ([], ["a"])


def test_tables_and_columns_are_told(database):
    assert database("TableExists", table_name="people").outputs["exists"] is True
    assert database("TableExists", table_name="nobody").outputs["exists"] is False
    columns = database("GetTableColumns", table_name="people").outputs["columns"]
    assert [column["name"] for column in columns] == ["id", "name", "born"]
    assert columns[0]["primary_key"] is True


def test_what_the_server_refuses_is_told_in_its_words(database):
    assert "nowhere" in database("ExecuteQuery", query="SELECT * FROM nowhere").error


@pytest.mark.parametrize("within", [False, True])
def test_a_long_query_is_saved_as_it_comes(database, kind, tmp_path, within):
    if within:
        assert database("BeginTransaction").error is None
    saved = database("ExecuteQuery", query=MANY[kind], output_file="rows.csv")
    if within:
        assert database("CommitTransaction").error is None

    assert saved.error is None, saved.error
    with (tmp_path / "rows.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert (len(rows), rows[0], rows[-1]) == (5001, ["n", "t"], ["5000", "row 5000"])
