"""What faces that attend to a person are told: questions, and what passes. Pure."""

from datetime import datetime

import msgspec

from casare_robot.domain.job import JobId
from casare_robot.domain.question import Question


class QuestionAsked(msgspec.Struct, frozen=True, kw_only=True, tag="question_asked"):
    """A question is open, or looks another way now."""

    question: Question
    at: datetime

    @property
    def question_id(self) -> str:
        """Which."""
        return self.question.id


class QuestionClosed(msgspec.Struct, frozen=True, kw_only=True, tag="question_closed"):
    """A question was answered, or nobody needs the answer any more."""

    question_id: str
    job_id: JobId
    at: datetime


class PassingShown(msgspec.Struct, frozen=True, kw_only=True, tag="passing_shown"):
    """Something to show for a while, which nobody answers."""

    question: Question
    at: datetime


FaceEvent = QuestionAsked | QuestionClosed | PassingShown
