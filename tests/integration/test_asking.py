"""Jobs that ask a person, with the real agent and its executors."""

import asyncio
import contextlib
from contextlib import aclosing

import pytest

from casare_robot.agent.robot_agent import RobotAgent
from casare_robot.agent.run_workflow import make_job
from casare_robot.config.robot_config import RobotConfig
from casare_robot.control.client import ControlClient
from casare_robot.desktop.secret_store import workflow_secrets
from casare_robot.domain.face_events import PassingShown, QuestionAsked, QuestionClosed
from casare_robot.domain.job import JobStatus
from casare_robot.domain.question import Answer
from casare_robot.domain.robot_events import JobEnded
from casare_robot.journal.journal import Journal
from tests.answering_face import willing
from tests.audit_entries import audit_entries
from tests.memory_keyring import MemoryKeyring, in_use
from tests.workflow_builder import log, node, workflow

PATIENCE = 60
ASK = workflow(
    "s > a > b; a.value > b.message", a=node("InputDialog", title="Name", prompt="Who?"), b=log("")
)
LOGIN = workflow(
    "s > a > w > b; a.password > b.message",
    a=node("CredentialDialog"),
    w=node("Wait", duration="{{pause}}"),
    b=log(""),
    parts={"variables": {"pause": {"type": "Float", "default_value": 0.0}}},
)


class Home:
    """Agents over one home, one after the other, and a face."""

    def __init__(self, folder):
        self.folder = folder
        self.client = ControlClient(folder / "data")
        self.agent = None

    async def start(self, **settings):
        self.agent = RobotAgent(RobotConfig(**settings), home=self.folder)
        await self.agent.start()

    async def end(self):
        if self.agent is not None and self.agent.is_alive:
            await self.agent.stop(now=True)

    async def job(self, file, **variables):
        """Hand a job over; a task that gives its result."""
        job = make_job(file, variables)
        return job.id, asyncio.create_task(self._result(job))

    async def _result(self, job):
        async for event in self.client.submit(job):
            if isinstance(event, JobEnded):
                return event.result
        raise AssertionError("it left")

    async def question(self):
        """The first that is open."""
        async with asyncio.timeout(PATIENCE):
            while not (found := await self.client.questions()):
                await asyncio.sleep(0.02)
        return found[0]

    async def until(self, condition):
        async with asyncio.timeout(PATIENCE):
            while not condition(await self.client.status()):
                await asyncio.sleep(0.02)

    @contextlib.asynccontextmanager
    async def face(self, answer=None):
        """A tray that shows, and answers if told how; what it was told."""
        told = []
        is_there = asyncio.Event()

        async def show():
            async with aclosing(self.client.attend("tray")) as events:
                is_there.set()
                async for event in events:
                    told.append(event)
                    if answer is not None and isinstance(event, QuestionAsked):
                        said = answer(event.question.ask)
                        await self.client.answer_question(event.question.id, said)

        showing = asyncio.create_task(show())
        async with asyncio.timeout(PATIENCE):
            while not self.agent.questions.is_attended:
                await asyncio.sleep(0.01)
        try:
            yield told
        finally:
            showing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await showing


@pytest.fixture
async def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with in_use(MemoryKeyring()):
        home = Home(tmp_path / "home")
        yield home
        await home.end()


async def test_a_face_answers_and_the_job_goes_on(home):
    await home.start()
    async with home.face(willing) as told:
        _, ending = await home.job(ASK)
        result = await ending

    assert [line.message for line in result.log] == ["Ada"]
    assert [type(event) for event in told] == [QuestionAsked, QuestionClosed]


async def test_the_status_says_what_a_job_waits_for_and_its_watchdog_is_patient(home):
    await home.start(no_progress_after=1)
    async with home.face():
        job_id, ending = await home.job(ASK)
        question = await home.question()
        home.agent.announcements.watch_progress(home.agent.slots)
        await home.until(lambda status: status.jobs[0].waits_for == ("Name",))

        stuck = list(home.agent.watchdog.stuck(home.agent._steady() + 3600))
        await home.client.answer_question(question.id, Answer(button="ok", values={"value": "Ada"}))
        result = await ending

    assert (result.job_id, result.status, stuck) == (job_id, JobStatus.COMPLETED, [])


async def test_a_job_that_is_cancelled_closes_its_dialog(home):
    await home.start()
    async with home.face() as told:
        job_id, ending = await home.job(ASK)
        await home.question()
        await home.client.cancel(job_id)
        result = await ending
        async with asyncio.timeout(PATIENCE):
            while not isinstance(told[-1], QuestionClosed):
                await asyncio.sleep(0.01)

    assert result.status is JobStatus.CANCELLED
    assert not await home.client.questions()


async def test_without_a_face_a_question_fails_in_the_end_and_says_what_to_do(home):
    await home.start(unattended_after=0.1)

    _, ending = await home.job(ASK)
    result = await ending

    assert (result.status, result.error.code) == (JobStatus.FAILED, "E-ASK-503")
    assert "casare-robot tray" in result.error.message


async def test_a_face_that_was_killed_sees_the_question_again(home):
    await home.start(unattended_after=PATIENCE)
    async with home.face() as before:
        _, ending = await home.job(ASK)
        asked = (await home.question()).id
    async with home.face(willing) as after:
        result = await ending

    assert result.status is JobStatus.COMPLETED
    assert [before[0].question_id, after[0].question_id] == [asked, asked]


