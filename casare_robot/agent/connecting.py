"""Makes the line to an orchestrator that the settings name."""

import os
from collections.abc import Callable, Mapping
from functools import partial

from casare_robot import __version__
from casare_robot.agent.identity import Identity
from casare_robot.config.robot_config import RobotConfig
from casare_robot.domain.job import LINK
from casare_robot.domain.robot_status import LinkStatus
from casare_robot.link.casarerpa.access import Access
from casare_robot.link.connection import (
    ConnectionConfig,
    ConnectionManager,
    link_breaker,
    utc_now,
)
from casare_robot.link.dialects import dialect_of
from casare_robot.link.identity import Identity as LinkIdentity
from casare_robot.link.native.dialect import NativeDialect, ReferenceDialect
from casare_robot.link.native.robot_session import AuditSource

LONGEST_ABSENCE = 15.0
"""Seconds between attempts, at most, to reach an orchestrator of CasareRPA: what is submitted
while no robot is there, some of them give to nobody later."""


def connect(
    config: RobotConfig,
    identity: Identity,
    name: str,
    *,
    key: Callable[[], str],
    audit: AuditSource,
    changed: Callable[[LinkStatus], None],
) -> ConnectionManager:
    """The line, not yet running.

    Args:
        config: Where it leads, and how patiently.
        identity: Who the robot is.
        name: How people call it.
        key: The key to introduce itself with; asked before each attempt.
        audit: The newest signed end of its audit.
        changed: Called with each new state of the line.

    Raises:
        ConfigError: The address is none, or not encrypted and not on this machine.
    """
    longest = config.max_reconnect_delay
    if config.orchestrator_dialect not in ("auto", "native", "reference"):
        longest = min(longest, LONGEST_ABSENCE)
    how = ConnectionConfig(
        orchestrator_url=config.orchestrator_url,
        heartbeat_interval=config.heartbeat_interval,
        reconnect_delay=config.reconnect_delay,
        max_reconnect_delay=longest,
        reconnect_backoff_factor=config.reconnect_backoff_factor,
    )

    async def key_now(_refused: str | None) -> str:
        return key()

    who = LinkIdentity(
        robot_id=identity.robot_id,
        robot_name=name,
        session=identity.session,
        epoch=identity.epoch,
        version=__version__,
        environment=config.environment,
        tags=config.tags,
        max_concurrent_jobs=config.max_concurrent_jobs,
    )
    native, reference = (
        partial(
            kind,
            config.orchestrator_url,
            who,
            key_now,
            origin=LINK,
            interval=config.heartbeat_interval,
            wall=utc_now,
            audit=audit,
        )
        for kind in (NativeDialect, ReferenceDialect)
    )
    access = Access(
        identity=who,
        key=lambda: key() or config.supabase_key,
        origin=LINK,
        interval=config.heartbeat_interval,
        wall=utc_now,
        figures=machine_figures,
    )
    dialect = dialect_of(
        config.orchestrator_dialect, config.orchestrator_url, access, native, reference
    )
    return ConnectionManager(how, dialect, breaker=link_breaker(how), name=LINK, on_change=changed)


def machine_figures() -> Mapping[str, float]:
    """How busy this machine is: percent of all its cores and memory, this process's megabytes."""
    import psutil

    return {
        "cpu_percent": psutil.cpu_percent(),
        "memory_percent": psutil.virtual_memory().percent,
        "memory_mb": psutil.Process().memory_info().rss / (1 << 20),
        "disk_percent": psutil.disk_usage(os.sep).percent,
    }
