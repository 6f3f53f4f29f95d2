"""What jobs ask, and who sees it."""

import asyncio
from datetime import UTC, datetime

import pytest

from casare_robot.agent.asked_secrets import AskedSecrets
from casare_robot.agent.questions import Questions
from casare_robot.agent.tasks import Tasks
from casare_robot.desktop.secret_store import workflow_secrets
from casare_robot.domain.errors import QuestionError
from casare_robot.domain.face_events import PassingShown, QuestionAsked, QuestionClosed
from casare_robot.domain.job import JobId, JobResult, JobStatus
from casare_robot.domain.question import (
    CANCEL,
    Answer,
    Ask,
    AskOutcome,
    Copied,
    Field,
    Form,
    Page,
    Passing,
    Progress,
    Question,
)
from casare_robot.domain.robot_events import JobEnded
from tests.memory_keyring import MemoryKeyring, in_use

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
A, B = JobId("a"), JobId("b")
OK = Answer(button="ok")
PASSWORD = Ask(title="Login", body=Form(pages=(Page(fields=(Field(name="pw", kind="secret"),)),)))


class Desk:
    """Questions, what came of them, and patience that ends when a test says so."""

    def __init__(self, data):
        self.replies = []
        self.changed = []
        self.learned = []
        self.patience = asyncio.Event()
        self.questions = Questions(
            AskedSecrets(data),
            name_of=lambda job_id: f"job {job_id}",
            changed=self.changed.append,
            learned=self.learned.extend,
            patience=lambda: 30.0,
            tasks=Tasks(),
            clock=lambda: NOW,
            sleep=self._wait,
        )

    def asks(self, question_id="q", ask=None, job_id=A):
        question = Question(id=question_id, job_id=job_id, node_id="n", ask=ask or Ask(title="T"))
        self.questions.ask(question, self.replies.append)

    async def _wait(self, _seconds):
        await self.patience.wait()


@pytest.fixture
async def desk(tmp_path):
    with in_use(MemoryKeyring()):
        yield Desk(tmp_path)


def unread(events):
    return list(events._events)


def kinds(events):
    return [(type(event).__name__, _id(event)) for event in unread(events)]


def _id(event):
    return event.question.id if isinstance(event, PassingShown) else event.question_id


async def test_a_face_is_told_of_open_questions_first_and_then_of_all_that_happens(desk):
    desk.asks("one")
    with desk.questions.attended("tray") as events:
        desk.asks("two")
        desk.questions.withdraw("one")

        assert kinds(events) == [
            ("QuestionAsked", "one"),
            ("QuestionAsked", "two"),
            ("QuestionClosed", "one"),
        ]
        assert unread(events)[0].question.job == "job a"
        assert unread(events)[0].question.asked_at == NOW


async def test_an_answer_reaches_the_job_once(desk):
    desk.asks()
    await desk.questions.answer("q", OK)

    with pytest.raises(QuestionError, match="not open") as refused:
        await desk.questions.answer("q", OK)

    assert [(reply.outcome, reply.button) for reply in desk.replies] == [("answered", "ok")]
    assert refused.value.code == "E-ASK-404"


async def test_an_answer_that_does_not_fit_leaves_the_question_open(desk):
    desk.asks()

    with pytest.raises(QuestionError, match="only with ok, cancel"):
        await desk.questions.answer("q", Answer(button="maybe"))

    assert [question.id for question in desk.questions.open()] == ["q"]
    assert desk.replies == []


async def test_a_question_that_nobody_sees_ends_when_patience_does(desk):
    desk.asks()
    desk.patience.set()
    for _ in range(5):
        await asyncio.sleep(0)

    assert [reply.outcome for reply in desk.replies] == [AskOutcome.NOBODY]
    assert desk.questions.open() == ()


async def test_a_face_that_comes_in_time_keeps_the_question_open_even_when_it_goes(desk):
    desk.asks()
    with desk.questions.attended("tray"):
        desk.patience.set()
        for _ in range(5):
            await asyncio.sleep(0)

    assert desk.replies == []
    assert len(desk.questions.open()) == 1


async def test_a_terminal_is_asked_only_where_no_tray_is(desk):
    with desk.questions.attended("terminal") as terminal, desk.questions.attended("tray") as tray:
        desk.asks()

        assert kinds(terminal) == []
        assert kinds(tray) == [("QuestionAsked", "q")]


