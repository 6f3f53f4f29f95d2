"""A journal, clocks that stand still, a job."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from casare_robot.domain.job import Job, JobId
from casare_robot.journal.journal import Journal


@dataclass
class Clock:
    """Seconds, moved by hand."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal.open(tmp_path / "data", reserve=0)
    yield journal
    journal.close()


@pytest.fixture
def job() -> Job:
    return Job(id=JobId("one"), workflow=b"{}", name="Invoices")
