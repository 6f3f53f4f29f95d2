"""Ends of robots' audit chains: only added to, so that no robot can take back what it told."""

import msgspec

from casare_robot.domain.audit_head import AuditHead
from casare_robot.store.store import Store

KEPT = 400 * 86_400.0
"""Seconds that heads are kept."""
PAGE = 1000


class AuditHeads:
    """What robots tell with their signs of life, in a log for each.

    Args:
        store: Where the logs are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._newest: dict[str, AuditHead] = {}

    async def add(self, robot_id: str, head: AuditHead) -> None:
        """Keep a head, whatever came before it; one that was the last is not kept twice.

        Raises:
            StoreError: It is not kept.
        """
        if self._newest.get(robot_id) != head:
            await self._store.append(_log_of(robot_id), msgspec.to_builtins(head))
            self._newest[robot_id] = head

    async def of(self, robot_id: str) -> list[AuditHead]:
        """All of a robot, in the order in which they came."""
        heads: list[AuditHead] = []
        after = 0
        while True:
            reading = await self._store.read(_log_of(robot_id), after=after, limit=PAGE)
            heads += [msgspec.convert(entry.body, AuditHead) for entry in reading.entries]
            if len(reading.entries) < PAGE:
                return heads
            after = reading.entries[-1].seq

    async def forget_old(self, robot_id: str) -> None:
        """Keep the log in bounds."""
        await self._store.trim(_log_of(robot_id), max_age=KEPT)


def _log_of(robot_id: str) -> str:
    return f"audit-heads:{robot_id}"
