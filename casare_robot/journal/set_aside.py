"""Memories that could not be used: kept beside the journal, told until somebody deletes them."""

from datetime import UTC, datetime
from pathlib import Path

from casare_robot.domain.errors import Fault

CODE = "E-DB-610"
LOG_SUFFIXES = ("-wal", "-shm", "-journal")


def set_aside(path: Path, *, now: float, why: str) -> Fault:
    """Take a database and its logs out of the way; what people are told about it.

    Args:
        path: The database.
        now: Seconds since 1970.
        why: What is wrong with it.
    """
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%S%fZ")
    aside = path.with_name(f"{path.stem}.damaged-{stamp}{path.suffix}")
    for suffix in ("", *LOG_SUFFIXES):
        file = path.with_name(path.name + suffix)
        if file.exists():
            file.rename(aside.with_name(aside.name + suffix))
    return Fault(
        code=CODE,
        message=f"the robot's memory could not be used ({why}); it was kept as "
        f"{aside.name} and a new one was begun",
        key=str(aside),
    )


def kept_aside(home: Path) -> tuple[Fault, ...]:
    """Every earlier memory that still lies in a home, oldest first."""
    return tuple(
        Fault(
            code=CODE,
            message="an earlier memory could not be used, so jobs in it neither go on nor show; "
            "it is kept: delete it when nobody needs it",
            key=str(file),
        )
        for file in sorted(home.glob("journal.damaged-*Z.db"))
    )
