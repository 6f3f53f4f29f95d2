"""What the parts of a group may ask of the whole."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from casare_robot.groups.bus import Bus
from casare_robot.groups.memory import Memory
from casare_robot.groups.records import Member
from casare_robot.store.records import Row


class GroupView(Protocol):
    """A `RobotGroup`, whose methods these are."""

    id: str
    robot: str
    bus: Bus
    memory: Memory

    async def join(self, robot: str | None = None, *, role: str = ...) -> str:
        """See `RobotGroup.join`."""
        ...

    async def remove(self, robot: str) -> None:
        """See `RobotGroup.remove`."""
        ...

    async def promote(self, robot: str) -> None:
        """See `RobotGroup.promote`."""
        ...

    async def members(self, role: str | None = None) -> tuple[Member, ...]:
        """See `RobotGroup.members`."""
        ...

    async def remember(
        self,
        content: str,
        *,
        originator: str | None = None,
        tags: Iterable[str] = (),
        metadata: Mapping[str, Any] | None = None,
    ) -> str:
        """See `RobotGroup.remember`."""
        ...

    async def recall(self, query: str, **given: Any) -> list[Any]:
        """See `RobotGroup.recall`."""
        ...

    async def failover(self, failed: str | None = None) -> str:
        """See `RobotGroup.failover`."""
        ...

    async def sync_all(self) -> dict[str, int]:
        """See `RobotGroup.sync_all`."""
        ...

    async def status(self) -> dict[str, Any]:
        """See `RobotGroup.status`."""
        ...

    async def shutdown(self) -> None:
        """See `RobotGroup.shutdown`."""
        ...

    async def row(self) -> Row:
        """See `RobotGroup.row`."""
        ...

    async def change_field(self, name: str, rule: Callable[[Any], Any]) -> None:
        """See `RobotGroup.change_field`."""
        ...
