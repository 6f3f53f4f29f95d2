"""The robot's figures of one minute, as they are kept for charts. Pure."""

from collections.abc import Mapping

import msgspec


class MetricMinute(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """What happened in one minute, and how things stood at its end; new fields go to the end."""

    jobs_completed: int = 0
    jobs_failed: int = 0
    job_seconds: float = 0.0
    nodes: int = 0
    node_seconds: float = 0.0
    running: int = 0
    queues: Mapping[str, int] = msgspec.field(default_factory=dict)
    memory_bytes: int = 0
    executors_memory_bytes: int = 0
    cpu_percent: float = 0.0
    executors_cpu_percent: float = 0.0
