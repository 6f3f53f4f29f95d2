"""Who leads, who gets which job, who may have what, and who is right."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from casare_robot.domain.errors import StaleLeaseError, StoreError
from casare_robot.groups.bus import Bus
from casare_robot.groups.choose import Candidate, Work, capable, rested
from casare_robot.groups.conflicts import Conflicts, Voter, by_priority
from casare_robot.groups.duties import capabilities_of, due_duties
from casare_robot.groups.inbox import Sleep
from casare_robot.groups.job_rows import KEPT, JobRows, job_of
from casare_robot.groups.judge import Judge, chosen
from casare_robot.groups.leadership import Leadership
from casare_robot.groups.lease import FLEET_TIMES, Lease, process_holder
from casare_robot.groups.membership import is_deserted, roll_of
from casare_robot.groups.records import Choice, Event, Job
from casare_robot.groups.resources import Resources
from casare_robot.groups.words import one_of
from casare_robot.store.conditions import AnyOf
from casare_robot.store.held_lease import LeaseTimes, steady_clock
from casare_robot.store.records import Fence
from casare_robot.store.store import Store

log = logging.getLogger(__name__)

CONCURRENT = ("initializing", "active", "recovering")
"""Statuses of groups that have not ended and are not interrupted."""
STRATEGIES = ("least_loaded", "round_robin", "priority", "capability")
CONFLICTS = ("priority", "timestamp", "voting")
BATCH = 10
VOTE_WITHIN = 5.0
LOOK_AROUND = 1.0
UNDERUSED_ABOVE = 2


class Dispatcher:
    """One group's part in the coordination of all.

    Whoever holds the lease ``fleet`` leads: it gives jobs to groups and writes
    in the name of that lease. Without a leader jobs wait as rows that any
    capable robot may claim.

    Args:
        store: Where jobs and pools are.
        bus: The group's.
        clock: Seconds, the store's.
        sleep: Waits between looks at a vote.
        times: How the lease ``fleet`` is kept.
        steady: Steady seconds, for that lease.
        voter: How this group votes: a conflict to the id of the winner.
        kept: See `JobRows`.
    """

    def __init__(
        self,
        store: Store,
        bus: Bus,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Sleep = asyncio.sleep,
        times: LeaseTimes = FLEET_TIMES,
        steady: Callable[[], float] = steady_clock,
        voter: Voter = by_priority,
        kept: Callable[[], float] = lambda: KEPT,
    ) -> None:
        self.group = bus.group
        self.jobs = JobRows(store, clock, kept=kept)
        self.resources = Resources(store)
        self.strategy = "least_loaded"
        self.conflict_strategy = "priority"
        self.leadership = Leadership(store, bus, times=times, steady=steady)
        self.conflicts = Conflicts(store, bus, sleep=sleep, voter=voter)
        self._store = store
        self._bus = bus
        self._clock = clock
        self._counts: Counter[str] = Counter()
        self._last: str | None = None
        self._done: dict[str, float] = {}
        self._off: list[Callable[[], None]] = []
        self._loop: asyncio.Task[None] | None = None

    @property
    def is_leader(self) -> bool:
        """Whether this group leads, at this moment."""
        return self.leadership.is_leader

    @property
    def lease(self) -> Lease:
        """The lease ``fleet``, as this group stands to it."""
        return self.leadership.lease

    def listen(self) -> None:
        """Answer what other groups ask of a leader, and vote."""
        if not self._off:
            self._off = [
                self._bus.on("resource_allocation_request", self._asked_for, name="pool#"),
                self._bus.on("task_submission", self._submitted, name="submit#"),
                self._bus.on("conflict_vote_request", self._asked_to_vote, name="vote#"),
            ]

    def start(self) -> None:
        """Listen, try to lead, and do what a leader has to; until `stop`."""
        self.listen()
        if self._loop is None:
            self._loop = asyncio.create_task(self._run(), name=f"dispatcher of {self.group}")

    async def stop(self) -> None:
        """End, and hand leadership over at once."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
            self._loop = None
        for end in self._off:
            end()
        self._off = []
        await self.lease.release()

    async def lead(self) -> bool:
        """Take the lead if nobody has it; whether this group leads."""
        return await self.leadership.lead()

    async def leader(self) -> str | None:
        """The group that leads, as the lease says."""
        return await self.leadership.leader()

    def set_strategy(self, strategy: str, *, conflict: str | None = None) -> None:
        """Change how jobs are given to groups, and how conflicts end, from now on."""
        self.strategy = one_of("strategy", strategy, STRATEGIES)
        if conflict is not None:
            self.conflict_strategy = one_of("conflict strategy", conflict, CONFLICTS)

    @staticmethod
    async def choose(
        candidates: Sequence[Candidate],
        work: Work,
        *,
        strategy: str,
        judge: Judge | None = None,
        recent: Sequence[Mapping[str, Any]] = (),
        turns: Sequence[str] = (),
    ) -> Choice:
        """Who gets a piece of work, among those who can do it.

        Args:
            candidates: Who there is.
            work: What is to be done.
            strategy: A name of `choose.STRATEGIES`.
            judge: For ``llm_based``.
            recent: The last messages, for the judge.
            turns: Who had the last ones; three in a row are followed by a pause.
        """
        able = capable(candidates, work.capabilities)
        if not able:
            reason = "no_capable_robot" if candidates else "no_active_swarms"
            return Choice(chosen=None, reason=reason, strategy=strategy)
        return await chosen(strategy, rested(able, turns), work, judge, recent)

    async def submit(self, work: Mapping[str, Any]) -> dict[str, Any]:
        """Keep a job and, if it names no group and this group leads, give it to one.

        Returns:
            ``taskId`` and ``{distributed, targetSwarm, strategy}``, or ``queued``
            with ``leader``, ``waiting_for_leader`` or ``reason``.
        """
        job = job_of(work, by=self.group, now=self._clock())
        if job.group is None and self.is_leader:
            with suppress(StaleLeaseError):  # another leads since
                return {"taskId": job.id, **await self.assign(job, is_new=True)}
        await self.jobs.add(job)
        if job.group is not None:
            return {"taskId": job.id, "queued": True, "targetSwarm": job.group}
        leader = await self.leader()
        if leader is None:
            return {"taskId": job.id, "queued": True, "waiting_for_leader": True}
        await self._bus.send(leader, "task_submission", {"taskId": job.id}, channel="tasks")
        return {"taskId": job.id, "queued": True, "leader": leader}

    async def assign(self, job: Job, *, is_new: bool = False) -> dict[str, Any]:
        """Give a job that waits to a group, in the leader's name; told in the same commit.

        Args:
            job: What to give.
            is_new: It is not kept yet: then it is the group's from the start, and no
                robot of another can be faster.

        Returns:
            See `submit`; a job that a robot has claimed meanwhile is not ``distributed``.

        Raises:
            StaleLeaseError: This group does not lead any more.
        """
        choice = await self._choice(job)
        if choice.chosen is None:
            if is_new:
                await self.jobs.add(job)
            return {"queued": True, "reason": choice.reason}
        give = self.jobs.add_assigned if is_new else self.jobs.assign
        is_given = await give(
            job, choice.chosen, by=self.group, sender=self._bus.robot, fence=self.lease.fence
        )
        if not is_given:
            return {"distributed": False, "targetSwarm": (await self.jobs.get(job.id)).group}
        self._last = choice.chosen
        self._counts["distributed"] += 1
        return {"distributed": True, "targetSwarm": choice.chosen, "strategy": self.strategy}

    async def _choice(self, job: Job) -> Choice:
        candidates = await self._candidates()
        work = Work(priority=job.priority, capabilities=job.capabilities, last=self._last)
        return await self.choose(candidates, work, strategy=self.strategy)

    async def work_off(self, limit: int = BATCH) -> int:
        """Give jobs that wait to groups, first come first, at most so many; how many.

        Those of groups that are gone or interrupted wait again before.
        """
        there = await self._store.find("group", {"status": AnyOf(CONCURRENT)})
        await self.jobs.withdraw({row.key for row in there}, fence=self.lease.fence)
        done = 0
        for job in await self.jobs.queued(limit):
            done += bool((await self.assign(job)).get("distributed"))
        return done

    async def claim(
        self,
        robot: str,
        capabilities: Sequence[str] = (),
        *,
        holder: str = "",
        fence: Fence | None = None,
    ) -> Job | None:
        """Have a robot take the next job of this group; see `JobRows.claim`."""
        return await self.jobs.claim(
            self.group,
            robot,
            holder=holder or process_holder(robot),
            capabilities=capabilities,
            fence=fence,
        )

    async def complete(
        self,
        job: Job,
        result: Any = None,
        *,
        robot: str = "",
        succeeded: bool = True,
        **also: Any,
    ) -> bool:
        """Keep the result of a job that was claimed; False if it was given away meanwhile.

        ``also``: ``status`` and ``more`` of `JobRows.finish`.
        """
        kept = await self.jobs.finish(
            job, result, robot=robot or job.robot or "", succeeded=succeeded, sender=robot, **also
        )
        self._counts["completed"] += kept
        return kept

    async def allocate(
        self, kind: str, amount: float, *, group: str | None = None, request: str = ""
    ) -> dict[str, Any]:
        """Take from a pool for a group; a follower asks the leader.

        What is asked for by a ``request`` that comes again is taken once.

        Returns:
            ``{allocated, type, amount, held}`` or ``{requested, leader}``.

        Raises:
            InsufficientResourceError: There is less left.
        """
        holder = group or self.group
        if not self.is_leader:
            leader = await self.leader()
            payload = {"swarmId": holder, "type": kind, "amount": amount}
            if leader is not None:
                await self._bus.send(leader, "resource_allocation_request", payload)
            return {"requested": True, "leader": leader}
        held = await self.resources.take(holder, kind, amount, self.lease.fence, request=request)
        self._counts["allocations"] += 1
        payload = {"swarmId": holder, "type": kind, "amount": amount}
        await self._bus.publish("resource_allocated", payload)
        return {"allocated": True, "type": kind, "amount": amount, "held": held}

    async def release(
        self, kind: str, amount: float | None = None, *, group: str | None = None
    ) -> dict[str, Any]:
        """Give some, or all, of a kind back to its pool."""
        holder = group or self.group
        held = await self.resources.give(holder, kind, amount)
        payload = {"swarmId": holder, "type": kind, "amount": amount, "held": held}
        await self._bus.publish("resource_released", payload)
        return {"released": True, "type": kind, "held": held}

    async def rebalance(self) -> tuple[str, ...]:
        """Which groups have more than two robots and nothing to do; told as events."""
        loads = await self.jobs.loads()
        idle = [
            row.key
            for row in await self._store.find("group", {"status": "active"})
            if not loads.get(row.key) and len(row.record["members"]) > UNDERUSED_ABOVE
        ]
        for group in idle:
            await self._bus.publish("swarm_health_issue", {"swarmId": group, "issue": "underused"})
        return tuple(idle)

    async def resolve(self, conflict: Mapping[str, Any]) -> dict[str, Any]:
        """Say who wins: ``{winner, strategy, reason}``.

        Args:
            conflict: ``{type, swarmA, swarmB}``, each ``{id, createdAt, metadata{priority}}``.
        """
        self._counts["resolved"] += 1
        return await self.conflicts.resolve(conflict, self.conflict_strategy, patience=VOTE_WITHIN)

    async def vote(self, conflict: Mapping[str, Any], *, patience: float = VOTE_WITHIN) -> Choice:
        """Have the active groups decide: the majority of those who voted in time, if half did.

        Without a quorum, and at equal votes, priority decides.
        """
        return await self.conflicts.vote(conflict, patience=patience)

    async def duties(self) -> tuple[str, ...]:
        """Do what a leader has to do by now; what was done. Nothing if it does not lead."""
        if not self.is_leader:
            return ()
        due = due_duties(self._done, self._clock())
        for duty in due:
            self._done[duty] = self._clock()
            match duty:
                case "tasks":
                    await self.work_off()
                case "resources":
                    await self.rebalance()
                case "health":
                    await self._bus.publish("health_check", {"leader": self.group})
        return due

    async def stats(self) -> dict[str, Any]:
        """Figures under the documents' names."""
        return {
            "tasksDistributed": self._counts["distributed"],
            "tasksCompleted": self._counts["completed"],
            "resourceAllocations": self._counts["allocations"],
            "conflictsResolved": self._counts["resolved"],
            "leadershipChanges": self.leadership.changes,
            "isLeader": self.is_leader,
            "currentLeader": await self.leader(),
            "taskQueueSize": await self.jobs.count(),
        }

    async def _candidates(self) -> list[Candidate]:
        """The active groups, but for those of which every robot has fallen silent."""
        loads = await self.jobs.loads()
        rows = await self._store.find("group", {"status": "active"})
        rolls = [roll_of(row.record) for row in rows]
        held = await self._store.held(*(f"robot:{n}" for roll in rolls for n in roll.enrolled))
        alive = {name.removeprefix("robot:") for name in held}
        return [
            Candidate(
                id=row.key,
                order=number,
                load=loads.get(row.key, 0),
                capabilities=capabilities_of(row.record),
                priority=row.record["metadata"].get("priority", "normal"),
            )
            for number, (row, roll) in enumerate(zip(rows, rolls, strict=True))
            if not is_deserted(roll, alive=alive)
        ]

    async def _asked_for(self, payload: Any, event: Event) -> None:
        if self.is_leader:
            kind, amount, holder = payload["type"], payload["amount"], payload["swarmId"]
            await self.allocate(kind, amount, group=holder, request=event.id)

    async def _submitted(self, payload: Any, event: Event) -> None:
        if self.is_leader:
            job = await self.jobs.get(payload["taskId"])
            if job.status == "queued":
                await self.assign(job)

    async def _asked_to_vote(self, payload: Any, event: Event) -> None:
        await self.conflicts.cast(payload["ballot"], payload["conflict"])

    async def _run(self) -> None:
        leadership = self.leadership
        leadership.stand()
        try:
            while True:
                try:
                    await leadership.tell()
                    await self.duties()
                    leadership.stand()
                except StoreError as error:
                    log.warning("%s cannot coordinate now: %s", self.group, error)
                except Exception:  # who leads and does nothing keeps others from it
                    log.exception("%s could not coordinate", self.group)
                await leadership.settled(LOOK_AROUND)
        finally:
            await leadership.withdraw()
