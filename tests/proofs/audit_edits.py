"""Proof that no edit of the audit goes unnoticed, and that a power cut raises no false alarm.

Run: python -m tests.proofs.audit_edits --edits 10000 [--cuts 1000] [--entries 5000] [--seed 1]

Edits the product's own chain in a journal the way somebody with the file, and
even with the signing key, could, and asks the product's own verifier. Exits
with 1 when an edit was missed or a power cut was taken for one.
"""

import argparse
import logging
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from casare_robot.desktop.file_lock import FileLock
from casare_robot.domain.errors import JournalError
from casare_robot.journal import audit_table
from casare_robot.journal.audit_table import AuditRow, HeadRow
from casare_robot.journal.connection import Connection
from casare_robot.journal.journal import Journal
from casare_robot.journal.journal_file import open_file
from casare_robot.journal.reserve import Reserve
from casare_robot.journal.writer import Writer
from casare_robot.observability.audit import AuditEventType, AuditLogger
from casare_robot.observability.audit_chain import HEAD_OUT, AuditHead, bind, sign
from casare_robot.observability.audit_heads import read_heads
from casare_robot.observability.audit_verification import verify
from tests.proofs.fragile_disk import ApswConnection, FragileDisk

NOWHERE = Path("nowhere") / "journal.db"
CUTS_PER_DISK = 20


@dataclass
class Tally:
    """What was seen, by kind of edit."""

    edits: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)


@dataclass
class Chain:
    """The rows of a chain, for whoever wants to change them."""

    rows: list[AuditRow]
    heads: list[HeadRow]
    key: Ed25519PrivateKey

    @classmethod
    def read(cls, connection: Connection, key: Ed25519PrivateKey) -> "Chain":
        rows = audit_table.rows_after(connection, 0, 1 << 30)
        return cls(rows, audit_table.heads_after(connection, 0, 1 << 30), key)

    def write(self, connection: Connection) -> None:
        connection.execute("DELETE FROM audit")
        connection.execute("DELETE FROM audit_heads")
        audit_table.add(connection, self.rows, self.heads)

    def copy(self) -> "Chain":
        return Chain(list(self.rows), list(self.heads), self.key)

    def rehash(self, begin: int) -> None:
        """Make everything from an index on consistent again, signatures included."""
        before = self.rows[begin - 1].hash if begin else bytes(32)
        hashes = {row.seq: row.hash for row in self.rows[:begin]}
        for at in range(begin, len(self.rows)):
            seq, body, _ = self.rows[at]
            before = hashes[seq] = bind(before, body)
            self.rows[at] = AuditRow(seq, body, before)
        self.heads = [
            HeadRow(head.seq, HEAD_OUT.encode(self._signed(head.seq, hashes[head.seq])))
            for head in self.heads
            if head.seq in hashes
        ]

    def _signed(self, seq: int, hash_: bytes) -> AuditHead:
        return sign(self.key, seq=seq, at_ms=0, hash_=hash_)


Edit = Callable[[Chain, random.Random], None]


def flipped(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]


def flip(chain: Chain, rng: random.Random) -> None:
    at = rng.randrange(len(chain.rows))
    seq, body, hash_ = chain.rows[at]
    if rng.random() < 0.5:
        body = flipped(body, rng)
    else:
        hash_ = flipped(hash_, rng)
    chain.rows[at] = AuditRow(seq, body, hash_)


def flip_head(chain: Chain, rng: random.Random) -> None:
    at = rng.randrange(len(chain.heads))
    seq, head = chain.heads[at]
    chain.heads[at] = HeadRow(seq, flipped(head, rng))


def drop(chain: Chain, rng: random.Random) -> None:
    begin = rng.randrange(len(chain.rows) - 1)
    count = rng.choice((1, 1, 3, 50, 200))
    del chain.rows[begin : begin + count]
    if rng.random() < 0.5:
        chain.rows[begin:] = [
            row._replace(seq=at) for at, row in enumerate(chain.rows[begin:], begin + 1)
        ]


