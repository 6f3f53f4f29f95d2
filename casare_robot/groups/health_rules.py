"""How robots are judged by their beats. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from casare_robot.groups.records import RecoveryPolicy

STATES = ("healthy", "disconnected", "zombie", "recovering", "degraded", "failed")
SILENT_MANY, SILENT_WITHIN = 3, 30.0
"""More than so many failures within so many seconds is degradation."""
CALM_FEW, CALM_FOR = 2, 120.0
"""Fewer than so many failed for so many seconds ends it."""
NEAR_LIMIT = 0.8
MANY_GROUPS, MANY_ERRORS = 90, 100


class HealthTimes(msgspec.Struct, frozen=True, kw_only=True):
    """In seconds. Source: production robustness, 2 s, 5 s, 2 missed beats."""

    heartbeat_interval: float = 2.0
    activity_timeout: float = 5.0
    max_missed_beats: int = 2
    probe_timeout: float = 5.0

    @property
    def ttl(self) -> float:
        """How long a beat counts: the beats that may be missed and a second, at most the timeout.

        Two beats of 2 s and 1 s are the 5 s within which a failure is seen.
        """
        return min(self.heartbeat_interval * self.max_missed_beats + 1.0, self.activity_timeout)


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one robot; times are seconds of the store's clock."""

    id: str
    since: float
    state: str = "healthy"
    last_beat: float | None = None
    last_probe: float | None = None
    answers: bool = True
    policy: RecoveryPolicy = RecoveryPolicy()
    attempts: int = 0
    last_error: str | None = None
    activity: tuple[str, float] | None = None
    metadata: Mapping[str, Any] = {}


def judged(known: Watched, *, now: float, times: HealthTimes) -> str:
    """The state that follows from beats and answers; recovering and failed stay until a beat."""
    last = known.since if known.last_beat is None else known.last_beat
    is_silent = now - last >= times.ttl
    if known.state in ("recovering", "degraded"):
        return known.state
    if is_silent:
        return known.state if known.state == "failed" else "disconnected"
    return "healthy" if known.answers else "zombie"


def missed(known: Watched, *, now: float, times: HealthTimes) -> int:
    """Beats that should have come since the last."""
    last = known.since if known.last_beat is None else known.last_beat
    return max(0, int((now - last) / times.heartbeat_interval))


def is_degraded(
    was: bool, failures: Sequence[float], *, failing: int, calm_since: float, now: float
) -> bool:
    """Whether the system is in degradation mode.

    Args:
        was: Whether it is now.
        failures: When robots failed.
        failing: How many are failed now.
        calm_since: Since when fewer than two are failed.
        now: Seconds, the same clock.
    """
    if was:
        return failing >= CALM_FEW or now - calm_since < CALM_FOR
    return sum(now - when <= SILENT_WITHIN for when in failures) > SILENT_MANY


def overall(failed: int, *, load: float, is_degraded: bool) -> str:
    """healthy, degraded or unhealthy. ``load``: share of the capacity in use."""
    if failed > SILENT_MANY or is_degraded:
        return "unhealthy"
    return "degraded" if failed or load >= NEAR_LIMIT else "healthy"


def warnings(*, active_groups: int = 0, errors: int = 0) -> tuple[str, ...]:
    """What people should know of a fleet. Source: multi-swarm, "Health Checks"."""
    rules: Iterable[tuple[bool, str]] = (
        (active_groups > MANY_GROUPS, f"warn: approaching limit ({active_groups} groups)"),
        (errors > MANY_ERRORS, f"error: high error rate ({errors} errors)"),
    )
    return tuple(text for holds, text in rules if holds)
