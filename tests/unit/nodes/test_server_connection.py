import datetime
import decimal
import uuid

import pytest

from casare_robot.domain.errors import NodeFailure
from casare_robot.nodes.server_connection import ServerDatabase, bound, plain_value

sqlalchemy = pytest.importorskip("sqlalchemy")
postgresql = pytest.importorskip("sqlalchemy.dialects.postgresql")


@pytest.mark.parametrize(
    ("sql", "parameters", "statement", "values"),
    [
        ("a = $1 OR b = $1 OR c = $2", [1, 2], "a = :p1 OR b = :p1 OR c = :p2", {"p1": 1, "p2": 2}),
        ("a = %s AND b = %s", [1, 2], "a = :p1 AND b = :p2", {"p1": 1, "p2": 2}),
        ("a = :x", {"x": 1}, "a = :x", {"x": 1}),
        ("'%s $1 :x' = %s", [1], r"'%s $1 \:x' = :p1", {"p1": 1}),
        ("'it''s %s' || %s", [1], "'it''s %s' || :p1", {"p1": 1}),
        ("a -- $1\n = $1", [1], "a -- $1\n = :p1", {"p1": 1}),
        ("/* %s */ %s", [1], "/* %s */ :p1", {"p1": 1}),
        ("$$ $1 :x $$ || $1", [1], r"$$ $1 \:x $$ || :p1", {"p1": 1}),
        ("$1::text", [1], r":p1\:\:text", {"p1": 1}),
        (":a::text", {"a": 1}, r":a\:\:text", {"a": 1}),
        ("LIKE '%s%'", [], "LIKE '%s%'", {}),
    ],
)
def test_places_are_bound_and_quotes_left_alone(sql, parameters, statement, values):
    assert bound(sql, parameters) == (statement, values)


def test_a_backslash_ends_no_quote_in_mysql():
    assert bound(r"'it\'s %s' = %s", [1], backslashes=True)[0] == r"'it\'s %s' = :p1"


def test_a_cast_reaches_postgresql_beside_its_parameter():
    statement, _ = bound("SELECT $1::jsonb, 'a::b'", ["{}"])

    sent = str(sqlalchemy.text(statement).compile(dialect=postgresql.dialect()))

    assert sent == "SELECT %(p1)s::jsonb, 'a::b'"


@pytest.mark.parametrize(("sql", "parameters"), [("%s", []), ("$2", [1]), ("a", [1]), ("$0", [1])])
def test_places_and_parameters_must_match(sql, parameters):
    with pytest.raises(NodeFailure, match="parameter"):
        bound(sql, parameters)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (datetime.datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05"),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (datetime.timedelta(minutes=1), 60.0),
        (decimal.Decimal("2.50"), 2.5),
        (decimal.Decimal("3.00"), 3),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (memoryview(b"a"), b"a"),
        (None, None),
    ],
)
def test_values_are_made_what_wires_carry(value, plain):
    result = plain_value(value)

    assert result == plain
    assert type(result) is type(plain)


@pytest.fixture
def server(tmp_path):
    """The code for servers, spoken to a SQLite file through SQLAlchemy."""
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/s.db", pool_size=2)
    database = ServerDatabase(engine, auto_commit=True)
    database.execute("CREATE TABLE a (id INTEGER PRIMARY KEY, b TEXT)", [])
    yield database
    database.close()


def rows(server):
    return [row["b"] for row in server.execute("SELECT b FROM a ORDER BY id", []).rows]


def test_a_server_keeps_each_statement_at_once(server):
    done = server.execute("INSERT INTO a (b) VALUES (%s)", ["10%: x"])

    found = server.execute("SELECT id, b FROM a WHERE b LIKE '10%: x'", [])
    assert (done.rows_affected, done.last_insert_id) == (1, 1)
    assert found.columns == ["id", "b"]
    assert found.rows == [{"id": 1, "b": "10%: x"}]


def test_returned_ids_are_told(server):
    done = server.execute("INSERT INTO a (b) VALUES ('x') RETURNING id", [])

    assert (done.rows_affected, done.last_insert_id) == (1, 1)


def test_a_server_transaction_is_kept_or_undone(server):
    server.begin()
    server.execute("INSERT INTO a (b) VALUES ('undone')", [])
    server.rollback()
    server.begin()
    server.execute("INSERT INTO a (b) VALUES ('kept')", [])
    server.commit()
    server.commit()

    assert rows(server) == ["kept"]
    assert not server.in_transaction


def test_a_server_transaction_begins_and_ends_by_its_nodes_only(server):
    with pytest.raises(NodeFailure, match="use BeginTransactionNode"):
        server.execute("BEGIN", [])
    server.begin()
    with pytest.raises(NodeFailure, match="use CommitTransactionNode"):
        server.execute("COMMIT", [])

    assert server.in_transaction


def test_a_second_server_transaction_is_refused(server):
    server.begin()

    with pytest.raises(NodeFailure, match="open already"):
        server.begin()


def test_closing_undoes_an_open_transaction(tmp_path):
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/t.db")
    database = ServerDatabase(engine, auto_commit=False)
    with pytest.raises(NodeFailure, match="auto_commit is off"):
        database.execute("CREATE TABLE a (b)", [])
    database.begin()
    database.execute("CREATE TABLE a (b)", [])
    database.commit()
    database.begin()
    database.execute("INSERT INTO a VALUES (1)", [])
    database.close()

    again = ServerDatabase(engine, auto_commit=True)
    found = again.execute("SELECT * FROM a", []).rows
    again.close()
    assert found == []


def test_columns_of_a_server_table_are_told(server):
    columns = server.columns("a")

    assert [(c.name, c.type, c.primary_key) for c in columns] == [
        ("id", "INTEGER", True),
        ("b", "TEXT", False),
    ]
    assert server.table_exists("a")
    assert not server.table_exists("nowhere")


def test_a_server_refuses_in_its_own_words(server):
    with pytest.raises(NodeFailure, match="no such table: nowhere"):
        server.execute("SELECT * FROM nowhere", [])
    with pytest.raises(NodeFailure):
        server.execute("SELECT :missing", {"other": 1})
