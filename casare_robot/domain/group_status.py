"""A group of robots as people look at it. Pure."""

from collections.abc import Mapping
from datetime import datetime

import msgspec


class GroupMember(msgspec.Struct, frozen=True, kw_only=True):
    """A robot in a group.

    ``role`` is active, passive or retired. ``health`` is healthy, disconnected
    (its lease ran out) or unknown (no process of its own keeps a lease).
    ``lease_age`` is the seconds since its last sign of life, if there is one.
    ``is_in_sync``: it knows everything that the group knows. ``is_resting``: it was
    asked to begin no jobs for now.
    """

    robot: str
    role: str
    health: str
    join_no: int
    lease_age: float | None = None
    is_in_sync: bool = True
    is_resting: bool = False
    capabilities: tuple[str, ...] = ()
    priority: str | float = "normal"


class GroupFailover(msgspec.Struct, frozen=True, kw_only=True):
    """Once a standby took over; ``jobs`` are those that were open at the retired ones."""

    at: datetime
    promoted: str
    retired: tuple[str, ...]
    reason: str
    jobs: tuple[str, ...] = ()


class GroupStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One look at a group.

    ``robot`` is who looks, if it is a member. ``leader`` holds the lease of the
    group, and ``leader_age`` is the seconds since it was last renewed; nobody
    may hold it. ``jobs`` counts them by status; ``failovers`` are the newest first.
    """

    name: str
    status: str
    members: tuple[GroupMember, ...]
    working_memory_nodes: int
    working_memory_tokens: int
    max_tokens: int
    in_sync: bool
    robot: str = ""
    objective: str = ""
    leader: str | None = None
    leader_age: float | None = None
    jobs: Mapping[str, int] = {}
    failovers: tuple[GroupFailover, ...] = ()

    def names(self, role: str) -> tuple[str, ...]:
        """Members of a role, in the order of joining."""
        return tuple(member.robot for member in self.members if member.role == role)

    @property
    def successor(self) -> str | None:
        """Who takes over when an active robot falls silent; None: nobody could.

        Source: groups.md 4.4, rule 11; `decide_tick` decides by the same order.
        """
        able = [m for m in self.members if m.role == "passive" and m.health == "healthy"]
        best = min(able, key=lambda m: (m.is_resting, not m.is_in_sync), default=None)
        return best.robot if best else None

    @property
    def is_led(self) -> bool:
        """Whether who holds the lease works: one that fell silent holds it a while longer."""
        member = self.member(self.leader or "")
        return self.leader is not None and (
            member is None or (member.role != "retired" and member.health != "disconnected")
        )

    def member(self, robot: str) -> GroupMember | None:
        """A member, if it is one."""
        return next((member for member in self.members if member.robot == robot), None)

    @property
    def token_utilization(self) -> float:
        """How full the working memory is: 0 to 1."""
        return self.working_memory_tokens / self.max_tokens if self.max_tokens > 0 else 0.0


class DrillPhase(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a drill, and how many seconds it took."""

    name: str
    seconds: float


class GroupDrill(msgspec.Struct, frozen=True, kw_only=True):
    """A failover on purpose: who changed places, and how long each part took.

    ``answered`` is False if the new active robot has a process of its own that
    did not answer in time; None if it has none.
    """

    group: str
    promoted: str
    retired: tuple[str, ...]
    phases: tuple[DrillPhase, ...]
    answered: bool | None = None
    jobs: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """The whole of it."""
        return sum(phase.seconds for phase in self.phases)
