"""Fills the group window: asks the robot while it can be seen, does what is wished. Without Qt."""

from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from casare_robot.domain.errors import AgentUnreachableError, RobotError
from casare_robot.domain.group_status import GroupStatus
from casare_robot.tray.house import House
from casare_robot.tray.texts import counted, tr
from casare_robot.tray.views.group_view import (
    GroupView,
    cost_of_drill,
    drill_text,
    drill_title,
    group_view,
)

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


class Window(Protocol):
    """What is asked of the window."""

    def show_group(self, view: GroupView) -> None:
        """Show how the group is."""
        ...

    def ask_drill(self, cost: str, then: Callable[[], object]) -> None:
        """Ask whether to fail over on purpose."""
        ...

    def tell(self, title: str, text: str) -> None:
        """Say something."""
        ...


class GroupPresenter:
    """The group window and what it shows.

    Args:
        house: The session.
        make: Makes the window of the presenter; by default the real one.
        now: In the local time zone.
    """

    def __init__(
        self,
        house: House,
        *,
        make: "Callable[[GroupPresenter], Any] | None" = None,
        now: Callable[[], datetime] = lambda: datetime.now().astimezone(),
    ) -> None:
        self._house = house
        self._now = now
        self._group: GroupStatus | None = None
        self.window: Any = (make or _window)(self)

    def widget(self) -> "QWidget":
        """The window."""
        widget: QWidget = self.window
        return widget

    def close(self) -> None:
        """Nothing is kept."""

    def begin_refresh(self) -> None:
        """Ask how the group is."""
        self._house.actions.start("group", self.refresh)

    async def refresh(self) -> None:
        """Ask how the group is, and show it; what was seen last stays if nobody answers."""
        problem = ""
        try:
            self._group = await self._house.client.group()
        except AgentUnreachableError:
            problem = tr("The robot cannot be reached; this is how the group was.")
            if self._group is None:
                problem = tr("The robot cannot be reached.")
        except RobotError as error:
            problem = str(error)
        self.window.show_group(group_view(self._group, now=self._now(), problem=problem))

    def promote(self, robot: str) -> None:
        """Make a passive member active."""
        self._change(("promote", robot), partial(self._house.client.promote, robot))

    def demote(self, robot: str) -> None:
        """Make an active member passive."""
        self._change(("demote", robot), partial(self._house.client.demote, robot))

    def sync(self) -> None:
        """Bring all members up to date, and tell how much was new."""

        async def act() -> None:
            counts = await self._house.client.sync()
            await self.refresh()
            behind = counts["members_updated"]
            news = counts["synced_nodes"]
            told = (
                counted(behind, "{count} member was behind.", "{count} members were behind."),
                counted(news, "{count} text was new.", "{count} texts were new."),
            )
            self.window.tell(tr("All members are in step"), " ".join(told))

        self._house.actions.start("sync", act)

    def drill(self) -> None:
        """Ask whether to fail over on purpose, do it, and tell how it went."""
        if self._group is not None:
            begin = partial(self._house.actions.start, "drill", self._drill)
            self.window.ask_drill(cost_of_drill(self._group), begin)

    async def _drill(self) -> None:
        done = await self._house.client.drill()
        await self.refresh()
        self.window.tell(drill_title(done), drill_text(done))

    def _change(self, key: object, call: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def act() -> None:
            try:
                await call()
            finally:
                await self.refresh()

        self._house.actions.start(("group", key), act)


def _window(presenter: GroupPresenter) -> Any:
    from casare_robot.tray.windows.group_window import GroupWindow

    return GroupWindow(
        promote=presenter.promote,
        demote=presenter.demote,
        drill=presenter.drill,
        sync=presenter.sync,
        refresh=presenter.begin_refresh,
    )
