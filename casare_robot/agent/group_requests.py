"""What faces ask about the group that the robot is in."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from casare_robot.domain.errors import GroupError, MembershipError
from casare_robot.domain.group_status import GroupDrill, GroupStatus

if TYPE_CHECKING:
    from casare_robot.groups.robot_group import RobotGroup
    from casare_robot.store.store import Store


class GroupSeat(Protocol):
    """The robot's place in a group; whoever takes jobs from the group has it."""

    @property
    def group_id(self) -> str:
        """Which group."""
        ...

    @property
    def role(self) -> str:
        """``active``, ``passive``, ``retired``; empty as long as it is not known."""
        ...

    @property
    def group(self) -> "RobotGroup | None":
        """The group, open; None while its store cannot be reached."""
        ...

    @property
    def store(self) -> "Store | None":
        """Where it is; None while it cannot be reached."""
        ...


class GroupRequests:
    """Answers out of the group's store.

    Args:
        seat: The robot's place; None: it is in no group.
        robot_id: Who it is.
        clock: Seconds since 1970.
    """

    def __init__(
        self, seat: Callable[[], GroupSeat | None], *, robot_id: str, clock: Callable[[], float]
    ) -> None:
        self._seat = seat
        self._robot_id = robot_id
        self._clock = clock

    async def look(self) -> GroupStatus | None:
        """How the group is; None: this robot is in no group."""
        if self._seat() is None:
            return None
        from casare_robot.groups.group_look import look_at

        group, store = self._open()
        return await look_at(store, group.id, now=self._clock(), robot=self._robot_id)

    async def promote(self, robot: str) -> None:
        """Make a passive member active."""
        await self._open()[0].promote(robot)

    async def demote(self, robot: str) -> None:
        """Make an active member passive."""
        await self._open()[0].demote(robot)

    async def drill(self) -> GroupDrill:
        """Fail over on purpose."""
        from casare_robot.groups.drill import drill

        group, store = self._open()
        return await drill(group, store, clock=self._clock)

    async def sync(self) -> Mapping[str, int]:
        """Bring all members up to date."""
        return await self._open()[0].sync_all()

    def _open(self) -> "tuple[RobotGroup, Store]":
        seat = self._seat()
        if seat is None:
            raise MembershipError("this robot is in no group")
        if seat.group is None or seat.store is None:
            raise GroupError(f"the store of group {seat.group_id} cannot be reached at the moment")
        return seat.group, seat.store
