"""A failover on purpose, with the time that each part of it takes."""

import asyncio
import time
from collections.abc import Callable

from casare_robot.domain.errors import MembershipError
from casare_robot.domain.group_status import DrillPhase, GroupDrill, GroupMember
from casare_robot.groups.bus import Bus
from casare_robot.groups.group_look import look_at
from casare_robot.groups.membership import roll_of
from casare_robot.groups.presence import ping
from casare_robot.groups.records import ACTIVE, PASSIVE, Event
from casare_robot.groups.robot_group import RobotGroup
from casare_robot.store.store import Store

TOLD_WITHIN = 10.0
"""Seconds for the news to come back; they are read each second even if no bell rings."""
ANSWERS_WITHIN = 5.0


async def drill(
    group: RobotGroup,
    store: Store,
    *,
    clock: Callable[[], float] = time.time,
    steady: Callable[[], float] = time.perf_counter,
    patience: float = ANSWERS_WITHIN,
) -> GroupDrill:
    """Have a standby take over from an active robot, which stands by from then on.

    The phases: a ``look`` at the members; the ``commit`` that changes them; until
    members are ``told``; until the new active robot's process gives an ``answer``,
    if it has one; and the ``return`` of the other one as a standby.

    Args:
        group: Open and listening.
        store: Where it is.
        clock: Seconds, the store's.
        steady: Steady seconds, for the phases.
        patience: Seconds for the robot to answer.

    Raises:
        GroupError: No robot stands by.
    """
    heard = asyncio.Event()

    def hear(_: object, event: Event) -> None:
        heard.set()

    phases: list[DrillPhase] = []
    began = steady()

    def passed(name: str) -> None:
        nonlocal began
        now = steady()
        phases.append(DrillPhase(name=name, seconds=now - began))
        began = now

    async with Bus(store, group.id, robot="drill", clock=clock) as listener:
        listener.on("group:failover", hear, name=f"drill#{id(heard)}")
        began = steady()
        before = await look_at(store, group.id, now=clock())
        passed("look")
        promoted = await group.failover()
        passed("commit")
        async with asyncio.timeout(TOLD_WITHIN):
            await heard.wait()
        passed("told")
    record = (await group.row()).record
    roll = roll_of(record)
    answered = None
    if promoted in roll.enrolled and promoted != group.robot:
        answer = await ping(group.bus, promoted, patience=patience)
        answered = answer is not None and answer["role"] == ACTIVE
        passed("answer")
    story = record["failovers"][-1]
    for member in before.members:
        if member.robot in story["retired"]:
            await _stand_by(group, member, is_enrolled=member.robot in roll.enrolled)
    passed("return")
    return GroupDrill(
        group=group.id,
        promoted=promoted,
        retired=tuple(story["retired"]),
        phases=tuple(phases),
        answered=answered,
        jobs=tuple(story["jobs"]),
    )


async def _stand_by(group: RobotGroup, member: GroupMember, *, is_enrolled: bool) -> None:
    if await group.is_member(member.robot):
        return  # its own process was faster
    try:
        await group.join(
            member.robot,
            role=PASSIVE,
            is_enrolled=is_enrolled,
            capabilities=member.capabilities,
            priority=member.priority,
        )
    except MembershipError:
        return  # by a moment only
