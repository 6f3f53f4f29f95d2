"""The one table of spellings: what the three source documents call things, and what we do. Pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from casare_robot.domain.errors import Fault, InvalidRecordError

SUBJECTS: Mapping[str, str] = {"agent": "robot", "task": "job", "swarm": "group"}
"""First words of topics and message types, in singular and plural."""

VALUES: Mapping[str, str] = {"replace": "failover", "alert": "notify", "idle": "paused"}

MILLISECONDS: Mapping[str, str] = {
    "activityTimeout": "activity_timeout",
    "backoffMs": "backoff",
    "expirationMs": "expiration",
    "heartbeatInterval": "heartbeat_interval",
    "livenessProbeTimeout": "probe_timeout",
    "replayWindowMs": "replay_window",
    "timeoutMs": "timeout",
}
"""Options of the documents that count milliseconds, and ours that count seconds."""

OPTIONS: Mapping[str, str] = {
    "agentIds": "robots",
    "conversationId": "conversation",
    "defaultRecoveryStrategy": "strategy",
    "estimatedEffort": "estimated_effort",
    "failureThreshold": "failure_threshold",
    "fallbackAgentId": "fallback",
    "initialContext": "context",
    "maxAgents": "max_members",
    "maxEvents": "max_events",
    "maxMissedBeats": "max_missed_beats",
    "maxRetries": "max_retries",
    "maxSpeakersPerTurn": "max_speakers",
    "policyType": "policy",
    "sessionId": "session",
    "speakerSelection": "strategy",
    "type": "kind",
    "webhookUrl": "webhook",
}


def canonical(name: str) -> str:
    """A topic or message type with our first word: ``agent:*`` is ``robot:*``."""
    head, mark, rest = _split(name)
    plural = head.endswith("s") and head[:-1] in SUBJECTS
    ours = SUBJECTS.get(head[:-1] if plural else head)
    return name if ours is None else ours + ("s" if plural else "") + mark + rest


def options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Options under our names and in seconds, whichever spelling they came in."""
    result: dict[str, Any] = {}
    for name, value in given.items():
        if name in MILLISECONDS:
            result[MILLISECONDS[name]] = value / 1000
        else:
            result[OPTIONS.get(name, name)] = value
    return result


def one_of(kind: str, value: object, allowed: Iterable[str]) -> str:
    """A value of a fixed list, in our spelling: ``critical-only`` is ``critical_only``.

    Raises:
        InvalidRecordError: It is none; names those that are.
    """
    known = tuple(allowed)
    name = str(value).replace("-", "_").lower()
    name = VALUES.get(name, name)
    if name not in known:
        raise invalid(kind, f"{value!r} is no {kind}; there are {', '.join(known)}")
    return name


def invalid(key: str, message: str) -> InvalidRecordError:
    """An error about one field."""
    return InvalidRecordError([Fault(code=InvalidRecordError.code, message=message, key=key)])


def _split(name: str) -> tuple[str, str, str]:
    found = re.match(r"([a-z]+)([:_])(.*)", name, re.DOTALL)
    return (found[1], found[2], found[3]) if found else (name, "", "")
