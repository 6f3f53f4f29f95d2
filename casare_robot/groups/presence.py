"""Whether a member's process answers: a ping over the group's bus."""

from typing import Any

from casare_robot.domain.errors import RequestTimeoutError
from casare_robot.groups.bus import Bus
from casare_robot.groups.group_view import GroupView
from casare_robot.groups.records import Event

PING = "ping"


def answer_pings(group: GroupView) -> None:
    """Answer in the name of this process's robot with the role that it has by now."""

    async def answer(_: object, event: Event) -> None:
        if event.kind == "request":
            roles = {member.robot: member.role for member in await group.members()}
            await group.bus.reply(event, {"robot": group.robot, "role": roles.get(group.robot)})

    group.bus.on(PING, answer, name=f"{group.robot}|{PING}")


async def ping(bus: Bus, robot: str, *, patience: float) -> dict[str, Any] | None:
    """Ask a member ``{robot, role}``; None if it does not answer within so many seconds."""
    try:
        answer: dict[str, Any] = await bus.request(bus.group, PING, robot=robot, timeout=patience)
    except RequestTimeoutError:
        return None
    return answer
