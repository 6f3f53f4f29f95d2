"""Public workflow files give what their authors meant."""

import json
from collections import Counter
from pathlib import Path

import pytest

from casare_robot import run_workflow

CORPUS = Path(__file__).parents[1] / "data" / "corpus"
EXPECTED = json.loads((CORPUS / "expected.json").read_text())
WITH_VALUES = [case for case in EXPECTED if case["grade"] in ("exact", "partial")]
STATUS = {
    "SUCCESS": ("completed", False),
    "SUCCESS_WITH_ERRORS": ("completed", True),
    "FAILED": ("failed", None),
}


DEPENDS_ON_A_SYNONYM = {"text_contains"}
"""It reads text_replace, whose keys old and new the reference ignored and the contract accepts."""


def types(case, node_ids):
    """Ids, or for the designer's files how many of each type."""
    if case["kind"] != "designer":
        return set(node_ids)
    return Counter(node_id.rsplit("_", 1)[0] for node_id in node_ids)


def of_grade(*grades):
    return [pytest.param(c, id=c["file"]) for c in EXPECTED if c["grade"] in grades]


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def candidates(case, result, node_id):
    """Outputs of the node; the designer's files were saved again, so any node of its type there."""
    if case["kind"] != "designer":
        return [dict(result.outputs.get(node_id, {}))]
    type_ = node_id.rsplit("_", 1)[0]
    return [dict(o) for other, o in result.outputs.items() if other.rsplit("_", 1)[0] == type_]


def without_ids(outputs):
    """A stack trace names its node."""
    trace = outputs.get("stack_trace")
    return {**outputs, "stack_trace": trace.rsplit(": ", 1)[1]} if trace else outputs


def same(ours, theirs):
    """Numbers compare as numbers; everything else exactly."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return theirs.keys() <= ours.keys() and all(same(ours[k], theirs[k]) for k in theirs)
    if isinstance(theirs, list) and isinstance(ours, list):
        if all(isinstance(item, str) and item.startswith("<CWD>") for item in theirs):
            ours, theirs = sorted(ours), sorted(theirs)  # a folder has no order
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(theirs, str):
        return ours == theirs.replace("<CWD>", str(Path.cwd()))
    return ours == theirs


def check(case, result):
    expected = case["expected"]
    status, has_errors = STATUS[expected["status"]]
    assert result.status == status, result.error
    if has_errors is not None:
        assert bool(result.errors) is has_errors
    for name, value in expected["variables"].items():
        assert same(result.variables.get(name), value), name
    for node_id, outputs in expected["node_outputs"].items():
        found = candidates(case, result, node_id)
        assert any(same(without_ids(ours), without_ids(outputs)) for ours in found), (
            node_id,
            found,
            outputs,
        )
    lines = [f"[{line.level}] [{line.node_id}] {line.message}" for line in result.log]
    assert lines == expected["log_lines"]


@pytest.mark.parametrize("case", of_grade("exact"))
def test_exact_files_give_the_expected_values(case):
    result = run_workflow(CORPUS / case["file"], timeout=30)

    check(case, result)
    assert types(case, result.executed_nodes) == types(case, case["expected"]["executed_set"])


@pytest.mark.parametrize("case", of_grade("partial"))
def test_partial_files_give_the_values_of_nodes_whose_keys_are_known(case):
    result = run_workflow(CORPUS / case["file"], timeout=30)

    expected = case["expected"]
    assert result.status == "completed", result.error
    for node_id, outputs in expected["node_outputs"].items():
        if node_id in DEPENDS_ON_A_SYNONYM:
            continue
        ours = dict(result.outputs.get(node_id, {}))
        assert same(ours, outputs), (node_id, ours, outputs)


def test_break_as_the_designer_saves_it_leaves_its_loop():
    result = run_workflow(CORPUS / "designer/designer_break.json", timeout=30)

    assert result.status == "completed"
    assert result.variables["item"] == 2
    assert result.variables["n"] == 2
    assert result.variables["after_loop"] == "yes"


@pytest.mark.parametrize("case", of_grade("shape"))
def test_files_with_triggers_run_what_the_triggers_lead_to(case):
    result = run_workflow(CORPUS / case["file"], timeout=30)

    assert result.status == "completed", result.error
    assert set(result.executed_nodes) >= set(case["expected"]["executed_set"])
    lines = [f"[{line.level}] [{line.node_id}] {line.message}" for line in result.log]
    assert sorted(lines) == sorted(case["expected"]["log_lines"])


def test_a_template_stops_where_its_input_file_is_missing():
    result = run_workflow(
        CORPUS / "head/src__casare_rpa__resources__templates__data_etl.json", timeout=30
    )

    assert result.status == "failed"
    assert result.error.node_type == "ReadCSVNode"
    assert "input/data.csv" in result.error.message


@pytest.mark.parametrize("case", of_grade("json_defect"))
def test_defective_files_fail_and_name_the_node(case):
    result = run_workflow(CORPUS / case["file"], timeout=30)

    assert result.status == "failed"
    named = {result.error.node_id, *(error.node_id for error in result.errors)}
    assert case["defect_at"] is None or case["defect_at"] in named, named
