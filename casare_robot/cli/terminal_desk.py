"""Questions of jobs, put to a terminal one after the other while a loop goes on."""

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from casare_robot.agent.asked_secrets import AskedSecrets
from casare_robot.cli.terminal import Terminal
from casare_robot.domain.answering import checked
from casare_robot.domain.errors import QuestionError, RobotError
from casare_robot.domain.face_events import PassingShown, QuestionAsked, QuestionClosed
from casare_robot.domain.job import JobId
from casare_robot.domain.question import (
    Answer,
    AskOutcome,
    Copied,
    Progress,
    Question,
    Reply,
    secrets_in,
)

if TYPE_CHECKING:
    from casare_robot.control.client import ControlClient

STEP = 10
"""Per cent after which progress is told again."""
Answered = Callable[[Question, Answer], None]


class TerminalDesk:
    """A thread that asks; a question that is withdrawn is asked no more.

    A line that is being read cannot be called back: what is typed for a
    question that has gone meanwhile does not count.

    Args:
        terminal: Where to ask.
        answered: Told what was said, in that thread; what it raises is said, and
            the question asked again.
        quiet: Keeps others from writing while somebody types.
    """

    def __init__(
        self,
        terminal: Terminal,
        answered: Answered,
        *,
        quiet: Callable[[], AbstractContextManager[Any]] = nullcontext,
    ) -> None:
        self._terminal = terminal
        self._answered = answered
        self._quiet = quiet
        self._waiting: queue.SimpleQueue[Question] = queue.SimpleQueue()
        self._open: set[str] = set()
        self._told: dict[str, int] = {}
        self._thread: threading.Thread | None = None

    def ask(self, question: Question) -> None:
        """Ask it when those before it are answered; tell progress."""
        if isinstance(question.ask.body, Progress):
            self._progress(question, question.ask.body)
            return
        if question.id in self._open:
            return
        self._open.add(question.id)
        self._waiting.put(question)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="terminal", daemon=True)
            self._thread.start()

    def show(self, question: Question) -> None:
        """Tell what passes."""
        self._terminal.show(question)

    def withdraw(self, question_id: str) -> None:
        """Ask it no more."""
        self._open.discard(question_id)

    def _progress(self, question: Question, progress: Progress) -> None:
        step = -1 if progress.value is None else progress.value // STEP
        if self._told.get(question.id) != step:
            self._told[question.id] = step
            self._terminal.show(question)

    def _run(self) -> None:
        while True:
            question = self._waiting.get()
            with self._quiet():
                try:
                    self._ask(question)
                except EOFError:
                    self._terminal.say("nothing more can be read here; the question stays open")
                    return

    def _ask(self, question: Question) -> None:
        while question.id in self._open:
            answer = self._terminal.ask(question)
            if question.id not in self._open:
                self._terminal.say("that was not needed any more")
                return
            try:
                self._answered(question, answer)
            except RobotError as error:
                self._terminal.say(str(error))
                if isinstance(error, QuestionError) and error.code == "E-ASK-422":
                    continue
            self._open.discard(question.id)


class TerminalPerson:
    """The person at this terminal, for a robot of this process; see `Person`.

    Args:
        secrets: Keeps secret answers.
        terminal: Where to ask.
    """

    def __init__(self, secrets: AskedSecrets, terminal: Terminal | None = None) -> None:
        self._secrets = secrets
        self._replies: dict[str, Callable[[Reply], None]] = {}
        self._quiet: Callable[[], AbstractContextManager[Any]] = nullcontext
        self._desk = TerminalDesk(terminal or Terminal(), self._answered, quiet=self._in_quiet)

    @contextmanager
    def beside(self, quiet: Callable[[], AbstractContextManager[Any]]) -> Iterator[None]:
        """Something else writes here as well, and gives way by this."""
        self._quiet = quiet
        try:
            yield
        finally:
            self._quiet = nullcontext

    def ask(self, question: Question, reply: Callable[[Reply], None]) -> None:
        """Ask, or tell."""
        if isinstance(question.ask.body, Copied):
            reply(Reply(outcome=AskOutcome.NOBODY))
            return
        if question.ask.waits:
            self._replies[question.id] = reply
            self._desk.ask(question)
            return
        if isinstance(question.ask.body, Progress):
            self._desk.ask(question)
        else:
            self._desk.show(question)
        reply(Reply(outcome=AskOutcome.SHOWN))

    def withdraw(self, question_id: str) -> None:
        """Ask it no more."""
        self._replies.pop(question_id, None)
        self._desk.withdraw(question_id)

    def _in_quiet(self) -> AbstractContextManager[Any]:
        return self._quiet()

    def _answered(self, question: Question, answer: Answer) -> None:
        said = checked(question.ask, answer)
        secrets = secrets_in(question.ask, said.values)
        references = self._secrets.keep(question, secrets) if secrets else {}
        reply = self._replies.pop(question.id, None)
        if reply is not None:
            reply(
                Reply(
                    outcome=AskOutcome.ANSWERED,
                    button=said.button,
                    values=said.values,
                    references=references,
                )
            )


async def attend(
    client: "ControlClient",
    job_id: JobId | None = None,
    *,
    terminal: Terminal | None = None,
    quiet: Callable[[], AbstractContextManager[Any]] = nullcontext,
) -> None:
    """Ask at this terminal what the running robot's jobs ask, until cancelled or it leaves.

    Args:
        client: The robot.
        job_id: Only what this job asks; None: all.
        terminal: Where to ask.
        quiet: Keeps others from writing while somebody types.
    """
    loop = asyncio.get_running_loop()

    def answered(question: Question, answer: Answer) -> None:
        giving = client.answer_question(question.id, answer)
        asyncio.run_coroutine_threadsafe(giving, loop).result()

    desk = TerminalDesk(terminal or Terminal(), answered, quiet=quiet)
    async for event in client.attend("terminal", job_id):
        if isinstance(event, QuestionAsked):
            desk.ask(event.question)
        elif isinstance(event, QuestionClosed):
            desk.withdraw(event.question_id)
        elif isinstance(event, PassingShown):
            desk.show(event.question)
