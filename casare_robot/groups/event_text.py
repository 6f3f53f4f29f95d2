"""Events as entries of a log, and back. Pure."""

import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from typing import Any

from casare_robot.groups.records import Event
from casare_robot.groups.words import canonical, invalid
from casare_robot.store.records import Append, Entry

LARGEST_MESSAGE = 1_048_576
"""Bytes of JSON. Source: multi-swarm, "1MB max message size"; bytes, not characters."""
VERSION = "1.0.0"
FLEET = "fleet"
"""The stream that everybody reads."""
GLOBAL = "group:global"


def stream_of(group: str) -> str:
    """The log of a group."""
    return f"group:{group}"


def channel_name(group: str) -> str:
    """A name for a group that every technology can carry; see `Bus.channel_name`."""
    plain = re.sub(r"[^A-Za-z0-9_]", "_", group)
    if plain == group and len(plain) <= 40:
        return f"htm_wm_{plain}"
    digest = hashlib.sha256(group.encode()).hexdigest()[:8]
    return f"htm_wm_{plain[:40]}_{digest}"


def new_id() -> str:
    """A random id that nobody can guess."""
    return str(uuid.uuid4())


def body_of(event: Event) -> dict[str, Any]:
    """What is kept of an event: only what says something.

    Raises:
        InvalidRecordError: It is larger than a message may be, or no JSON.
    """
    body = {
        name: getattr(event, name)
        for name in Event.__struct_fields__
        if name not in ("at", "seq", "stream") and getattr(event, name) not in (None, "", {})
    }
    try:
        size = len(json.dumps(body["payload"], ensure_ascii=False).encode()) if event.payload else 0
    except (TypeError, ValueError) as error:
        raise invalid("payload", f"the payload is no JSON: {error}") from error
    if size > LARGEST_MESSAGE:
        raise invalid("payload", f"a message of {size} bytes; at most {LARGEST_MESSAGE} are sent")
    return body


def event_of(entry: Entry) -> Event | None:
    """The event of an entry; None if the entry is none."""
    if not isinstance(entry.body, Mapping):
        return None
    known = {k: v for k, v in entry.body.items() if k in Event.__struct_fields__}
    known |= {"seq": entry.seq, "at": entry.at, "stream": entry.stream}
    if not isinstance(known.get("id"), str) or not isinstance(known.get("topic"), str):
        return None
    return Event(**known)


def note(
    stream: str, topic: str, payload: Any = None, *, sender: str = "", group: str = "", **more: Any
) -> Append:
    """An event as a change, to be committed with what it tells."""
    event = Event(id=new_id(), topic=topic, payload=payload, sender=sender, group=group, **more)
    return Append(stream=stream, bodies=(body_of(event),))


def key_of(event: Event) -> str:
    """What subscriptions are matched with: the channel of a message, else the topic."""
    return event.topic if event.kind == "event" else f"message:{canonical(event.topic)}"
