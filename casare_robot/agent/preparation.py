"""From a job to a run: load, compile, check the inputs."""

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from casare_robot.agent.called_workflows import CalledWorkflows
from casare_robot.domain.errors import Fault, WorkflowInvalidError
from casare_robot.domain.group_memory import GroupMemory
from casare_robot.domain.job import Job, JobId, JobResult, JobStatus, as_error
from casare_robot.domain.policy import Policy
from casare_robot.domain.workflow import Workflow
from casare_robot.execution.loading.declarations import typed
from casare_robot.execution.loading.loader import Loaded, load_workflow
from casare_robot.execution.planning.plan import Plan, compile_plan
from casare_robot.execution.running.engine import Run
from casare_robot.execution.running.moving import move
from casare_robot.execution.running.recording import Recorder
from casare_robot.execution.running.run_surroundings import Asking, Events, RunOptions
from casare_robot.execution.state import SavedState
from casare_robot.nodes.catalogue import load_catalogue


def prepare(
    job: Job,
    *,
    policy: Policy,
    node_timeout: float | None = None,
    recorder: Recorder | None = None,
    events: Events | None = None,
    secrets: Callable[[str], str] | None = None,
    asking: Asking | None = None,
    memory: GroupMemory | None = None,
    saved: SavedState | None = None,
    evidence: str = "",
) -> Run:
    """Make a run of a job.

    Raises:
        WorkflowInvalidError: The workflow or an input is wrong, or what was
            saved is of another version that this one cannot go on with; nothing has run.
    """
    loaded, plan = _compiled(job.workflow, policy)
    if saved is not None and saved.workflow:
        move(saved, _compiled(saved.workflow, policy)[1], plan, given=job.variables)
    run = Run(
        plan,
        RunOptions(
            job_id=job.id,
            folder=job.folder,
            timeout=job.timeout,
            node_timeout=node_timeout,
            policy=policy,
            evidence=evidence,
        ),
        inputs=inputs_of(loaded.workflow, job.variables),
        recorder=recorder,
        events=events,
        calls=CalledWorkflows(load_catalogue(), policy, working_dir=Path.cwd()),
        secrets=secrets,
        asking=asking,
        memory=memory,
        saved=saved,
    )
    if saved is None:
        for fault in loaded.warnings:
            run.note(as_error(fault))
    return run


@functools.lru_cache(maxsize=16)
def _compiled(workflow: bytes, policy: Policy) -> tuple[Loaded, Plan]:
    catalogue = load_catalogue()
    loaded = load_workflow(workflow, catalogue, policy=policy)
    return loaded, compile_plan(loaded.workflow, catalogue)


def inputs_of(workflow: Workflow, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The job's inputs, made of the types that the file declares.

    Raises:
        WorkflowInvalidError: With every input that is wrong.
    """
    values = dict(variables)
    faults = []
    for name, value in variables.items():
        declared = workflow.variables.get(name)
        if declared is None:
            continue
        if declared.readonly:
            faults.append(
                Fault(code="E-VAR-403", message=f"variable {name!r} is readonly", key=name)
            )
        else:
            try:
                values[name] = typed(value, declared.type.lower())
            except (ValueError, TypeError, OverflowError) as error:
                message = f"variable {name!r}: {error}"
                faults.append(Fault(code="E-VAR-422", message=message, key=name))
    if faults:
        raise WorkflowInvalidError(faults)
    return values


def refused(job_id: JobId, error: WorkflowInvalidError) -> JobResult:
    """The result of a job that was refused before its first node."""
    errors = tuple(map(as_error, error.faults))
    return JobResult(job_id=job_id, status=JobStatus.FAILED, error=errors[0], errors=errors)
