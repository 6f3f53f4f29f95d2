"""The doctor's checks of this machine: settings, disk, database, secrets, session, the robot."""

import asyncio
import errno
import shutil
import uuid
from contextlib import suppress

from casare_robot.agent.doctor import Check, Finding, Patient, fail, ok, warn
from casare_robot.agent.extras_lacking import LOOKED_AT, lacking
from casare_robot.control.client import ControlClient
from casare_robot.desktop.secret_store import store_name
from casare_robot.desktop.session import desktop_session
from casare_robot.domain.errors import (
    AgentUnreachableError,
    JournalBusyError,
    JournalDamagedError,
    JournalError,
    RobotError,
)
from casare_robot.domain.robot_status import LinkState
from casare_robot.journal.checkup import check_file, sqlite_version, workflows_seen
from casare_robot.journal.set_aside import kept_aside

LOW, TOO_LOW = 1 << 30, 200 << 20
"""Free bytes of the disk: below the first a warning, below the second the robot suffers."""


def settings(patient: Patient) -> Finding:
    """Whether what is set makes sense."""
    mend = "see casare-robot config validate"
    if patient.problems:
        return fail("settings", "; ".join(patient.problems), mend)
    if patient.config.faults:
        told = "; ".join(map(str, patient.config.faults))
        return warn("settings", f"{told}; the last good copy is used", mend)
    return ok("settings", "they make sense")


def disk(patient: Patient) -> Finding:
    """Whether the robot can write, and how much."""
    folder = patient.folder
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    probe = folder / f".doctor-{uuid.uuid4().hex}"
    mend = "make room, or lower history_days, log_days and log_max_bytes"
    try:
        probe.write_bytes(b"x" * 4096)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            mend = "give this user the right to write there, or set CASARE_ROBOT_HOME"
        return fail("disk", f"{folder} cannot be written: {error.strerror or error}", mend)
    finally:
        with suppress(OSError):  # what could not be written is not there
            probe.unlink()
    told = f"{free / (1 << 30):.1f} GB free at {folder}"
    if free < TOO_LOW:
        return fail("disk", told, mend)
    return warn("disk", told, mend) if free < LOW else ok("disk", told)


def database(patient: Patient) -> Finding:
    """Whether the journal is sound."""
    version = f"SQLite {sqlite_version()}, one connection"
    state = "sound"
    try:
        if not check_file(patient.folder):
            state = "not made yet"
    except JournalBusyError:
        state = "a robot works with it and has checked it itself"
    except JournalDamagedError as error:
        mend = "start the robot: it mends what it can, sets the rest aside and says so"
        return fail("database", str(error), mend)
    except JournalError as error:
        mend = "give this user the right to write there, or set CASARE_ROBOT_HOME"
        return fail("database", str(error), mend)
    told = f"{state} ({version})"
    aside = kept_aside(patient.folder)
    if aside:
        files = ", ".join(str(fault.key) for fault in aside)
        mend = "see with casare-robot jobs what is missing; delete the file when nobody needs it"
        return warn("database", f"{told}; an earlier one was damaged and is kept: {files}", mend)
    return ok("database", told)


def extras(patient: Patient) -> Finding | None:
    """Whether what the workflows of the newest jobs need is installed."""
    try:
        seen = lacking(workflows_seen(patient.folder, LOOKED_AT))
    except JournalBusyError:
        try:
            seen = asyncio.run(ControlClient(patient.folder).extras())
        except RobotError:
            return ok("extras", "a robot works with its jobs; each tells what it lacks")
    except JournalError:
        return None  # that is said of the database
    if not seen.workflows:
        return ok("extras", "no job yet")
    if not seen.missing:
        which = "workflow" if seen.workflows == 1 else f"{seen.workflows} workflows"
        return ok("extras", f"nothing is missing for the {which} seen so far")
    told = "; ".join(f"{extra} for {', '.join(types)}" for extra, types in seen.missing.items())
    return warn(
        "extras",
        f"workflows seen so far lack {told}",
        f"pip install 'casare-robot[{','.join(seen.missing)}]'",
    )


def secrets(patient: Patient) -> Finding:
    """Whether secrets have a safe place."""
    name = store_name()
    if name:
        return ok("secrets", f"kept by {name}")
    mend = (
        "install or unlock the system's keyring (on Linux gnome-keyring or KWallet), "
        "or give secrets as CASARE_SECRET_<NAME>"
    )
    told = "no keyring here: the key to them lies beside them, for this user and root"
    return warn("secrets", told, mend)


def session(patient: Patient) -> Finding:
    """Whether jobs can use the desktop."""
    found = desktop_session()
    if found:
        return ok("session", found)
    mend = "start the robot in a logged-in desktop session, if its jobs need one"
    return warn("session", "no desktop: jobs that need mouse, keyboard or screen fail", mend)


def robot(patient: Patient) -> Finding:
    """Whether a robot runs here."""
    try:
        status = asyncio.run(ControlClient(patient.folder).status())
    except AgentUnreachableError as error:
        if (patient.folder / "control" / "key").exists():
            return warn("robot", str(error), "start it again; a dead one left its traces")
        return warn("robot", "none runs here", "start it with casare-robot run")
    except RobotError as error:
        return fail("robot", str(error), "restart the robot")
    told = ": ".join(filter(None, (status.state, "; ".join(status.reasons))))
    link = status.link
    if link.state is not LinkState.LOCAL:
        told += f"; {link.state} to {link.address}" + (f": {link.problem}" if link.problem else "")
    return ok("robot", told)


CHECKS = (
    Check("settings", settings),
    Check("disk", disk),
    Check("database", database, limit=60.0),
    Check("extras", extras, ("database",), limit=60.0),
    Check("secrets", secrets),
    Check("session", session),
    Check("robot", robot, limit=15.0),
)
