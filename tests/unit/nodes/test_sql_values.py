import itertools
import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casare_robot import run_workflow
from casare_robot.domain.errors import NodeFailure
from casare_robot.execution.language.code_references import compile_code
from casare_robot.execution.language.references import MISSING
from casare_robot.nodes.sql_values import with_values
from tests.hostile_values import HOSTILE
from tests.workflow_builder import node, run


class Values:
    def __init__(self, values):
        self._values = values

    def name(self, name):
        return self._values.get(name, MISSING)

    def system(self, name):
        return MISSING


def written(sql, **values):
    return with_values(compile_code(sql).resolve(Values(values), print))


def answers(sql, **values):
    db = sqlite3.connect(":memory:")
    try:
        db.execute("CREATE TABLE people (name TEXT, age INTEGER)")
        db.executemany("INSERT INTO people VALUES (?, ?)", [("Ann", 30), ("Bob", 20)])
        return db.execute(written(sql, **values)).fetchall()
    finally:
        db.close()


@pytest.mark.parametrize(
    ("sql", "values", "expected"),
    [
        ("SELECT age FROM people WHERE name = {{who}}", {"who": "Ann"}, [(30,)]),
        ("SELECT age FROM people WHERE name = '{{who}}'", {"who": "Bob"}, [(20,)]),
        ("SELECT name FROM people WHERE name LIKE '%{{part}}%'", {"part": "nn"}, [("Ann",)]),
        (
            "SELECT name FROM {{table}} WHERE age > {{age}}",
            {"table": "people", "age": 25},
            [("Ann",)],
        ),
        ("SELECT name FROM people ORDER BY {{column}}", {"column": "age"}, [("Bob",), ("Ann",)]),
        ("SELECT count(*) FROM people WHERE age IN ({{ages}})", {"ages": [20, 30, 40]}, [(2,)]),
        ("SELECT {{t}}.age FROM people WHERE name = 'Ann'", {"t": "people"}, [(30,)]),
        (
            "SELECT {{nothing}}, {{yes}}, {{half}}",
            {"nothing": None, "yes": True, "half": 0.5},
            [(None, 1, 0.5)],
        ),
        (
            "SELECT name FROM peo{{end}} WHERE {{start}}e > 25",
            {"end": "ple", "start": "ag"},
            [("Ann",)],
        ),
        (
            "SELECT age FROM {{a}}{{b}} WHERE name = {{c}}{{d}}",
            {"a": "peo", "b": "ple", "c": "A", "d": "nn"},
            [(30,)],
        ),
        ("SELECT 1 -- {{who}}", {"who": "x\n; DROP TABLE people"}, [(1,)]),
        ("SELECT name FROM people WHERE name = '{{missing}}'", {}, []),
    ],
)
def test_references_in_sql_are_values_and_names(sql, values, expected):
    assert answers(sql, **values) == expected


@settings(max_examples=50)
@given(st.one_of(st.text(), st.sampled_from(HOSTILE)))
def test_whatever_the_value_the_database_gets_exactly_that_text(value):
    if "\0" in value:
        with pytest.raises(NodeFailure, match="NUL"):
            written("SELECT {{v}}", v=value)
        return
    try:
        value.encode()
    except UnicodeEncodeError:
        return
    assert answers("SELECT {{v}}, '{{v}}', 'a{{v}}b'", v=value) == [(value, value, f"a{value}b")]


def test_a_name_that_is_no_text_is_refused():
    with pytest.raises(NodeFailure, match="name"):
        written("SELECT * FROM {{table}}", table=5)


@pytest.mark.parametrize("value", ["1; DROP TABLE people", "1 ", "a'b", "x.y"])
def test_part_of_a_word_can_be_nothing_but_letters_and_digits(value):
    with pytest.raises(NodeFailure, match=r"sales_\{\{year\}\} must be one word of SQL"):
        written("SELECT * FROM sales_{{year}}", year=value)


def test_a_workflow_cannot_be_talked_into_another_statement(tmp_path):
    nodes = {
        "s": ("StartNode", {}),
        "c": ("DatabaseConnectNode", {"db_type": "sqlite", "database": str(tmp_path / "x.db")}),
        "t": ("ExecuteNonQueryNode", {"query": "CREATE TABLE people (name TEXT)"}),
        "i": ("ExecuteNonQueryNode", {"query": "INSERT INTO people VALUES ('{{who}}')"}),
        "q": ("ExecuteQueryNode", {"query": "SELECT name FROM people"}),
    }
    order = list(nodes)
    wires = [(a, "exec_out", b, "exec_in") for a, b in itertools.pairwise(order)]
    wires += [("c", "connection", name, "connection") for name in ("t", "i", "q")]

    result = run_workflow(
        {
            "nodes": {
                k: {"node_id": k, "node_type": t, "config": c} for k, (t, c) in nodes.items()
            },
            "connections": [
                {"source_node": a, "source_port": p, "target_node": b, "target_port": q}
                for a, p, b, q in wires
            ],
        },
        {"who": "x'); DROP TABLE people; --"},
    )

    assert result.status == "completed", result.error
    assert result.outputs["q"]["results"] == [{"name": "x'); DROP TABLE people; --"}]


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE t (a)", "INSERT INTO t VALUES ('{{who}}')"],
        ["CREATE TABLE t (a)", {"query": "INSERT INTO t VALUES ({{who}})"}],
        [
            "CREATE TABLE {{table}} (a)",
            {"sql": "INSERT INTO {{table}} VALUES (?)", "parameters": ["{{who}}"]},
        ],
        ["CREATE TABLE t (a)", {"query": "INSERT INTO t VALUES (?)", "parameters": "{{who}}"}],
        """["CREATE TABLE t (a)", "INSERT INTO t VALUES ('{{who}}')"]""",
        """["CREATE TABLE t (a)", {"sql": "INSERT INTO t VALUES (?)", "parameters": [{{who}}]}]""",
    ],
)
@pytest.mark.parametrize("type_", ["ExecuteBatch", "DatabaseSuper"])
def test_references_in_a_batch_are_values(type_, statements):
    who = "x'), ('y\"); DROP TABLE t; --"
    batch = node(type_, statements=statements)
    batch["config"] |= {"action": "Execute Batch"} if type_ == "DatabaseSuper" else {}

    result = run(
        "s > c > b > q; c.connection > b.connection; c.connection > q.connection",
        c=node("DatabaseConnect"),
        b=batch,
        q=node("ExecuteQuery", query="SELECT a FROM t"),
        inputs={"who": who, "table": "t"},
    )

    assert result.status == "completed", result.error
    assert result.outputs["q"]["results"] == [{"a": who}]


def test_text_with_references_beside_a_statement_is_a_parameter_like_any():
    statements = [
        {"query": "CREATE TABLE t (a)"},
        {"query": "INSERT INTO t VALUES (:a)", "parameters": {"a": "Dr {{who}}"}},
    ]

    result = run(
        "s > c > b > q; c.connection > b.connection; c.connection > q.connection",
        c=node("DatabaseConnect"),
        b=node("ExecuteBatch", statements=statements),
        q=node("ExecuteQuery", query="SELECT a FROM t WHERE a LIKE '%who%'"),
        inputs={"who": "%who%"},
    )

    assert result.outputs["q"]["results"] == [{"a": "Dr %who%"}]
