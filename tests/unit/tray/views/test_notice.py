"""What is told without asking."""

from datetime import UTC, datetime

import pytest

from casare_robot.domain.job import JobError, JobId, JobResult, JobStatus
from casare_robot.tray.views.notice import is_quiet, notice_of, together

USUAL = ("failed", "needs_you")
WANTED = [
    # status                     wanted            title
    (JobStatus.FAILED, USUAL, "Payroll failed"),
    (JobStatus.TIMED_OUT, USUAL, "Payroll failed"),
    (JobStatus.NEEDS_ATTENTION, USUAL, "Payroll needs you"),
    (JobStatus.COMPLETED, USUAL, None),
    (JobStatus.CANCELLED, USUAL, None),
    (JobStatus.COMPLETED, ("completed",), "Payroll is done"),
    (JobStatus.FAILED, (), None),
]


def ended(status, message=""):
    error = JobError(code="E-1", message=message) if message else None
    return JobResult(job_id=JobId("j"), status=status, error=error)


@pytest.mark.parametrize(("status", "wanted", "title"), WANTED)
def test_only_what_is_wanted_is_told(status, wanted, title) -> None:
    notice = notice_of("Payroll", ended(status), wanted)

    assert (notice.title if notice else None) == title


def test_a_notice_says_why_and_opens_its_job() -> None:
    notice = notice_of("Payroll", ended(JobStatus.FAILED, "the bank said no"), USUAL)

    assert (notice.text, notice.job_id) == ("the bank said no", JobId("j"))


def test_several_are_told_as_one() -> None:
    notices = [
        notice_of(f"Job {number}", ended(JobStatus.FAILED), USUAL) for number in range(4)
    ] + [notice_of("Payroll", ended(JobStatus.NEEDS_ATTENTION), USUAL)]

    told = together(notices)

    assert told.title == "1 job needs you, 4 jobs failed"
    assert told.text.endswith("…")
    assert told.job_id is None


def test_one_or_none_stay_as_they_are() -> None:
    one = notice_of("Payroll", ended(JobStatus.FAILED), USUAL)

    assert together([one]) is one
    assert together([]) is None


@pytest.mark.parametrize(
    ("hours", "hour", "quiet"),
    [("", 3, False), ("Mon-Sun 20:00-07:00", 3, True), ("Mon-Sun 20:00-07:00", 12, False)],
)
def test_quiet_hours_are_quiet(hours, hour, quiet) -> None:
    assert is_quiet(hours, datetime(2026, 11, 21, hour, tzinfo=UTC)) is quiet
