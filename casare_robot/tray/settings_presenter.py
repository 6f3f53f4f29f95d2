"""Fills the settings window, saves what is changed, and lets the robot read it at once."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtWidgets import QInputDialog, QLineEdit, QWidget

from casare_robot.config.editing import change_secret, change_settings
from casare_robot.desktop.autostart import Autostart
from casare_robot.desktop.own_command import tray_command
from casare_robot.domain.errors import AgentUnreachableError, ConfigError, RobotError
from casare_robot.tray.house import House
from casare_robot.tray.texts import tr
from casare_robot.tray.views.settings_view import Field, complete, settings_pages
from casare_robot.tray.views.tray_view import Do, Wish
from casare_robot.tray.windows.parts import ask
from casare_robot.tray.windows.settings_window import SettingsWindow


class SettingsPresenter:
    """The settings window and what it shows.

    Args:
        house: The session.
        wished: Told what a person wants.
    """

    def __init__(self, house: House, *, wished: Callable[[Wish], object]) -> None:
        self._house = house
        self._autostart = Autostart(tray_command(house.home))
        self.window = SettingsWindow(
            save=lambda values: house.actions.start("save", partial(self._save, values)),
            change_secret=self._ask_secret,
            forget_secret=self._ask_to_forget,
            check=lambda: wished(Wish(Do.CHECK)),
            accounts=lambda: wished(Wish(Do.ACCOUNTS)),
            autostart=self._set_autostart,
        )
        self._show()

    def widget(self) -> QWidget:
        """The window."""
        return self.window

    def close(self) -> None:
        """Nothing is kept."""

    def _show(self) -> None:
        places = self._house.places
        config = self._house.read_settings()
        self.window.show_pages(
            settings_pages(config, person=places.config_file, policy=places.policy_file)
        )
        self._show_autostart()

    def _show_autostart(self) -> None:
        state = self._autostart.state()
        self.window.show_autostart(is_on=state.is_on, can_change=state.can_change, told=state.why)

    def _set_autostart(self, is_on: bool) -> None:
        try:
            self._autostart.turn(on=is_on)
        finally:
            self._show_autostart()

    async def _save(self, values: dict[str, Any]) -> None:
        try:
            change_settings(complete(values, self._house.config), places=self._house.places)
        except ConfigError as error:
            self.window.tell(str(error), is_bad=True)
            return
        await self._took_effect()

    async def _took_effect(self) -> None:
        """Show what holds now, and say what does not yet."""
        self._show()
        try:
            waiting = await self._house.client.reload()
        except AgentUnreachableError:
            self.window.tell(tr("Saved. The robot reads it when it starts."))
            return
        if waiting:
            names = ", ".join(waiting)
            self.window.tell(tr("Saved. These hold after a restart: {names}", names=names))
        else:
            self.window.tell(tr("Saved, and in force."))

    def _ask_secret(self, field: Field) -> None:
        dialog = QInputDialog(self.window)
        dialog.setWindowTitle(field.title)
        dialog.setLabelText(tr("The new value; it is kept where only you can read it."))
        dialog.setTextEchoMode(QLineEdit.EchoMode.Password)
        dialog.textValueSelected.connect(
            lambda text: (
                text and self._house.actions.start("key", partial(self._keep, field.name, text))
            )
        )
        dialog.open()

    def _ask_to_forget(self, field: Field) -> None:
        ask(
            self.window,
            tr("Forget {title}?", title=field.title),
            more=tr("What needs it works no more until a new one is given."),
            answers=[
                (
                    tr("Forget it"),
                    lambda: self._house.actions.start("key", partial(self._keep, field.name, None)),
                )
            ],
            cancel=tr("Keep it"),
        )

    async def _keep(self, name: str, value: str | None) -> None:
        try:
            await asyncio.to_thread(change_secret, name, value, places=self._house.places)
        except (RobotError, OSError) as error:
            self.window.tell(str(error), is_bad=True)
            return
        await self._took_effect()
