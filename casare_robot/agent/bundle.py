"""What a robot shows to those who are asked for help: an allow-list, masked.

Nothing is in it that is not named here. Secrets, the user's and the machine's
name, variables, and texts that a workflow made are not.
"""

import getpass
import json
import os
import platform
import re
import socket
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from casare_robot.agent.doctor import Finding
from casare_robot.config.robot_config import RobotConfig
from casare_robot.domain.job_history import HistoryEntry
from casare_robot.journal.checkup import sqlite_version
from casare_robot.observability.log_reader import LogEntry
from casare_robot.observability.secret_mask import SecretMask

LOG_LINES = 2000
JOBS = 500
LIBRARIES = ("casare-robot", "msgspec", "websockets", "httpx", "keyring", "cryptography", "apsw")
LOG_FIELDS = ("at", "level", "logger", "event", "job", "exception")
_ADDRESS = re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")


class Part(NamedTuple):
    """A file of the bundle, and what it is, for people."""

    name: str
    about: str
    content: bytes


class Discretion:
    """Takes secrets and names of people and machines out of plain data.

    Args:
        secrets: Values that must not be seen.
        names: Names to be replaced, each by what stands for it.
    """

    def __init__(self, secrets: Iterable[str], names: Mapping[str, str]) -> None:
        self._mask = SecretMask()
        self._mask.register_all(secrets, for_good=True)
        longest_first = sorted((name for name in names if len(name) > 1), key=len, reverse=True)
        self._names = {name.casefold(): names[name] for name in longest_first}
        shown = "|".join(re.escape(name) for name in longest_first)
        self._pattern = re.compile(rf"(?<!\w)(?:{shown})(?!\w)", re.IGNORECASE) if shown else None

    def __call__(self, value: Any) -> Any:
        """The value without them, in keys and texts."""
        match value:
            case str():
                return self._text(value)
            case Mapping():
                return {self._text(str(key)): self(item) for key, item in value.items()}
            case list() | tuple():
                return [self(item) for item in value]
            case _:
                return value

    def _text(self, text: str) -> str:
        text = _ADDRESS.sub("<address>", self._mask(text))
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda found: self._names[found[0].casefold()], text)


def names_here() -> dict[str, str]:
    """This user's and this machine's names, and what stands for each."""
    machine, home = socket.gethostname(), str(Path.home())
    names = {home: "~", home.replace("\\", "\\\\"): "~", machine: "<machine>"}
    names[machine.split(".")[0]] = "<machine>"
    with suppress(OSError, KeyError, ImportError):  # a user without a name has none to hide
        names[getpass.getuser()] = "<user>"
    return names


def make_parts(
    config: RobotConfig,
    *,
    findings: Sequence[Finding],
    log: Sequence[LogEntry],
    jobs: Sequence[HistoryEntry],
    metrics: Mapping[str, Any] | None,
    names: Mapping[str, str],
) -> list[Part]:
    """Everything the bundle holds, ready to be looked at.

    Args:
        config: The settings; secrets in them are masked, robot id and name too.
        findings: The doctor's.
        log: The newest lines.
        jobs: The newest jobs; of these ids, times, states and codes are kept.
        metrics: Of the running robot, if one runs.
        names: To be replaced, as `names_here` gives them.
    """
    own = {config.robot_name: "<robot>", config.robot_id: "<robot>"}
    discreet = Discretion(config.secrets(), {**own, **names})

    def part(name: str, about: str, value: Any) -> Part:
        text = json.dumps(discreet(value), indent=1, ensure_ascii=False)
        return Part(name, about, text.encode(errors="replace"))

    parts = [
        part("versions.json", "versions of robot, Python, system and libraries", _versions()),
        part("settings.json", "settings and where they came from, secrets masked", _shown(config)),
        part("doctor.json", "what casare-robot doctor says", msgspec.to_builtins(findings)),
        part("jobs.json", "the newest jobs: times, states, error codes", [*map(_job, jobs)]),
    ]
    if metrics is not None:
        parts.append(part("metrics.json", "what the robot has counted and measured", metrics))
    if log:
        lines = [json.dumps(discreet(_line(entry)), ensure_ascii=False) for entry in log]
        text = "\n".join(lines) + "\n"
        parts.append(Part("log.jsonl", "the newest log lines", text.encode(errors="replace")))
    return parts


def write_parts(parts: Sequence[Part], file: Path) -> None:
    """Write the bundle, for this user only; a file that is there already stays.

    Raises:
        FileExistsError: There is such a file.
        OSError: It cannot be written.
    """
    opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(opened, "wb") as out, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts:
            archive.writestr(part.name, part.content)


def _versions() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "system": platform.platform(terse=True),
        "machine": platform.machine(),
        "sqlite": sqlite_version(),
        "libraries": {name: version for name in LIBRARIES if (version := _version(name))},
    }


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _shown(config: RobotConfig) -> dict[str, Any]:
    return {
        name: {"value": value, "source": config.where(name)}
        for name, value in config.shown().items()
    }


def _job(job: HistoryEntry) -> dict[str, Any]:
    """Without name and message: these are texts of workflows."""
    error = job.error
    return {
        "job_id": job.job_id,
        "origin": job.origin,
        "status": str(job.status),
        "accepted_at": job.accepted_at.isoformat(),
        "changed_at": job.changed_at.isoformat(),
        "error": None
        if error is None
        else {"code": error.code, "node_id": error.node_id, "node_type": error.node_type},
    }


def _line(entry: LogEntry) -> dict[str, Any]:
    facts = entry.facts
    return {name: facts[name] for name in LOG_FIELDS if name in facts}