def drop_head(chain: Chain, rng: random.Random) -> None:
    del chain.heads[rng.randrange(len(chain.heads))]


def drop_beginning(chain: Chain, rng: random.Random) -> None:
    """Cut off what came first, as pruning does."""
    upto = rng.choice(chain.heads).seq
    chain.rows = [row for row in chain.rows if row.seq > upto]
    chain.heads = [head for head in chain.heads if head.seq >= upto]


def insert(chain: Chain, rng: random.Random) -> None:
    at = rng.randrange(len(chain.rows))
    row = rng.choice(chain.rows)
    chain.rows.insert(at, AuditRow(at + 1, row.body, row.hash))
    chain.rows[at + 1 :] = [row._replace(seq=row.seq + 1) for row in chain.rows[at + 1 :]]


def swap(chain: Chain, rng: random.Random) -> None:
    one, other = rng.sample(range(len(chain.rows)), 2)
    a, b = chain.rows[one], chain.rows[other]
    chain.rows[one] = AuditRow(a.seq, b.body, b.hash)
    chain.rows[other] = AuditRow(b.seq, a.body, a.hash)


def truncate(chain: Chain, rng: random.Random) -> None:
    del chain.rows[rng.randrange(len(chain.rows)) :]
    if rng.random() < 0.5:
        chain.heads = [head for head in chain.heads if head.seq <= len(chain.rows)]


def replay(chain: Chain, rng: random.Random) -> None:
    """Put an older file in the place of the newest."""
    last = rng.randrange(len(chain.rows))
    del chain.rows[last:]
    chain.heads = [head for head in chain.heads if head.seq <= last]


def rehash(chain: Chain, rng: random.Random) -> None:
    """Change an entry and sign everything after it anew, with the robot's own key."""
    at = rng.randrange(len(chain.rows))
    seq, body, hash_ = chain.rows[at]
    chain.rows[at] = AuditRow(seq, body.replace(b"node_executed", b"nothing_at_all"), hash_)
    if chain.rows[at].body == body:
        chain.rows[at] = AuditRow(seq, body.replace(b"robot", b"thief"), hash_)
    chain.rehash(at)


def drop_and_rehash(chain: Chain, rng: random.Random) -> None:
    """Leave an entry out, renumber the rest and sign it anew."""
    at = rng.randrange(len(chain.rows))
    del chain.rows[at]
    for index in range(at, len(chain.rows)):
        seq, body, hash_ = chain.rows[index]
        renumbered = body.replace(b"[%d," % seq, b"[%d," % (index + 1), 1)
        chain.rows[index] = AuditRow(index + 1, renumbered, hash_)
    chain.rehash(at)


EDITS: dict[str, Edit] = {
    "flip": flip,
    "flip head": flip_head,
    "drop": drop,
    "drop head": drop_head,
    "drop the beginning": drop_beginning,
    "insert": insert,
    "swap": swap,
    "truncate": truncate,
    "replay": replay,
    "rehash": rehash,
    "drop and rehash": drop_and_rehash,
}


def fill(audit: AuditLogger, entries: int) -> None:
    """Begins with the key's own entry, so that the last one is a head when it is a multiple."""
    for number in range(entries - 1):
        audit.record(AuditEventType.NODE_EXECUTED, f"job-{number // 30}", {"node": f"n{number}"})
    audit.close()


