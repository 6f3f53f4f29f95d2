"""`casare-robot group events, publish, ask, sessions`: what the robots of a group say."""

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from casare_robot.agent.judging import judge_of
from casare_robot.cli.group_commands import done
from casare_robot.cli.json_value import json_value
from casare_robot.cli.rendering import as_json
from casare_robot.cli.shared_store import named
from casare_robot.cli.times import clock_time
from casare_robot.config.loading import load_config
from casare_robot.desktop.places import find_places
from casare_robot.domain.plain_json import plain
from casare_robot.groups.event_text import event_of, stream_of
from casare_robot.groups.records import Event
from casare_robot.groups.robot_group import RobotGroup
from casare_robot.groups.sessions import Sessions
from casare_robot.groups.topics import matches
from casare_robot.store.records import Entry
from casare_robot.store.store import Store

LONGEST = 160
"""Characters of a payload that people are shown."""


async def show_events(
    store: Store,
    group: str | None,
    *,
    follow: bool,
    count: int,
    topic: str,
    json_output: bool,
) -> int:
    """Print the last events of a group, oldest first, and with ``follow`` those to come."""
    stream = stream_of(await named(store, group))
    entries: list[Entry] = []
    newest = (await store.read(stream, after=2**62, limit=1)).newest
    after = 0 if topic else max(0, newest - count)
    while True:
        reading = await store.read(stream, after=after)
        entries += reading.entries
        if not reading.entries:
            break
        after = reading.entries[-1].seq
        entries = [entry for entry in entries if _is_wanted(entry, topic)][-count:]
    for entry in entries:
        _print(entry, json_output=json_output)
    if not follow:
        return 0
    async with store.watch(stream) as bell:
        async for _ in bell:
            while entries := list((await store.read(stream, after=after)).entries):
                after = entries[-1].seq
                for entry in entries:
                    if _is_wanted(entry, topic):
                        _print(entry, json_output=json_output)
    return 0


async def publish(
    store: Store,
    group: str,
    topic: str,
    payload: str | None,
    *,
    priority: str,
    json_output: bool,
) -> int:
    """Add an event to a group's log."""
    value = None if payload is None else json_value(payload)
    async with await RobotGroup.open(store, await named(store, group)) as opened:
        event = await opened.bus.publish(topic, value, priority=priority)
    return done(event, {"group": group, "topic": topic, "id": event}, json_output=json_output)


async def ask(
    store: Store,
    group: str,
    message: str,
    *,
    topic: str | None,
    strategy: str | None,
    home: Path | None,
    json_output: bool,
) -> int:
    """Have members answer, chosen by a strategy from now on; 1 if none could."""
    said = {"content": message} | ({"topic": topic} if topic else {})
    async with AsyncExitStack() as stack:
        judge = judge_of(load_config(places=find_places(home)))
        if judge is not None:
            await stack.enter_async_context(judge)
        group = await named(store, group)
        opened = await stack.enter_async_context(await RobotGroup.open(store, group, judge=judge))
        if strategy is not None:
            await opened.set_speaker_strategy(strategy)
        answers = await opened.ask(said)
    if json_output:
        print(as_json(plain(answers)))
    else:
        for answer in answers:
            who, error = answer["agentId"], answer.get("error")
            if not error:
                print(f"{who}: {_text(answer['content'])}")
            elif error.startswith(who):
                print(error)
            else:
                print(f"{who} could not answer: {error}")
    return 0 if any(not answer.get("error") for answer in answers) else 1


async def show_sessions(store: Store, *, state: str | None, limit: int, json_output: bool) -> int:
    """Show conversations that outlive their processes, the newest change first."""
    sessions = await Sessions(store).list(state=state, limit=limit)
    if json_output:
        print(as_json(plain([msgspec.to_builtins(session) for session in sessions])))
        return 0
    if not sessions:
        print("no conversation is kept", file=sys.stderr)
    for session in sessions:
        changed = datetime.fromtimestamp(session.updated_at, UTC).astimezone()
        robots = ", ".join(session.robots) or "nobody"
        turns = f"{len(session.history)} turns"
        print(f"{session.id}  {session.state:<8}  {changed:%Y-%m-%d %H:%M:%S}  {turns}  {robots}")
    return 0


def _is_wanted(entry: Entry, topic: str) -> bool:
    event = event_of(entry)
    return event is not None and (not topic or matches(topic, event.topic))


def _print(entry: Entry, *, json_output: bool) -> None:
    event = event_of(entry)
    if event is None:
        return
    print(as_json(plain(msgspec.to_builtins(event))) if json_output else _line(event), flush=True)


def _line(event: Event) -> str:
    at = clock_time(datetime.fromtimestamp(event.at, UTC))
    mark = "!" if event.priority == "critical" else " "
    sender = f"  from {event.sender}" if event.sender else ""
    return f"{at} {mark} {event.topic}{sender}  {_text(event.payload)}".rstrip()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        said = ((name, _text(item)) for name, item in value.items())
        text = "  ".join(f"{name}={item}" for name, item in said if item)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        text = ", ".join(map(_text, value))
    else:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
