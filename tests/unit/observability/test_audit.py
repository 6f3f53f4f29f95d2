"""The audit tells what happened, stops when it cannot, and goes on where it was."""

import json
import sqlite3
import threading

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from casare_robot.domain.job import JobError, JobResult, JobStatus
from casare_robot.domain.robot_events import JobEnded, JobStarted, NodeFailed, NodeStarted
from casare_robot.journal.journal import Journal
from casare_robot.observability import audit as audit_module
from casare_robot.observability.audit import AuditEventType, AuditLogger, AuditSeverity
from casare_robot.observability.audit_chain import HEAD_IN
from casare_robot.observability.audit_heads import read_heads
from tests.audit_entries import audit_entries

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


@pytest.fixture
def make(journal, clock, tmp_path):
    def make(**changes) -> AuditLogger:
        return AuditLogger(
            journal,
            **{
                "key": KEY,
                "session": "s1",
                "heads": tmp_path / "heads.jsonl",
                "clock": clock,
                "monotonic": clock,
            }
            | changes,
        )

    return make


@pytest.fixture
def audit(make) -> AuditLogger:
    audit = make()
    audit.close()
    return audit


def told(journal: Journal, limit: int = 100):
    return audit_entries(journal)[-limit:]


def test_an_entry_says_when_who_what_and_about_which_job(audit, journal):
    audit.record(AuditEventType.JOB_RECEIVED, "j", {"name": "Invoices"}, actor="link")
    audit.close()

    entry = told(journal)[-1]

    assert (entry.seq, entry.at_ms, entry.session) == (2, 1_800_000_000_000, "s1")
    assert (entry.event, entry.severity, entry.job_id) == ("job_received", "info", "j")
    assert (entry.actor, entry.payload) == ("link", {"name": "Invoices"})


def test_events_of_the_robot_become_entries_and_progress_does_not(audit, journal, clock):
    at = None
    failed = JobResult(
        job_id="j", status=JobStatus.TIMED_OUT, error=JobError(code="E-JOB-408", message="late")
    )
    audit.hear(JobStarted(job_id="j", name="Invoices", at=at))
    audit.hear(NodeStarted(job_id="j", node_id="n", nodes_executed=1, at=at))
    audit.hear(NodeFailed(job_id="j", node_id="n", node_type="T", seconds=1.0, error="no", at=at))
    audit.hear(JobEnded(job_id="j", result=failed, at=at))
    audit.close()

    assert [(it.event, it.severity) for it in told(journal)[1:]] == [
        ("job_started", "info"),
        ("node_executed", "warning"),
        ("job_failed", "error"),
    ]
    assert told(journal)[-1].payload["code"] == "E-JOB-408"


def test_an_entry_is_in_the_commit_of_what_is_written_next(audit, journal):
    audit.record(AuditEventType.JOB_RECEIVED, "j")
    journal.remember("anything", 1)

    assert told(journal)[-1].event == "job_received"


def test_secrets_are_taken_out_of_payloads(make, journal):
    audit = make(mask=lambda value: json.loads(json.dumps(value).replace("hush", "***")))
    audit.record(AuditEventType.ERROR, payload={"why": "it was hush", "all": ["hush"]})
    audit.close()

    assert told(journal)[-1].payload == {"why": "it was ***", "all": ["***"]}


@pytest.mark.parametrize(
    "payload",
    [{"a": object()}, {"a": "\ud800"}, {"a": "x" * 100_000}, {"a": 2**70}, {1: {2: {3}}}],
    ids=["object", "surrogate", "long", "big", "odd keys"],
)
def test_a_payload_of_any_kind_is_kept_as_well_as_it_can_be(audit, journal, payload):
    audit.record(AuditEventType.ERROR, "j\ud800" if "\ud800" in str(payload) else "j", payload)
    audit.close()

    assert audit.problem is None
    assert told(journal)[-1].event == "error"
    assert len(str(told(journal)[-1].payload)) < 20_000
    assert audit.verify() == ()


def test_every_fiftieth_entry_is_signed_and_given_out(audit, tmp_path):
    for _ in range(120):
        audit.record(AuditEventType.NODE_EXECUTED, "j")
    audit.close()

    assert [head.seq for head in read_heads(tmp_path / "heads.jsonl")] == [1, 50, 100, 121]
    assert audit.head.seq == 121


def test_the_end_is_signed_after_30_seconds_and_then_not_again(audit, journal, clock):
    audit.record(AuditEventType.JOB_RECEIVED, "j")
    journal.remember("anything", 1)
    clock.now += 29
    audit.beat()
    journal.remember("anything", 2)
    assert audit.head.seq == 1

    clock.now += 1
    audit.beat()
    audit._is_idle.wait(60)

    assert audit.head.seq == 2
    signed = audit.head
    clock.now += 100
    audit.beat()
    audit.close()
    assert audit.head is signed


def test_the_next_start_goes_on_with_the_chain(make, audit):
    audit.record(AuditEventType.ROBOT_STOPPED)
    audit.close()

    again = make(session="s2")
    again.record(AuditEventType.ROBOT_STARTED)
    again.close()

    assert again.verify() == ()
    assert again.head.seq == 3


def test_another_key_is_announced_and_found(make, audit):
    again = make(key=Ed25519PrivateKey.generate())
    again.close()

    assert [(it.kind, it.seq) for it in again.verify()] == [("key", 1)]


