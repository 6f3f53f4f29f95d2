"""Who this robot is: an id made once, a number for each start, and whether it is a clone."""

import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from casare_robot.desktop.private_file import write_private
from casare_robot.desktop.replacing import put_in_place
from casare_robot.domain.errors import Fault
from casare_robot.domain.job import RobotId

FILE = "identity.json"
CLONED = "E-ID-601"
DAMAGED = "E-ID-602"


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    robot_id: str
    epoch: int
    machine: dict[str, str]


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who this robot is.

    Attributes:
        robot_id: As its orchestrator knows it.
        session: Random, for each start of the process.
        epoch: Greater at each start, even where the home was put back from a copy.
        is_clone: The home was made on another machine, so the id may be taken:
            nobody is to be told it before a person has confirmed it.
        warnings: What a person should know.
    """

    robot_id: RobotId
    session: str
    epoch: int
    is_clone: bool = False
    warnings: tuple[Fault, ...] = ()


def establish_identity(
    folder: Path,
    *,
    machine: Mapping[str, str],
    robot_id: str = "",
    is_confirmed: bool = False,
    clock: Callable[[], float] = time.time,
) -> Identity:
    """The identity kept in a folder, made if there is none, at one more start.

    Args:
        folder: Where it is kept.
        machine: Traits of this machine, by name; see `is_other_machine`.
        robot_id: The id that settings give; else the kept one counts.
        is_confirmed: A person has just said that this machine has this id.
        clock: Wall clock, in seconds since 1970.

    Raises:
        OSError: It cannot be kept.
    """
    file = folder / FILE
    kept, warnings = _read(file)
    is_clone = kept is not None and not is_confirmed and is_other_machine(kept.machine, machine)
    own_id = robot_id or (kept.robot_id if kept else f"robot-{uuid.uuid4().hex[:12]}")
    epoch = max(kept.epoch + 1 if kept else 1, int(clock()))
    traits = kept.machine if kept and is_clone else dict(machine)
    content = _Kept(robot_id=own_id, epoch=epoch, machine=traits)
    write_private(file, msgspec.json.format(msgspec.json.encode(content)))
    if is_clone:
        message = (
            f"this home was made on another machine, where robot {own_id} may still work; it does "
            "not connect until `casare-robot enroll` gives it an id of its own, or a start with "
            "--robot-id confirms this one"
        )
        warnings = (*warnings, Fault(code=CLONED, message=message, key="robot_id"))
    return Identity(
        robot_id=RobotId(own_id),
        session=uuid.uuid4().hex,
        epoch=epoch,
        is_clone=is_clone,
        warnings=warnings,
    )


def kept_robot_id(folder: Path) -> str:
    """The id kept in a folder; empty if there is none."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=_Kept).robot_id
    except (OSError, msgspec.MsgspecError, ValueError):
        return ""


def is_other_machine(kept: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Whether two sets of traits are of two machines: at least two of them differ.

    One may change on the same machine: a new network card, another name, a
    system installed anew. Traits that one side does not know say nothing.
    """
    return (
        sum(bool(kept[name] and now.get(name) not in (None, "", kept[name])) for name in kept) > 1
    )


def _read(file: Path) -> tuple[_Kept | None, tuple[Fault, ...]]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Kept), ()
    except FileNotFoundError:
        return None, ()
    except (msgspec.MsgspecError, ValueError) as error:
        aside = file.with_name(f"{FILE}.damaged")
        put_in_place(file, aside)
        message = f"{file} could not be read and lies as {aside.name} now: {error}"
        return None, (Fault(code=DAMAGED, message=message),)
