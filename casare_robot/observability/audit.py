"""What happened, in an order and wording that nobody can change unnoticed."""

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from casare_robot.domain.audit_head import AuditHead
from casare_robot.domain.errors import JournalError
from casare_robot.domain.robot_events import RobotEvent
from casare_robot.journal import audit_table
from casare_robot.journal.audit_table import AuditRow, HeadRow
from casare_robot.journal.connection import Connection
from casare_robot.journal.journal import Journal
from casare_robot.observability.audit_chain import (
    ENTRY_OUT,
    HEAD_EVERY,
    HEAD_OUT,
    ROOT,
    AuditEntry,
    AuditFinding,
    bind,
    sign,
)
from casare_robot.observability.audit_events import (
    SEVERITIES,
    AuditEventType,
    AuditSeverity,
    entry_of,
)
from casare_robot.observability.audit_heads import add_heads, keep_heads, read_heads
from casare_robot.observability.audit_verification import kept_heads, verify

__all__ = ["AuditEventType", "AuditLogger", "AuditSeverity"]

log = logging.getLogger(__name__)

HEAD_AFTER = 30.0
"""Seconds after which the end of the chain is signed, if it is not."""
BEAT = 5.0
"""Seconds between two looks whether there is anything to sign or to write again."""
AT_ONCE = 500
"""Entries to a commit, so that nobody else waits long."""
LARGEST_PAYLOAD = 16 << 10
"""Characters of a payload; of a longer one the beginning is kept."""
MOST_WAITING = 100_000
"""Entries in memory while they cannot be written; beyond, those of nodes are only counted."""

_Waiting = tuple[
    AuditEventType, str | None, Mapping[str, Any], AuditSeverity | None, str, float, float
]


class _Written(NamedTuple):
    entries: int
    seq: int
    heads: tuple[AuditHead, ...]