def test_a_file_that_was_replaced_by_an_older_one_is_noticed_at_the_start(
    make, audit, journal, tmp_path
):
    for _ in range(100):
        audit.record(AuditEventType.NODE_EXECUTED, "j")
    audit.close()
    journal.writer.write_now(lambda db: db.execute("DELETE FROM audit WHERE seq > 60"))
    journal.writer.write_now(lambda db: db.execute("DELETE FROM audit_heads WHERE seq > 60"))

    again = make()
    again.close()

    assert [it.kind for it in again.verify()] == ["broken"]
    assert len(list(tmp_path.glob("heads.broken-*.jsonl"))) == 1
    assert told(journal)[-1].severity == AuditSeverity.CRITICAL


def test_entries_that_are_on_their_way_are_not_written_twice(audit, journal):
    is_free = threading.Event()
    journal.writer.post(lambda _: is_free.wait(60), done=lambda *_: None)
    audit.record(AuditEventType.JOB_RECEIVED, "j")
    audit.beat()
    audit.beat()
    is_free.set()
    audit.close()

    assert [it.event for it in told(journal)] == ["audit_key", "job_received"]
    assert audit.verify() == ()


def test_a_bit_of_a_head_that_changes_nothing_of_its_meaning_is_found_too(audit, journal):
    write = journal.writer.write_now
    (head,) = write(lambda db: db.execute("SELECT head FROM audit_heads").fetchone())
    padded = head.index(b"=", head.index(b'"hash":"')) - 1
    changed = head[:padded] + bytes([head[padded] + 1]) + head[padded + 1 :]
    assert HEAD_IN.decode(changed) == HEAD_IN.decode(head)
    write(lambda db: db.execute("UPDATE audit_heads SET head = ?", (changed,)))

    assert audit.verify() != ()


def test_a_finding_says_what_is_wrong_and_where(audit, journal):
    for _ in range(10):
        audit.record(AuditEventType.NODE_EXECUTED, "j")
    audit.close()
    write = journal.writer.write_now
    write(lambda db: db.execute("DELETE FROM audit WHERE seq BETWEEN 4 AND 6"))
    write(lambda db: db.execute("UPDATE audit SET body = CAST(body AS TEXT) WHERE seq = 9"))

    found = [(it.kind, it.seq) for it in audit.verify()]
    assert found[0] == ("missing", 7)
    assert ("altered", 9) in found


class Refusing:
    """A connection that takes no audit while it is told so."""

    def __init__(self, connection):
        self._connection = connection
        self.refuses = False

    def executemany(self, sql, rows):
        if self.refuses and "audit" in sql:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = 13
            raise error
        return self._connection.executemany(sql, rows)

    def __getattr__(self, name):
        return getattr(self._connection, name)


@pytest.fixture
def refusing(journal):
    refusing = Refusing(journal.writer._connection)
    journal.writer._connection = refusing
    return refusing


def test_an_entry_that_cannot_be_written_waits_and_the_problem_is_told_meanwhile(
    audit, journal, refusing
):
    refusing.refuses = True
    audit.record(AuditEventType.JOB_RECEIVED, "j")
    audit.close()
    assert "no space" in audit.problem
    journal.remember("others", "go on")
    assert journal.recalled("others") == "go on"

    refusing.refuses = False
    audit.beat()
    audit._is_idle.wait(60)

    assert audit.problem is None
    assert told(journal)[-1].event == "job_received"
    assert audit.verify() == ()


def test_while_nothing_can_be_written_memory_is_bounded_and_the_gap_is_told(
    audit, journal, refusing, monkeypatch
):
    monkeypatch.setattr(audit_module, "MOST_WAITING", 10)
    refusing.refuses = True
    for _ in range(100):
        audit.record(AuditEventType.NODE_EXECUTED, "j")
    audit.record(AuditEventType.JOB_COMPLETED, "j")
    audit.close()
    assert len(audit._waiting) == 11

    refusing.refuses = False
    audit.close()
    audit.beat()
    audit.close()

    assert [it.event for it in told(journal)[-2:]] == ["job_completed", "error"]
    assert told(journal)[-1].payload == {"entries_of_nodes_not_kept": 90}


def test_after_the_journal_is_closed_recording_fails_without_an_error(make, tmp_path):
    other = Journal.open(tmp_path / "other", reserve=0)
    audit = AuditLogger(other, key=KEY, session="s")
    audit.close()
    other.close()

    audit.record(AuditEventType.ERROR)

    assert "closed" in audit.problem


def test_old_entries_go_up_to_a_signed_head_and_the_rest_is_whole(audit, journal, clock, tmp_path):
    for _ in range(199):
        audit.record(AuditEventType.NODE_EXECUTED, "j")
    audit.close()
    clock.now += 10 * 86_400
    for _ in range(60):
        audit.record(AuditEventType.NODE_EXECUTED, "j")
    audit.close()

    assert audit.prune(keep_days=5, keep_entries=10_000) == 200
    audit.close()

    assert audit.verify() == ()
    assert told(journal, 1000)[0].seq == 201
    assert read_heads(tmp_path / "heads.jsonl")[0].seq == 200
    assert audit.prune(keep_days=5, keep_entries=10_000) == 0


def test_the_number_of_entries_is_bounded_too(audit, journal):
    for _ in range(1200):
        audit.record(AuditEventType.NODE_EXECUTED, "j")
    audit.close()

    assert audit.prune(keep_days=5, keep_entries=100) == 1100
    audit.close()
    assert audit.verify() == ()
    assert len(told(journal, 10_000)) == 102


async def test_the_loop_beats_until_it_is_cancelled(audit, journal, refusing):
    refusing.refuses = True
    audit.record(AuditEventType.JOB_RECEIVED, "j")
    audit._is_idle.wait(60)
    refusing.refuses = False
    beats = []

    async def sleep(seconds):
        beats.append(seconds)
        if len(beats) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await audit.run(sleep)
    audit._is_idle.wait(60)

    assert beats == [audit_module.BEAT] * 3
    assert audit.problem is None
