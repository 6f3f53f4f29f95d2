"""Leads through the first steps."""

import asyncio
import platform
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QWidget

from casare_robot.agent.enrolment import Invitation, enrol, read_invitation
from casare_robot.config.editing import change_settings
from casare_robot.desktop.autostart import Autostart
from casare_robot.desktop.own_command import tray_command
from casare_robot.domain.errors import AgentUnreachableError, ConfigError, RobotError
from casare_robot.tray.check_presenter import check
from casare_robot.tray.house import House
from casare_robot.tray.texts import tr
from casare_robot.tray.views.tray_view import Do, Wish
from casare_robot.tray.windows.files import ask_for_file
from casare_robot.tray.windows.first_run import FirstRunWindow


class FirstRunPresenter:
    """The first steps.

    Args:
        house: The session.
        wished: Told what a person wants.
    """

    def __init__(self, house: House, *, wished: Callable[[Wish], object]) -> None:
        self._house = house
        self._autostart = Autostart(tray_command(house.home))
        self._machine = house.config.robot_name or platform.node()
        self.window = FirstRunWindow(
            name=self._machine,
            starts_at_login=True,
            browse=self._browse,
            enrol=self._enrol,
            check=lambda: house.actions.start("check", partial(check, house, self.window.checks)),
            finish=self._finish,
            try_out=lambda: wished(Wish(Do.RUN_FILE)),
        )

    def widget(self) -> QWidget:
        """The window."""
        return self.window

    def close(self) -> None:
        """Nothing is kept."""

    def _browse(self) -> None:
        ask_for_file(
            self.window,
            tr("Open an invitation"),
            kinds=tr("Invitations (*.json);;All files (*)"),
            chosen=self._read,
        )

    def _read(self, path: Path) -> None:
        try:
            said = read_invitation(path)
        except ConfigError as error:
            self.window.refused(str(error))
            return
        self.window.show_invitation(said.orchestrator_url, said.code, said.robot_name)

    def _enrol(self, address: str, code: str, name: str) -> None:
        wanted = Invitation(code=code, orchestrator_url=address, robot_name=name)
        self._house.actions.start("enrol", partial(self._exchange, wanted))

    async def _exchange(self, invitation: Invitation) -> None:
        try:
            await asyncio.to_thread(enrol, invitation, places=self._house.places)
        except (RobotError, OSError) as error:
            self.window.refused(str(error))
            return
        self._house.read_settings()
        self.window.enrolled()

    def _finish(self, starts_at_login: bool, name: str) -> None:
        self._autostart.turn(on=starts_at_login)
        if name and name != self._machine:
            change_settings({"robot_name": name}, places=self._house.places)
        self._house.actions.start("settings", self._reload)

    async def _reload(self) -> None:
        self._house.read_settings()
        try:
            await self._house.client.reload()
        except AgentUnreachableError:
            return  # it reads them when it starts
