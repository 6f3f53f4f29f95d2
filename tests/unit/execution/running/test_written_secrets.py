"""A secret that somebody wrote into the workflow file goes nowhere else."""

import pytest

from casare_robot.execution.state import SavedState
from tests.accounts import Service
from tests.workflow_builder import log, node, prepared, run, said, workflow

KEY = 'sk-canary"4711'


class Kept:
    """Keeps what a run records, as it goes to disk."""

    def __init__(self):
        self.blobs = []

    async def append(self, blob, *, wait=True):
        self.blobs.append(blob)

    async def replace(self, blob):
        self.blobs = [blob]


class Heard:
    """Keeps what a run tells while it runs."""

    def __init__(self):
        self.said = []

    def progress(self, *told):
        self.said.append(told)

    node_ended = log = progress


def leaking(url):
    """A file whose key comes back in an answer, goes into a variable and into the log."""
    return workflow(
        "s > pause > ask > keep > tell > wait; ask.response_body > keep.value;"
        "ask.response_body > tell.message",
        pause=node("Wait", duration=0),
        ask=node("HttpRequest", url=url, headers={"Authorization": f"Bearer {KEY}"}),
        keep=node("SetVariable", variable_name="answer"),
        tell=node("Log"),
        wait=node("Wait", duration=0),
    )


@pytest.fixture
def service():
    with Service() as running:
        running.script([f"you are {KEY}"])
        yield running


async def test_it_is_in_no_log_progress_result_or_record(service):
    recorder, events = Kept(), Heard()
    started = prepared(leaking(service.url), recorder=recorder, events=events)

    result = await started.run()

    assert service.seen[0].headers["Authorization"] == f"Bearer {KEY}"
    assert result.status == "completed", result.error
    assert "you are ***" in said(result)[0]
    assert KEY not in repr(result)
    assert KEY not in repr(events.said)
    assert recorder.blobs
    assert all(KEY.encode() not in blob for blob in recorder.blobs)


async def test_a_run_that_goes_on_later_has_it_again(service):
    recorder = Kept()
    file = leaking(service.url)
    await prepared(file, recorder=recorder).run()
    middle = SavedState.fold(recorder.blobs[: len(recorder.blobs) // 2])
    assert KEY not in repr(middle)

    service.script([f"you are {KEY}"])
    again = await prepared(file, saved=middle).run()

    assert again.status == "completed", again.error
    assert "you are ***" in said(again)[0]
    assert all(request.headers["Authorization"] == f"Bearer {KEY}" for request in service.seen)


def test_a_key_that_comes_by_a_variable_is_masked_once_a_node_uses_it():
    with Service() as service:
        service.script([{"choices": [{"message": {"content": f"echo {KEY}"}}]}])
        result = run(
            "s > ask > tell; ask.response > tell.message",
            inputs={"key": KEY},
            ask=node("LLMCompletion", prompt="p", base_url=service.url, api_key="{{key}}"),
            tell=node("Log"),
        )

    assert result.status == "completed", result.error
    assert said(result) == ["echo ***"]
    assert KEY not in repr(result)


def test_a_short_one_is_masked_as_a_word_alone():
    result = run(
        "s > off > l",
        off=node("FTPConnect", host="h", password="test", _disabled=True),
        l=log("tests tested: test"),
    )

    assert said(result) == ["tests tested: ***"]


def test_one_of_a_called_workflow_is_masked_too(tmp_path):
    import json

    called = workflow(
        "s > off > l",
        off=node("FTPConnect", host="h", password=KEY, _disabled=True),
        l=log(f"it is {KEY}"),
    )
    (tmp_path / "called.json").write_text(json.dumps(called), encoding="utf-8")

    result = run(
        "s > call", call=node("CallSubworkflow", subworkflow_path=str(tmp_path / "called.json"))
    )

    assert result.status == "completed", result.error
    assert KEY not in repr(result)
