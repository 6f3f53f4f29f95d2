"""The Windows robot from its set-up to its removal, on Linux under wine, in one command.

    python -m tests.proofs.windows FOLDER [--python-zip ZIP]

Needs wine, nsis, gcc-mingw-w64-x86-64, xvfb, openbox, trayer, xdotool, scrot, and Python
3.11. Without a zip of python.org a stand-in is made (see windows_python). In FOLDER it
keeps what it made, pictures of the screen and the prefix; it takes some minutes.
"""

import argparse
import filecmp
import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from casare_robot.domain.robot_status import LinkState, LinkStatus, RobotState, RobotStatus
from casare_robot.tray.views.sight import Reach, Sight
from casare_robot.tray.views.tray_view import tray_view
from tests.proofs import windows_python
from tests.proofs.windows_machine import (
    ROOT,
    RUN_KEY,
    UNINSTALL_KEY,
    Windows,
    sure,
    tell,
    until,
)
from tests.proofs.windows_rollout import on_z, roll_out

STILL_BUSY = 5
SLEEPER = {
    "metadata": {"name": "Sleeper"},
    "nodes": {
        "start": {"node_id": "start", "node_type": "StartNode", "config": {}},
        "wait": {"node_id": "wait", "node_type": "WaitNode", "config": {"duration": 90}},
        "end": {"node_id": "end", "node_type": "EndNode", "config": {}},
    },
    "connections": [
        {
            "source_node": source,
            "source_port": "exec_out",
            "target_node": target,
            "target_port": "exec_in",
        }
        for source, target in (("start", "wait"), ("wait", "end"))
    ],
}


IMPORT_ALL = """
import importlib, pkgutil, casare_robot, keyring
names = [found.name for found in pkgutil.walk_packages(casare_robot.__path__, "casare_robot.")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(len(names), "modules,", keyring.get_keyring().name)
"""


def build(folder: Path, python_zip: Path | None, version: str, *, quick: bool) -> Path:
    """A set-up of these sources; a quick one is larger."""
    setup = folder / version / "CasareRobot-setup.exe"
    if setup.exists():
        return setup
    pin: list[str] = []
    if python_zip is None:
        python_zip = folder / "python-embed.zip"
        if not python_zip.exists():
            windows_python.make_zip(folder)
        import wheels

        pin = ["--python-sha256", wheels.sha256(python_zip)]
    command = [sys.executable, str(ROOT / "installer" / "build_windows.py")]
    command += ["--out", str(setup.parent), "--work", str(folder / "work" / version)]
    command += ["--python-zip", str(python_zip), *pin]
    command += ["--version", version, *(["--quick"] if quick else [])]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    tell(f"built {version}", told.splitlines()[1])
    return setup


def build_again(folder: Path, python_zip: Path | None, setup: Path, version: str) -> None:
    """The same sources make the same bytes, in another folder and at another time."""
    python_zip = python_zip or folder / "python-embed.zip"
    elsewhere = folder / "else where"
    shutil.rmtree(elsewhere, ignore_errors=True)
    elsewhere.mkdir()
    shutil.copy(python_zip, elsewhere / "python-embed.zip")
    again = build(elsewhere, None, version, quick=True)
    sure(filecmp.cmp(setup, again, shallow=False), f"{setup} and {again} differ")
    tell("built again elsewhere", "the same bytes")


def prove(folder: Path, python_zip: Path | None, *, quick: bool) -> None:
    """Do it all; the later set-ups, which nobody is given, are always quick ones."""
    sys.path.insert(0, str(ROOT / "installer"))
    import wheels

    os.environ["SOURCE_DATE_EPOCH"] = str(wheels.source_time())  # a commit meanwhile changes it
    first = build(folder, python_zip, "0.1.0", quick=quick)
    second = build(folder, python_zip, "0.1.1", quick=True)
    third = build(folder, python_zip, "0.1.2", quick=True)
    build_again(folder, python_zip, third, "0.1.2")
    windows = Windows(folder)
    shutil.rmtree(windows.prefix, ignore_errors=True)
    windows.make()
    with ExitStack() as stack:
        windows.open_screen(stack)
        look_at_wizard(windows, first)
        install(windows, first)
        import_all(windows)
        log_in(windows)
        work(windows)
        refuse_while_busy(windows, second)
        upgrade(windows, second)
        go_back(windows)
        update(windows, third, "0.1.2")
        remove(windows, "/KEEPDATA=1")
        roll_out(windows, first, second)
        remove(windows)
        leave_nothing(windows)


def look_at_wizard(windows: Windows, setup: Path) -> None:
    """Its first page, and leave."""
    wizard = windows.begin("wine", str(setup))
    windows.do(["xdotool", "search", "--sync", "--onlyvisible", "--name", "Casare Robot"])
    time.sleep(1)
    tell("the wizard opens", windows.picture("1_wizard").name)
    windows.do(["wineserver", "-k"])
    wizard.wait(30)