class AuditLogger:
    """Writes the audit chain into the journal.

    `record` only puts an entry into memory; the journal's writer takes all that
    wait into its next commit, in order. An entry that cannot be written waits;
    as long as one does, `problem` says why, and a robot takes no jobs.

    Args:
        journal: Where the chain is.
        key: Signs heads; see `audit_key.load_key`.
        session: This start of the robot.
        heads: A file for signed heads outside the journal; None keeps none.
        mask: Takes secrets out of plain data.
        clock: Wall clock in seconds.
        monotonic: Clock that never jumps, in seconds.

    Attributes:
        problem: Why entries cannot be written; None while they can.
        head: The newest signed end of the chain, to be told to others.

    Source: robot reference, "AuditLogger"; reliability, 3.4.
    """

    def __init__(
        self,
        journal: Journal,
        *,
        key: Ed25519PrivateKey,
        session: str,
        heads: Path | None = None,
        mask: Callable[[Any], Any] = lambda value: value,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.problem: str | None = None
        self.head: AuditHead | None = None
        self._journal = journal
        self._key = key
        self._session = session
        self._heads = heads
        self._mask = mask
        self._clock = clock
        self._monotonic = monotonic
        self._waiting: list[_Waiting] = []
        self._passed_over = 0
        self._gate = threading.Lock()
        self._is_idle = threading.Event()
        self._is_idle.set()
        self._is_handed_in = False
        self._is_head_wanted = False
        self._unsigned_since: float | None = None
        self._begin()

    def record(
        self,
        event: AuditEventType,
        job_id: str | None = None,
        payload: Mapping[str, Any] | None = None,
        *,
        severity: AuditSeverity | None = None,
        actor: str = "robot",
    ) -> None:
        """Add an entry; it is on disk with the journal's next commit.

        Never waits and never fails; may be called from any thread.

        Args:
            event: What happened.
            job_id: The job it is about.
            payload: Plain data, not changed after the call.
            severity: How bad; each event has its own if none is said.
            actor: Who did it.
        """
        waiting = self._waiting
        if len(waiting) >= MOST_WAITING and event is AuditEventType.NODE_EXECUTED:
            self._passed_over += 1
            return
        entry = event, job_id, payload or {}, severity, actor, self._clock(), self._monotonic()
        waiting.append(entry)
        if not self._is_handed_in:
            self._hand_in()

    def hear(self, event: RobotEvent) -> None:
        """Record what counts of what a robot tells; a sink of `ProgressReporter`."""
        told = entry_of(event)
        if told is not None:
            self.record(told.event, told.job_id, told.payload, severity=told.severity)

    async def run(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Sign the end of the chain when due and write again what failed; until cancelled."""
        while True:
            await sleep(BEAT)
            self.beat()

    def beat(self) -> None:
        """One look of `run`."""
        since = self._unsigned_since
        if since is not None and self._monotonic() >= since + HEAD_AFTER:
            self._is_head_wanted = True
        if self._passed_over and len(self._waiting) < MOST_WAITING:
            payload = {"entries_of_nodes_not_kept": self._passed_over}
            self._passed_over = 0
            self.record(AuditEventType.ERROR, payload=payload)
        elif self._waiting or self._is_head_wanted:
            self._hand_in()

    def close(self) -> None:
        """Write and sign what is left; blocks for a commit or two. The journal stays open."""
        self._is_idle.wait()
        self._is_head_wanted = True
        self._hand_in()
        self._is_idle.wait()

    def verify(self, told: Iterable[AuditHead] = ()) -> tuple[AuditFinding, ...]:
        """Everything that is not as this robot wrote it; blocks, see `audit_verification`.

        Args:
            told: Heads that others keep, the orchestrator for one.
        """
        given_out = [] if self._heads is None else read_heads(self._heads)
        public = self._key.public_key().public_bytes_raw()
        return verify(self._journal, key=public, given_out=(*given_out, *told))

    def prune(self, *, keep_days: float, keep_entries: int) -> int:
        """Forget old entries, and those beyond a number, up to a signed head; blocks.

        Returns:
            The number of the newest entry that went; 0 if none did.
        """
        before_ms = round((self._clock() - keep_days * 86_400) * 1000)
        last: AuditRow | None = self._journal.writer.write_now(audit_table.last)
        first: list[AuditRow] = self._journal.writer.write_now(
            partial(audit_table.rows_after, seq=0, limit=1)
        )
        if last is None:
            return 0
        cuts = [
            head.seq
            for head in kept_heads(self._journal).values()
            if first[0].seq <= head.seq < last.seq
            and (head.at_ms < before_ms or head.seq <= last.seq - keep_entries)
        ]
        if not cuts:
            return 0
        self.record(AuditEventType.AUDIT_PRUNED, payload={"upto": cuts[-1]})
        self.close()
        if self.problem is not None:
            return 0
        stride = AT_ONCE // HEAD_EVERY
        for upto in (*cuts[stride:-1:stride], cuts[-1]):
            self._journal.writer.write_now(partial(audit_table.cut, upto=upto))
        if self._heads is not None:
            keep_heads(self._heads, cuts[-1])
        return cuts[-1]

    def _begin(self) -> None:
        """Go on where the chain ends, and say so if it is not where it was left."""
        last: AuditRow | None = self._journal.writer.write_now(audit_table.last)
        kept = kept_heads(self._journal)
        self.head = kept[max(kept)] if kept else None
        if last is not None and (self.head is None or self.head.seq < last.seq):
            self._unsigned_since = self._monotonic()
        self._look_at_given_out(kept)
        public = self._key.public_key().public_bytes_raw().hex()
        known = self._journal.recalled("audit_key")
        if known != public:
            self.record(AuditEventType.AUDIT_KEY, payload={"key": public, "before": known})
            self._journal.remember("audit_key", public)

    def _look_at_given_out(self, kept: Mapping[int, AuditHead]) -> None:
        given_out = [] if self._heads is None else read_heads(self._heads)
        newest = max(given_out, key=lambda head: head.seq, default=None)
        if self._heads is None or newest is None or kept.get(newest.seq) == newest:
            return
        stamp = datetime.fromtimestamp(self._clock(), UTC).strftime("%Y%m%dT%H%M%S%fZ")
        aside = self._heads.with_name(f"{self._heads.stem}.broken-{stamp}{self._heads.suffix}")
        self._heads.rename(aside)
        why = f"the chain had reached {newest.seq} when its head was given out; see {aside.name}"
        self.record(AuditEventType.AUDIT_BROKEN, payload={"why": why})

    def _hand_in(self) -> None:
        with self._gate:
            if self._is_handed_in:
                return
            self._is_handed_in = True
            self._is_idle.clear()
        try:
            self._journal.writer.post(self._write, done=self._written)
        except JournalError as error:
            self._written(error, None)

    def _write(self, connection: Connection) -> _Written:
        """Add what waits to the end of the chain; runs in the writer's thread."""
        waiting = self._waiting[:AT_ONCE]
        last = audit_table.last(connection)
        seq, hash_ = (0, ROOT) if last is None else (last.seq, last.hash)
        now_ms = round(self._clock() * 1000)
        rows, heads = [], []
        for entry in waiting:
            seq += 1
            body = self._body(seq, entry)
            hash_ = bind(hash_, body)
            rows.append(AuditRow(seq, body, hash_))
            if seq % HEAD_EVERY == 0:
                heads.append(sign(self._key, seq=seq, at_ms=now_ms, hash_=hash_))
        if self._is_head_wanted and seq:
            is_signed = heads[-1].seq == seq if heads else self._is_signed(connection, seq)
            if not is_signed:
                heads.append(sign(self._key, seq=seq, at_ms=now_ms, hash_=hash_))
        audit_table.add(
            connection, rows, [HeadRow(head.seq, HEAD_OUT.encode(head)) for head in heads]
        )
        return _Written(len(waiting), seq, tuple(heads))

    def _is_signed(self, connection: Connection, seq: int) -> bool:
        head = audit_table.last_head(connection)
        return head is not None and head.seq == seq

    def _written(self, error: BaseException | None, written: _Written | None) -> None:
        """Let go of what is on disk; runs in the writer's thread."""
        if written is not None:
            del self._waiting[: written.entries]
            self._signed(written)
        if error is not None and self.problem is None:
            log.error("the audit cannot be written, so no jobs are taken: %s", error)
        self.problem = None if error is None else str(error)
        with self._gate:
            self._is_handed_in = False
            if not self._waiting or error is not None:
                self._is_idle.set()
        if self._waiting and error is None:
            self._hand_in()

    def _signed(self, written: _Written) -> None:
        if written.heads:
            self.head = written.heads[-1]
            self._give_out(written.heads)
        if self.head is None or self.head.seq < written.seq:
            self._unsigned_since = self._unsigned_since or self._monotonic()
        else:
            self._unsigned_since = None
            self._is_head_wanted = False

    def _give_out(self, heads: tuple[AuditHead, ...]) -> None:
        if self._heads is None:
            return
        try:
            add_heads(self._heads, heads)
        except OSError as error:
            log.warning("heads of the audit could not be written to %s: %s", self._heads, error)

    def _body(self, seq: int, entry: _Waiting) -> bytes:
        event, job_id, payload, severity, actor, at, monotonic = entry

        def encode(job_id: str | None, payload: Any) -> bytes:
            return ENTRY_OUT.encode(
                AuditEntry(
                    seq=seq,
                    at_ms=round(at * 1000),
                    monotonic=monotonic,
                    session=self._session,
                    actor=actor,
                    event=event,
                    severity=severity or SEVERITIES.get(event, AuditSeverity.INFO),
                    job_id=job_id,
                    payload=payload,
                )
            )

        try:
            masked = self._mask(payload)
            body = encode(job_id, masked)
            if len(body) <= LARGEST_PAYLOAD:
                return body
            shown = ascii(masked)
        except (TypeError, ValueError, RecursionError, OverflowError) as error:
            shown = self._mask(f"{type(error).__name__}: {error!a}")
        name = None if job_id is None else job_id.encode(errors="backslashreplace").decode()
        return encode(name, {"cut": shown[: LARGEST_PAYLOAD // 2]})
