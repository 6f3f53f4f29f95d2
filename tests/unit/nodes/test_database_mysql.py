"""MySQL's dialect against a real MariaDB server, where one is installed."""

import csv

import pytest

from tests.mariadb_server import INSTALLER, PASSWORD, SERVER, USER, mariadb_server

pytest.importorskip("pymysql")
pytestmark = pytest.mark.skipif(
    SERVER is None or INSTALLER is None, reason="no MariaDB server is installed here"
)


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    with mariadb_server(tmp_path_factory.mktemp("mariadb")) as port:
        yield port


@pytest.fixture
def database(run_node, port):
    """Call nodes on one open database: `database("ExecuteQuery", query="SELECT 1")`."""
    opened = run_node(
        "DatabaseConnectNode",
        {
            "db_type": "mysql",
            "host": "127.0.0.1",
            "port": port,
            "database": "d",
            "username": USER,
            "password": PASSWORD,
        },
    )
    assert opened.error is None, opened.error

    def call(name, **config):
        inputs = {"connection": opened.outputs["connection"], **config}
        return run_node(f"{name}Node", inputs=inputs, surroundings=opened.surroundings)

    call("ExecuteNonQuery", query="DROP TABLE IF EXISTS people")
    made = "CREATE TABLE people (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40), born DATE)"
    assert call("ExecuteNonQuery", query=made).error is None
    yield call
    for _, close in opened.surroundings.handles.values():
        close()


def names(database):
    found = database("ExecuteQuery", query="SELECT name FROM people ORDER BY id")
    assert found.error is None, found.error
    return [row["name"] for row in found.outputs["results"]]


def test_rows_are_written_and_asked_for(database):
    query = "INSERT INTO people (name, born) VALUES (%s, %s)"
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


def test_a_long_query_is_saved_as_it_comes(database, tmp_path):
    saved = database(
        "ExecuteQuery",
        query="SELECT seq AS n, CONCAT('row ', seq) AS t FROM seq_1_to_5000",
        output_file="rows.csv",
    )

    assert saved.error is None, saved.error
    with (tmp_path / "rows.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert (len(rows), rows[0], rows[-1]) == (5001, ["n", "t"], ["5000", "row 5000"])
