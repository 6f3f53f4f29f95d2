import json
from datetime import UTC, datetime

import msgspec
import pytest

from casare_robot.domain.job import JobError, JobId, JobResult, JobStatus
from casare_robot.link.casarerpa.jobs import (
    LONGEST_ERROR,
    JobUnusableError,
    claimed_id,
    error_text,
    job_of,
    node_count,
    outcome,
    server_id,
)
from tests.replicas.robot_process import GOOD

ID = JobId("j1")


@pytest.mark.parametrize(
    "workflow", [GOOD, json.dumps(GOOD), json.dumps(GOOD).encode(), json.dumps(json.dumps(GOOD))]
)
def test_a_workflow_may_be_an_object_text_or_text_in_text(workflow):
    raw = workflow
    if isinstance(workflow, str) and workflow.startswith('"'):
        raw = msgspec.Raw(workflow.encode())
    job = job_of(job_id=ID, workflow=raw)
    assert json.loads(job.workflow) == GOOD
    assert job.name == "interop"
    assert node_count(job.workflow) == 3


@pytest.mark.parametrize("workflow", [None, "", "null", b"", 5, []])
def test_a_job_without_a_workflow_is_none(workflow):
    with pytest.raises(JobUnusableError, match="no workflow"):
        job_of(job_id=ID, workflow=workflow)


@pytest.mark.parametrize("variables", ["{", "[]", [1], 5])
def test_variables_that_are_no_object_are_refused(variables):
    with pytest.raises(JobUnusableError, match="variables"):
        job_of(job_id=ID, workflow=GOOD, variables=variables)


@pytest.mark.parametrize(
    ("variables", "given"), [(None, {}), ("", {}), ("{}", {}), ('{"a":1}', {"a": 1}), ({}, {})]
)
def test_variables_may_be_text(variables, given):
    assert job_of(job_id=ID, workflow=GOOD, variables=variables).variables == given


@pytest.mark.parametrize(
    ("timeout", "seconds"),
    [(None, None), (0, None), (-1, None), (True, None), ("5", 5), ("soon", None), (7, 7)],
)
def test_a_time_limit_is_a_positive_number(timeout, seconds):
    assert job_of(job_id=ID, workflow=GOOD, timeout=timeout).timeout == seconds


def test_a_job_without_an_id_is_none():
    with pytest.raises(JobUnusableError, match="no id"):
        job_of(job_id=claimed_id(None, None), workflow=GOOD)


@pytest.mark.parametrize(
    "moment", ["2026-11-21T01:39:05.803267Z", datetime(2026, 11, 21, 1, 39, 5, 803267, UTC), "odd"]
)
def test_each_claim_is_a_job_of_its_own_and_keeps_the_orchestrators_id(moment):
    one = claimed_id("e43f-1", moment)
    assert one == claimed_id("e43f-1", moment)
    assert one != claimed_id("e43f-1", "2026-11-21T01:39:06.803267Z")
    assert server_id(one) == "e43f-1"


def test_an_error_is_never_empty_and_never_too_long():
    def text(message):
        error = JobError(code="E-X-1", message=message)
        return error_text(JobResult(job_id=ID, status=JobStatus.FAILED, error=error))

    assert text("no")
    assert text("")
    assert len(text("x" * 10_000)) == LONGEST_ERROR
    assert error_text(JobResult(job_id=ID, status=JobStatus.TIMED_OUT)) == (
        "the job ended as timed_out"
    )


def test_secrets_of_a_job_are_not_in_its_outcome():
    result = JobResult(
        job_id=ID, status=JobStatus.COMPLETED, variables={"secret": "***", "shown": 1}
    )
    assert outcome(result)["result_data"] == {"variables": {"shown": 1}}


@pytest.mark.parametrize("wrap", [json.dumps, lambda it: json.dumps(json.dumps(it))])
def test_a_workflow_may_be_text_of_text(wrap):
    job = job_of(job_id=ID, workflow=json.dumps(wrap(GOOD)))
    assert json.loads(job.workflow) == GOOD


def test_an_id_with_our_sign_in_it_is_told_whole():
    assert server_id(claimed_id("a~b", None)) == "a~b"


def test_what_their_databases_fail_on_is_not_told():
    given = {"nul\0": "a\0b", "large": [1 << 80, -(1 << 80)], "kept": [1 << 62, True, 1.5, None]}
    result = JobResult(job_id=ID, status=JobStatus.COMPLETED, variables=given)
    told = json.dumps(outcome(result))

    assert "\\u0000" not in told
    assert json.loads(told)["result_data"]["variables"] == {
        "nul\ufffd": "a\ufffdb",
        "large": [str(1 << 80), str(-(1 << 80))],
        "kept": [1 << 62, True, 1.5, None],
    }


def test_a_bare_outcome_says_that_something_is_missing():
    result = JobResult(job_id=ID, status=JobStatus.COMPLETED, variables={"x": 1})
    assert outcome(result, bare=True)["result_data"]["variables"] == {}
    assert "left_out" in outcome(result, bare=True)["result_data"]
