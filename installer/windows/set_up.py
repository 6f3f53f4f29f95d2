"""What installing needs of the robot itself; run by the installer with the installed Python.

    python set_up.py leave [--patience SECONDS]     end tray and robot once no job runs
    python set_up.py begin --bin FOLDER [...]       PATH, start at login, settings, enrolment;
                                                    --options: those of the installer
    python set_up.py again --bin FOLDER --left WORD start what has left, as `leave` said it
    python set_up.py end --bin FOLDER [--keep-data] take all of that back

Ends with 0, with 1 and the reason on standard output, with 10: jobs still run, or
with 11: something ran and has left; what it was is on standard output.
"""

import argparse
import asyncio
import base64
import json
import shutil
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from pathlib import Path, PureWindowsPath

import psutil

from casare_robot.config.editing import change_settings
from casare_robot.config.loading import load_config, memory_folder
from casare_robot.config.sources import read_json_object
from casare_robot.control.client import ControlClient
from casare_robot.desktop.autostart import Autostart
from casare_robot.desktop.background_program import BackgroundProgram, start_background
from casare_robot.desktop.file_lock import FileLock
from casare_robot.desktop.own_command import windowed
from casare_robot.desktop.places import Places, find_places
from casare_robot.desktop.secret_store import robot_secrets, workflow_secrets
from casare_robot.desktop.user_path import UserPath
from casare_robot.domain.errors import AgentUnreachableError, RobotError
from casare_robot.domain.robot_status import RobotState, RobotStatus
from casare_robot.tray.face_folder import folder_of_face
from casare_robot.tray.single_instance import hand_over

BUSY, HAS_LEFT = 10, 11
LEAVES_WITHIN = 30.0
"""Seconds that a robot without jobs, or a tray, may take to be gone."""
LOOK_EVERY = 0.2
ROBOT = "casare-robot"
STARTS_WITH = (
    "casare_robot.tray.session",
    "casare_robot.tray.main_presenter",
    "casare_robot.cli.app",
    "casare_robot.cli.exec_command",
    "casare_robot.cli.run_command",
    "casare_robot.agent.executor_main",
    "casare_robot.config.reading",
    "casare_robot.nodes.variables",
)


