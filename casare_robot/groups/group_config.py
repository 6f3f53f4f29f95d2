"""What a group is made with. Pure."""

from collections.abc import Mapping
from typing import Any

from casare_robot.domain.errors import InvalidRecordError
from casare_robot.groups.choose import priority_of
from casare_robot.groups.membership import MOST_MEMBERS
from casare_robot.groups.session_rules import check_id
from casare_robot.groups.words import invalid, one_of, options

STATUSES = ("initializing", "active", "recovering", "interrupted", "completed", "failed")
STRATEGIES = ("development", "research", "devops")
MODES = ("mesh", "hierarchical")
MAX_TOKENS = 4000
COUNTERS = ("tasksCompleted", "tasksFailed", "agentsSpawned", "messagesSent", "errors")


def check_name(name: str) -> None:
    """Say whether a group may be called so.

    Raises:
        InvalidRecordError: It may not: its state could not be kept under this name.
    """
    try:
        check_id(name)
    except InvalidRecordError:
        what = "letters, digits, dots, dashes and underscores, a hundred at most"
        raise invalid("name", f"{name!r:.80} is no name of a group, which has {what}") from None


def record_of(group_id: str, given: Mapping[str, Any], *, now: float) -> dict[str, Any]:
    """The row of a new group.

    Args:
        group_id: Its id.
        given: ``name, objective, strategy, mode, max_members, max_tokens,
            metadata{phase, priority, capabilities, tags, creator}``, all optional.
        now: Seconds of the store's clock.

    Raises:
        InvalidRecordError: A value is none of those there are.
    """
    known = options(given)
    metadata = {"priority": "normal", "capabilities": [], "tags": [], **known.get("metadata", {})}
    priority_of(metadata["priority"])
    most = known.get("max_members", MOST_MEMBERS)
    if not isinstance(most, int) or most < 1:
        raise invalid("max_members", f"a group has at least 1 member, not {most!r}")
    return {
        "id": group_id,
        "name": known.get("name", group_id),
        "objective": known.get("objective", ""),
        "strategy": one_of("strategy", known.get("strategy", "development"), STRATEGIES),
        "mode": one_of("mode", known.get("mode", "mesh"), MODES),
        "max_members": most,
        "max_tokens": int(known.get("max_tokens", MAX_TOKENS)),
        "status": "initializing",
        "created_at": now,
        "last_activity": now,
        "last_heartbeat": now,
        "members": [],
        "enrolled": [],
        "tasks": [],
        "topology": known.get("topology", {}),
        "metadata": metadata,
        "metrics": dict.fromkeys(COUNTERS, 0),
        "failovers": [],
        "conversation": {},
    }


def printed(record: Mapping[str, Any]) -> dict[str, Any]:
    """A group's row under the names of the multi-swarm document."""
    names = {
        "max_members": "maxAgents",
        "created_at": "createdAt",
        "last_activity": "lastActivity",
        "last_heartbeat": "lastHeartbeat",
        "members": "agents",
        "max_tokens": "maxTokens",
        "interrupted_at": "interruptedAt",
    }
    return {names.get(name, name): value for name, value in record.items()}