async def test_what_is_copied_is_seen_by_a_tray_alone_and_by_nobody_where_there_is_none(desk):
    copied = Ask(title="T", body=Copied(kind="text"), dismiss="unseen")
    with desk.questions.attended("terminal") as terminal:
        desk.asks("one", copied)
        desk.patience.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert [reply.outcome for reply in desk.replies] == ["nobody"]

        with desk.questions.attended("tray") as tray:
            desk.asks("two", copied)
            with pytest.raises(QuestionError, match="is a text"):
                await desk.questions.answer("two", OK)
            values = {"content": "4711", "changed": True}
            await desk.questions.answer("two", Answer(button="ok", values=values))

        assert "QuestionAsked" not in [kind for kind, _ in kinds(terminal)]
        assert kinds(tray) == [("QuestionAsked", "two"), ("QuestionClosed", "two")]
    assert desk.replies[1].values == values


async def test_a_face_of_one_job_hears_of_no_other(desk):
    with desk.questions.attended("terminal", A) as events:
        desk.asks("mine", job_id=A)
        desk.asks("other", job_id=B)

        assert kinds(events) == [("QuestionAsked", "mine")]


async def test_a_job_says_what_it_waits_for(desk):
    desk.asks("one", Ask(title="Who?"))
    desk.asks("two", Ask(title="Why?"), job_id=B)

    assert desk.questions.asked_by(A) == ("Who?",)
    assert desk.changed == [A, B]


async def test_what_passes_is_shown_and_not_waited_for(desk):
    passing = Ask(title="", message="M", body=Passing(style="notice", seconds=1), waits=False)
    desk.asks("unseen", passing)
    with desk.questions.attended("tray") as events:
        desk.asks("seen", passing)

        assert kinds(events) == [("PassingShown", "seen")]
    assert [reply.outcome for reply in desk.replies] == [AskOutcome.NOBODY, AskOutcome.SHOWN]
    assert desk.questions.open() == ()


def progress(value):
    return Ask(title="P", body=Progress(value=value), buttons=(CANCEL,), waits=False)


async def test_progress_moves_one_window_until_it_is_done(desk):
    with desk.questions.attended("tray") as events:
        desk.asks("p", progress(10))
        desk.asks("p", progress(60))
        [shown] = unread(events)
        desk.asks("p", progress(100))

        assert shown.question.ask.body.value == 60
        assert kinds(events)[-1] == ("QuestionClosed", "p")
    assert desk.questions.asked_by(A) == ()


async def test_cancelled_progress_says_so_at_its_next_turn_and_stays_away(desk):
    with desk.questions.attended("tray") as events:
        desk.asks("p", progress(10))
        await desk.questions.answer("p", Answer(button="cancel"))
        desk.asks("p", progress(20))

        assert [kind for kind, _ in kinds(events)] == ["QuestionAsked", "QuestionClosed"]
    assert [reply.button for reply in desk.replies] == ["", "cancel"]


async def test_a_secret_answer_is_kept_under_a_name_and_masked_from_then_on(desk, tmp_path):
    desk.asks("q", PASSWORD)

    await desk.questions.answer("q", Answer(button="ok", values={"pw": "hunter2"}))

    [reply] = desk.replies
    assert reply.references == {"pw": "asked.a.q.pw"}
    assert desk.learned == ["hunter2"]
    assert workflow_secrets(tmp_path).find("asked.a.q.pw") == "hunter2"


@pytest.mark.parametrize(
    ("status", "names"),
    [
        (JobStatus.COMPLETED, ()),
        (JobStatus.CANCELLED, ()),
        (JobStatus.NEEDS_ATTENTION, ("asked.a.q.pw",)),
    ],
)
async def test_secrets_go_with_the_end_of_their_job(desk, tmp_path, status, names):
    desk.asks("q", PASSWORD)
    await desk.questions.answer("q", Answer(button="ok", values={"pw": "hunter2"}))

    desk.questions.hear(JobEnded(job_id=A, result=JobResult(job_id=A, status=status), at=NOW))
    async with asyncio.timeout(60):
        while workflow_secrets(tmp_path).names() != names:
            await asyncio.sleep(0.01)


async def test_secrets_of_jobs_that_ended_unseen_are_swept_away(tmp_path, desk):
    secrets = AskedSecrets(tmp_path)
    for job_id in (A, B):
        question = Question(id="q", job_id=job_id, node_id="n", ask=PASSWORD)
        secrets.keep(question, {"pw": "x"})
    workflow_secrets(tmp_path).keep("own", "x")

    secrets.sweep(lambda job_id: job_id == B)

    assert workflow_secrets(tmp_path).names() == ("asked.b.q.pw", "own")


async def test_the_windows_of_a_job_go_with_it(desk):
    with desk.questions.attended("tray") as events:
        desk.asks("p", progress(10))

        result = JobResult(job_id=A, status=JobStatus.COMPLETED)
        desk.questions.hear(JobEnded(job_id=A, result=result, at=NOW))

        assert isinstance(unread(events)[-1], QuestionClosed)
        assert not [it for it in unread(events)[1:] if isinstance(it, QuestionAsked)]
