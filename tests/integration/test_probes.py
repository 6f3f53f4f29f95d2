"""Small tricky workflows do what was intended."""

import json
from pathlib import Path

import pytest

from casare_robot import run_workflow

PROBES = Path(__file__).parents[1] / "data" / "probes"
INTENDED = json.loads((PROBES / "intended.json").read_text())


@pytest.mark.parametrize("name", INTENDED)
def test_probe(name):
    expected = INTENDED[name]

    result = run_workflow(PROBES / f"{name}.json", timeout=30)

    assert result.status == {"SUCCESS": "completed", "FAILED": "failed"}[expected["status"]]
    assert {k: result.variables.get(k) for k in expected["variables"]} == expected["variables"]


def test_called_workflows_really_run():
    result = run_workflow(PROBES / "p43_execute_workflow.json", timeout=30)

    assert result.outputs["ew"]["child_var"] == "set"
    assert result.outputs["ew"]["saw"] == "parent"
