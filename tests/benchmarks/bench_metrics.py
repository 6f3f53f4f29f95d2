"""What it costs a job to be measured, audited and logged.

Run: python -m tests.benchmarks.bench_metrics [--rounds 7] [--peers PYTHON]

An audit line is the time of the loop's own thread; encoding, hashing and
writing happen in the journal's thread.
"""

import io
import logging
import random
import string
import tempfile
import time
from bisect import bisect_left
from collections.abc import Callable
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from casare_robot.journal.journal import Journal
from casare_robot.observability.audit import AuditEventType, AuditLogger
from casare_robot.observability.log_line import LineFormatter
from casare_robot.observability.metrics import MetricsCollector
from casare_robot.observability.secret_mask import SecretMask
from tests.benchmarks.rounds import Cases, Row, interleave, median_ratio, medians, options, peer
from tests.benchmarks.rounds import show as show_rows

RECORDS = 100_000
ENTRIES = 2_000
LINES = 2_000
BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
NODES = [f"node_{number}" for number in range(100)]
DURATIONS = [random.Random(1).expovariate(20) for _ in range(1000)]


class Plain:
    """Count, sum and bucket: the least that a histogram does."""

    def __init__(self) -> None:
        self.figures = {node: [0.0] * (len(BOUNDS) + 3) for node in NODES}

    def record(self, node_id: str, duration: float) -> None:
        figures = self.figures[node_id]
        figures[0] += 1
        figures[1] += duration
        figures[2 + bisect_left(BOUNDS, duration)] += 1


def recorded(record: Callable[[str, float], None]) -> float:
    """Nanoseconds to record a node's time, without the loop around it."""
    pairs = [(NODES[at % 100], DURATIONS[at % 1000]) for at in range(RECORDS)]
    begin = time.thread_time()
    for node_id, duration in pairs:
        record(node_id, duration)
    took = time.thread_time() - begin
    begin = time.thread_time()
    for node_id, duration in pairs:  # noqa: B007 - the loop alone
        pass
    return (took - (time.thread_time() - begin)) / RECORDS * 1e9


def audited(folder: Path) -> float:
    """Nanoseconds of its caller's thread for an audit line, the journal writing all the while."""
    with tempfile.TemporaryDirectory(dir=folder) as home:
        journal = Journal.open(Path(home), reserve=0)
        audit = AuditLogger(journal, key=Ed25519PrivateKey.generate(), session="s")
        begin = time.thread_time()
        for number in range(ENTRIES):
            audit.record(AuditEventType.NODE_EXECUTED, "job", {"node": NODES[number % 100]})
        took = time.thread_time() - begin
        audit.close()
        journal.close()
    return took / ENTRIES * 1e9


def logged(formatter: logging.Formatter) -> float:
    """Nanoseconds for a line into memory."""
    logger = logging.Logger("benchmark")
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(formatter)
    logger.addHandler(handler)
    begin = time.perf_counter()
    for number in range(LINES):
        logger.info("node %s done in %d ms", "n1", number)
    return (time.perf_counter() - begin) / LINES * 1e9


def measure(rounds: int, peers: str | None = None) -> list[Row]:
    rng = random.Random(2)
    mask, full = SecretMask(), SecretMask()
    full.register_all("".join(rng.choices(string.ascii_letters, k=24)) for _ in range(200))
    usual = logging.Formatter("%(asctime)s %(levelname)s %(message)s")
    node, line, entry = "node timing", "stdlib line", "audit line"
    with tempfile.TemporaryDirectory() as folder:
        cases: Cases = {
            "a call that does nothing": lambda: recorded(lambda node_id, duration: None),
            "count, sum, bucket": lambda: recorded(Plain().record),
            node: lambda: recorded(MetricsCollector().record_node_execution),
            line: partial(logged, usual),
            "masked JSON line": partial(logged, LineFormatter(mask)),
            "masked JSON line, 200 secrets": partial(logged, LineFormatter(full)),
            entry: partial(audited, Path(folder)),
        }
        prometheus = peer(peers, "prometheus_histogram", str(RECORDS))
        if prometheus is not None:
            cases = {**cases, "prometheus": prometheus}
        results = interleave(cases, rounds)
    medians(results, "ns")
    rows = [
        Row(f"{node} / count, sum, bucket", median_ratio(results, node, "count, sum, bucket"), 1.2),
        Row(f"{entry} / {line}", median_ratio(results, entry, line), 0.25),
        Row("masked JSON line / stdlib line", median_ratio(results, "masked JSON line", line), 3),
    ]
    if "prometheus" in results:
        rows.append(Row(f"{node} / prometheus", median_ratio(results, node, "prometheus"), 0.2))
    return [row._replace(at_most=True) for row in rows]


def main() -> None:
    chosen = options(__doc__)
    show_rows(measure(chosen.rounds, chosen.peers))


if __name__ == "__main__":
    main()
