"""Commands to the running robot: status, pause, resume, drain, stop, reconnect, cancel, metrics."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from casare_robot.cli.refusal import UsageError, refuse
from casare_robot.cli.rendering import UNREACHABLE, as_json
from casare_robot.cli.times import clock_time, duration, moment
from casare_robot.config.loading import load_config, memory_folder
from casare_robot.control.client import ControlClient
from casare_robot.desktop.places import find_places
from casare_robot.domain.errors import AgentUnreachableError, JobStateError, RobotError
from casare_robot.domain.job import JobId
from casare_robot.domain.plain_json import plain
from casare_robot.domain.robot_status import LinkState

LOOK_EVERY = 2.0
"""Seconds between looks while watching; events come when they happen."""


def running_robot(home: Path | None) -> ControlClient:
    """The line to the robot that owns the home; whether one does, shows when it is used."""
    return ControlClient(memory_folder(load_config(places=find_places(home), secrets=False), home))


def show_status(*, watch: bool, json_output: bool, home: Path | None) -> int:
    """Show what the robot is doing, once or until Ctrl+C."""

    async def act(robot: ControlClient) -> int:
        if not watch:
            status = await robot.status()
            if json_output:
                print(as_json(plain(msgspec.to_builtins(status))))
                return 0
            from casare_robot.cli.status_view import status_lines

            for line in status_lines(status, datetime.now(UTC)):
                print(line)
            return 0
        if sys.stdout.isatty() and not json_output:
            await _watch_live(robot)
        else:
            await _watch_lines(robot, json_output=json_output)
        raise AgentUnreachableError("the robot has left")

    return ask(act, home, json_output=json_output)


def pause(
    *, span: str | None, until: str | None, note: str, json_output: bool, home: Path | None
) -> int:
    """Begin no more jobs, for a while or until `resume`."""

    async def act(robot: ControlClient) -> int:
        now = datetime.now().astimezone()
        if span is not None and until is not None:
            raise UsageError("--for and --until exclude each other")
        end = None
        if span is not None:
            end = (now + duration(span)).astimezone(UTC)
        elif until is not None:
            end = moment(until, now)
        await robot.pause(end, note=note)
        told = f"paused until {clock_time(end)}" if end else "paused until casare-robot resume"
        return _done(told, json_output=json_output)

    return ask(act, home, json_output=json_output)


def resume(*, json_output: bool, home: Path | None) -> int:
    """Begin jobs again."""

    async def act(robot: ControlClient) -> int:
        await robot.resume()
        return _done("jobs begin again", json_output=json_output)

    return ask(act, home, json_output=json_output)


def drain(*, json_output: bool, home: Path | None) -> int:
    """Finish what runs, begin nothing."""

    async def act(robot: ControlClient) -> int:
        await robot.drain()
        return _done("finishes what runs and begins nothing", json_output=json_output)

    return ask(act, home, json_output=json_output)


def stop(*, now: bool, json_output: bool, home: Path | None) -> int:
    """Leave."""

    async def act(robot: ControlClient) -> int:
        await robot.stop(now=now)
        told = "leaves; jobs go on with its next start" if now else "leaves after its current jobs"
        return _done(told, json_output=json_output)

    return ask(act, home, json_output=json_output)


def reconnect(*, json_output: bool, home: Path | None) -> int:
    """Make the line to the orchestrator anew, at once."""

    async def act(robot: ControlClient) -> int:
        if (await robot.status()).link.state is LinkState.LOCAL:
            raise UsageError("this robot has no orchestrator; casare-robot enroll gives it one")
        await robot.reconnect()
        return _done("tries now; status tells how it went", json_output=json_output)

    return ask(act, home, json_output=json_output)


def cancel(job_id: str, *, json_output: bool, home: Path | None) -> int:
    """Cancel a job that waits or runs."""

    async def act(robot: ControlClient) -> int:
        if not await robot.cancel(JobId(job_id)):
            raise JobStateError(f"no job {job_id} waits or runs", code="E-JOB-404")
        return _done(f"job {job_id} is being cancelled", json_output=json_output)

    return ask(act, home, json_output=json_output)


def show_metrics(*, json_output: bool, home: Path | None) -> int:
    """Show what the robot has summed up."""

    async def act(robot: ControlClient) -> int:
        metrics = plain(await robot.metrics())
        if json_output:
            print(as_json(metrics))
            return 0
        from casare_robot.config.sources import flat

        for name, value in flat(metrics):
            print(f"{name.removesuffix('_bytes'):<34}{_measured(name, value)}")
        return 0

    return ask(act, home, json_output=json_output)


def _measured(name: str, value: Any) -> str:
    """A figure with its unit, which its name tells."""
    if value is None:
        return "-"
    unit = " s" if name == "uptime" or (".seconds." in name and not name.endswith("count")) else ""
    if name.endswith("memory_bytes"):
        return f"{value / 2**20:.1f} MB"
    if name.endswith("success_rate"):
        return f"{value:.1%}"
    return (f"{value:.3f}" if isinstance(value, float) else f"{value}") + unit


def ask(
    act: Callable[[ControlClient], Coroutine[Any, Any, int]],
    home: Path | None,
    *,
    json_output: bool,
) -> int:
    """Do something with the running robot; the exit code, 6 where none answers."""
    try:
        return asyncio.run(act(running_robot(home)))
    except KeyboardInterrupt:
        return 0
    except AgentUnreachableError as error:
        if json_output:
            print(as_json({"error": {"code": error.code, "message": str(error)}}))
        print(f"{error.code} {error}", file=sys.stderr)
        return UNREACHABLE
    except RobotError as error:
        return refuse(error, json_output=json_output)


async def _watch_lines(robot: ControlClient, *, json_output: bool) -> None:
    from casare_robot.cli.status_view import event_line

    async for event in robot.watch():
        line = as_json(msgspec.to_builtins(event)) if json_output else event_line(event)
        if line is not None:
            print(line, flush=True)


async def _watch_live(robot: ControlClient) -> None:
    from rich.live import Live

    from casare_robot.cli.status_view import LiveStatus

    view = LiveStatus()

    async def look() -> None:
        while True:
            view.look(await robot.status())
            await asyncio.sleep(LOOK_EVERY)

    with Live(get_renderable=lambda: view, refresh_per_second=4, screen=False):
        looking = asyncio.create_task(look(), name="look")
        try:
            async for event in robot.watch():
                view.hear(event)
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError, RobotError):
                await looking


def _done(told: str, *, json_output: bool) -> int:
    print(as_json({"done": True, "message": told}) if json_output else told)
    return 0
