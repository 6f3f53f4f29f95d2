import json

from casare_robot.agent.preparation import prepare
from casare_robot.domain.job import Job, JobId
from casare_robot.domain.policy import Policy
from casare_robot.execution.state import SavedState
from tests.workflow_builder import log, node, prepared, workflow


class Kept:
    def __init__(self):
        self.blobs = []

    async def append(self, blob, *, wait):
        self.blobs.append(blob)

    async def replace(self, blob):
        self.blobs = [blob]


def file(items, path):
    nodes = {
        "s": ("StartNode", {}),
        "for": ("ForLoopStartNode", {"mode": "items", "items": items, "item_var": "it"}),
        "act": ("AppendFileNode", {"file_path": str(path), "content": "x"}),
        "end": ("ForLoopEndNode", {"paired_loop_start_id": "for"}),
    }
    wires = [("s", "exec_out", "for"), ("for", "body", "act"), ("act", "exec_out", "end")]
    return json.dumps(
        {
            "metadata": {"name": "loop"},
            "variables": {},
            "nodes": {
                name: {"node_id": name, "node_type": type_, "config": config}
                for name, (type_, config) in nodes.items()
            },
            "connections": [
                {
                    "source_node": source,
                    "source_port": port,
                    "target_node": target,
                    "target_port": "exec_in",
                }
                for source, port, target in wires
            ],
        }
    ).encode()


async def states(items, path):
    """What is recorded before each act."""
    kept = Kept()
    job = Job(id=JobId("j"), workflow=file(items, path))
    result = await prepare(job, policy=Policy(), recorder=kept).run()
    assert result.status == "completed", result.error
    folded = [SavedState.fold(kept.blobs[:end]) for end in range(1, len(kept.blobs))]
    return [state.variables["0"] for state in folded]


async def test_every_delta_of_a_loop_holds_its_turn_s_item(tmp_path):
    recorded = await states(["a", "b", "c"], tmp_path / "f.txt")
    assert [(kept["it"], kept["it_index"]) for kept in recorded] == [("a", 0), ("b", 1), ("c", 2)]


async def test_every_delta_of_a_loop_over_a_dict_holds_its_turn_s_key(tmp_path):
    recorded = await states({"k": 1, "l": 2}, tmp_path / "f.txt")
    assert [(kept["it"], kept["it_key"]) for kept in recorded] == [(1, "k"), (2, "l")]


async def test_no_log_line_is_left_out_of_the_deltas_when_old_ones_are_dropped(monkeypatch):
    monkeypatch.setattr("casare_robot.execution.running.run_surroundings.MAX_LOG_LINES", 20)
    recorder = Kept()
    file = workflow(
        "s > f.body > l > w > e; f.completed > done",
        f=node("ForLoopStart", mode="range", start=0, end=30),
        l=log("line {{item}}"),
        w=node("Wait", duration=0),
        e=node("ForLoopEnd"),
        done=log("done"),
    )

    await prepared(file, recorder=recorder).run()

    said = [message for _, message, _ in SavedState.fold(recorder.blobs).log]
    assert said == [f"line {number}" for number in range(30)] + ["done"]


async def test_the_newest_times_of_nodes_are_told_and_all_are_in_the_deltas(monkeypatch):
    monkeypatch.setattr("casare_robot.execution.running.run_surroundings.MAX_TIMES", 20)
    recorder = Kept()
    file = workflow(
        "s > f.body > w > e; f.completed > t",
        f=node("ForLoopStart", mode="range", start=0, end=30),
        w=node("Wait", duration=0),
        e=node("ForLoopEnd"),
        t=node("ReadFile", file_path="missing.txt"),
    )

    result = await prepared(file, recorder=recorder).run()

    assert [time.node_id for time in result.times[-3:]] == ["w", "w", "t"]
    assert [time.has_failed for time in result.times[-2:]] == [False, True]
    assert 18 <= len(result.times) <= 20
    assert result.times == tuple(sorted(result.times, key=lambda time: time.began_ms))
    assert len(SavedState.fold(recorder.blobs).times) == 31
