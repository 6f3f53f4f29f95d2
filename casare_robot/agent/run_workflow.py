"""Runs one workflow in this process: for notebooks, scripts and tests."""

import asyncio
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from casare_robot.agent.preparation import prepare, refused
from casare_robot.domain.errors import Fault, WorkflowInvalidError
from casare_robot.domain.job import Job, JobId, JobResult
from casare_robot.domain.json_guard import LARGEST, JsonRefusedError, check_value
from casare_robot.domain.policy import Policy

Source = Mapping[str, Any] | str | Path
"""A workflow: parsed, as text, or the path of its file."""


def run_workflow(
    workflow: Source,
    variables: Mapping[str, Any] | None = None,
    *,
    timeout: float | None = None,
    home: Path | None = None,
) -> JobResult:
    """Run a workflow to its end and return how it ended.

    Args:
        workflow: The workflow; text that does not begin with ``{`` or ``[`` is a path.
        variables: Values for its variables, over the file's defaults.
        timeout: Seconds for the whole run.
        home: Folder of a journal that makes the run durable; None keeps nothing.

    Returns:
        The result. A workflow that is not valid gives a failed one whose
        ``errors`` list every fault; nothing has run then.

    Raises:
        OSError: The file cannot be read.
        JournalBusyError: Another process owns ``home``.
    """
    return asyncio.run(_run(workflow, variables, timeout, home, owns_loop=True))


async def arun_workflow(
    workflow: Source,
    variables: Mapping[str, Any] | None = None,
    *,
    timeout: float | None = None,
    home: Path | None = None,
) -> JobResult:
    """`run_workflow` for programs that have a loop.

    A cancellation ends the run; its result, with status ``cancelled``, is returned.
    """
    return await _run(workflow, variables, timeout, home, owns_loop=False)


def make_job(
    workflow: Source | bytes,
    variables: Mapping[str, Any] | None = None,
    *,
    timeout: float | None = None,
    job_id: str | None = None,
) -> Job:
    """Pin a workflow and its inputs as a job.

    Raises:
        OSError: The file cannot be read.
        WorkflowInvalidError: It is too large, or no JSON.
    """
    folder = Path.cwd()
    name = path = ""
    if isinstance(workflow, str) and workflow.lstrip()[:1] not in ("{", "["):
        workflow = Path(workflow)
    if isinstance(workflow, Path):
        content = _content(workflow)  # first: it tells what is wrong with a path
        file = workflow.resolve()
        folder, name, path = file.parent, workflow.stem, str(file)
        workflow = content
    elif isinstance(workflow, str):
        workflow = workflow.encode("utf-8", "surrogatepass")
    elif isinstance(workflow, Mapping):
        workflow = _encoded(workflow)
    return Job(
        id=JobId(job_id or uuid.uuid4().hex),
        workflow=workflow,
        name=name,
        folder=str(folder),
        path=path,
        variables=dict(variables or {}),
        timeout=timeout,
    )


async def _run(
    workflow: Source,
    variables: Mapping[str, Any] | None,
    timeout: float | None,
    home: Path | None,
    *,
    owns_loop: bool,
) -> JobResult:
    try:
        job = make_job(workflow, variables, timeout=timeout)
    except WorkflowInvalidError as error:
        return refused(JobId(uuid.uuid4().hex), error)
    if home is not None:
        return await _run_durably(job, home, owns_loop=owns_loop)
    try:
        run = prepare(job, policy=Policy())
    except WorkflowInvalidError as error:
        return refused(job.id, error)
    return await run.run()


def _content(file: Path) -> bytes:
    if file.stat().st_size > LARGEST:
        message = f"{file} is larger than {LARGEST >> 20} MB"
        raise WorkflowInvalidError([Fault(code="E-MSG-107", message=message)])
    return file.read_bytes()


def _encoded(workflow: Mapping[str, Any]) -> bytes:
    try:
        check_value(workflow)
    except JsonRefusedError as error:
        raise WorkflowInvalidError(
            [Fault(code=error.code, message=str(error), key=error.place)]
        ) from error
    return msgspec.json.encode(workflow)


async def _run_durably(job: Job, home: Path, *, owns_loop: bool) -> JobResult:
    from casare_robot.agent.journal_recorder import JournalRecorder
    from casare_robot.journal.journal import Journal

    journal = await asyncio.to_thread(Journal.open, home)
    try:
        await journal.aaccept(job)
        await journal.astart(job.id)
        try:
            recorder = JournalRecorder(journal, job.id, owns_loop=owns_loop)
            run = prepare(job, policy=Policy(), recorder=recorder)
        except WorkflowInvalidError as error:
            result = refused(job.id, error)
        else:
            result = await run.run()
        await journal.afinish(job.id, result)
    finally:
        await asyncio.to_thread(journal.close)
    return result
