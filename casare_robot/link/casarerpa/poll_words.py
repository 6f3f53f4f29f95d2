"""What a `PollSession` asks, whatever the orchestrator. Pure."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from casare_robot.domain.job import Job, JobId, JobResult


class Kind(StrEnum):
    """What a question is about."""

    INTRODUCE = "introduce"
    CLAIM = "claim"
    RENEW = "renew"
    LOOK = "look"
    REPORT = "report"
    GIVE_BACK = "give back"
    BEAT = "beat"
    PROGRESS = "progress"
    UPKEEP = "upkeep"


class Verdict(StrEnum):
    """What an answer means."""

    OK = "ok"
    NOTHING = "nothing"
    GONE = "gone"
    """The job is not this robot's any more."""
    CANCEL = "cancel"
    LATER = "later"
    REFUSED = "refused"
    ABSENT = "absent"
    """Nobody here is asked in this way."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A question: its frame without the number, which ``head`` still lacks.

    ``note`` is for the words that will hear the answer.
    """

    kind: Kind
    head: msgspec.Struct
    body: bytes = b""
    job_id: JobId | None = None
    note: Any = None


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer means: perhaps a job, more questions, a wait in seconds, a problem.

    ``too_often`` says that the wait is for asking too often, ``is_unfit`` that what was told
    may never be taken as it is.

    ``strays`` are the orchestrator's ids of jobs that it thinks run here; those
    that nobody here has are given back.
    """

    verdict: Verdict
    strays: tuple[str, ...] = ()
    job: Job | None = None
    then: tuple[Question, ...] = ()
    wait: float | None = None
    too_often: bool = False
    is_unfit: bool = False
    problem: str = ""


class Rhythm(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds between what is done again and again; 0 where it is not done.

    ``poll`` is between claims, at first and at most; ``renew`` between renewals of a
    lease, ``look`` between looks for a cancellation, ``beat`` between signs of life.
    """

    poll: tuple[float, float] = (1.0, 2.0)
    renew: float = 5.0
    look: float = 0.0
    beat: float = 5.0
    progress: float = 0.0
    upkeep: float = 0.0


class PollWords(Protocol):
    """How one orchestrator is asked."""

    rhythm: Rhythm

    def introduction(self) -> Sequence[Question]:
        """What is asked first, one after the other."""
        ...

    def claim(self) -> Question:
        """Ask for a job."""
        ...

    def renew(self, job_id: JobId) -> Question:
        """Keep a job."""
        ...

    def look(self, job_id: JobId) -> Question:
        """Ask whether a job is to be cancelled."""
        ...

    def report(self, result: JobResult, *, bare: bool = False) -> Question:
        """Say how a job ended; with ``bare`` without what it gave, which was not taken."""
        ...

    def give_back(self, job_id: JobId, problem: str, *, for_good: bool) -> Question:
        """Give back a job that the robot does not take, or say that it cannot be run."""
        ...

    def beat(self, word: str, held: Sequence[str]) -> Sequence[Question]:
        """Show a sign of life."""
        ...

    def progress(self, job_id: JobId, facts: Mapping[str, Any]) -> Question:
        """Tell how far a job is."""
        ...

    def upkeep(self, held: Sequence[str]) -> Question:
        """Do what is to be done from time to time, but not to the jobs that the robot holds."""
        ...

    def goodbye(self) -> Sequence[Question]:
        """Say that the robot goes."""
        ...

    def read(self, frame: bytes) -> tuple[int, Any]:
        """The number and the content of an answer. Never raises."""
        ...

    def heard(self, question: Question, answer: Any) -> Heard:
        """What an answer means."""
        ...
