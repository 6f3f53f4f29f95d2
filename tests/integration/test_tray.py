"""The tray with a real robot behind it: what a person does, and what comes of it."""

import asyncio
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

pytest.importorskip("PySide6.QtWidgets")

from PySide6.QtWidgets import QMessageBox, QPushButton

from casare_robot.desktop.places import find_places
from casare_robot.domain.errors import AgentUnreachableError
from casare_robot.domain.job import JobStatus
from casare_robot.domain.robot_status import RobotState
from casare_robot.tray.face_folder import keep_stopped, was_stopped
from casare_robot.tray.session import Session
from casare_robot.tray.tray_icon import TrayIcon
from casare_robot.tray.views.looks import Look
from casare_robot.tray.views.sight import Reach, look_of
from casare_robot.tray.views.tray_view import Do, Wish
from casare_robot.tray.windows.charts import ChartView

EVERY_MORNING = Path(__file__).parents[2] / "resources" / "examples" / "every_morning.json"
PATIENCE = 120
"""Seconds that anything here may take on a busy machine."""


class Person:
    """Uses the tray, as its user does."""

    def __init__(self, session):
        self.session = session

    async def sees(self, condition):
        async with asyncio.timeout(PATIENCE):
            while not (found := condition()):
                await asyncio.sleep(0.02)
        return found

    async def reaches_the_robot(self):
        await self.sees(lambda: self.session.sight.reach is Reach.REACHED)
        return await self.session.client.status()

    def wishes(self, do, argument=None):
        self.session.wishes.grant(Wish(do, argument))

    def window(self, kind):
        return self.session.wishes._presenters[kind].window

    def charts(self):
        """What the charts of the main window say."""
        return [it.accessibleDescription() for it in self.window("main").findChildren(ChartView)]

    async def runs(self, file, **values):
        self.wishes(Do.RUN_FILE, str(file))
        window = self.window("run")
        await self.sees(window.go.isEnabled)
        for name, value in values.items():
            editor = next(it for it in window.findChildren(_edit()) if it.accessibleName() == name)
            editor.setText(value)
        window.go.click()

    async def finds_in_history(self, status):
        async def found():
            jobs = await self.session.client.jobs(10, status)
            return jobs[0] if jobs else None

        async with asyncio.timeout(PATIENCE):
            while (job := await found()) is None:
                await asyncio.sleep(0.05)
        return job


def _edit():
    from PySide6.QtWidgets import QLineEdit

    return QLineEdit


@pytest.fixture
def use(qapp, tmp_path, monkeypatch):
    """Run the tray over a home of its own, with a person at it; the robot is gone at the end."""
    import qasync

    qapp.setQuitOnLastWindowClosed(False)
    monkeypatch.delenv("CASARE_ROBOT_HOME", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    home = tmp_path / "home"
    home.mkdir()

    @contextmanager
    def icon_in_tray():
        icon = TrayIcon("Casare Robot")
        try:
            yield icon
        finally:
            icon.hide()
            icon.deleteLater()

    async def live(act, icon):
        session = Session(icon, places=find_places(home), home=home)
        living = asyncio.ensure_future(session.run(hidden=False))
        person = Person(session)
        try:
            await act(person)
            assert session.sight.trouble == ""
        finally:
            session.link.leaves()
            try:
                await session.client.stop(now=True)
                async with asyncio.timeout(PATIENCE):
                    while session.client.may_run():
                        await asyncio.sleep(0.02)
            except AgentUnreachableError:
                pass
            session.end()
            await living
            program = session.keeper._program
            while program is not None and program.exit_code() is None:
                await asyncio.sleep(0.02)

    def run(act):
        runner = asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(qapp))
        with icon_in_tray() as icon, runner:
            runner.run(live(act, icon))

    return run


@pytest.fixture
def workflow(tmp_path):
    """Write a workflow: says hello to a variable, then sleeps so many seconds."""

    def write(seconds=0.0):
        path = tmp_path / "greeting.json"
        nodes = {
            "start": {"node_id": "start", "node_type": "StartNode", "config": {}},
            "say": {
                "node_id": "say",
                "node_type": "LogNode",
                "config": {"message": "Hello {{who}}!"},
            },
            "wait": {
                "node_id": "wait",
                "node_type": "WaitNode",
                "config": {"duration": seconds},
            },
            "end": {"node_id": "end", "node_type": "EndNode", "config": {}},
        }
        order = list(nodes)
        wires = [
            {
                "source_node": one,
                "source_port": "exec_out",
                "target_node": other,
                "target_port": "exec_in",
            }
            for one, other in pairwise(order)
        ]
        content = {
            "metadata": {"name": "Greeting"},
            "nodes": nodes,
            "connections": wires,
            "variables": {"who": {"name": "who", "type": "String", "default_value": "World"}},
        }
        path.write_text(json.dumps(content))
        return path

    return write


