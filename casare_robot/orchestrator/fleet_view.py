"""The groups of robots in the orchestrator's own store, as the page shows them."""

from collections.abc import Callable, Mapping
from typing import Any

from casare_robot.groups import fleet_figures
from casare_robot.groups.event_text import FLEET
from casare_robot.groups.group_look import groups_of, look_at, status_as_dict
from casare_robot.groups.group_row import TABLE
from casare_robot.groups.job_rows import TABLE as JOBS
from casare_robot.orchestrator.job_record import iso
from casare_robot.store.store import Store

MOST_JOBS = 100
"""Jobs of a group that are shown, the newest first."""


class FleetView:
    """Reads the groups; changes nothing.

    Args:
        store: The orchestrator's, which robots in groups may share.
        clock: Seconds since 1970.
    """

    def __init__(self, store: Store, *, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._began = clock()

    async def shown(self) -> dict[str, Any]:
        """All groups, who leads them, and counts."""
        now = self._clock()
        groups = await groups_of(self._store, now=now)
        held = (await self._store.held(FLEET)).get(FLEET)
        figures = await fleet_figures.registry(self._store, began=self._began, now=now)
        return {
            "leader": held.holder.rpartition("@")[0] if held else None,
            "registry": figures,
            "groups": [status_as_dict(group) for group in groups],
        }

    async def group(self, name: str) -> dict[str, Any]:
        """One group with its jobs.

        Raises:
            NotFoundError: There is none of that name.
        """
        status = await look_at(self._store, name, now=self._clock())
        rows = await self._store.find(
            JOBS, {"group": name}, order=("-created_at",), limit=MOST_JOBS
        )
        return {
            **status_as_dict(status),
            "job_list": [{"job_id": row.key, **_job(row.record)} for row in rows],
        }

    async def priorities(self) -> Mapping[str, str | float]:
        """Of robots that are in a group, by robot."""
        return {
            str(member["robot"]): member["priority"]
            for row in await self._store.find(TABLE)
            for member in row.record["members"]
        }


def _job(record: Mapping[str, Any]) -> dict[str, Any]:
    work = record.get("work", {})
    name = work.get("name") or work.get("description") or work.get("type") or ""
    return {
        "name": str(name),
        "status": record["status"],
        "robot_id": record.get("robot"),
        "priority": record.get("priority"),
        "capabilities": record.get("capabilities", ()),
        "reason": record.get("reason"),
        "created_at": iso(record.get("created_at")),
    }
