"""A home, a clock that stands still, and jobs."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from casare_robot.domain.job import Job, JobId, JobResult, JobStatus
from casare_robot.journal.journal import Journal


@dataclass
class Clock:
    """Wall clock in seconds, moved by hand."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def journal(home: Path, clock: Clock) -> Iterator[Journal]:
    journal = Journal.open(home, clock=clock, reserve=0)
    yield journal
    journal.close()


@pytest.fixture
def make_job() -> Callable[..., Job]:
    def make(job_id: str = "a", **changes: Any) -> Job:
        return Job(**{"id": JobId(job_id), "workflow": b"{}", "origin": "line", **changes})

    return make


@pytest.fixture
def end() -> Callable[..., JobResult]:
    def end(job_id: str = "a", status: JobStatus = JobStatus.COMPLETED, **rest: Any) -> JobResult:
        return JobResult(job_id=JobId(job_id), status=status, **rest)

    return end


@pytest.fixture
def spoil(home: Path) -> Callable[..., None]:
    """Change the closed file behind the journal's back."""

    def spoil(sql: str, *parameters: Any) -> None:
        connection = sqlite3.connect(home / "journal.db")
        connection.execute(sql, parameters)
        connection.commit()
        connection.close()

    return spoil
