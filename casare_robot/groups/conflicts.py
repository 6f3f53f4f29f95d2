"""Who is right when two groups want the same: by priority, by time, or by a vote of all."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from casare_robot.groups.bus import Bus
from casare_robot.groups.choose import winner
from casare_robot.groups.event_text import new_id
from casare_robot.groups.inbox import Sleep
from casare_robot.groups.records import Choice
from casare_robot.store.store import Store

LOOK = 0.05
KEPT_FOR = 3600.0

Voter: TypeAlias = Callable[[Mapping[str, Any]], str]


def by_priority(conflict: Mapping[str, Any]) -> str:
    """How a group votes that says nothing else."""
    return str(winner("priority", conflict["swarmA"], conflict["swarmB"]).chosen)


class Conflicts:
    """One group's part in ending conflicts.

    Args:
        store: Where votes are.
        bus: The group's.
        sleep: Waits between looks at a vote.
        voter: How this group votes: a conflict to the id of the winner.
    """

    def __init__(self, store: Store, bus: Bus, *, sleep: Sleep, voter: Voter) -> None:
        self.voter = voter
        self._store = store
        self._bus = bus
        self._sleep = sleep

    async def resolve(
        self, conflict: Mapping[str, Any], strategy: str, *, patience: float
    ) -> dict[str, Any]:
        """See `Dispatcher.resolve`."""
        if strategy == "voting":
            choice = await self.vote(conflict, patience=patience)
        else:
            choice = winner(strategy, conflict["swarmA"], conflict["swarmB"])
        result = {"winner": choice.chosen, "strategy": choice.strategy, "reason": choice.reason}
        await self._bus.publish("conflict_resolved", {"type": conflict.get("type"), **result})
        return result

    async def vote(self, conflict: Mapping[str, Any], *, patience: float) -> Choice:
        """See `Dispatcher.vote`."""
        ballot = new_id()
        rows = await self._store.find("group", {"status": "active"})
        voters = {row.key for row in rows}
        request = {"ballot": ballot, "conflict": dict(conflict)}
        await self._bus.broadcast("conflict_vote_request", request)
        await self.cast(ballot, conflict)
        votes: dict[str, str] = {}
        for _ in range(max(1, int(patience / LOOK))):
            cast = await self._store.find("vote", {"ballot": ballot})
            votes = {row.record["group"]: row.record["choice"] for row in cast}
            if voters <= set(votes):
                break
            await self._sleep(LOOK)
        a, b = conflict["swarmA"], conflict["swarmB"]
        counts = Counter(choice for group, choice in votes.items() if group in voters)
        if 2 * counts.total() < len(voters) or counts[a["id"]] == counts[b["id"]]:
            choice = winner("priority", a, b)
            return Choice(
                chosen=choice.chosen, strategy="voting", reason=f"no majority: {choice.reason}"
            )
        best = max(counts, key=lambda name: counts[name])
        reason = f"{counts[best]} of {counts.total()} votes"
        return Choice(chosen=best, strategy="voting", reason=reason)

    async def cast(self, ballot: str, conflict: Mapping[str, Any]) -> None:
        """Vote."""
        group = self._bus.group
        record = {"ballot": ballot, "group": group, "choice": self.voter(conflict)}
        await self._store.put("vote", f"{ballot}|{group}", record, ttl=KEPT_FOR)
