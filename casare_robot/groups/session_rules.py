"""What may become of a session, and how it fits its limits. Pure."""

import base64
import gzip
import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from casare_robot.domain.errors import SessionStateError
from casare_robot.groups.records import Session
from casare_robot.groups.words import invalid

DAY = 24 * 3600.0
LIFE, SHORTEST, LONGEST = 7 * DAY, 3600.0, 30 * DAY
LARGEST = 10 * 1024 * 1024
PACKED_ABOVE = 100 * 1024
KEPT_TURNS = 10
"""Last turns of each robot that are never trimmed. Source: AGENT_STATE_MESSAGE_HISTORY."""
INVALIDATED = "invalidated_pending_cleanup"
STATES = ("active", "paused", "expired", INVALIDATED, "closed")
MOVES: Mapping[str, tuple[str, ...]] = {
    "active": ("paused", "closed", "expired"),
    "paused": ("active", "closed", "expired"),
    "expired": ("closed",),
    INVALIDATED: ("closed",),
    "closed": (),
}
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
CLEANUP_WAITS = (300.0, 600.0, 1200.0, 3600.0)
SAVE_WAITS = (1.0, 5.0, 30.0, 60.0)


def check_id(session_id: Any) -> str:
    """An id that names no path.

    Raises:
        InvalidRecordError: It is none.
    """
    if not isinstance(session_id, str) or not _ID.fullmatch(session_id) or ".." in session_id:
        raise invalid("id", f"{session_id!r:.80} is no session's id")
    return session_id


def check_move(before: str, after: str) -> None:
    """Refuse what no session may do.

    Raises:
        SessionStateError: From ``before`` nothing leads to ``after``.
    """
    if after not in MOVES[before]:
        raise SessionStateError(f"a session that is {before} cannot become {after}")


class SessionRules(msgspec.Struct, frozen=True, kw_only=True):
    """What sessions are held to.

    ``life``: seconds of one that says nothing else; ``kept_turns``: last turns of
    each robot that are never trimmed; ``largest``: bytes; ``state_life``: seconds
    that the state of a group is kept.
    """

    life: float = LIFE
    kept_turns: int = KEPT_TURNS
    largest: int = LARGEST
    state_life: float = DAY


def life_of(expiration: Any, usual: float = LIFE) -> float:
    """Seconds that a session lives: an hour to thirty days, or the usual time.

    Raises:
        InvalidRecordError: It is none of these.
    """
    if expiration is None:
        return usual
    if not isinstance(expiration, int | float) or not SHORTEST <= expiration <= LONGEST:
        raise invalid("expiration", f"a session lives 1 h to 30 days, not {expiration!r} s")
    return float(expiration)


def size_of(session: Session) -> int:
    """Bytes of a session as JSON."""
    return len(json.dumps(msgspec.to_builtins(session), ensure_ascii=False).encode())


def trimmed(
    session: Session, *, most: int = LARGEST, kept_turns: int = KEPT_TURNS
) -> tuple[Session, int]:
    """A session that fits, and its size: oldest turns go first, then trimmable context.

    The last ``kept_turns`` of each robot stay. ``metadata.trimmable`` names keys of the
    shared context that may go.
    """
    size = size_of(session)
    turns = list(session.history)
    sizes = [len(json.dumps(turn, ensure_ascii=False).encode()) + 2 for turn in turns]
    left: dict[str, int] = {}
    for turn in turns:
        left[_speaker(turn)] = left.get(_speaker(turn), 0) + 1
    kept = []
    for turn, length in zip(turns, sizes, strict=True):
        if size > most and left[_speaker(turn)] > kept_turns:
            size -= length
            left[_speaker(turn)] -= 1
        else:
            kept.append(turn)
    context = dict(session.shared_context)
    for name in session.metadata.get("trimmable", ()) if size > most else ():
        if name in context and size > most:
            size -= len(json.dumps({name: context.pop(name)}, ensure_ascii=False).encode())
    session = msgspec.structs.replace(session, history=tuple(kept), shared_context=context)
    return session, size_of(session)


def packed(session: Session) -> dict[str, Any]:
    """The row of a session; gzip above 100 KB."""
    record: dict[str, Any] = msgspec.to_builtins(session)
    text = json.dumps(record, ensure_ascii=False)
    shown = {
        "status": session.state,
        "updated_at": session.updated_at,
        "created_at": session.created_at,
        "expires_at": session.expires_at,
        "size": len(text.encode()),
    }
    if len(text) <= PACKED_ABOVE:
        return shown | {"session": record}
    return shown | {"gzip": base64.b64encode(gzip.compress(text.encode(), 1)).decode()}


def unpacked(record: Mapping[str, Any], version: int) -> Session:
    """The session of a row."""
    kept = record.get("session")
    if kept is None:
        kept = json.loads(gzip.decompress(base64.b64decode(record["gzip"])))
    session = msgspec.convert(kept, Session)
    return msgspec.structs.replace(session, version=version, size=int(record["size"]))


def _speaker(turn: Mapping[str, Any]) -> str:
    return str(turn.get("agentId") or turn.get("role") or "")
