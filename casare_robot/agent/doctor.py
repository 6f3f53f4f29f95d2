"""Finds out what keeps a robot from working, and says how to mend it.

Each check is a small function that looks at one thing; `examine` gives each its
time, so that nothing hangs, and leaves out those that cannot succeed.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from casare_robot.config.robot_config import RobotConfig
from casare_robot.domain.errors import ConfigError
from casare_robot.link.address import websocket_address
from casare_robot.link.native.dialect import PATH

State = Literal["ok", "warn", "fail", "skip"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the diagnosis; ``mend`` says what to do where something is to be done."""

    check: str
    state: State
    message: str
    mend: str = ""


class Patient(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked at.

    ``folder`` is the journal's; ``problems`` are faults of the settings, which
    are then defaults. ``clock`` gives seconds since 1970.
    """

    config: RobotConfig
    folder: Path
    clock: Callable[[], float] = time.time
    problems: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """The orchestrator's websocket; empty if the robot works for this desk only.

        Where others than our own orchestrator are asked, only its host and port count;
        empty for a database.
        """
        url = self.config.orchestrator_url
        try:
            return websocket_address(url, path=PATH) if url else ""
        except ConfigError:
            return ""

    @property
    def is_native(self) -> bool:
        """Whether the other side is, for all the settings say, our own orchestrator."""
        return self.config.orchestrator_dialect in ("auto", "native")


Look = Callable[[Patient], Finding | None]


class Check(NamedTuple):
    """One thing to look at.

    ``look`` gives None where there is nothing to look at. It is left out when
    one of the checks it ``needs`` has failed.
    """

    name: str
    look: Look
    needs: tuple[str, ...] = ()
    limit: float = 10.0


def examine(patient: Patient, checks: Sequence[Check]) -> Iterator[Finding]:
    """Do the checks, in order, each within its time limit (seconds)."""
    causes: dict[str, str] = {}
    for check in checks:
        cause = next((causes[name] for name in check.needs if name in causes), None)
        if cause is not None:
            causes[check.name] = cause
            yield Finding(check=check.name, state="skip", message=f"not tried: {cause} failed")
            continue
        finding = _within(check, patient)
        if finding is None:
            continue
        if finding.state == "fail":
            causes[check.name] = check.name
        yield finding


def ok(check: str, message: str) -> Finding:
    """All is well."""
    return Finding(check=check, state="ok", message=message)


def warn(check: str, message: str, mend: str) -> Finding:
    """It works, but somebody should look after it."""
    return Finding(check=check, state="warn", message=message, mend=mend)


def fail(check: str, message: str, mend: str) -> Finding:
    """It does not work."""
    return Finding(check=check, state="fail", message=message, mend=mend)


def _within(check: Check, patient: Patient) -> Finding | None:
    """The finding of a check in a thread of its own, which is left behind when time is up."""
    found: queue.SimpleQueue[Finding | None] = queue.SimpleQueue()

    def look() -> None:
        try:
            found.put(check.look(patient))
        except Exception as error:  # noqa: BLE001 - a check that fails is a finding
            what = f"{type(error).__name__}: {error}"
            found.put(fail(check.name, what, "tell the robot's developers about this line"))

    threading.Thread(target=look, name=f"doctor {check.name}", daemon=True).start()
    try:
        return found.get(timeout=check.limit)
    except queue.Empty:
        message = f"no answer within {check.limit:g} s"
        return fail(check.name, message, "see whether something in between holds it up")
