import pytest

from casare_robot.nodes.catalogue import load_catalogue


@pytest.fixture
def act(run_node):
    """Call actions on one connection: `act("Commit")`."""
    surroundings = handle = None

    def call(action, **config):
        nonlocal surroundings, handle
        done = run_node(
            "DatabaseSuperNode",
            {"action": action, **config},
            inputs={"connection": handle},
            surroundings=surroundings,
        )
        surroundings = done.surroundings
        if action == "Connect":
            handle = done.outputs["connection"]
        return done

    yield call
    for _, close in surroundings.handles.values():
        close()


def test_every_action_does_its_work(act):
    connected = act("Connect", db_type="sqlite", database="s.db", use_ssl=False)
    batch = act("Execute Batch", statements=["CREATE TABLE a (b)", "INSERT INTO a VALUES (1)"])
    act("Begin Transaction")
    act("Execute (INSERT/UPDATE/DELETE)", query="INSERT INTO a VALUES (?)", parameters="[2]")
    act("Rollback")
    act("Begin Transaction")
    added = act(
        "Execute (INSERT/UPDATE/DELETE)", query="INSERT INTO a VALUES (:v)", parameters={"v": 3}
    )
    committed = act("Commit")
    found = act("Query (SELECT)", query="SELECT b FROM a ORDER BY b")
    closed = act("Close Connection")

    assert connected.outputs["success"] is True
    assert batch.outputs["total_rows_affected"] == 1
    assert added.outputs["rows_affected"] == 1
    assert committed.outputs["success"] is True
    assert found.outputs["results"] == [{"b": 1}, {"b": 3}]
    assert closed.outputs["success"] is True


def test_a_failure_has_its_own_port():
    assert load_catalogue().get("DatabaseSuperNode").failure_port == "exec_error"
