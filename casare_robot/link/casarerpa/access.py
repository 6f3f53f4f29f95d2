"""Who comes to an orchestrator of CasareRPA, and with which key."""

from collections.abc import Callable

import msgspec

from casare_robot.link.casarerpa.state import Figures
from casare_robot.link.identity import Identity
from casare_robot.link.session import WallClock


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """What every dialect of CasareRPA needs to know.

    ``key`` gives the robot's key, asked anew for each connection; ``origin`` is
    the name of the job source; ``interval`` are the seconds between heartbeats.
    """

    identity: Identity
    key: Callable[[], str]
    origin: str
    interval: float
    wall: WallClock
    figures: Figures
