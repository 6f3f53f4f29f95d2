from datetime import UTC, datetime, timedelta

from msgspec import structs

from casare_robot.domain.job import JobId
from casare_robot.domain.robot_events import NodeCompleted, NodeFailed, NodeStarted
from casare_robot.orchestrator.trace import MOST_NODES, MOST_SHOWN, Trace, Traces

START = datetime(2026, 1, 1, tzinfo=UTC)


def began(node, second, count=1):
    at = START + timedelta(seconds=second)
    return NodeStarted(job_id=JobId("j"), node_id=node, nodes_executed=count, at=at)


def ended(node, second, took, error=None):
    facts = {
        "job_id": JobId("j"),
        "node_id": node,
        "node_type": "WaitNode",
        "seconds": took,
        "at": START + timedelta(seconds=second),
    }
    return NodeCompleted(**facts) if error is None else NodeFailed(**facts, error=error)


def test_a_node_has_one_bar_from_its_beginning_to_its_end():
    trace = Trace()
    for event in (began("a", 0), ended("a", 2, 2.0), began("b", 2), ended("b", 3, 1.0, "no")):
        trace.add(event)

    bars = [(run.node_id, run.started_at, run.seconds, run.error) for run in trace.nodes]
    later = START + timedelta(seconds=2)
    assert bars == [("a", START, 2.0, None), ("b", later, 1.0, "no")]


def test_what_nodes_put_out_shows_in_the_newest_bars():
    trace = Trace()
    for number in range(2 * MOST_SHOWN):
        event = ended(f"n{number}", number, 0.5)
        trace.add(structs.replace(event, outputs={"status_code": number}))

    assert trace.nodes[-1].outputs == {"status_code": 2 * MOST_SHOWN - 1}
    assert sum(bool(run.outputs) for run in trace.nodes) == MOST_SHOWN


def test_an_end_without_a_beginning_still_has_its_bar():
    trace = Trace()
    trace.add(ended("a", 5, 2.0))

    assert trace.nodes[0].started_at == START + timedelta(seconds=3)


def test_a_node_that_only_computed_is_not_under_way_for_ever():
    trace = Trace()
    for event in (began("sum", 0), began("wait", 1), ended("wait", 2, 1.0)):
        trace.add(event)

    assert [run.node_id for run in trace.nodes] == ["wait"]


def test_a_long_job_keeps_its_newest_nodes():
    trace = Trace()
    for number in range(5 * MOST_NODES):
        trace.add(ended(f"n{number}", number, 0.5))

    assert len(trace.nodes) <= MOST_NODES
    assert trace.nodes[-1].node_id == f"n{5 * MOST_NODES - 1}"


def test_only_what_changed_is_kept_again():
    traces = Traces()
    traces.of("j").add(began("a", 0))

    assert list(traces.changed()) == ["j"]
    assert traces.changed() == {}
    traces.keep_later("j")
    traces.keep_later("forgotten")
    assert list(traces.changed()) == ["j"]


def test_the_node_in_which_a_job_was_cut_short_keeps_its_bar():
    cut, whole = Trace(), Trace()
    for trace in (cut, whole):
        trace.add(ended("a", 1, 1.0))
        trace.add(began("b", 1))
    cut.close(START + timedelta(seconds=4))
    whole.close()

    assert [(run.node_id, run.seconds) for run in cut.nodes] == [("a", 1.0), ("b", 3.0)]
    assert [run.node_id for run in whole.nodes] == ["a"]
