"""Before a job takes mouse and keyboard: a countdown in which the person here can say *not now*."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from casare_robot.agent.questions import Questions
from casare_robot.agent.tasks import Sleep, Tasks
from casare_robot.config.robot_config import RobotConfig
from casare_robot.domain.job import Job, JobId
from casare_robot.domain.question import Ask, AskOutcome, Button, Question, Reply

START = Button(name="start")
NOT_NOW = Button(name="not_now")


class DesktopTurn:
    """Asks for one job at a time; where no tray is shown, or no delay is set, nobody is asked.

    Args:
        questions: Where the person is asked.
        config: The settings in force.
        tasks: Owner of the countdown.
        changed: Told when the answer is there.
        clock: Now, in UTC.
        sleep: Waits.
    """

    def __init__(
        self,
        questions: Questions,
        *,
        config: Callable[[], RobotConfig],
        tasks: Tasks,
        changed: Callable[[], None],
        clock: Callable[[], datetime],
        sleep: Sleep,
    ) -> None:
        self._questions = questions
        self._config = config
        self._tasks = tasks
        self._changed = changed
        self._clock = clock
        self._sleep = sleep
        self._is_asking = False
        self._granted: JobId | None = None
        self._not_before: datetime | None = None

    @property
    def reason(self) -> str:
        """Why a job that needs the desktop does not begin, after "and"; empty: it may."""
        if self._is_asking:
            return "you are asked whether it may begin now"
        if self._not_before is not None and self._clock() < self._not_before:
            again = self._not_before.astimezone()
            return f"you said not now; you are asked again at {again:%H:%M}"
        return ""

    def may_begin(self, job: Job) -> bool:
        """Whether a job may take mouse and keyboard now; if not, its countdown has begun."""
        delay = self._config().desktop_delay
        if self._granted == job.id or not delay or not self._questions.has_tray:
            self._granted = None
            return True
        if not self.reason:
            self._is_asking = True
            self._tasks.start(f"countdown {job.id}", self._count_down(job, delay))
        return False

    async def _count_down(self, job: Job, delay: float) -> None:
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        question = _question(job, delay)
        ending = asyncio.ensure_future(self._sleep(delay))
        try:
            self._questions.ask(question, answer.set_result)
            await asyncio.wait((answer, ending), return_when=asyncio.FIRST_COMPLETED)
            self._take(job, answer.result() if answer.done() else None)
        finally:
            ending.cancel()
            self._is_asking = False
            self._questions.withdraw(question.id)
            self._changed()

    def _take(self, job: Job, reply: Reply | None) -> None:
        """Silence is agreement."""
        is_answer = reply is not None and reply.outcome is AskOutcome.ANSWERED
        if is_answer and reply is not None and reply.button == NOT_NOW.name:
            self._not_before = self._clock() + timedelta(seconds=self._config().desktop_retry_delay)
        else:
            self._granted = job.id


def _question(job: Job, delay: float) -> Question:
    ask = Ask(
        title=f"{job.name or 'A job'} needs mouse and keyboard",
        message="It begins by itself. Please leave mouse and keyboard alone until it is done.",
        mood="information",
        buttons=(START, NOT_NOW),
        proposed=START.name,
        dismiss=NOT_NOW.name,
        seconds=delay,
    )
    return Question(id=f"turn-{job.id}", job_id=job.id, node_id="", ask=ask, job=job.name)
