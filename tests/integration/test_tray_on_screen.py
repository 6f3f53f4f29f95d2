"""The icon in a real tray on a real screen: what is seen, clicked and typed."""

import json
import shutil
import signal
import sys
import zipfile
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from casare_robot.tray.views.looks import Look
from tests.person_at_screen import PATIENCE, Tray, soon, until
from tests.real_screen import RealScreen, missing
from tests.workflow_builder import log, node
from tests.workflow_builder import workflow as built

pytestmark = [
    pytest.mark.skipif(bool(missing()), reason=f"not installed: {', '.join(missing())}"),
    pytest.mark.skipif(sys.platform != "linux", reason="Xvfb"),
]


@pytest.fixture
def screen(tmp_path):
    made = RealScreen(tmp_path)
    yield made
    made.close()


@pytest.fixture
def tray(screen, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    made = Tray(screen, home)
    yield made
    made.end()


def test_the_menu_does_what_it_says(tray, screen) -> None:
    screen.show_tray()
    program = tray.start("--hidden")
    until(lambda: tray.shows(Look.IDLE), "a green icon")

    tray.chooses("Pause", "Until I resume")
    until(lambda: tray.state() == "paused", "the robot is paused")
    until(lambda: tray.shows(Look.PAUSED), "a grey icon")

    tray.chooses("Resume")
    until(lambda: tray.state() == "idle", "the robot goes on")
    until(lambda: tray.shows(Look.IDLE), "a green icon again")

    tray.chooses("Open")
    until(lambda: screen.windows("Casare Robot"), "the main window")

    tray.chooses("Exit")
    assert program.wait(PATIENCE) == 0
    until(lambda: tray.state() is None, "the robot has left with the tray")


def test_a_tray_that_appears_late_gets_the_icon(tray, screen) -> None:
    tray.start("--hidden")
    until(lambda: tray.state() == "idle", "the robot runs")
    assert screen.windows("Casare Robot") == []

    screen.show_tray()

    until(lambda: tray.shows(Look.IDLE), "a green icon")


def test_a_tray_that_is_started_again_gets_the_icon_again(tray, screen) -> None:
    first = screen.show_tray()
    tray.start("--hidden")
    until(lambda: tray.shows(Look.IDLE), "a green icon")
    first.terminate()
    first.wait()
    until(lambda: not tray.shows(Look.IDLE), "no icon")

    screen.show_tray()

    until(lambda: tray.shows(Look.IDLE), "a green icon again")


def test_without_a_tray_the_window_opens(tray, screen) -> None:
    tray.start()

    until(lambda: screen.windows("Casare Robot"), "the main window")
    until(lambda: tray.state() == "idle", "the robot runs")


def test_killing_the_tray_changes_nothing_for_the_robot(tray, screen) -> None:
    screen.show_tray()
    program = tray.start("--hidden")
    until(lambda: tray.state() == "idle", "the robot runs")

    program.kill()
    program.wait()

    assert tray.state() == "idle"
    second = tray.start("--hidden")
    until(lambda: tray.shows(Look.IDLE), "a green icon")
    assert second.poll() is None


def test_a_dialog_comes_back_with_a_killed_tray_and_is_answered_by_the_keyboard(
    tray, screen, tmp_path
) -> None:
    file = tmp_path / "ask.json"
    asks = node("InputDialog", title="Cost centre", prompt="Which?")
    file.write_text(json.dumps(built("s > a > b; a.value > b.message", a=asks, b=log(""))))
    screen.show_tray()
    first = tray.start("--hidden")
    until(lambda: tray.state() == "idle", "the robot runs")
    running = screen.start(
        *(sys.executable, "-m", "casare_robot", "exec", str(file), "--json"), **tray.surroundings
    )
    until(lambda: screen.windows("Cost centre"), "the dialog")
    until(lambda: tray.shows(Look.NEEDS_YOU), "an icon that needs somebody")

    first.kill()
    first.wait()
    until(lambda: not screen.windows("Cost centre"), "no dialog without its tray")
    tray.start("--hidden")
    until(lambda: screen.windows("Cost centre"), "the dialog again")

    def answered():
        screen.write("Cost centre", "4711")
        return running.poll() is not None

    until(answered, "the job has ended")
    assert running.wait() == 0
    said = (tmp_path / f"{Path(sys.executable).name}.txt").read_text(errors="replace")
    assert '"message": "4711"' in said


@pytest.fixture
def waiting_workflow(tmp_path):
    """A workflow that waits a minute."""
    file = tmp_path / "waiting.json"
    file.write_text(json.dumps(built("s > w", w=node("Wait", duration=60))))
    return file


def test_the_icon_tells_what_runs_and_a_job_is_cancelled_by_the_keyboard(
    tray, screen, waiting_workflow
) -> None:
    screen.show_tray()
    tray.start("--hidden")
    until(lambda: tray.shows(Look.IDLE), "a green icon")

    tray.begin("exec", str(waiting_workflow), "--job", "w")
    until(lambda: tray.shows(Look.EXECUTING), "a blue icon")
    tray.chooses("Cancel job")
    until(lambda: screen.windows("Casare Robot"), "a question")

    def cancelled():
        screen.press("Casare Robot", "Return")
        return tray.shows(Look.IDLE)

    until(cancelled, "a green icon again")
    jobs = json.loads(tray.ask("jobs", "list", "--json"))
    assert [(job["job_id"], job["status"]) for job in jobs] == [("w", "cancelled")]


def test_a_dead_robot_is_red_and_one_whose_step_nobody_knows_needs_you(
    tray, screen, tmp_path
) -> None:
    mark = tmp_path / "mark"
    command = f"touch {mark}; sleep 60"
    pay = node("RunCommand", command="bash", args=["-c", command], shell=False)
    file = tmp_path / "paying.json"
    file.write_text(json.dumps(built("s > pay", pay=pay)))
    screen.show_tray()
    tray.start("--hidden")
    until(lambda: tray.shows(Look.IDLE), "a green icon")
    tray.begin("exec", str(file), "--job", "pay")
    until(mark.exists, "the step is begun")
    robot = tray.robot()
    family = [robot, *robot.children(recursive=True)]

    for process in family:
        with suppress(psutil.NoSuchProcess):  # an executor ends when its robot does
            process.send_signal(signal.SIGKILL)

    until(lambda: tray.shows(Look.DISCONNECTED), "a red icon")
    until(lambda: tray.shows(Look.NEEDS_YOU), "an orange icon")
    tray.ask("jobs", "resolve", "pay", "--as", "done")
    until(lambda: tray.shows(Look.IDLE), "a green icon again")


def test_a_robot_that_does_not_reach_its_orchestrator_is_yellow(tray, screen, tmp_path) -> None:
    settings = {"orchestrator_url": "ws://127.0.0.1:9", "robot_name": "Desk 7"}
    (tmp_path / "home" / "robot_config.json").write_text(json.dumps(settings))
    screen.show_tray()

    tray.start("--hidden")

    until(lambda: tray.shows(Look.RECONNECTING), "a yellow icon")


WINDOWS = [
    # entries of the idle robot's menu     window
    (["Run a workflow"], "Run a workflow"),
    (["View logs"], "Logs"),
    (["Job history"], "Job history"),
    (["Starts by itself"], "Starts by itself"),
    (["Settings"], "Settings"),
    (["Help", "Set up"], "Set up Casare Robot"),
    (["Help", "Check connection"], "Check connection"),
    (["Help", "About"], "Casare Robot"),
]


def test_each_entry_of_the_menu_opens_its_window(tray, screen) -> None:
    screen.show_tray()
    tray.start("--hidden")
    until(lambda: tray.shows(Look.IDLE), "a green icon")

    for entries, title in WINDOWS:
        tray.chooses(*entries)
        until(lambda title=title: screen.windows(title), title)
        screen.keep(title)

        def closed(title=title):
            screen.press(title, "Escape")
            return not screen.windows(title)

        until(closed, f"{title} is closed")


def test_the_first_start_is_led_by_the_assistant_to_a_workflow_that_ran_and_never_again(
    tray, screen
) -> None:
    screen.show_tray()
    first = tray.start()
    until(lambda: tray.shows(Look.IDLE), "a green icon")
    until(lambda: screen.windows("Set up Casare Robot"), "the assistant")

    def goes_on():
        screen.press("Set up Casare Robot", "Return")
        return not screen.windows("Set up Casare Robot")

    until(goes_on, "the assistant is through")
    if not screen.windows("Run a workflow"):
        tray.chooses("Run a workflow")
    until(lambda: screen.windows("Run a workflow"), "the window to run a workflow")

    def has_run():
        screen.press("Run a workflow", "alt+e")  # the example
        screen.press("Run a workflow", "Return")
        screen.press("Hello World!", "Return")
        return '"completed"' in tray.ask("jobs", "list", "--json")

    until(has_run, "the workflow has run")
    first.kill()
    first.wait()
    tray.start()
    until(lambda: screen.windows("Casare Robot"), "a window")
    assert not screen.windows("Set up Casare Robot")


def test_a_diagnosis_is_shown_before_it_is_saved_and_holds_what_was_shown(
    tray, screen, tmp_path
) -> None:
    screen.show_tray()
    tray.start("--hidden")
    until(lambda: tray.shows(Look.IDLE), "a green icon")

    tray.chooses("Help", "Save diagnosis")
    until(lambda: screen.windows("Casare Robot"), "what it would hold")
    screen.keep("diagnosis")

    def agreed():
        # not Return: repeated too late it would save under the name that is offered
        screen.press("Casare Robot", "space")
        return screen.windows("Save diagnosis")

    def saved():
        screen.write("Save diagnosis", str(tmp_path / "diagnosis.zip"))
        return zipfile.is_zipfile(tmp_path / "diagnosis.zip")

    until(agreed, "where to save it")

    until(saved, "the archive")
    with zipfile.ZipFile(tmp_path / "diagnosis.zip") as archive:
        assert archive.testzip() is None
        assert archive.namelist()


def test_who_is_in_a_group_opens_its_window_from_the_menu(tray, screen, tmp_path) -> None:
    settings = {"robot_name": "Desk 7", "group": "finance", "store_url": f"sqlite:{tmp_path}/s.db"}
    (tmp_path / "home" / "robot_config.json").write_text(json.dumps(settings))
    screen.show_tray()
    tray.start("--hidden")
    until(lambda: tray.shows(Look.IDLE), "a green icon")
    until(lambda: '"active"' in tray.ask("group", "status", "--json"), "it leads the group")

    def group_window():
        tray.chooses("Group")
        return soon(lambda: screen.windows("Group"), 10)

    until(group_window, "the group window")  # the menu knows of the group a little later
    until(lambda: screen.windows("Group finance"), "what the group does")
    screen.keep("group")


@pytest.mark.skipif(shutil.which("dex") is None, reason="not installed: dex")
def test_a_login_starts_the_tray_hidden_and_the_robot_with_it(tray, screen) -> None:
    screen.show_tray()
    surroundings = {**tray.surroundings, "XDG_CONFIG_DIRS": "/nonexistent"}
    config = screen.environment["XDG_CONFIG_HOME"]
    assert tray.ask("autostart", "on", XDG_CONFIG_HOME=config).startswith("on")

    screen.start("dex", "--autostart", **surroundings)

    until(lambda: tray.shows(Look.IDLE), "a green icon")
    tray.programs += tray.started_by_others()
    assert tray.state() == "idle"
    assert screen.windows("Casare Robot") == []
    assert tray.ask("autostart", "off", XDG_CONFIG_HOME=config).startswith("off")