def test_the_group_window_of_a_robot_in_no_group_says_so(use) -> None:
    async def act(person):
        await person.reaches_the_robot()
        person.wishes(Do.GROUP)
        window = person.window("group")
        await person.sees(lambda: window._headline.text() == "This robot is in no group.")

    use(act)


def test_a_workflow_is_made_to_start_by_itself_and_started_at_once(use) -> None:
    async def act(person):
        await person.reaches_the_robot()
        person.wishes(Do.TRIGGERS)
        window = person.window("triggers")
        await person.sees(lambda: window._headline.text() == "No workflow starts by itself.")
        window._switch_on(str(EVERY_MORNING), "skip")
        await person.sees(lambda: window._cards and "next run" in window._cards[0]._times.text())

        _press(window._cards[0], "Start now")
        await person.finds_in_history(JobStatus.COMPLETED)
        await person.sees(lambda: "1 start" in window._cards[0]._times.text())

        _press(window._cards[0], "Switch off")
        await person.sees(lambda: "switched off" in window._cards[0]._times.text())

    use(act)


def test_a_workflow_is_run_from_the_tray_and_found_in_the_history(use, workflow) -> None:
    async def act(person):
        await person.reaches_the_robot()
        person.wishes(Do.OPEN)
        await person.sees(lambda: "No job ended" in person.charts())
        await person.runs(workflow(), who="Ada")
        await person.sees(lambda: "1 job went well" in person.charts())
        done = await person.finds_in_history(JobStatus.COMPLETED)

        person.wishes(Do.SHOW_JOB, done.job_id)
        window = person.window("history")
        await person.sees(lambda: window.model.rowCount() == 1)
        await person.sees(lambda: window.panel._log.toPlainText())
        assert window.model.index(0, 1).data() == "greeting"
        assert window.model.index(0, 0).data() == "✓  done"
        assert "Hello Ada!" in window.panel._log.toPlainText()
        assert [run.node_id for run in window.panel._timeline._runs]

    use(act)


def test_a_failed_job_is_gone_on_with_from_its_history(use, tmp_path) -> None:
    from tests.workflow_builder import node
    from tests.workflow_builder import workflow as built

    effects = tmp_path / "effects"
    content = built(
        "s > a > r > b",
        a=node("AppendFile", file_path=str(effects), content="a\n"),
        r=node("ReadFile", file_path=str(tmp_path / "missing")),
        b=node("AppendFile", file_path=str(effects), content="b\n"),
    )
    file = tmp_path / "failing.json"
    file.write_text(json.dumps(content))

    async def act(person):
        await person.reaches_the_robot()
        await person.runs(file)
        failed = await person.finds_in_history(JobStatus.FAILED)
        (tmp_path / "missing").touch()

        person.wishes(Do.SHOW_JOB, failed.job_id)
        window = person.window("history")
        await person.sees(lambda: window.panel._view and window.panel._view.retries)
        window.panel._retry.menu().actions()[0].trigger()

        done = await person.finds_in_history(JobStatus.COMPLETED)
        assert done.job_id != failed.job_id
        assert effects.read_text().split() == ["a", "b"]

    use(act)


def test_an_exception_in_a_slot_turns_the_icon_red_until_the_logs_are_looked_at(use) -> None:
    from PySide6.QtCore import QTimer

    def fail():
        raise ZeroDivisionError("a fault of the tray")

    async def act(person):
        await person.reaches_the_robot()
        timer = QTimer(singleShot=True, interval=0)
        timer.timeout.connect(fail)
        timer.start()

        await person.sees(lambda: look_of(person.session.sight) is Look.ERROR)
        assert "ZeroDivisionError: a fault of the tray" in person.session.sight.trouble
        await person.sees(lambda: "ZeroDivisionError" in person.session.icon._tooltip)

        person.wishes(Do.LOGS)
        await person.sees(lambda: look_of(person.session.sight) is Look.IDLE)

    use(act)


def test_an_exception_in_a_slot_fails_the_test_in_which_it_happens(tmp_path) -> None:
    (tmp_path / "test_slot.py").write_text(
        "from PySide6.QtCore import QTimer\n"
        "def test_it(qtbot):\n"
        "    timer = QTimer(singleShot=True, interval=0)\n"
        "    timer.timeout.connect(lambda: 1 / 0)\n"
        "    timer.start()\n"
        "    qtbot.wait(50)\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir=."]

    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert answer.returncode == 1, answer.stdout
    assert "Exceptions caught in Qt event loop" in answer.stdout


