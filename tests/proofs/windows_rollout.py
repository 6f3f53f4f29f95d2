"""The Windows robot as IT rolls it out: silent, enrolled, without start at login; and the way out.

Part of tests.proofs.windows. A real orchestrator of these sources listens on this machine.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.proofs.windows_machine import (
    ROOT,
    RUN_KEY,
    UNINSTALL_KEY,
    Windows,
    end,
    sure,
    tell,
    until,
)

ROLL_OUT = """@echo off
start /wait "" {setup} /S /CONFIG={settings} /ENROLL={url}#{code} /AUTOSTART=0
exit /b %ERRORLEVEL%
"""
UNREACHABLE = 6


class Orchestrator:
    """One that listens, and its user's commands.

    Args:
        environment: Of these commands.
        address: What it said of itself.
    """

    def __init__(self, environment: dict[str, str], address: dict[str, str]) -> None:
        self._environment = {**environment, "CASARE_ORCHESTRATOR_KEY": address["admin_key"]}
        self.url, self.robots = address["url"], address["robots"]

    def ask(self, *words: str) -> tuple[int, str]:
        """A command of its user; code and output."""
        done = subprocess.run(
            [sys.executable, "-m", "casare_robot", *words, "--to", self.url, "--json"],
            capture_output=True,
            text=True,
            timeout=300,
            env=self._environment,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


@contextmanager
def orchestrator(folder: Path) -> Iterator[Orchestrator]:
    """Start one that keeps what it knows in a folder, and end it."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CASARE_")}
    environment = {**kept, "CASARE_ROBOT_HOME": str(folder / "user"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "casare_robot", "orchestrator", "--port", "0", "--json"]
    process = subprocess.Popen(
        [*command, "--data", str(folder / "data")],
        stdout=subprocess.PIPE,
        env=environment,
    )
    assert process.stdout is not None
    try:
        yield Orchestrator(environment, json.loads(process.stdout.readline()))
    finally:
        end(process)
        process.stdout.close()


def roll_out(windows: Windows, setup: Path, newer: Path) -> None:
    """Do it over the data that an earlier installation left behind."""
    with orchestrator(windows.folder / "orchestrator") as server:
        enrol(windows, setup, server)
        open_and_work(windows, server)
        quit_by_menu(windows)
        upgrade_without_tray(windows, newer, server)


def enrol(windows: Windows, setup: Path, server: Orchestrator) -> None:
    """Installed by a batch file, with a code that works once; then nothing runs."""
    code, told = server.ask("orchestrator", "code")
    sure(code == 0, told)
    settings = windows.folder / "roll_out.json"
    settings.write_text(json.dumps({"robot_name": "Desk 8", "log_level": "WARNING"}), "utf-8")
    script = windows.folder / "roll_out.bat"
    line = ROLL_OUT.format(
        setup=on_z(setup),
        settings=on_z(settings),
        url=server.robots,
        code=json.loads(told)["code"],
    )
    script.write_text(line, "ascii", newline="\r\n")
    code = windows.begin("wine", "cmd", "/c", on_z(script)).wait(300)
    log = windows.installed / "setup.log"
    sure(code == 0, f"ended with {code}: {log.read_text('utf-16') if log.exists() else ''}")
    sure("CasareRobot" not in windows.registry(RUN_KEY), "it starts at login")
    kept = windows.home / "AppData/Roaming/CasareRobot/robot_config.json"
    config = json.loads(kept.read_text("utf-8"))
    sure(config["robot_name"] == "Desk 8" and config["log_level"] == "WARNING", f"{config}")
    sure(config["orchestrator_url"] == server.robots and config["robot_id"], f"{config}")
    sure("api_key" not in config, "the key lies in the settings")
    kept = windows.home / "AppData/Local/CasareRobot/data/secrets/robot.json"
    sure(json.loads(kept.read_text("utf-8"))["in_keyring"], "Windows does not guard the key")
    sure("greeting-1" in windows.says("jobs", "list"), "the kept history is lost")
    windows.do(["wineserver", "-k"])
    windows.begin("wineboot").wait(300)
    sure(windows.robot("status")[0] == UNREACHABLE and not windows.has_icon(), "a login started it")
    tell("rolled out", "settings, enrolment and kept history are there; no start at login")


def open_and_work(windows: Windows, server: Orchestrator) -> None:
    """Opened by its Start menu entry it joins the orchestrator and does a job from there."""
    (entry,) = windows.home.rglob("Casare Robot.lnk")
    windows.begin("wine", "start", "/unix", str(entry))
    until(windows.has_icon, "the icon in the tray")
    until(lambda: has_joined(windows), "the robot joins the orchestrator", within=180)
    windows.picture("4_enrolled")
    submit(server, "from-afar-1")
    tell("opened by the Start menu", "joined the orchestrator, did its job; 4_enrolled.png")


def has_joined(windows: Windows) -> bool:
    """Whether the robot is connected."""
    code, told = windows.robot("status", "--json")
    return code == 0 and json.loads(told)["link"]["state"] == "connected"


def submit(server: Orchestrator, job: str) -> None:
    """Give the robot a job and wait for its end."""
    workflow = str(ROOT / "resources/examples/greeting.json")
    code, told = server.ask("submit", workflow, "--job", job, "--var", "name=Ada", "--wait")
    sure(code == 0, f"{job} ended with {code}: {told}")


def quit_by_menu(windows: Windows) -> None:
    """Exit is the last line of the menu; tray and robot end."""

    def has_ended() -> bool:
        windows.choose("Up", "Return")
        return not windows.has_icon()

    until(has_ended, "the tray ends by its menu")
    until(lambda: not windows.processes(), "its programs end")
    sure(windows.robot("status")[0] == UNREACHABLE, "the robot still runs")
    tell("quit by the menu", "tray and robot are gone")


def upgrade_without_tray(windows: Windows, setup: Path, server: Orchestrator) -> None:
    """A robot that runs without a tray comes back as it was, and without one."""
    words = ["run", "--environment", "Büro 7"]
    windows.begin("wine", str(windows.installed / "app/bin/casare-robot.exe"), *words)
    until(lambda: has_joined(windows), "the robot joins again", within=180)
    code = windows.set_up(setup)
    sure(code == 0, f"the upgrade ended with {code}")
    until(lambda: has_joined(windows), "the new robot joins", within=180)
    sure("0.1.1" in windows.registry(UNINSTALL_KEY), "the version is the old one")
    sure('"version": "0.1.1"' in windows.says("status", "--json"), "the old robot runs")
    running = [line[1:] for line in windows.processes() if "run" in line]
    sure(running == [words], f"it came back as {running}")
    sure(not windows.has_icon(), "it brought a tray")
    submit(server, "from-afar-2")
    tell("upgrade over a robot without a tray", "back as it was, without one")


def on_z(path: Path) -> str:
    """A path of this machine as Windows names it."""
    return "Z:" + str(path).replace("/", "\\")
