"""Fills the window of what starts by itself, and does what is wished there. Without Qt."""

from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from casare_robot.domain.errors import AgentUnreachableError, RobotError
from casare_robot.domain.job import JobId
from casare_robot.domain.trigger_status import Missed, TriggerStatus
from casare_robot.tray.house import House
from casare_robot.tray.texts import tr
from casare_robot.tray.views.tray_view import Do, Wish
from casare_robot.tray.views.trigger_view import TriggerLine, TriggersView, triggers_view

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


class Window(Protocol):
    """What is asked of the window."""

    def show_triggers(self, view: TriggersView) -> None:
        """Show what is on."""
        ...


class TriggerPresenter:
    """The window of what starts by itself.

    Args:
        house: The session.
        wished: Grants what leads elsewhere: a job in the history.
        make: Makes the window of the presenter; by default the real one.
        now: In the local time zone.
    """

    def __init__(
        self,
        house: House,
        *,
        wished: Callable[[Wish], object],
        make: "Callable[[TriggerPresenter], Any] | None" = None,
        now: Callable[[], datetime] = lambda: datetime.now().astimezone(),
    ) -> None:
        self._house = house
        self._wished = wished
        self._now = now
        self._on: Sequence[TriggerStatus] = ()
        self._off: dict[str, TriggerStatus] = {}
        self.window: Any = (make or _window)(self)

    def widget(self) -> "QWidget":
        """The window."""
        widget: QWidget = self.window
        return widget

    def close(self) -> None:
        """Nothing is kept."""

    def begin_refresh(self) -> None:
        """Ask what is on."""
        self._house.actions.start("triggers", self.refresh)

    async def refresh(self) -> None:
        """Ask what is on, and show it; what was seen last stays if nobody answers."""
        problem = ""
        try:
            self._on = await self._house.client.triggers()
        except AgentUnreachableError:
            problem = tr("The robot cannot be reached.")
        except RobotError as error:
            problem = str(error)
        for one in self._on:
            self._off.pop(one.id, None)
        view = triggers_view(
            self._on, now=self._now(), switched_off=tuple(self._off.values()), problem=problem
        )
        self.window.show_triggers(view)

    def switch_on(self, file: str, missed: Missed = "once", node_id: str = "") -> None:
        """Switch on the triggers of a workflow's file, or one of them."""

        async def act() -> None:
            await self._house.client.trigger_on(file, node_id, missed)

        self._change(("on", file, node_id), act)

    def switch_back(self, line: TriggerLine) -> None:
        """Switch on what was switched off here."""
        self.switch_on(line.file, line.missed, line.node_id)

    def switch_off(self, line: TriggerLine) -> None:
        """Switch a trigger off; it is still shown, so that it can come back."""

        async def act() -> None:
            await self._house.client.trigger_off(line.id)
            self._off.update({one.id: one for one in self._on if one.id == line.id})

        self._change(("off", line.id), act)

    def fire(self, line: TriggerLine) -> None:
        """Start its workflow now, and show the job."""

        async def act() -> None:
            job_id = await self._house.client.fire_trigger(line.id, {})
            self._wished(Wish(Do.SHOW_JOB, job_id))

        self._change(("fire", line.id), act)

    def show_job(self, line: TriggerLine) -> None:
        """Show the last job that it started."""
        self._wished(Wish(Do.SHOW_JOB, JobId(line.job)))

    def _change(self, key: object, call: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def act() -> None:
            try:
                await call()
            finally:
                await self.refresh()

        self._house.actions.start(("trigger", key), act)


def _window(presenter: TriggerPresenter) -> Any:
    from casare_robot.tray.windows.trigger_window import TriggerWindow

    return TriggerWindow(
        switch_on=presenter.switch_on,
        switch_back=presenter.switch_back,
        switch_off=presenter.switch_off,
        fire=presenter.fire,
        show_job=presenter.show_job,
        refresh=presenter.begin_refresh,
    )
