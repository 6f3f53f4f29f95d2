"""What is told of a job whose executor was killed: all that is known, and no secret."""

import json

import pytest

from casare_robot.domain.job import Job, JobError, JobId
from casare_robot.execution.state import Delta, DeltaWriter, SavedState
from casare_robot.execution.untold_result import ended_by_force
from tests.drawing import draw

OUT_OF_TIME = JobError(code="E-JOB-408", message="too long")


def file(**variables):
    """A workflow's bytes; variables by name: (default, whether it is sensitive)."""
    declared = {
        name: {"name": name, "default_value": default, "sensitive": sensitive}
        for name, (default, sensitive) in variables.items()
    }
    return json.dumps(draw({"s": "Start", "e": "End"}, "s > e", variables=declared)).encode()


def saved(**scopes):
    writer = DeltaWriter()
    return SavedState.fold([writer.encode(Delta(variables=scopes, count=1))])


def told(workflow, kept, inputs=None, **others):
    job = Job(id=JobId("j"), workflow=workflow, variables=inputs or {})
    return ended_by_force(job, saved(**{"0": kept}, **others), OUT_OF_TIME).variables


def test_variables_are_told_and_the_engine_s_own_are_not():
    assert told(file(), {"a": 1, "\0loop": 7, "b": [True]}) == {"a": 1, "b": [True]}


def test_a_sensitive_variable_is_masked_wherever_its_value_is_found():
    kept = {"key": "sesame", "note": "open sesame", "rows": [{"k": "sesame"}], "n": 5}
    assert told(file(key=("", True)), kept) == {
        "key": "***",
        "note": "open ***",
        "rows": [{"k": "***"}],
        "n": 5,
    }


def test_a_number_is_masked_though_it_comes_before_the_sensitive_variable():
    assert told(file(pin=(None, True)), {"copy": 123456, "pin": 123456}) == {
        "copy": "***",
        "pin": "***",
    }


@pytest.mark.parametrize(
    ("default", "inputs", "branch"),
    [
        ("sesame", {}, "now"),
        ("", {"key": "sesame"}, "now"),
        ("", {}, "sesame"),
    ],
    ids=["default", "input", "branch"],
)
def test_what_a_sensitive_variable_held_elsewhere_is_masked_too(default, inputs, branch):
    kept = {"key": "later", "copy": "sesame"}

    variables = told(file(key=(default, True)), kept, inputs, **{"0/f.1": {"key": branch}})

    assert variables == {"key": "***", "copy": "***"}


@pytest.mark.parametrize("sensitive", [True, False])
def test_nothing_is_told_if_a_called_workflow_has_something_sensitive(sensitive):
    called = ["/called.json", file(key=("sesame", sensitive))]
    kept = {"\0called:/:called.json": called, "copy": "sesame"}

    assert told(file(), kept) == ({} if sensitive else {"copy": "sesame"})
