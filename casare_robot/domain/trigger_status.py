"""A trigger that is switched on, as faces see it. Pure."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

import msgspec

Missed = Literal["once", "skip", "all"]
"""What becomes of due times that passed while the robot was away: one run, none, or each."""


class TriggerState(StrEnum):
    """What a trigger does."""

    WATCHING = "watching"
    TROUBLE = "trouble"


class TriggerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One trigger.

    ``problem`` says why it cannot watch or start jobs now; it tries again by
    itself. ``address`` is where its events are brought to, with the token;
    ``skipped`` counts events that came too soon after another (``cooldown_seconds``);
    ``missed`` is what becomes of runs that were missed: once, skip or all;
    ``next_at`` is when a schedule comes due.
    """

    id: str
    file: str
    node_id: str
    type: str
    workflow: str
    state: TriggerState
    problem: str = ""
    missed: Missed = "once"
    started: int = 0
    skipped: int = 0
    last_at: datetime | None = None
    last_job: str = ""
    next_at: datetime | None = None
    address: str = ""
