"""Who is in a group, in which role, and who takes over. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from casare_robot.domain.errors import GroupError, MembershipError
from casare_robot.groups.records import ACTIVE, PASSIVE, RETIRED, Member
from casare_robot.groups.words import invalid

MOST_MEMBERS = 10


class Roll(msgspec.Struct, frozen=True, kw_only=True):
    """The members of a group in the order of joining; changed by making another.

    ``enrolled`` are those whose own process keeps the lease ``robot:NAME``:
    only their silence means anything.
    """

    members: tuple[Member, ...] = ()
    enrolled: tuple[str, ...] = ()
    most: int = MOST_MEMBERS

    def names(self, role: str | None = None) -> list[str]:
        """Members of a role, or active and passive ones."""
        wanted = (ACTIVE, PASSIVE) if role is None else (role,)
        return [m.robot for m in self.members if m.role in wanted]

    def member(self, robot: str) -> Member | None:
        """A member that is not retired."""
        return next((m for m in self.members if m.robot == robot and m.role != RETIRED), None)

    def with_member(
        self,
        robot: str,
        role: str,
        *,
        now: float,
        is_enrolled: bool = False,
        capabilities: Iterable[str] = (),
        priority: str | float = "normal",
    ) -> "Roll":
        """Another with this robot at the end; one that was retired comes back.

        Raises:
            InvalidRecordError: It is no name.
            MembershipError: It is a member already.
            GroupError: There are as many as may be.
        """
        if not robot or not robot.strip():
            raise invalid("robot", "a robot needs a name")
        if self.member(robot) is not None:
            raise MembershipError(f"{robot} is already a member")
        if len(self.names()) >= self.most:
            raise GroupError(f"the group has {self.most} members: no more may join")
        number = max((m.join_no for m in self.members), default=0) + 1
        member = Member(
            robot=robot,
            role=role,
            join_no=number,
            capabilities=tuple(capabilities),
            priority=priority,
            joined_at=now,
        )
        others = tuple(m for m in self.members if m.robot != robot)
        enrolled = {*self.enrolled, robot} if is_enrolled else {*self.enrolled} - {robot}
        return msgspec.structs.replace(
            self, members=(*others, member), enrolled=tuple(sorted(enrolled))
        )

    def without(self, robot: str) -> "Roll":
        """Another without this robot; the same if it was none."""
        return msgspec.structs.replace(
            self,
            members=tuple(m for m in self.members if m.robot != robot),
            enrolled=tuple(name for name in self.enrolled if name != robot),
        )

    def in_role(self, robot: str, role: str) -> "Roll":
        """Another in which this robot has this role."""
        members = tuple(
            msgspec.structs.replace(m, role=role) if m.robot == robot else m for m in self.members
        )
        return msgspec.structs.replace(self, members=members)

    def promoted(self, robot: str) -> "Roll":
        """Another in which a passive robot is active."""
        self.check_role(robot, PASSIVE, "a passive")
        return self.in_role(robot, ACTIVE)

    def demoted(self, robot: str) -> "Roll":
        """Another in which an active robot is passive; never the last one."""
        self.check_role(robot, ACTIVE, "an active")
        if len(self.names(ACTIVE)) == 1:
            raise MembershipError("Cannot demote last active robot")
        return self.in_role(robot, PASSIVE)

    def check_role(self, robot: str, role: str, wanted: str) -> None:
        """Raise `MembershipError` if a robot is in another role than that."""
        roles = {member.robot: member.role for member in self.members}
        if roles.get(robot) != role:
            is_now = roles.get(robot, "no member")
            raise MembershipError(f"{robot} is not {wanted} member: it is {is_now}")


class Takeover(msgspec.Struct, frozen=True, kw_only=True):
    """Who is retired and who becomes active in their place."""

    retired: tuple[str, ...]
    promoted: str


def decide_failover(
    roll: Roll, *, alive: Collection[str], in_sync: Collection[str], failed: str | None = None
) -> Takeover | None:
    """What a failover that a person or test asks for does; None if no robot stands by.

    Args:
        roll: The members.
        alive: Whose lease is in force.
        in_sync: Who knows everything.
        failed: Who is replaced; by default the actives that are not alive, or
            if all are, or none has a lease, the first.

    Raises:
        MembershipError: Who is to be replaced is no active member.
    """
    if failed is not None:
        roll.check_role(failed, ACTIVE, "an active")
    standbys = roll.names(PASSIVE)
    if not standbys:
        return None
    able = [n for n in standbys if n not in roll.enrolled or n in alive]
    best = _in_order(roll, able or standbys, in_sync)
    actives = roll.names(ACTIVE)
    silent = [n for n in actives if n in roll.enrolled and n not in alive]
    gone = [failed] if failed else silent[:1] or actives[:1]
    return Takeover(retired=tuple(gone), promoted=best[0])


def decide_tick(roll: Roll, *, alive: Collection[str], in_sync: Collection[str]) -> Takeover | None:
    """What the group needs now: an enrolled active that fell silent is replaced.

    A standby must be enrolled and alive; one that may begin jobs goes first, then
    one that knows everything.
    """
    silent = [n for n in roll.names(ACTIVE) if n in roll.enrolled and n not in alive]
    standbys = [n for n in roll.names(PASSIVE) if n in roll.enrolled and n in alive]
    if not standbys or not (silent or not roll.names(ACTIVE)):
        return None
    best = _in_order(roll, standbys, in_sync)
    return Takeover(retired=tuple(silent[:1]), promoted=best[0])


def _in_order(roll: Roll, standbys: Sequence[str], in_sync: Collection[str]) -> list[str]:
    resting = {member.robot for member in roll.members if member.is_resting}
    return sorted(standbys, key=lambda name: (name in resting, name not in in_sync))


def silent_members(roll: Roll, *, alive: Collection[str]) -> tuple[str, ...]:
    """Enrolled members that fell silent while an enrolled active is alive.

    A passive one too may have had a job, from when it was active.
    """
    enrolled = [n for n in roll.names() if n in roll.enrolled]
    has_active = any(n in enrolled and n in alive for n in roll.names(ACTIVE))
    return tuple(n for n in enrolled if n not in alive) if has_active else ()


def is_deserted(roll: Roll, *, alive: Collection[str]) -> bool:
    """Whether all members keep leases, and none of these is in force."""
    names = roll.names()
    return bool(names) and all(n in roll.enrolled and n not in alive for n in names)


def roll_of(record: Mapping[str, Any]) -> Roll:
    """The members that a group's row holds."""
    return msgspec.convert(
        {
            "members": record.get("members", ()),
            "enrolled": record.get("enrolled", ()),
            "most": record.get("max_members", MOST_MEMBERS),
        },
        Roll,
    )


def fields_of(roll: Roll) -> dict[str, Any]:
    """The fields of a group's row that hold its members."""
    return {"members": msgspec.to_builtins(roll.members), "enrolled": list(roll.enrolled)}


def jobs_after(failed: Sequence[str], record: Mapping[str, Any]) -> dict[str, Any] | None:
    """What becomes of an open job of robots that failed; None: it stays as it is.

    Source: groups.md 4.4, rules 10 and 11; architecture, rule 15.
    """
    if record.get("robot") not in failed or record.get("on_disconnect") == "continue":
        return None
    if record.get("status") not in ("assigned", "running"):
        return None
    if record.get("restartable") is False and record["status"] == "running":
        return {"status": "needs_attention", "reason": "robot_failed"}
    return {"status": "queued", "robot": None, "reason": "robot_failed"}
