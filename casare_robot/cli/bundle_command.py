"""`casare-robot bundle`: packs what helps others to help, after showing what that is."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from casare_robot.agent.bundle import JOBS, LOG_LINES, Part, make_parts, names_here, write_parts
from casare_robot.agent.diagnosis import diagnose, patient_of
from casare_robot.cli.agent_commands import running_robot
from casare_robot.cli.refusal import UsageError, refuse
from casare_robot.cli.rendering import as_json
from casare_robot.cli.robot_at_hand import robot_at_hand
from casare_robot.desktop.places import find_places
from casare_robot.domain.errors import RobotError
from casare_robot.domain.job_history import HistoryEntry
from casare_robot.observability.log_reader import LogReader


def write_bundle(*, output: Path | None, yes: bool, json_output: bool, home: Path | None) -> int:
    """Gather, show, ask and write; the exit code."""
    file = output or Path(f"casare-robot-{datetime.now().astimezone():%Y%m%d-%H%M%S}.zip")
    parts = _gather(home)
    if not json_output:
        _preview(parts, file)
    if not yes and not _agreed(json_output=json_output):
        return refuse(
            UsageError("nothing was written; --yes writes without asking"), json_output=json_output
        )
    try:
        write_parts(parts, file)
    except OSError as error:
        message = f"{file} cannot be written: {error.strerror or error}"
        return refuse(UsageError(message), json_output=json_output)
    if json_output:
        listed = [{"name": p.name, "about": p.about, "bytes": len(p.content)} for p in parts]
        print(as_json({"file": str(file), "parts": listed}))
    else:
        print(f"written: {file}")
    return 0


def _gather(home: Path | None) -> list[Part]:
    patient = patient_of(home)
    try:
        metrics = asyncio.run(running_robot(home).metrics())
    except RobotError:
        metrics = None  # none runs; doctor.json says so
    return make_parts(
        patient.config,
        findings=list(diagnose(home)),
        log=LogReader(find_places(home).logs).tail(LOG_LINES),
        jobs=_jobs(home),
        metrics=metrics,
        names=names_here(),
    )


def _jobs(home: Path | None) -> Sequence[HistoryEntry]:
    try:
        with robot_at_hand(home) as robot:
            return asyncio.run(robot.jobs(JOBS, None))
    except RobotError:
        return ()  # doctor.json says what is wrong with the journal


def _preview(parts: Sequence[Part], file: Path) -> None:
    print(f"{file} will hold:")
    for part in parts:
        print(f"  {part.name:<14} {len(part.content):>9,} bytes  {part.about}")
    print("No secrets, user names or variables. It stays on this machine until you send it.")


def _agreed(*, json_output: bool) -> bool:
    if json_output or not sys.stdin.isatty():
        return False
    return input("Write it? [y/N] ").strip().lower() in ("y", "yes")
