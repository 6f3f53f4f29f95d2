"""What a robot needs to get to an orchestrator of CasareRPA. Pure."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import msgspec

from casare_robot.link.identity import Identity
from casare_robot.link.session import WallClock

Figures: TypeAlias = Callable[[], Mapping[str, float]]
"""The machine now: ``cpu_percent``, ``memory_percent``, ``memory_mb``, ``disk_percent``."""


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """Who comes, and how.

    ``key`` gives the robot's key, asked anew for each connection; ``origin`` is
    the name of the job source; ``interval`` are the seconds between heartbeats.
    """

    identity: Identity
    key: Callable[[], str]
    origin: str
    interval: float
    wall: WallClock
    figures: Figures