def test_pause_and_resume_from_the_menu_reach_the_robot(use) -> None:
    async def act(person):
        await person.reaches_the_robot()
        person.wishes(Do.PAUSE)
        await person.sees(lambda: look_of(person.session.sight) is Look.PAUSED)
        assert (await person.session.client.status()).state is RobotState.PAUSED

        person.wishes(Do.RESUME)
        await person.sees(lambda: look_of(person.session.sight) is Look.IDLE)
        assert (await person.session.client.status()).state is RobotState.IDLE

    use(act)


def test_a_killed_robot_is_started_again_and_its_job_goes_on(use, workflow) -> None:
    async def act(person):
        before = await person.reaches_the_robot()
        await person.runs(workflow(seconds=5.0))
        await person.sees(lambda: look_of(person.session.sight) is Look.EXECUTING)

        person.session.keeper._program.kill()

        await person.sees(lambda: look_of(person.session.sight) is Look.DISCONNECTED)
        after = await person.reaches_the_robot()
        done = await person.finds_in_history(JobStatus.COMPLETED)
        assert after.session != before.session
        assert done.name == "greeting"

    use(act)


def test_a_robot_that_was_told_to_stop_is_not_started_again(use) -> None:
    async def act(person):
        await person.reaches_the_robot()
        await person.session.client.stop()

        await person.sees(lambda: person.session.sight.reach is Reach.LEFT)
        assert not person.session.keeper.is_wanted

        person.wishes(Do.START)
        await person.reaches_the_robot()

    use(act)


def test_cancel_asks_and_then_cancels(use, workflow) -> None:
    async def act(person):
        await person.reaches_the_robot()
        await person.runs(workflow(seconds=600.0))
        await person.sees(lambda: look_of(person.session.sight) is Look.EXECUTING)
        job = person.session.sight.status.jobs[0]

        person.wishes(Do.CANCEL, job.job_id)
        box = await person.sees(_box)
        _button(box, "Cancel the job").click()

        assert (await person.finds_in_history(JobStatus.CANCELLED)).job_id == job.job_id

    use(act)


def test_exit_asks_while_a_job_runs_and_leaves_it_for_the_next_start(use, workflow) -> None:
    async def act(person):
        await person.reaches_the_robot()
        await person.runs(workflow(seconds=600.0))
        await person.sees(lambda: look_of(person.session.sight) is Look.EXECUTING)

        person.wishes(Do.EXIT)
        box = await person.sees(_box)
        assert "1 job is running: greeting" in box.informativeText()
        _button(box, "Interrupt: it goes on at the next start").click()

        await person.sees(person.session._ended.is_set)
        await person.sees(lambda: not person.session.client.may_run())

    use(act)


def test_a_second_start_shows_the_first_ones_window(use) -> None:
    async def act(person):
        from casare_robot.tray.face_folder import folder_of_face
        from casare_robot.tray.single_instance import hand_over

        await person.reaches_the_robot()
        person.session.wishes.close_windows()

        await hand_over(folder_of_face(person.session.places.data), "open")

        await person.sees(person.session.wishes.has_window)

    use(act)


def test_settings_are_saved_and_hold_at_once(use) -> None:
    async def act(person):
        await person.reaches_the_robot()
        person.wishes(Do.SETTINGS)
        window = person.window("settings")
        window._editors["max_concurrent_jobs"].findChildren(_spin())[0].setValue(3)
        window.apply()

        await person.sees(lambda: "force" in window.told.text() or "restart" in window.told.text())
        assert (await person.session.client.status()).max_concurrent_jobs == 3
        assert json.loads(person.session.places.config_file.read_text()) == {
            "max_concurrent_jobs": 3
        }

    use(act)


def _spin():
    from PySide6.QtWidgets import QSpinBox

    return QSpinBox


def _box():
    from PySide6.QtWidgets import QApplication

    boxes = [it for it in QApplication.topLevelWidgets() if isinstance(it, QMessageBox)]
    return next((box for box in boxes if box.isVisible()), None)


def _press(card, text):
    next(it for it in card.findChildren(QPushButton) if it.text() == text).click()


def _button(box, text):
    assert box.text(), box.informativeText()
    return next(it for it in box.findChildren(QPushButton) if it.text().replace("&", "") == text)


def test_a_robot_that_was_stopped_stays_so_when_a_set_up_starts_the_tray_again(
    use, tmp_path
) -> None:
    data = find_places(tmp_path / "home").data
    keep_stopped(data)

    async def act(person):
        session = person.session
        await person.sees(lambda: session.sight.reach is Reach.LEFT)
        was_told = was_stopped(data)
        session._called("leave")

        assert session.keeper._program is None
        assert (was_told, was_stopped(data)) == (False, True)

    use(act)
