"""A group of robots: who is active, what they know, who takes over."""

import asyncio
import logging
import secrets
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from casare_robot.domain.errors import (
    MembershipError,
    RobotError,
)
from casare_robot.groups.bus import RETENTION, Bus
from casare_robot.groups.conversation import Asker, Conversation
from casare_robot.groups.enrolled import Enrolled
from casare_robot.groups.event_text import note, stream_of
from casare_robot.groups.group_commands import answer
from casare_robot.groups.group_config import record_of
from casare_robot.groups.group_row import GroupRow, found_or_made
from casare_robot.groups.inbox import REMEMBERED_IDS
from casare_robot.groups.judge import Judge
from casare_robot.groups.lease import Lease, process_holder
from casare_robot.groups.members import Members
from casare_robot.groups.membership import Roll, roll_of
from casare_robot.groups.memory import Memory
from casare_robot.groups.presence import answer_pings
from casare_robot.groups.records import ACTIVE, PASSIVE, Event, Member
from casare_robot.groups.takeover import Takeovers
from casare_robot.store.held_lease import LeaseTimes
from casare_robot.store.records import Change, Limit, Row
from casare_robot.store.store import Store

log = logging.getLogger(__name__)

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class RobotGroup:
    """One group. Made by `open`; what it is lives in the store, not here.

    Active robots handle requests; passive ones keep what the group knows, and
    take over in the order in which they joined. Used with ``async with``, or
    ended by `shutdown`.
    """

    def __init__(
        self,
        store: Store,
        group_id: str,
        *,
        robot: str,
        max_tokens: int,
        clock: Callable[[], float],
        asker: Asker | None,
        judge: Judge | None,
        remembered: int,
        retention: float,
        times: LeaseTimes | None,
    ) -> None:
        self.id = group_id
        self.robot = robot
        self.bus = Bus(
            store,
            group_id,
            robot=robot,
            clock=clock,
            remembered=remembered,
            retention=retention,
        )
        self._enrolled = Enrolled(store, group_id, times)
        self.memory = Memory(
            store,
            group_id,
            max_tokens=max_tokens,
            clock=clock,
            fence=lambda: self._enrolled.fence,
        )
        self._store = store
        self._clock = clock
        self._row = GroupRow(store, group_id, clock=clock, changed=self.bus.look)
        self._takeovers = Takeovers(
            store,
            self._row,
            self.memory,
            group=group_id,
            holder=process_holder(robot or "group"),
            clock=clock,
            event=self._event,
        )
        self._members = Members(
            store,
            self._row,
            clock=clock,
            event=self._event,
            freed_jobs=self._takeovers.freed_jobs,
        )
        self._embedding: asyncio.Task[None] | None = None
        self._has_news = False
        self._talk = Conversation(self, store, clock=clock, asker=asker, judge=judge)

    @classmethod
    async def open(
        cls,
        store: Store,
        name: str | None = None,
        *,
        active: Iterable[str] = (),
        passive: Iterable[str] = (),
        robot: str = "",
        clock: Callable[[], float] = time.time,
        asker: Asker | None = None,
        judge: Judge | None = None,
        limit: Limit | None = None,
        remembered: int = REMEMBERED_IDS,
        retention: float = RETENTION,
        times: LeaseTimes | None = None,
        **config: Any,
    ) -> Self:
        """Open a group, and make it if there is none; it listens when this returns.

        Args:
            store: Where it lives.
            name: Its name and id; by default ``group_MILLISECONDS_RANDOM``.
            active: Robots that work, in this order.
            passive: Robots that stand by, in the order in which they take over.
            robot: Whose process this is, if it is a member's.
            clock: Seconds, the store's.
            asker: Runs the workflow bound to a topic for the members of this process.
            judge: Chooses speakers for ``llm_based``.
            limit: How many groups there may be, in the same commit.
            remembered: See `Bus`.
            retention: See `Bus`.
            times: How the lease of a robot that enrols is kept.
            config: See `group_config.record_of`.

        Raises:
            LimitReachedError: There are as many groups as may be.
        """
        now = clock()
        group_id = name or new_group_id(now)
        record = record_of(group_id, config, now=now)
        row = await found_or_made(store, group_id, record, limit)
        most = row.record["max_tokens"] if row else record["max_tokens"]
        group = cls(
            store,
            group_id,
            robot=robot,
            max_tokens=most,
            clock=clock,
            asker=asker,
            judge=judge,
            remembered=remembered,
            retention=retention,
            times=times,
        )
        await group.bus.start()
        group._talk.listen()
        known = roll_of(row.record) if row else Roll()
        for names, add in ((active, group.add_active), (passive, group.add_passive)):
            for member in names:
                if known.member(member) is None:
                    await add(member)
        return group

    @property
    def channel(self) -> Bus:
        """The bus, as HTM calls it."""
        return self.bus

    async def join(
        self,
        robot: str | None = None,
        *,
        role: str = PASSIVE,
        capabilities: Sequence[str] = (),
        is_enrolled: bool = False,
        priority: str | float = "normal",
    ) -> str:
        """Have a robot in the group; its id.

        Args:
            robot: Its name; by default ``robot_`` and eight digits.
            role: ``active`` or ``passive``, for one that is new: a member that is
                enrolled again keeps the place it has, one that was retired comes
                back passive.
            capabilities: What it can do.
            is_enrolled: Its own process keeps its lease: silence means failure.
            priority: For the choice by priority.
        """
        name = robot or f"robot_{uuid.uuid4().hex[:8]}"
        await self._members.join(
            name,
            role=role,
            capabilities=capabilities,
            is_enrolled=is_enrolled,
            priority=priority,
            fence=self._enrolled.fence if name == self.robot else None,
        )
        return name

    async def enrol(self, robot: str, **given: Any) -> Lease:
        """Join as this process's robot: its lease is the beat; kept in step until `shutdown`.

        A robot that is a member keeps its place; see `join`.

        Raises:
            GroupError: Another process is this robot, or was until a moment ago.
        """
        identity = await self._enrolled.take(robot)
        self.robot = self.bus.robot = robot
        self._takeovers.begin_as(identity.holder)
        await self.join(robot, is_enrolled=True, **given)
        await self.memory.sync(robot)
        self.bus.subscribe("memory:*", f"{robot}|memory", self._keep_in_step)
        answer_pings(self)
        self._enrolled.watch(self.tick, self.beat)
        return identity

    async def add_active(self, robot: str, **given: Any) -> str:
        """Have a robot work in the group; its id. It knows at once what the group knows."""
        return await self.join(robot, role=ACTIVE, **given)

    async def add_passive(self, robot: str, **given: Any) -> str:
        """Have a robot stand by; its id. It knows at once what the group knows."""
        return await self.join(robot, role=PASSIVE, **given)

    async def remove(self, robot: str) -> None:
        """Take a robot out, with its cursor; nothing happens if it is no member.

        Its open jobs go on elsewhere.
        """
        await self._members.remove(robot)
        await self._store.drop("memory_cursor", f"{self.id}|{robot}")

    async def promote(self, robot: str) -> None:
        """Make a passive robot active; what it knows stays."""
        await self._members.set_role(Roll.promoted, robot, ACTIVE)

    async def demote(self, robot: str) -> None:
        """Make an active robot passive; never the last one."""
        await self._members.set_role(Roll.demoted, robot, PASSIVE)

    async def rest(self, robot: str, *, is_resting: bool) -> None:
        """Say that a robot begins no jobs for now: others take over before it does."""
        await self._members.rest(robot, is_resting=is_resting)

    async def members(self, role: str | None = None) -> tuple[Member, ...]:
        """Active and passive members, or those of one role, in the order of joining."""
        return await self._members.of(role)

    async def is_member(self, robot: str, role: str | None = None) -> bool:
        """Whether a robot is in the group, in this role if one is given."""
        return robot in (await self._row.roll()).names(role)

    async def is_staffed(self) -> bool:
        """Whether an active robot is there, as far as one can know: some keep no lease."""
        return await self._members.is_staffed()

    async def beat(self) -> None:
        """Say that the group is at work, if this process's robot is active in it."""
        await self._members.beat(self.robot)

    async def remember(
        self,
        content: str,
        *,
        originator: str | None = None,
        tags: Iterable[str] = (),
        metadata: Mapping[str, Any] | None = None,
        pinned: bool = False,
    ) -> str:
        """Keep a text for all members; its id. By default the first active robot's.

        Raises:
            GroupError: No robot is active.
            MembershipError: The originator is no member.
        """
        who = await self._members.speaker(originator, own=self.robot)
        node = await self.memory.remember(
            content, originator=who, tags=tags, metadata=metadata, pinned=pinned
        )
        self._has_news = True
        if self._embedding is None or self._embedding.done():
            self._embedding = asyncio.create_task(self._embed(), name=f"vectors of {self.id}")
        return node

    async def recall(self, query: str, *, limit: int = 20, **given: Any) -> list[Any]:
        """What the group knows about something; see `Memory.recall`.

        Raises:
            GroupError: No robot is active.
        """
        speaker = await self._members.speaker(None, own=self.robot)
        return await self.memory.recall(query, limit=limit, robot=speaker, **given)

    async def clear(self) -> int:
        """Empty the working memory of all members; how much there was."""
        return await self.memory.clear()

    async def failover(self, failed: str | None = None) -> str:
        """Replace an active robot by a passive one, in one commit; who took over.

        The failed robot is retired: it comes back as passive when it joins again.

        Raises:
            GroupError: No robot stands by.
        """
        return await self._takeovers.by_hand(failed)

    async def tick(self) -> str | None:
        """Look once at the members and do what is needed; who took over, if anybody."""
        return await self._takeovers.if_needed()

    async def sync_robot(self, robot: str) -> int:
        """Bring one member up to date; how many memories were new to it."""
        if (await self._row.roll()).member(robot) is None:
            raise MembershipError(f"{robot} is not a member")
        return await self.memory.sync(robot)

    async def sync_all(self) -> dict[str, int]:
        """Bring all members up to date: ``synced_nodes``, ``members_updated``."""
        counts = [await self.memory.sync(name) for name in (await self._row.roll()).names()]
        return {"synced_nodes": sum(counts), "members_updated": sum(n > 0 for n in counts)}

    def sync_stats(self) -> dict[str, int]:
        """``nodes_synced``, ``evictions_synced``, ``notifications_received``."""
        known = self.memory.sync_stats()
        received = max(known["notifications_received"], self.bus.notifications_received)
        return known | {"notifications_received": received}

    async def in_sync(self) -> bool:
        """Whether all members know the same: those with processes of their own are asked."""
        roll = await self._row.roll()
        apart = [name for name in roll.names() if name in roll.enrolled and name != self.robot]
        return len(roll.names()) <= 1 or not apart or await self.memory.in_sync([*apart, *apart])

    async def ask(self, message: str | Mapping[str, Any]) -> list[dict[str, Any]]:
        """Have members answer, chosen by the strategy; see `Conversation.ask`."""
        return await self._talk.ask(message)

    async def set_speaker_strategy(self, strategy: str, **given: Any) -> None:
        """Change how speakers are chosen; ``next`` names the next one by hand."""
        await self._talk.set_strategy(strategy, **given)

    async def update_context(self, patch: Mapping[str, Any]) -> dict[str, Any]:
        """Replace some keys of what all members see; the whole of it."""
        return await self._talk.update_context(patch)

    async def conversation(self) -> dict[str, Any] | None:
        """What was said so far; None if the group is gone."""
        return await self._talk.show()

    async def workflow(self, *tasks: Mapping[str, Any], **changed: Any) -> dict[str, Any]:
        """Set tasks, or change one (``id=``, ``status=``); see `Conversation.workflow`."""
        return await self._talk.workflow(*tasks, **changed)

    async def end(self) -> bool:
        """End the conversation; whether it went well. Doing so twice is fine."""
        return await self._talk.end()

    async def stats(self) -> dict[str, Any]:
        """Figures of the conversations, under the documents' names."""
        return await self._talk.stats()

    async def status(self) -> dict[str, Any]:
        """Members, memory and whether all are in step, under HTM's names."""
        roll = await self._row.roll()
        usage = await self.memory.usage()
        most = usage["max_tokens"]
        return {
            "name": self.id,
            "active": roll.names(ACTIVE),
            "passive": roll.names(PASSIVE),
            "total_members": len(roll.names()),
            "working_memory_nodes": usage["nodes"],
            "working_memory_tokens": usage["tokens"],
            "max_tokens": most,
            "token_utilization": round(usage["tokens"] / most, 2) if most > 0 else 0.0,
            "in_sync": await self.in_sync(),
        }

    async def command(self, request: str | Mapping[str, Any]) -> dict[str, Any]:
        """Do what a message asks for; see `group_commands.answer`."""
        return await answer(self, self._store, request, make=self._another)

    async def shutdown(self) -> None:
        """Stop listening and give the robot's lease back; the group itself stays."""
        await self._enrolled.end()
        if self._embedding is not None:
            await asyncio.gather(self._embedding, return_exceptions=True)
        try:
            await self.bus.stop()
        finally:
            await self._enrolled.release()

    async def __aenter__(self) -> Self:
        """Itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Shut down."""
        await self.shutdown()

    async def change_field(self, name: str, rule: Callable[[Any], Any]) -> None:
        """Replace one field of the group's row by what a pure rule makes of it."""
        await self._row.change_field(name, rule)

    async def row(self) -> Row:
        """The group's row.

        Raises:
            NotFoundError: The group is gone.
        """
        return await self._row.get()

    async def _keep_in_step(self, payload: Any, event: Event) -> None:
        await self.memory.sync(self.robot)

    async def _embed(self) -> None:
        """Give vectors to what was remembered; what fails is done with the next."""
        try:
            while self._has_news:
                self._has_news = False
                await self.memory.embed()
        except RobotError as error:
            log.warning("memories of %s have no vectors yet: %s", self.id, error)

    async def _another(self, store: Store, name: str, **given: Any) -> "RobotGroup":
        return await RobotGroup.open(store, name, clock=self._clock, **given)

    def _event(self, topic: str, payload: dict[str, Any], **more: Any) -> Change:
        return note(stream_of(self.id), topic, payload, sender=self.robot, group=self.id, **more)


def new_group_id(now: float) -> str:
    """``group_``, milliseconds, and nine random digits."""
    return f"group_{int(now * 1000)}_{''.join(secrets.choice(_DIGITS) for _ in range(9))}"
