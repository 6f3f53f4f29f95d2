"""Lets the doctor look at everything, and packs what helps others to help."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QWidget

from casare_robot.agent.bundle import JOBS, LOG_LINES, Part, make_parts, names_here, write_parts
from casare_robot.agent.diagnosis import diagnose, patient_of
from casare_robot.agent.doctor import Finding
from casare_robot.domain.errors import RobotError
from casare_robot.observability.log_reader import LogReader
from casare_robot.tray.house import House
from casare_robot.tray.texts import tr
from casare_robot.tray.views.spans import size
from casare_robot.tray.windows.check_window import CheckList, CheckWindow
from casare_robot.tray.windows.files import ask_where_to_save
from casare_robot.tray.windows.parts import ask


class CheckPresenter:
    """The window of checks.

    Args:
        house: The session.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self.window = CheckWindow(again=self.begin, save=lambda: save_diagnosis(house, self.window))

    def widget(self) -> QWidget:
        """The window."""
        return self.window

    def close(self) -> None:
        """Nothing is kept."""

    def begin(self) -> None:
        """Check everything, unless that is under way."""
        self._house.actions.start("check", partial(check, self._house, self.window.list))


async def check(house: House, shown: CheckList) -> None:
    """Fill a list, line by line."""
    shown.begin()
    try:
        async for finding in _findings(house.home):
            shown.add(finding)
    finally:
        shown.end()


def save_diagnosis(house: House, parent: QWidget | None) -> None:
    """Gather what helps, show what it is, ask where, write."""
    house.actions.start("gather", partial(_gather_and_ask, house, parent))


async def _findings(home: Path | None) -> AsyncIterator[Finding]:
    """The doctor's findings as they are made, in a thread."""
    found = diagnose(home)
    while (finding := await asyncio.to_thread(next, found, None)) is not None:
        yield finding


async def _gather_and_ask(house: House, parent: QWidget | None) -> None:
    parts = await _gather(house)
    listed = "\n".join(f"{part.name}  {size(len(part.content))}  {part.about}" for part in parts)

    def where() -> None:
        now = datetime.now().astimezone()
        ask_where_to_save(
            parent,
            tr("Save diagnosis"),
            name=f"casare-robot-{now:%Y%m%d-%H%M%S}.zip",
            kinds=tr("Archives (*.zip)"),
            chosen=lambda path: house.actions.start("bundle", partial(_write, parts, path)),
        )

    ask(
        parent,
        tr("Save a diagnosis?"),
        more=tr(
            "It holds:\n{parts}\n\nNo secrets, user names or variables. It stays on this machine "
            "until you send it.",
            parts=listed,
        ),
        answers=[(tr("Save…"), where)],
        cancel=tr("Do not save"),
    )


async def _gather(house: House) -> list[Part]:
    try:
        metrics = await house.client.metrics()
        jobs = await house.client.jobs(JOBS)
    except RobotError:
        metrics, jobs = None, ()  # none runs, which the findings say
    patient = await asyncio.to_thread(patient_of, house.home)
    findings = [finding async for finding in _findings(house.home)]
    log = await asyncio.to_thread(LogReader(house.places.logs).tail, LOG_LINES)
    return make_parts(
        patient.config, findings=findings, log=log, jobs=jobs, metrics=metrics, names=names_here()
    )


async def _write(parts: Sequence[Part], path: Path) -> None:
    await asyncio.to_thread(write_parts, parts, path)
