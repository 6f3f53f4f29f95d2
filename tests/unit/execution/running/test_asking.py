"""A run asks a person: what is recorded, what is masked, what ends the asking."""

import asyncio

import pytest

from casare_robot.domain.question import Answer
from casare_robot.execution.state import SavedState
from tests.answering_face import Face
from tests.workflow_builder import log, node, prepared, said, workflow

ASK = workflow("s > a > b; a.value > b.message", a=node("InputDialog", prompt="Who?"), b=log(""))
LOGIN = workflow(
    "s > a > b; a.password > b.message",
    a=node("CredentialDialog"),
    b=log(""),
)


class Recorder:
    """Keeps deltas, and whether they were waited for."""

    def __init__(self):
        self.blobs = []
        self.waited = []

    async def append(self, blob, *, wait):
        self.blobs.append(blob)
        self.waited.append(wait)

    async def replace(self, blob):
        self.blobs = [blob]


async def test_an_answer_is_the_nodes_result():
    face = Face()

    result = await prepared(ASK, asking=face).run()

    assert said(result) == ["Ada"]
    assert face.asked[0].ask.body.fields[0].label == "Who?"


async def test_an_answer_is_on_disk_before_the_next_node_and_is_not_asked_for_again():
    recorder = Recorder()
    await prepared(ASK, asking=Face(), recorder=recorder).run()
    answered = recorder.waited.index(True)

    again = Face()
    saved = SavedState.fold(recorder.blobs[: answered + 1])
    result = await prepared(ASK, asking=again, saved=saved).run()

    assert said(result) == ["Ada"]
    assert again.asked == []


async def test_a_question_that_was_open_is_asked_again_under_the_same_id():
    recorder, first = Recorder(), Face(lambda _ask: None)
    run = prepared(ASK, asking=first, recorder=recorder)
    running = asyncio.create_task(run.run())
    while not first.asked:
        await asyncio.sleep(0)
    at_the_crash = list(recorder.blobs)
    run.cancel()
    await running

    second = Face()
    result = await prepared(ASK, asking=second, saved=SavedState.fold(at_the_crash)).run()

    assert said(result) == ["Ada"]
    assert [question.id for question in second.asked] == [first.asked[0].id]


async def test_each_turn_of_a_loop_asks_a_question_of_its_own_but_progress_stays_one():
    loop = workflow(
        "s > f.body > a > p > e; p.canceled > c.message; f.completed > c",
        f=node("ForLoopStart", start=0, end=3, paired_end_id="e"),
        e=node("ForLoopEnd", paired_start_id="f"),
        a=node("ConfirmDialog"),
        p=node("ProgressDialog"),
        c=log(""),
    )
    face = Face()

    await prepared(loop, asking=face).run()

    asked = [question.id for question in face.asked if question.ask.waits]
    shown = [question.id for question in face.asked if not question.ask.waits]
    assert (len(set(asked)), len(asked)) == (3, 3)
    assert (len(set(shown)), len(shown)) == (1, 3)


async def test_cancelling_the_run_withdraws_what_it_asks():
    face = Face(lambda _ask: None)
    run = prepared(ASK, asking=face)
    running = asyncio.create_task(run.run())
    while not face.asked:
        await asyncio.sleep(0)

    run.cancel()

    assert (await running).status == "cancelled"
    assert face.withdrawn == [face.asked[0].id]


@pytest.mark.looptime
async def test_a_question_with_a_limit_closes_by_itself():
    box = workflow(
        "s > a > b; a.result > b.message", a=node("MessageBox", auto_close_timeout=1), b=log("")
    )
    face = Face(lambda _ask: None)

    result = await prepared(box, asking=face).run()

    assert said(result) == ["timeout"]
    assert face.withdrawn == [face.asked[0].id]


@pytest.mark.looptime
async def test_the_general_limit_for_nodes_does_not_hurry_a_person():
    async def slowly(question):
        await asyncio.sleep(3600)
        return await Face().ask(question)

    face = Face()
    face.ask = slowly

    result = await prepared(ASK, asking=face, node_timeout=0.01).run()

    assert result.status == "completed"


async def test_a_secret_answer_is_masked_and_recorded_as_a_reference():
    recorder = Recorder()
    face = Face(references={"password": "asked.j.q.password"})

    result = await prepared(LOGIN, asking=face, recorder=recorder).run()

    assert said(result) == ["***"]
    assert result.outputs["a"]["password"] == "***"
    assert b"hunter2" not in b"".join(recorder.blobs)
    assert b"asked.j.q.password" in b"".join(recorder.blobs)


async def test_a_resume_finds_the_secret_by_its_reference():
    recorder = Recorder()
    face = Face(references={"password": "asked.j.q.password"})
    await prepared(LOGIN, asking=face, recorder=recorder).run()
    answered = recorder.waited.index(True)
    asked_for = []

    def secret(name):
        asked_for.append(name)
        return "hunter2-secret"

    saved = SavedState.fold(recorder.blobs[: answered + 1])
    result = await prepared(LOGIN, asking=Face(), saved=saved, secrets=secret).run()

    assert asked_for == ["asked.j.q.password"]
    assert said(result) == ["***"]


async def test_a_secret_of_the_workflow_is_not_shown_to_the_person():
    box = workflow(
        "s > a > b",
        a=node("InputDialog", prompt="{{$secret:key}}?", default_value="{{$secret:key}}"),
        b=log("x"),
    )
    face = Face(lambda ask: Answer(button="ok"))

    await prepared(box, asking=face, secrets=lambda _: "the-key-itself").run()

    assert "the-key-itself" not in str(face.asked)
    assert face.asked[0].ask.body.fields[0].label == "***?"


@pytest.mark.looptime
async def test_time_in_which_a_person_is_waited_for_is_in_no_limit_and_no_duration():
    box = workflow("s > a > w > b", a=node("MessageBox"), w=node("Wait", duration=20), b=log("x"))
    face = Face()
    answer = face.ask

    async def slowly(question):
        await asyncio.sleep(3600)
        return await answer(question)

    face.ask = slowly

    clock = asyncio.get_running_loop().time
    result = await prepared(box, asking=face, timeout=30, clock=clock).run()

    assert result.status == "completed", result.error
    assert result.duration_ms < 30_000


@pytest.mark.looptime
async def test_a_limit_goes_on_where_it_was_when_the_person_has_answered():
    box = workflow("s > a > w", a=node("MessageBox"), w=node("Wait", duration=600))

    result = await prepared(box, asking=Face(), timeout=30).run()

    assert (result.status, result.error.code) == ("timed_out", "E-JOB-408")


async def test_branches_that_wait_together_count_once():
    from casare_robot.execution.running.patience import Patience

    now = [0.0]
    patience = Patience(lambda: now[0])
    with patience.waiting(None):
        now[0] = 2.0
        with patience.waiting(None):
            now[0] = 5.0
        now[0] = 6.0

    now[0] = 9.0
    assert patience.seconds == 6.0
