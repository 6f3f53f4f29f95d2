"""The workflows that this robot knows by name, and what members answer with them."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from casare_robot.domain.errors import GroupError, JobRefusedError, RobotError
from casare_robot.domain.job import Job, JobId, JobResult, JobStatus
from casare_robot.domain.plain_json import plain

ANY = "*"
"""The name under which the workflow for all other topics is found."""
ANSWER = "answer"
"""The variable that holds the answer at the end."""


class Found(NamedTuple):
    """The bytes of a workflow file, and its folder, where the workflows that it calls lie."""

    workflow: bytes
    folder: str


class NamedWorkflows:
    """Files by name, as the setting ``group_workflows`` lists them: ``NAME=FILE``.

    Args:
        listed: The setting.
        folder: Where relative paths start.
    """

    def __init__(self, listed: Sequence[str], *, folder: Path) -> None:
        pairs = (entry.partition("=") for entry in listed)
        self._files = {name.strip(): folder / file.strip() for name, _, file in pairs}

    def find(self, name: str, *, otherwise: str = "") -> Found:
        """The workflow of a name, as its file is now. Blocks.

        Args:
            name: Whose.
            otherwise: The name that counts if there is none.

        Raises:
            JobRefusedError: E-GROUP-404 there is none, or it cannot be read.
        """
        file = self._files.get(name) or self._files.get(otherwise)
        if file is None:
            known = ", ".join(self._files) or "none"
            wanted = "for any topic ('*')" if name == ANY else repr(name)
            raise JobRefusedError(
                f"this robot knows no workflow {wanted}, only {known}; "
                "the setting group_workflows names them",
                code="E-GROUP-404",
            )
        try:
            return Found(file.read_bytes(), str(file.parent.absolute()))
        except OSError as error:
            raise JobRefusedError(
                f"the workflow {name!r} cannot be read: {error}", code="E-GROUP-404"
            ) from error


class WorkflowAsker:
    """An `Asker`: who is asked runs the workflow of the topic, and its variable ``answer`` is said.

    The workflow gets ``message`` (the text), ``topic``, ``context`` and ``robot``.

    Args:
        workflows: Topics are names of these.
        execute: Runs a job of this robot to its end.
    """

    def __init__(
        self, workflows: NamedWorkflows, execute: Callable[[Job], Awaitable[JobResult]]
    ) -> None:
        self._workflows = workflows
        self._execute = execute

    async def ask(self, robot: str, message: Mapping[str, Any], context: Mapping[str, Any]) -> Any:
        """The content of the answer.

        Raises:
            GroupError: No workflow is bound to the topic, or it did not complete.
        """
        topic = str(message.get("topic") or ANY)
        try:
            found = await asyncio.to_thread(self._workflows.find, topic, otherwise=ANY)
            result = await self._execute(
                Job(
                    id=JobId(f"ask-{uuid.uuid4().hex}"),
                    name=f"answer about {topic}",
                    workflow=found.workflow,
                    folder=found.folder,
                    variables={
                        "message": message.get("content"),
                        "topic": topic,
                        "context": dict(context),
                        "robot": robot,
                    },
                )
            )
        except RobotError as error:
            raise GroupError(f"{robot} cannot answer: {error}") from error
        if result.status is not JobStatus.COMPLETED:
            why = result.error.message if result.error else result.status.value
            raise GroupError(f"{robot} could not answer about {topic!r}: {why}")
        return plain(result.variables.get(ANSWER))