def prove_edits(
    folder: Path, *, edits: int, entries: int, seed: int, outside: bool = True
) -> Tally:
    """Make so many edits, one after the other, each on the chain as it was.

    Args:
        folder: Empty.
        edits: How many.
        entries: Of the chain.
        seed: Of the dice.
        outside: Whether the verifier is given the heads that were given out.
    """
    key = Ed25519PrivateKey.generate()
    journal = Journal.open(folder, reserve=0)
    audit = AuditLogger(journal, key=key, session="proof", heads=folder / "heads")
    fill(audit, entries)
    given_out = read_heads(folder / "heads") if outside else ()
    check = partial(verify, journal, key=key.public_key().public_bytes_raw(), given_out=given_out)
    assert check() == ()
    whole: Chain = journal.writer.write_now(partial(Chain.read, key=key))
    rng, tally = random.Random(seed), Tally()
    for number in range(edits):
        name = list(EDITS)[number % len(EDITS)]
        chain = whole.copy()
        EDITS[name](chain, rng)
        if chain == whole:
            continue
        journal.writer.write_now(chain.write)
        tally.edits[name] += 1
        tally.missed[name] += not check()
    journal.close()
    return tally


def prove_cuts(folder: Path, *, cuts: int, seed: int, synchronous: str = "FULL") -> list[str]:
    """Cut the power so often while entries and heads are written; the false alarms."""
    alarms: list[str] = []
    done = 0
    while done < cuts:
        rng = random.Random(f"{seed}/{done}")
        disk, heads = FragileDisk(rng), folder / f"heads-{done}"
        key = Ed25519PrivateKey.generate()
        for _ in range(min(CUTS_PER_DISK, cuts - done)):
            disk.fuse = rng.randrange(1, rng.choice((30, 120, 600)))
            work(disk, synchronous, key, heads, rng)
            disk.cut()
            done += 1
            journal = opened(disk, synchronous)
            audit = AuditLogger(journal, key=key, session="after", heads=heads)
            audit.close()
            found = audit.verify()
            journal.close()
            if found:
                alarms.append(str(found[0]))
                break
    return alarms


def opened(disk: FragileDisk, synchronous: str) -> Journal:
    words = {"synchronous=FULL": f"synchronous={synchronous}"}
    connect = partial(ApswConnection, disk, words)
    file = open_file(NOWHERE, connect=connect, now=lambda: 0.0, largest_log=0)
    return Journal(
        writer=Writer(lambda: file.connection, idle_after=60.0, memory=file.roster),
        roster=file.roster,
        lock=FileLock(NOWHERE),
        reserve=Reserve(NOWHERE, 0),
        clock=lambda: 1.0,
        warnings=(),
    )


def work(
    disk: FragileDisk, synchronous: str, key: Ed25519PrivateKey, heads: Path, rng: random.Random
) -> None:
    """Record until the power goes."""
    try:
        journal = opened(disk, synchronous)
    except JournalError:
        return
    try:
        audit = AuditLogger(journal, key=key, session="before", heads=heads)
        while audit.problem is None and disk.has_power:
            for number in range(rng.choice((1, 10, 49, 120))):
                audit.record(AuditEventType.NODE_EXECUTED, "job", {"number": number})
            if rng.random() < 0.3:
                audit.close()  # signs
    except JournalError:
        pass
    finally:
        journal.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edits", type=int, default=10_000)
    parser.add_argument("--cuts", type=int, default=1000)
    parser.add_argument("--entries", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.disable()  # every cut is told to the log
    with tempfile.TemporaryDirectory() as folder:
        tally = prove_edits(
            Path(folder), edits=options.edits, entries=options.entries, seed=options.seed
        )
    for name, count in tally.edits.items():
        print(f"{name:<20}{count:>7} edits, {tally.missed[name]} missed")
    with tempfile.TemporaryDirectory() as folder:
        alarms = prove_cuts(Path(folder), cuts=options.cuts, seed=options.seed)
    print(f"{tally.edits.total()} edits: {tally.missed.total()} missed")
    print(f"{options.cuts} power cuts: {len(alarms)} false alarms")
    for alarm in alarms[:5]:
        print(f"  {alarm}")
    return 1 if tally.missed.total() or alarms else 0


if __name__ == "__main__":
    sys.exit(main())
