"""What is kept of sessions and states, under the documents' names. Pure."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from casare_robot.store.records import Row


def session_figures(
    rows: Iterable[Row], counts: Counter[str], *, backend: str, waiting: int, timers: int
) -> dict[str, Any]:
    """The figures of `Sessions.stats`.

    Args:
        rows: All sessions.
        counts: What this process did.
        backend: The kind of store.
        waiting: Sessions that are to be saved.
        timers: Groups of which snapshots are taken by themselves.
    """
    known = [row.record for row in rows]
    states = Counter(record["status"] for record in known)
    return {
        "activeSessions": states["active"],
        "idleSessions": states["paused"],
        "expiredSessions": states["expired"],
        "totalSessions": len(known),
        "storageSizeBytes": sum(int(record["size"]) for record in known),
        "backendType": backend,
        "statesSaved": counts["saved"],
        "statesLoaded": counts["loaded"],
        "snapshotsCreated": counts["snapshots"],
        "recoveriesPerformed": counts["recoveries"],
        "errors": counts["errors"] + counts["session_save_failures_total"],
        "cacheSize": waiting,
        "activeSnapshotTimers": timers,
        "sessionsRefused": counts["refused"],
        "conflicts": counts["conflicts"],
        "session_save_failures_total": counts["session_save_failures_total"],
    }
