"""The audit chain: how each entry is bound to all before it, and how that is checked. Pure.

An entry's hash covers its bytes and the hash before it, so that nobody changes,
removes, adds or moves one unnoticed; a head is a hash that was signed, and, kept
elsewhere, tells of a chain that was cut off or written anew.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from casare_robot.domain.audit_head import AuditHead

ROOT = bytes(32)
"""The hash before the first entry."""
HEAD_EVERY = 50
"""Entries whose number is a multiple of this are signed at once."""
_CONTEXT = b"casare-robot audit head 1\0"


class AuditEntry(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One thing that happened. ``monotonic`` is comparable within one ``session`` only."""

    seq: int
    at_ms: int
    monotonic: float
    session: str
    actor: str
    event: str
    severity: str
    job_id: str | None
    payload: Mapping[str, Any]


class AuditFinding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is not as the robot wrote it.

    ``kind`` is ``altered``, ``missing``, ``head`` (a head is missing or false),
    ``truncated`` (heads tell of more, or of other entries), ``broken`` (the robot
    found so itself at a start) or ``key`` (signed by another key from there on).
    """

    kind: str
    seq: int
    message: str


def bind(before: bytes, body: bytes) -> bytes:
    """The hash of an entry, from the one before it and its own bytes."""
    return hashlib.sha256(before + body).digest()


def sign(key: Ed25519PrivateKey, *, seq: int, at_ms: int, hash_: bytes) -> AuditHead:
    """A head for the entry of this number and hash."""
    return AuditHead(
        seq=seq,
        at_ms=at_ms,
        hash=hash_,
        key=key.public_key().public_bytes_raw(),
        signature=key.sign(_signed(seq, at_ms, hash_)),
    )


def is_signed(head: AuditHead) -> bool:
    """Whether the signature is that of the head's own key."""
    try:
        Ed25519PublicKey.from_public_bytes(head.key).verify(
            head.signature, _signed(head.seq, head.at_ms, head.hash)
        )
    except (InvalidSignature, ValueError, OverflowError):
        return False
    return True


def _signed(seq: int, at_ms: int, hash_: bytes) -> bytes:
    return _CONTEXT + seq.to_bytes(8, "big") + at_ms.to_bytes(8, "big") + hash_


class ChainCheck:
    """Compares a chain, entry by entry, with its heads.

    Args:
        key: The robot's public key.
        kept: Heads in the journal, by number; those that cannot be read left out.
        given_out: Heads kept elsewhere: a file, the orchestrator.
    """

    def __init__(
        self, key: bytes, *, kept: Mapping[int, AuditHead], given_out: Iterable[AuditHead]
    ) -> None:
        self.findings: list[AuditFinding] = []
        self._keys = {key}
        self._kept = kept
        self._given_out: dict[int, list[AuditHead]] = {}
        for head in given_out:
            self._given_out.setdefault(head.seq, []).append(head)
        self._first: int | None = None
        self._seq = 0
        self._hash = ROOT
        self._may_lack = 0

    def entry(self, seq: int, body: bytes, hash_: bytes) -> None:
        """Check the next one."""
        if self._first is None:
            self._begin(seq)
        elif seq != self._seq + 1:
            self._find("missing", seq, f"entries {self._seq + 1} to {seq - 1} are missing")
        entry = _read(body)
        if entry is None or not self._follows(body, hash_):
            self._find("altered", seq, f"entry {seq} does not follow from those before it")
        self._seq, self._hash = seq, hash_
        if entry is not None:
            self._hear(entry)
        self._compare(seq, hash_)

    def end(self) -> tuple[AuditFinding, ...]:
        """Everything that was found, after the last entry."""
        first = self._first or 1
        if first > self._may_lack + 1:
            self._find("missing", first, f"entries before {first} are missing")
        for seq in sorted(self._kept):
            if seq > self._seq:
                self._find("truncated", seq, f"the chain ends before its own head at {seq}")
        for seq in sorted(self._given_out):
            if seq > self._seq:
                self._find("truncated", seq, f"the chain once reached {seq}, and ends before it")
        return tuple(self.findings)

    def _follows(self, body: Any, hash_: Any) -> bool:
        """Whether the entry is bound to the one before it; whatever an edit made of its columns."""
        are_bytes = all(isinstance(it, bytes) for it in (self._hash, body, hash_))
        return are_bytes and bind(self._hash, body) == hash_

    def _begin(self, seq: int) -> None:
        self._first = seq
        if seq == 1:
            return
        head = self._kept.get(seq - 1)
        if head is None:
            self._find("missing", seq, f"the chain begins at {seq} without a head before it")
            return
        self._hash = head.hash
        self._compare(seq - 1, head.hash)

    def _hear(self, entry: AuditEntry) -> None:
        match entry.event:
            case "audit_pruned":
                upto = entry.payload.get("upto")
                self._may_lack = max(self._may_lack, upto if isinstance(upto, int) else 0)
            case "audit_broken":
                self._find("broken", entry.seq, f"found at a start: {entry.payload.get('why')}")
            case "audit_key":
                self._announced(entry)

    def _announced(self, entry: AuditEntry) -> None:
        try:
            key = bytes.fromhex(str(entry.payload.get("key")))
        except ValueError:
            return
        if key not in self._keys:
            self._keys.add(key)
            self._find("key", entry.seq, f"entry {entry.seq} names another key, {key.hex()[:16]}")

    def _compare(self, seq: int, hash_: bytes) -> None:
        head = self._kept.get(seq)
        if head is None and (seq % HEAD_EVERY == 0 or seq in self._given_out):
            self._find("head", seq, f"the head at {seq} is missing")
        elif head is not None and not self._is_true(head, hash_):
            self._find("head", seq, f"the head at {seq} is not what the robot signed")
        for outside in self._given_out.get(seq, ()):
            if outside != head and not self._is_true(outside, hash_):
                self._find("truncated", seq, f"entry {seq} is another than a head once told")

    def _is_true(self, head: AuditHead, hash_: bytes) -> bool:
        return head.hash == hash_ and head.key in self._keys and is_signed(head)

    def _find(self, kind: str, seq: int, message: str) -> None:
        self.findings.append(AuditFinding(kind=kind, seq=seq, message=message))


def _read(body: bytes) -> AuditEntry | None:
    try:
        return ENTRY_IN.decode(body)
    except (msgspec.MsgspecError, ValueError, TypeError):
        return None


ENTRY_IN = msgspec.json.Decoder(AuditEntry)
ENTRY_OUT = msgspec.json.Encoder()
HEAD_IN = msgspec.json.Decoder(AuditHead)
HEAD_OUT = msgspec.json.Encoder()