async def test_an_agent_that_was_killed_asks_again_and_not_what_was_answered(home):
    twice = workflow(
        "s > a > b > c; a.value > c.message",
        a=node("InputDialog", title="First"),
        b=node("ConfirmDialog", title="Second"),
        c=log(""),
    )
    await home.start()
    job_id, ending = await home.job(twice)
    first = await home.question()
    await home.client.answer_question(first.id, Answer(button="ok", values={"value": "Ada"}))
    async with asyncio.timeout(PATIENCE):
        while (second := await home.question()).ask.title != "Second":
            await asyncio.sleep(0.01)
    ending.cancel()
    await home.end()

    await home.start()
    async with home.face(willing) as told:
        await home.until(lambda status: not status.jobs and not status.waiting)
    _, result = await home.client.job(job_id)

    assert [line.message for line in result.log] == ["Ada"]
    asked = [event.question_id for event in told if isinstance(event, QuestionAsked)]
    assert asked == [second.id]


async def test_a_password_is_in_no_record_and_survives_the_agent(home):
    await home.start()
    job_id, ending = await home.job(LOGIN, pause=4.0)
    question = await home.question()
    said = {"username": "ada", "password": "hunter2-secret", "remember": False}
    await home.client.answer_question(question.id, Answer(button="ok", values=said))
    await home.until(lambda status: status.jobs[0].node_id == "w")
    ending.cancel()
    await home.end()
    kept = workflow_secrets(home.folder / "data").names()

    await home.start()
    await home.until(lambda status: not status.jobs and not status.waiting)
    _, result = await home.client.job(job_id)

    assert kept == (f"asked.{job_id}.{question.id}.password",)
    assert [line.message for line in result.log] == ["***"]
    assert (result.outputs["a"]["password"], result.outputs["a"]["username"]) == ("***", "ada")
    async with asyncio.timeout(PATIENCE):
        while workflow_secrets(home.folder / "data").names():
            await asyncio.sleep(0.02)
    await home.end()
    for file in home.folder.rglob("*"):
        assert not file.is_file() or b"hunter2-secret" not in file.read_bytes(), file


async def test_progress_and_notices_do_not_hold_the_job_up(home):
    file = workflow(
        "s > f.body > p > e; f.current_index > p.value; f.completed > n > c; n.success > c.message",
        f=node("ForLoopStart", start=1, end=4, paired_end_id="e"),
        e=node("ForLoopEnd", paired_start_id="f"),
        p=node("ProgressDialog", title="Work"),
        n=node("SystemNotification", title="Done", message="All of it"),
        c=log(""),
    )
    await home.start()
    async with home.face() as told:
        _, ending = await home.job(file)
        result = await ending
        async with asyncio.timeout(PATIENCE):
            while not isinstance(told[-1], QuestionClosed):
                await asyncio.sleep(0.01)

    assert result.status is JobStatus.COMPLETED
    assert [line.message for line in result.log] == ["True"]
    assert len({event.question_id for event in told if isinstance(event, QuestionAsked)}) == 1
    [notice] = [event.question.ask for event in told if isinstance(event, PassingShown)]
    assert (notice.title, notice.message) == ("Done", "All of it")


async def test_answering_is_in_the_audit_without_what_was_said(home):
    await home.start()
    async with home.face(willing):
        _, ending = await home.job(ASK)
        await ending
    await home.end()

    journal = Journal.open(home.folder / "data")
    [answered] = [it for it in audit_entries(journal) if it.event == "question_answered"]
    journal.close()
    assert "Ada" not in str(answered.payload)
    assert "Name" in str(answered.payload)


async def test_a_question_that_closes_by_itself_is_gone_while_its_job_goes_on(home):
    file = workflow(
        "s > a > w; a.result > w.message", a=node("MessageBox", auto_close_timeout=1), w=log("")
    )
    file["nodes"]["w"] = {"node_id": "w", **node("Wait", duration=600)}
    file["connections"] = file["connections"][:2]
    await home.start()
    async with home.face() as told:
        job_id, ending = await home.job(file)
        await home.until(lambda status: status.jobs and status.jobs[0].node_id == "w")
        still_open = await home.client.questions()
        status = await home.client.status()
        await home.client.cancel(job_id)
        await ending

    assert (still_open, status.jobs[0].waits_for) == ((), ())
    assert [type(event) for event in told] == [QuestionAsked, QuestionClosed]


async def test_an_executor_that_was_killed_closes_its_dialog_and_the_next_opens_it(home):
    await home.start()
    async with home.face() as told:
        _, ending = await home.job(ASK)
        question = await home.question()
        [execution] = home.agent.executor._current.values()
        execution.kill()
        async with asyncio.timeout(PATIENCE):
            while len(told) < 3:
                await asyncio.sleep(0.01)
        await home.client.answer_question(question.id, Answer(button="ok", values={"value": "Ada"}))
        result = await ending

    assert [line.message for line in result.log] == ["Ada"]
    assert [(type(it), it.question_id) for it in told[:3]] == [
        (QuestionAsked, question.id),
        (QuestionClosed, question.id),
        (QuestionAsked, question.id),
    ]


async def test_what_a_person_gave_to_one_job_no_other_job_can_ask_for(home):
    await home.start(max_concurrent_jobs=2)
    first, ending = await home.job(LOGIN, pause=600.0)
    question = await home.question()
    said = {"username": "ada", "password": "hunter2-secret", "remember": False}
    await home.client.answer_question(question.id, Answer(button="ok", values=said))
    await home.until(lambda status: status.jobs[0].node_id == "w")
    name = f"asked.{first}.{question.id}.password"
    thief = workflow("s > a", a=log(f"{{{{$secret:{name}}}}}"))

    _, stealing = await home.job(thief)
    stolen = await stealing
    await home.client.cancel(first)
    await ending

    assert (stolen.status, stolen.error.code) == (JobStatus.FAILED, "E-SECRET-404")
