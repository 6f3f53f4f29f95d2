"""A trigger as its workflow's file has it, and a source made of it."""

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, get_args

import msgspec

from casare_robot.domain.conversion import convert, is_textual
from casare_robot.domain.errors import TriggerError
from casare_robot.domain.trigger_status import Missed
from casare_robot.domain.workflow import Node, Workflow
from casare_robot.execution.language.references import (
    MISSING,
    SecretTemplate,
    compile_value,
    system_value,
)
from casare_robot.execution.loading.loader import load_workflow
from casare_robot.nodes.catalogue import load_catalogue
from casare_robot.triggers.event import Look, Polled, Source, Surroundings

SERVED = frozenset(
    ("WebhookTriggerNode", "FormTriggerNode", "ChatTriggerNode", "WhatsAppTriggerNode")
)
"""Types whose events others bring, over HTTP."""
CALLED = "WorkflowCallTriggerNode"
ROBOT_EVENTS = frozenset(("ErrorTriggerNode", "AppEventTriggerNode"))


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """A trigger of a file. ``settings`` may hold revealed secrets: it is never kept."""

    node_id: str
    type: str
    workflow: str
    settings: Mapping[str, Any]
    ports: tuple[str, ...]


def definitions(
    source: bytes, *, secret: Callable[[str], str | None], now: datetime
) -> list[Definition]:
    """The triggers of a workflow's file, in its order.

    References in their settings take the variables that the file declares.

    Raises:
        WorkflowInvalidError: The file cannot be run.
        TriggerError: A setting cannot be of its type, or names a secret that is not there.
    """
    workflow = load_workflow(source, load_catalogue(), must_run=False).workflow
    catalogue = load_catalogue()
    found = []
    for node in workflow.nodes.values():
        if node.type in catalogue and catalogue.get(node.type).category == "triggers":
            settings = _settings(node, workflow, secret, now)
            ports = tuple(port.name for port in catalogue.get(node.type).outputs)
            found.append(
                Definition(
                    node_id=node.id,
                    type=node.type,
                    workflow=workflow.name,
                    settings=settings,
                    ports=ports,
                )
            )
    return found


def source_of(found: Definition, missed: Missed, around: Surroundings) -> Source | None:
    """What watches for a trigger's events; None: they are brought.

    Raises:
        TriggerError: It cannot be watched for here; the message says why.
    """
    if not found.settings["enabled"]:
        raise TriggerError(f"{found.node_id} is not enabled in its workflow")
    if missed not in get_args(Missed):
        raise TriggerError(f"missed runs can be made up for once, skip or all, not {missed!r}")
    if found.type in SERVED or found.type == CALLED:
        _check_brought(found)
        return None
    if found.type == "SSETriggerNode":
        from casare_robot.triggers.server_events import ServerEvents

        return ServerEvents(found.settings, around)
    return Polled(_look(found, missed, around), sleep=around.sleep)


def next_run(found: Definition, cursor: Any, now: datetime) -> datetime | None:
    """When a trigger starts its workflow next, if it goes by the clock."""
    if found.type != "ScheduleTriggerNode":
        return None
    from casare_robot.triggers.schedule import Schedule

    return Schedule(found.settings).next_run(cursor, now)


def _look(found: Definition, missed: Missed, around: Surroundings) -> Any:
    match found.type:
        case "ScheduleTriggerNode":
            from casare_robot.triggers.schedule import Schedule

            schedule = Schedule(found.settings, missed)

            async def due(cursor: Any) -> Look:
                return schedule.look(cursor, around.clock())

            return due
        case "FileWatchTriggerNode":
            from casare_robot.triggers.files import FolderWatch

            folder = FolderWatch(found.settings)
            return lambda cursor: asyncio.to_thread(folder.look, cursor, time.time_ns())
        case "RSSFeedTriggerNode":
            from casare_robot.triggers.feed import Feed

            feed = Feed(found.settings)
            return lambda cursor: feed.look(cursor, around.policy())
        case "EmailTriggerNode":
            from casare_robot.triggers.mail import Mailbox

            box = Mailbox(found.settings, around)
            return lambda cursor: asyncio.to_thread(box.look, cursor)
        case "TelegramTriggerNode":
            from casare_robot.triggers.telegram import Telegram

            telegram = Telegram(found.settings)
            return lambda cursor: telegram.look(cursor, around.policy())
        case "GmailTriggerNode":
            from casare_robot.triggers.gmail import GmailBox

            return GmailBox(found.settings, around).look
        case "DriveTriggerNode":
            from casare_robot.triggers.drive import DriveChanges

            return DriveChanges(found.settings, around).look
        case "SheetsTriggerNode":
            from casare_robot.triggers.sheets import SheetWatch

            return SheetWatch(found.settings, around).look
        case "ErrorTriggerNode" | "AppEventTriggerNode":
            from casare_robot.triggers.robot_events import RobotEvents

            events = RobotEvents(found.type, found.settings)

            async def ended(cursor: Any) -> Look:
                jobs, cursor = await asyncio.to_thread(around.ended_jobs, cursor)
                return Look(events.of(jobs), cursor, 1.0)

            return ended
    raise TriggerError(f"nobody here knows how to watch for a {found.type}")


def _check_brought(found: Definition) -> None:
    if found.type == CALLED and not found.settings["call_alias"]:
        raise TriggerError("call_alias is empty: it is the name by which the workflow is called")
    if found.type == "ChatTriggerNode" and found.settings["platform"] != "web":
        raise TriggerError(
            f"a chat on {found.settings['platform']} needs an account there; platform web works "
            "here, and messages from elsewhere can come through a webhook"
        )


class _Lookup:
    def __init__(self, workflow: Workflow, now: datetime) -> None:
        self._workflow = workflow
        self._now = now

    def name(self, name: str) -> Any:
        declared = self._workflow.variables.get(name)
        return MISSING if declared is None else declared.default

    def system(self, name: str) -> Any:
        return system_value(name, self._now)


def _settings(
    node: Node, workflow: Workflow, secret: Callable[[str], str | None], now: datetime
) -> dict[str, Any]:
    def revealed(reference: str) -> str:
        value = secret(reference)
        if value is None:
            raise TriggerError(f"{node.id} needs the secret {reference!r}, which is not kept here")
        return value

    lookup = _Lookup(workflow, now.astimezone())
    settings: dict[str, Any] = {}
    for each in load_catalogue().get(node.type).properties:
        value = compile_value(node.config.get(each.name)).resolve(lookup, lambda _text: None)
        if isinstance(value, SecretTemplate):
            value = value.reveal(revealed)
        if value is None or (value == "" and not is_textual(each.type)):
            value = each.default
        try:
            value = convert(value, each.type)
        except ValueError as error:
            raise TriggerError(f"{node.id}: {each.name} {error}") from error
        if each.choices and value not in each.choices:
            raise TriggerError(f"{node.id}: {each.name} must be one of {', '.join(each.choices)}")
        settings[each.name] = value
    return settings
