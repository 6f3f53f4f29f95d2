"""`casare-robot triggers`: what starts workflows of the running robot by itself."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import cast, get_args

import msgspec

from casare_robot.cli.agent_commands import ask
from casare_robot.cli.exec_command import read_inputs
from casare_robot.cli.refusal import UsageError
from casare_robot.cli.rendering import as_json
from casare_robot.cli.times import since
from casare_robot.control.client import ControlClient
from casare_robot.domain.errors import TriggerError
from casare_robot.domain.trigger_status import Missed, TriggerStatus


def list_triggers(*, json_output: bool, home: Path | None) -> int:
    """Show what is switched on."""

    async def act(robot: ControlClient) -> int:
        triggers = await robot.triggers()
        if json_output:
            print(as_json(msgspec.to_builtins(triggers)))
            return 0
        now = datetime.now(UTC)
        for trigger in triggers:
            for line in _lines(trigger, now):
                print(line)
        if not triggers:
            print("no trigger is on: casare-robot triggers on FILE")
        return 0

    return ask(act, home, json_output=json_output)


def switch_on(
    file: Path, *, node: str, missed: str, listen: str, json_output: bool, home: Path | None
) -> int:
    """Switch a workflow's triggers on."""
    path = file.expanduser().absolute()
    if not path.exists() and path.with_name(f"{path.name}.json").exists():
        path = path.with_name(f"{path.name}.json")

    async def act(robot: ControlClient) -> int:
        if missed not in get_args(Missed):
            raise UsageError(f"--missed is one of {', '.join(get_args(Missed))}, not {missed!r}")
        found = await robot.trigger_on(str(path), node, cast("Missed", missed), listen)
        told = f"on: {', '.join(found)}"
        print(as_json({"on": found}) if json_output else told)
        return 0

    return ask(act, home, json_output=json_output)


def switch_off(trigger: str, *, json_output: bool, home: Path | None) -> int:
    """Switch a trigger off."""

    async def act(robot: ControlClient) -> int:
        name = meant(trigger, await robot.triggers())
        await robot.trigger_off(name)
        print(as_json({"off": name}) if json_output else f"off: {name}")
        return 0

    return ask(act, home, json_output=json_output)


def fire(trigger: str, variables: Sequence[str], *, json_output: bool, home: Path | None) -> int:
    """Start a trigger's workflow now."""

    async def act(robot: ControlClient) -> int:
        name = meant(trigger, await robot.triggers())
        job_id = await robot.fire_trigger(name, read_inputs(variables, None))
        print(as_json({"job_id": job_id}) if json_output else f"job {job_id} is queued")
        return 0

    return ask(act, home, json_output=json_output)


def meant(said: str, triggers: Sequence[TriggerStatus]) -> str:
    """The id of the trigger that somebody means: that id, or the name of its workflow or node.

    Raises:
        TriggerError: It is none of those that are on, or of several.
    """
    ids = [trigger.id for trigger in triggers]
    if said in ids:
        return said
    found = [trigger.id for trigger in triggers if said in _names(trigger)]
    if len(found) == 1:
        return found[0]
    if found:
        raise TriggerError(f"{said!r} is said of several; say one of: {', '.join(found)}")
    raise TriggerError(f"no trigger {said!r} is on; on are: {', '.join(ids) or 'none'}")


def _names(trigger: TriggerStatus) -> tuple[str, ...]:
    file = Path(trigger.file)
    numbered = trigger.id.removesuffix(f".{trigger.node_id}")
    return (trigger.node_id, numbered, trigger.workflow, file.stem, file.name, trigger.file)


def _lines(trigger: TriggerStatus, now: datetime) -> list[str]:
    last = f", last {since(trigger.last_at, now)} ago" if trigger.last_at else ""
    skipped = f", {trigger.skipped} skipped" if trigger.skipped else ""
    lines = [
        f"{trigger.id}  {trigger.type.removesuffix('Node')}  {trigger.state}"
        f"  {trigger.started} started{skipped}{last}",
        f"    {trigger.file}",
    ]
    if trigger.next_at:
        lines.append(f"    next {trigger.next_at.astimezone():%Y-%m-%d %H:%M}")
    if trigger.address:
        lines.append(f"    {trigger.address}")
    if trigger.problem:
        lines.append(f"    {trigger.problem}")
    return lines