def main(arguments: list[str]) -> int:
    """Do one of the four; the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["leave", "begin", "again", "end"])
    parser.add_argument("--patience", type=float, default=0.0)
    parser.add_argument("--bin", type=Path)
    parser.add_argument("--autostart", choices=["on", "off", "keep"], default="keep")
    parser.add_argument("--keep-data", action="store_true")
    parser.add_argument("--left", default="")
    parser.add_argument("--options", nargs=argparse.REMAINDER, default=[])
    given = parser.parse_args(arguments)
    try:
        if given.what == "leave":
            return asyncio.run(leave(find_places(), patience=given.patience))
        if given.what == "begin":
            return begin(given, find_places())
        if given.what == "again":
            again(given.bin, given.left, find_places())
            return 0
        end(given.bin, find_places(), keep_data=given.keep_data)
    except (RobotError, OSError) as error:
        print(error)
        return 1
    return 0


async def leave(places: Places, *, patience: float) -> int:
    """End tray and robot, and print a word by which `again` starts them.

    Returns:
        0: there were none. HAS_LEFT. BUSY: jobs ran for longer than ``patience``
        seconds, and all is as it was. 1: they do not end.
    """
    left: list[list[str]] = []
    config = load_config(places=places, secrets=False)
    robot = ControlClient(memory_folder(config, None))
    with suppress(AgentUnreachableError):
        if (running := await _finish(robot, patience)) > 0:
            print(f"the robot is working on {running} job(s); it is not interrupted")
            return BUSY
    running_as = words_of_robot(psutil.process_iter())
    with suppress(OSError, TimeoutError):
        await hand_over(folder_of_face(places.data), "leave")
        left.append(["tray", "--hidden"])
    with suppress(AgentUnreachableError):
        await robot.stop()
        if not left or running_as != ["run"]:  # else the tray starts it
            left.append(running_as)
    if not await _gone(memory_folder(config, None), places):
        print("the robot or its tray does not end; end it by hand and begin again")
        return 1
    if not left:
        return 0
    print(base64.b64encode(json.dumps(left).encode()).decode(), end="")
    return HAS_LEFT


def words_of_robot(processes: Iterable[psutil.Process]) -> list[str]:
    """How the robot was started: ``run`` and what followed."""
    for process in processes:
        with suppress(psutil.Error, OSError):
            program, *words = process.cmdline() or [""]
            is_robot = PureWindowsPath(program).stem.lower() == ROBOT and words[:1] == ["run"]
            if is_robot and not any(word.startswith("--home") for word in words):
                return words
    return ["run"]


async def _finish(robot: ControlClient, patience: float) -> int:
    """Begin no more jobs and wait for those that run; how many still do."""
    before = await robot.status()
    await robot.drain()
    end = time.monotonic() + patience
    while running := len((await robot.status()).jobs):
        if time.monotonic() >= end:
            await _go_on(robot, before)
            return running
        await asyncio.sleep(LOOK_EVERY)
    return 0


async def _go_on(robot: ControlClient, before: RobotStatus) -> None:
    """Let it be as it was before it was drained."""
    if before.state is not RobotState.DRAINING:
        await robot.resume()
    if before.state is RobotState.PAUSED:
        await robot.pause(before.paused_until, before.note)


async def _gone(memory: Path, places: Places) -> bool:
    """Whether nobody holds the locks any more; what a killed robot left counts for nothing."""
    locks = (memory / "journal.lock", folder_of_face(places.data) / "face")
    end = time.monotonic() + LEAVES_WITHIN
    while not all(map(_is_free, locks)):
        if time.monotonic() >= end:
            return False
        await asyncio.sleep(LOOK_EVERY)
    return True


def _is_free(file: Path) -> bool:
    lock = FileLock(file)
    if not file.exists():
        return True
    if not lock.acquire():
        return False
    lock.release()
    return True


def begin(given: argparse.Namespace, places: Places) -> int:
    """Make the installed robot known, and take over what IT gave along."""
    for name in STARTS_WITH:
        import_module(name)  # Python keeps the bytecode: the first start is as quick as others
    UserPath().add(given.bin)
    start = _autostart(given.bin)
    wanted = given.autostart
    if wanted == "on" or (wanted == "keep" and start.state().is_on):
        start.turn(on=True)
    elif wanted == "off":
        start.turn(on=False)
    if config := option("CONFIG", given.options):
        change_settings(read_json_object(Path(config)), places=places)
    if invitation := option("ENROLL", given.options):
        from casare_robot.cli.enroll_command import enroll

        to, _, code = invitation.rpartition("#")
        file = None if to else Path(invitation)
        return enroll(
            to or None,
            code if to else None,
            file=file,
            name=None,
            yes=True,
            json_output=False,
            home=None,
        )
    return 0


def option(name: str, words: list[str]) -> str:
    """The value of ``/NAME=VALUE``, however the shell that gave it treats quotes; else empty."""
    found = [word.partition("=")[2] for word in words if word.upper().startswith(f"/{name}=")]
    return found[-1].strip('"') if found else ""


def again(folder: Path, left: str, places: Places) -> list[BackgroundProgram]:
    """Start what has left: a robot as it was, which its tray then finds, and the tray."""
    started = []
    for command in reversed(json.loads(base64.b64decode(left))):
        program = folder / (windowed() if command[0] == "tray" else f"{ROBOT}.exe")
        output = places.logs / f"{command[0]}_output.txt"
        started.append(start_background([str(program), *command], output=output))
    return started


def end(folder: Path, places: Places, *, keep_data: bool) -> None:
    """Leave nothing of this user's but, where asked for, the data."""
    UserPath().remove(folder)
    _autostart(folder).turn(on=False)
    if keep_data:
        return
    for store in (workflow_secrets(places.data), robot_secrets(places.data)):
        with suppress(RobotError):  # a damaged store goes with its folder
            for name in store.names():
                store.delete(name)
    shared = places.shared_store
    files = [shared.with_name(f"{shared.name}{end}") for end in ("", "-wal", "-shm")]
    for place in (places.config, places.data.parent, places.logs.parent, *files):
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)


def _autostart(folder: Path) -> Autostart:
    return Autostart([str(folder / windowed()), "tray", "--hidden"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
