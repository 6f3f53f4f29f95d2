"""The tray shows what a real robot's jobs ask, and gives its answers back."""

import json
import os
import signal

import pytest

pytest.importorskip("PySide6.QtWidgets")

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit

from casare_robot.domain.job import JobStatus
from casare_robot.tray.views.looks import Look
from casare_robot.tray.views.sight import look_of
from casare_robot.tray.views.tray_view import Do
from casare_robot.tray.windows.question_dialog import QuestionDialog
from tests.integration import test_tray
from tests.workflow_builder import log, node, workflow

use = test_tray.use
ASK = workflow(
    "s > a > b; a.value > b.message", a=node("InputDialog", title="Name", prompt="Who?"), b=log("")
)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "ask.json"
    path.write_text(json.dumps(ASK))
    return path


class AtDialogs:
    """What the person of `use` sees of questions."""

    def __init__(self, person):
        self._person = person
        self._presenter = person.session.questions

    def seen(self):
        return [it for it in self._presenter._windows.values() if it.isVisible()]

    async def one(self):
        return (await self._person.sees(self.seen))[0]


def typed(dialog, text):
    dialog.findChild(QLineEdit).setText(text)


def test_a_dialog_appears_and_its_answer_is_the_nodes_result(use, file):
    async def act(person):
        await person.reaches_the_robot()
        await person.runs(file)
        dialog = await AtDialogs(person).one()
        await person.sees(lambda: look_of(person.session.sight) is Look.NEEDS_YOU)
        typed(dialog, "Ada")
        dialog.press("ok")
        job = await person.finds_in_history(JobStatus.COMPLETED)
        _, result = await person.session.client.job(job.job_id)
        assert result.outputs["a"] == {"value": "Ada", "confirmed": True}
        await person.sees(lambda: not AtDialogs(person).seen())

    use(act)


def test_a_cancelled_job_takes_its_dialog_along(use, file):
    async def act(person):
        await person.reaches_the_robot()
        await person.runs(file)
        dialog = await AtDialogs(person).one()
        await person.session.client.cancel(dialog.question.job_id)
        await person.sees(lambda: not AtDialogs(person).seen())

    use(act)


def test_a_killed_robot_takes_the_dialog_away_and_brings_it_back_as_it_was(use, file):
    async def act(person):
        await person.reaches_the_robot()
        await person.runs(file)
        dialogs = AtDialogs(person)
        dialog = await dialogs.one()
        typed(dialog, "half typed")
        os.kill(person.session.keeper._program.pid, signal.SIGKILL)
        await person.sees(lambda: not dialogs.seen())
        again = await dialogs.one()
        assert again is dialog
        assert again.body.values() == {"value": "half typed"}
        again.press("ok")
        job = await person.finds_in_history(JobStatus.COMPLETED)
        _, result = await person.session.client.job(job.job_id)
        assert result.outputs["a"]["value"] == "half typed"

    use(act)


def test_what_was_put_off_is_answered_later_from_the_menu(use, tmp_path):
    path = tmp_path / "box.json"
    box = node("MessageBox", title="Pay?", buttons="yes_no")
    path.write_text(json.dumps(workflow("s > a", a=box)))

    async def act(person):
        await person.reaches_the_robot()
        await person.runs(path)
        dialogs = AtDialogs(person)
        dialog = await dialogs.one()
        dialog.close()
        await person.sees(lambda: not dialogs.seen())
        person.wishes(Do.ANSWER, dialog.question.job_id)
        again = await dialogs.one()
        assert isinstance(again, QuestionDialog)
        again.press("yes")
        await person.finds_in_history(JobStatus.COMPLETED)

    use(act)


def test_what_is_copied_goes_to_the_workflow_that_waits_for_it(use, tmp_path):
    file = tmp_path / "copied.json"
    waits, says = node("ClipboardMonitor", timeout=0), log("")
    file.write_text(json.dumps(workflow("s > c > b; c.content > b.message", c=waits, b=says)))

    async def act(person):
        QGuiApplication.clipboard().setText("old")
        await person.reaches_the_robot()
        await person.runs(file)
        await person.sees(lambda: person.session.questions._watches)
        assert AtDialogs(person).seen() == []

        QGuiApplication.clipboard().setText("4711")

        job = await person.finds_in_history(JobStatus.COMPLETED)
        _, result = await person.session.client.job(job.job_id)
        assert result.outputs["c"] == {"content": "4711", "changed": True, "timed_out": False}
        assert not person.session.questions._watches

    use(act)