def install(windows: Windows, setup: Path) -> None:
    """Silently, with settings of IT."""
    settings = windows.folder / "it_settings.json"
    settings.write_text(json.dumps({"robot_name": "Büro 7"}), "utf-8")
    began = time.monotonic()
    place = on_z(settings)  # NSIS takes a slash for the next option
    code = windows.set_up(setup, f"/CONFIG={place}")
    sure(code == 0, f"the set-up ended with {code}")
    took = time.monotonic() - began
    files = [path for path in windows.installed.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 2**20
    tell("silent install", f"{took:.1f} s, {len(files)} files, {size:.0f} MiB")
    sure("tray --hidden" in windows.registry(RUN_KEY), "the start at login is missing")
    sure("CasareRobot\\app\\bin" in windows.registry(r"HKCU\Environment"), "PATH lacks the command")
    sure(list(windows.home.rglob("Casare Robot.lnk")), "the Start menu lacks the robot")
    sure("0.1.0" in windows.registry(UNINSTALL_KEY), "Windows does not know the program")
    code, told = windows.robot("config", "get", "robot_name")
    sure("Büro 7" in told, f"the settings of IT did not arrive: {told}")
    tell("settings of IT, Start menu, PATH and start at login are there")


def import_all(windows: Windows) -> None:
    """No module that the robot needs was trimmed away."""
    python = str(windows.installed / "app" / "python.exe")
    code, told = windows.do(["wine", python, "-X", "utf8", "-c", IMPORT_ALL])
    sure(code == 0, f"not all can be imported: {told}")
    tell("every module can be imported", told.strip())


def log_in(windows: Windows) -> None:
    """What the Run key starts shows an icon and a robot."""
    windows.do(["wineserver", "-k"])
    began = time.monotonic()
    windows.begin("wineboot")
    until(windows.has_icon, "the icon in the tray")
    tell("icon after the login", f"{time.monotonic() - began:.1f} s")
    until(lambda: windows.robot("status")[0] == 0, "the robot answers", within=180)
    time.sleep(2)
    windows.picture("2_after_login")
    use_menu(windows)


def use_menu(windows: Windows) -> None:
    """Pause by the menu of the icon, where "Until I resume" is the last below "Pause"."""

    def pauses() -> bool:
        windows.choose(*["Up"] * lines_up_to("Pause"), "Right", "Up", "Return", picture="3_menu")
        return '"paused"' in windows.says("status", "--json")

    until(pauses, "the robot pauses by its menu")
    sure(windows.robot("resume")[0] == 0, "it does not resume")
    tell("the robot answers, its menu pauses it", "2_after_login.png, 3_menu.png")


def lines_up_to(text: str) -> int:
    """How often Up leads from outside the menu of an idle robot to this line."""
    now = datetime.now().astimezone()
    status = RobotStatus(
        robot_id="r",
        name="r",
        state=RobotState.IDLE,
        since=now,
        link=LinkStatus(state=LinkState.LOCAL, since=now),
        version="",
        session="",
        started_at=now,
    )
    menu = tray_view(Sight(reach=Reach.REACHED, since=now, status=status), now=now).menu
    lines = [entry.text for entry in menu if entry is not None]
    return len(lines) - lines.index(text)


def work(windows: Windows) -> None:
    """A workflow, by the running robot."""
    folder = windows.folder / "Zoë Łuk's ﬁles 机器人"
    folder.mkdir(exist_ok=True)
    workflow = f"Z:{shutil.copy(ROOT / 'resources/examples/greeting.json', folder)}"
    code, told = windows.robot("exec", workflow, "--job", "greeting-1", "--var", "name=Ada")
    sure(code == 0, f"the workflow ended with {code}: {told}")
    tell("a workflow by the installed robot", "greeting-1 completed")


def refuse_while_busy(windows: Windows, setup: Path) -> None:
    """A set-up that may not wait leaves a working robot alone; the job ends well."""
    workflow = windows.folder / "sleeper.json"
    workflow.write_text(json.dumps(SLEEPER), "utf-8")
    command = str(windows.installed / "app/bin/casare-robot.exe")
    job = windows.begin("wine", command, "exec", f"Z:{workflow}", "--job", "sleeper-1")
    until(lambda: "sleeper-1" in windows.robot("status", "--json")[1], "the job runs")
    code = windows.set_up(setup, "/PATIENCE=0")
    sure(code == STILL_BUSY, f"in the middle of a job the set-up ended with {code}")
    sure("0.1.0" in windows.registry(UNINSTALL_KEY), "it was replaced")
    sure(job.wait(300) == 0, "the job did not end well")
    tell("a set-up in the middle of a job", f"refused with {code}; the job completed")


def upgrade(windows: Windows, setup: Path) -> None:
    """Over the running robot: it leaves, is replaced and comes back with its history."""
    began = time.monotonic()
    code = windows.set_up(setup)
    sure(code == 0, f"the upgrade ended with {code}")
    took = time.monotonic() - began
    sure("0.1.1" in windows.registry(UNINSTALL_KEY), "the version is the old one")
    sure((windows.installed / "previous").exists(), "the previous version was not kept")
    wait_for(windows, "0.1.1")
    tell("upgrade over the running robot", f"{took:.1f} s; icon and history are there")


def go_back(windows: Windows) -> None:
    """To the version before, while the robot runs, and it comes back too."""
    began = time.monotonic()
    code = windows.change("back")
    sure(code == 0, f"update back ended with {code}")
    wait_for(windows, "0.1.0")
    tell("one step back to the version before", f"{time.monotonic() - began:.1f} s; all is there")


def update(windows: Windows, setup: Path, version: str) -> None:
    """By a signed feed on this machine: a tampered set-up first, which is refused."""
    import make_feed

    published = windows.folder / "published"
    shutil.rmtree(published, ignore_errors=True)
    published.mkdir()
    shutil.copyfile(setup, published / setup.name)
    key = make_feed.make_key(published / "feed.key")
    expires = datetime.now(UTC) + timedelta(days=1)
    text = make_feed.feed(version, {"windows": published / setup.name}, notes="", expires=expires)
    (published / "feed.json").write_text(make_feed.sign(text, key))
    handler = partial(QuietHandler, directory=str(published))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        feed = f"http://127.0.0.1:{server.server_port}/feed.json"
        windows.robot("config", "set", "update_feed", feed)
        windows.robot("config", "set", "update_keys", json.dumps([make_feed.public(key)]))
        with (published / setup.name).open("r+b") as file:
            file.write(b"X")
        code, told = look(windows)
        sure(code == 1 and "E-UPD-495" in told, f"a tampered set-up was not refused: {told}")
        shutil.copyfile(setup, published / setup.name)
        code, told = look(windows)
        sure(code == 0 and version in told, f"update check ended with {code}: {told}")
        server.shutdown()
    began = time.monotonic()
    code = windows.change("apply")
    sure(code == 0, f"update apply ended with {code}")
    wait_for(windows, version)
    tell("updated by a signed feed", f"{time.monotonic() - began:.1f} s; a tampered one refused")


def look(windows: Windows) -> tuple[int, str]:
    """`update check`, once the robot, which looks by itself where a feed is new, does not."""
    answers: list[tuple[int, str]] = []

    def is_answered() -> bool:
        answers.append(windows.robot("update", "check"))
        return "E-UPD-423" not in answers[-1][1]

    until(is_answered, "nobody else looks", within=300)
    return answers[-1]


def wait_for(windows: Windows, version: str) -> None:
    """Until this version is there, with icon, robot and the jobs of before."""
    until(lambda: version in windows.registry(UNINSTALL_KEY), f"{version} is there", within=300)
    until(windows.has_icon, "the icon is back")
    until(
        lambda: f'"version": "{version}"' in windows.robot("status", "--json")[1],
        f"the robot of {version} answers",
        within=180,
    )
    _, told = windows.robot("jobs", "list")
    sure("greeting-1" in told and "sleeper-1" in told, f"the history is lost: {told}")


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files and does not talk about it."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def remove(windows: Windows, *options: str) -> None:
    """By its uninstaller, while the robot runs."""
    windows.do(["wine", str(windows.installed / "uninstall.exe"), "/S", *options])
    took = until(lambda: not windows.installed.exists(), "the folder goes", within=120)
    until(lambda: not windows.registry(UNINSTALL_KEY), "the key goes")
    sure("CasareRobot" not in windows.registry(RUN_KEY), "the start at login is left")
    sure("CasareRobot" not in windows.registry(r"HKCU\Environment"), "PATH still has it")
    sure(not list(windows.home.rglob("Casare Robot.lnk")), "the Start menu still has it")
    tell("uninstalled", f"{took:.1f} s {' '.join(options)}")


def leave_nothing(windows: Windows) -> None:
    """No file, no value in the registry, where Windows' credentials lie too, and no process."""
    left = [path for path in windows.drive.rglob("*") if "casare" in path.name.lower()]
    sure(not left, f"left behind: {left[:5]}")
    sure(not windows.processes(), f"still running: {windows.processes()}")
    windows.do(["wineserver", "-k", "-w"])
    for hive in windows.prefix.glob("*.reg"):
        sure("casare" not in hive.read_text(errors="replace").lower(), f"{hive.name} tells of it")
    tell("nothing is left")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python-zip", type=Path)
    parser.add_argument("--quick", action="store_true", help="a set-up that is made sooner")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    prove(given.folder.absolute(), given.python_zip, quick=given.quick)
