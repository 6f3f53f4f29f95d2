"""How the robots that are watched are, under the documents' names. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

from casare_robot.groups.health_rules import HealthTimes, Watched, missed


def robot_figures(known: Watched, *, now: float, times: HealthTimes) -> dict[str, Any]:
    """What `Health.of` says of one robot."""
    return {
        "agentId": known.id,
        "state": known.state,
        "lastHeartbeat": known.last_beat,
        "lastLivenessCheck": known.last_probe,
        "missedHeartbeats": missed(known, now=now, times=times),
        "recoveryStrategy": known.policy.kind,
        "recoveryAttempts": known.attempts,
        "lastError": known.last_error,
        "lastActivity": known.activity,
        "metadata": dict(known.metadata),
    }


def health_figures(
    watched: Iterable[Watched],
    counts: Counter[str],
    *,
    latencies: Collection[float],
    busy: float,
    wall: float,
) -> dict[str, Any]:
    """The figures of `Health.stats`.

    Args:
        watched: All robots.
        counts: Beats, failures, recoveries.
        latencies: Seconds that beats took.
        busy: Seconds of a core that the monitor used.
        wall: Seconds since it began.
    """
    states = Counter(known.state for known in watched)
    mean = sum(latencies) / len(latencies) if latencies else 0.0
    return {
        "totalAgents": states.total(),
        "healthyAgents": states["healthy"],
        "disconnectedAgents": states["disconnected"],
        "recoveringAgents": states["recovering"],
        "zombieAgents": states["zombie"],
        "failedAgents": states["failed"],
        "totalHeartbeats": counts["beats"],
        "failedHeartbeats": counts["failed"],
        "recoveryAttempts": counts["attempts"],
        "successfulRecoveries": counts["recovered"],
        "avgHeartbeatLatency": mean * 1000,
        "cpuOverheadPercent": round(100 * busy / wall, 3) if wall > 0 else 0.0,
    }
