"""What groups keep and hand out. Times are seconds of the store's clock. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec

ACTIVE, PASSIVE, RETIRED = "active", "passive", "retired"
NORMAL, CRITICAL = "normal", "critical"
PRIORITIES: Mapping[str, int] = {"low": 1, "normal": 2, "high": 3, "critical": 4}


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A robot in a group; ``join_no`` is the order in which standbys take over.

    ``is_resting``: somebody has asked it to begin no jobs for now.
    """

    robot: str
    role: str
    join_no: int
    is_resting: bool = False
    capabilities: tuple[str, ...] = ()
    priority: str | float = NORMAL
    cursor: int = 0
    joined_at: float = 0.0


class Event(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={
        "topic": "eventType",
        "at": "timestamp",
        "sender": "publisherId",
        "group": "swarmId",
        "session": "sessionId",
        "conversation": "conversationId",
        "target_robot": "targetAgent",
    },
):
    """One line of a group's log.

    ``kind`` is event, message, request or reply; ``topic`` of a message is its
    type, and ``channel`` where it was sent. ``seq`` and ``at`` are the store's.
    """

    id: str
    topic: str
    payload: Any = None
    kind: str = "event"
    priority: str = NORMAL
    at: float = 0.0
    sender: str = ""
    group: str = ""
    channel: str = ""
    target: str | None = None
    target_robot: str | None = None
    session: str | None = None
    conversation: str | None = None
    reply_to: str | None = None
    metadata: Mapping[str, Any] = {}
    seq: int = 0
    stream: str = ""

    @property
    def event_type(self) -> str:
        """The topic, as the documents call it."""
        return self.topic

    @property
    def swarm_id(self) -> str:
        """The group that sent it, as the documents call it."""
        return self.group

    @property
    def message_type(self) -> str:
        """The type of a message."""
        return self.topic


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """One memory. ``contributions``: robot to ``{first, last, count}``; ``version``: its row's."""

    id: str
    group: str
    content: str
    hash: str
    tokens: int
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = {}
    embedding: tuple[float, ...] | None = None
    working: bool = True
    pinned: bool = False
    access_count: int = 0
    last_accessed: float = 0.0
    remember_count: int = 1
    last_remembered_at: float = 0.0
    created_by: str = ""
    created_at: float = 0.0
    updated_at: float = 0.0
    deleted_at: float | None = None
    contributions: Mapping[str, Mapping[str, float]] = {}
    version: int = 0


class Session(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={
        "created_at": "createdAt",
        "updated_at": "updatedAt",
        "expires_at": "expiresAt",
        "robots": "agentIds",
        "robot_states": "agentStates",
        "history": "conversationHistory",
        "shared_context": "sharedContext",
    },
):
    """A conversation that outlives the process; ``version`` is the store's."""

    id: str
    created_at: float
    updated_at: float
    expires_at: float
    state: str = "active"
    robots: tuple[str, ...] = ()
    robot_states: Mapping[str, Mapping[str, Any]] = {}
    history: tuple[Mapping[str, Any], ...] = ()
    shared_context: Mapping[str, Any] = {}
    metadata: Mapping[str, Any] = {}
    size: int = 0
    cleanup_failures: int = 0
    cleanup_at: float | None = None
    version: int = 0

    @property
    def conversation_history(self) -> tuple[Mapping[str, Any], ...]:
        """The turns in order, as the documents call them."""
        return self.history


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A frozen state; ``kind`` is snapshot, checkpoint or version."""

    id: str
    owner: str
    no: int
    kind: str
    label: str
    record: Mapping[str, Any]
    checksum: str
    at: float
    author: str = ""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Work of a group.

    ``status``: queued, assigned, running, done, failed, cancelled, needs_attention.
    ``token`` is that of its lease, for who claimed it; ``begun`` that under which
    somebody last began to work on it, 0 if nobody has. ``cancelled_by``: who wants
    it cancelled.
    """

    id: str
    status: str = "queued"
    group: str | None = None
    robot: str | None = None
    priority: int = 2
    capabilities: tuple[str, ...] = ()
    restartable: bool = True
    on_disconnect: str = "continue"
    work: Mapping[str, Any] = {}
    reason: str | None = None
    submitted_by: str = ""
    created_at: float = 0.0
    token: int = 0
    begun: int = 0
    cancelled_by: str = ""
    result: Any = None
    late_results: tuple[Any, ...] = ()


class RecoveryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What to do about a robot that fell silent; ``max_retries`` 0: without end.

    ``kind`` is restart, failover, notify or none; ``timeout`` in seconds.
    """

    kind: str = "restart"
    failure_threshold: int = 3
    timeout: float = 10.0
    fallback: str | None = None
    webhook: str | None = None
    backoff: float = 1.0
    multiplier: float = 2.0
    max_retries: int = 0


class ReplayPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Which missed events a subscriber gets; ``policy`` is none, critical_only or full."""

    policy: str = "critical_only"
    enabled: bool = True
    max_events: int | None = None
    replay_window: float | None = None

    def lets(self, priority: str) -> bool:
        """Whether events of this priority are replayed."""
        if not self.enabled or self.policy == "none":
            return False
        return self.policy == "full" or priority == CRITICAL


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Who was chosen and why; ``chosen`` None: nobody can."""

    chosen: str | None
    reason: str
    strategy: str = ""
    confidence: float = 1.0
    latency_ms: float = 0.0


class RecoveryPlan(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How to go on with a group that was interrupted; ``confidence`` 0.5 to 0.95."""

    resume_from: Any
    completed_tasks: tuple[Any, ...]
    in_progress_tasks: tuple[Any, ...]
    pending_tasks: tuple[Any, ...]
    progress: float
    next_actions: tuple[str, ...]
    estimated_time: str
    confidence: float
