"""Lets a person choose a workflow, asks for its variables and hands it to the robot."""

import asyncio
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from PySide6.QtWidgets import QWidget

from casare_robot.domain.errors import AgentUnreachableError, WorkflowInvalidError
from casare_robot.domain.job import Job, JobId
from casare_robot.domain.robot_events import JobEnded
from casare_robot.domain.workflow import Workflow
from casare_robot.tray.house import House
from casare_robot.tray.texts import tr
from casare_robot.tray.views.form_view import RunForm, run_form, values_of
from casare_robot.tray.views.tray_view import Do, Wish
from casare_robot.tray.windows.files import ask_for_file
from casare_robot.tray.windows.run_window import RunWindow

if TYPE_CHECKING:
    from casare_robot.domain.policy import Policy

EXAMPLES = Path(__file__).parent / "examples"
MOST_FAULTS = 8
BACK_WITHIN = 60
"""Seconds in which a robot that has gone should be back."""


class Chosen(NamedTuple):
    """A workflow that can be run."""

    job: Job
    workflow: Workflow
    form: RunForm


class RunPresenter:
    """The window that runs a workflow.

    Args:
        house: The session.
        wished: Told what a person wants.
    """

    def __init__(self, house: House, *, wished: Callable[[Wish], object]) -> None:
        self._house = house
        self._wished = wished
        self._chosen: Chosen | None = None
        self.window = RunWindow(
            browse=self._browse, chosen=self.choose, run=self._run, example=self._example
        )

    def widget(self) -> QWidget:
        """The window."""
        return self.window

    def close(self) -> None:
        """Nothing is kept."""

    def choose(self, path: str) -> None:
        """Look at a file, and ask for its variables if it can be run."""
        self.window.file.setText(path)
        self._house.actions.start(("load", path), partial(self._load, Path(path)))

    def _browse(self) -> None:
        ask_for_file(
            self.window,
            tr("Choose a workflow"),
            kinds=tr("Workflows (*.json);;All files (*)"),
            chosen=lambda path: self.choose(str(path)),
        )

    def _example(self) -> None:
        self.choose(str(EXAMPLES / tr("first_workflow.json")))

    async def _load(self, path: Path) -> None:
        self._chosen = None
        policy = self._house.config.policy("local")
        try:
            chosen = await asyncio.to_thread(load, path, policy)
        except WorkflowInvalidError as error:
            told = [str(fault) for fault in error.faults[:MOST_FAULTS]]
            if len(error.faults) > MOST_FAULTS:
                told.append(tr("and {count} more", count=len(error.faults) - MOST_FAULTS))
            self.window.show_nothing("\n".join(told))
            return
        except OSError as error:
            self.window.show_nothing(tr("It cannot be read: {error}", error=error))
            return
        self._chosen = chosen
        self.window.show_form(chosen.form)

    def _run(self, said: dict[str, str]) -> None:
        from casare_robot.agent.preparation import inputs_of

        if self._chosen is None:
            return
        values = values_of(self._chosen.form, said)
        try:
            inputs_of(self._chosen.workflow, values)
        except WorkflowInvalidError as error:
            for fault in error.faults:
                self.window.show_fault(fault.key or "", fault.message)
            return
        job = fresh(self._chosen.job, values)
        self._house.actions.start(("run", job.id), partial(self._submit, job))
        self.window.close()
        self._wished(Wish(Do.OPEN))

    async def _submit(self, job: Job) -> None:
        """Hand it over; whether it is taken shows at once, its end much later.

        Raises:
            AgentUnreachableError: It was not taken.
        """
        client = self._house.client
        try:
            async for event in client.submit(job):
                if isinstance(event, JobEnded):
                    return
        except AgentUnreachableError:
            if not await self._is_known(job):
                raise

    async def _is_known(self, job: Job) -> bool:
        """Whether the robot has the job, once it can be asked again."""
        for _ in range(BACK_WITHIN):
            try:
                return await self._house.client.job(job.id) is not None
            except AgentUnreachableError:
                await asyncio.sleep(1.0)
        return True  # nobody knows; the history will tell


def load(path: Path, policy: "Policy") -> Chosen:
    """Read and check a workflow; takes a while, so it belongs in a thread.

    Raises:
        WorkflowInvalidError: It cannot be run.
        OSError: It cannot be read.
    """
    from casare_robot.agent.run_workflow import make_job
    from casare_robot.execution.loading.loader import load_workflow
    from casare_robot.nodes.catalogue import load_catalogue

    job = make_job(path)
    loaded = load_workflow(job.workflow, load_catalogue(), policy=policy)
    warnings = [str(fault) for fault in loaded.warnings[:MOST_FAULTS]]
    form = run_form(loaded.workflow, name=job.name, warnings=warnings)
    return Chosen(job, loaded.workflow, form)


def fresh(job: Job, values: Mapping[str, str]) -> Job:
    """The job under an id of its own, so that the same form can run it twice."""
    return msgspec.structs.replace(job, id=JobId(uuid.uuid4().hex), variables=values)
