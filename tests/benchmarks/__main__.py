"""All benchmarks, one table. Run: python -m tests.benchmarks [--rounds 5] [--peers PYTHON]."""

from functools import partial

from tests.benchmarks import (
    bench_browser,
    bench_bus,
    bench_checkpoint,
    bench_circuit_breaker,
    bench_engine,
    bench_journal,
    bench_metrics,
    bench_round_trip,
    bench_start,
    bench_store,
    bench_store_servers,
    bench_tray,
    bench_websocket,
)
from tests.benchmarks.rounds import Cases, Row, interleave, median_ratio, medians, options, show

JOBS = 500


def journal(rounds: int) -> list[Row]:
    """The journal's own table in short; ``bench_journal`` has it in full."""
    raw, one, many = "raw queue", "journal, 1 caller", "journal, 64 callers"
    step, bare = "journal append", "raw append"
    queue = partial(bench_journal.product_queue, JOBS * 8, callers=64)
    cases: Cases = {
        raw: lambda: bench_journal.raw_queue(JOBS)["cycle"],
        one: lambda: bench_journal.product_queue(JOBS, callers=1)["cycle"],
        many: lambda: queue()["cycle"],
        bare: lambda: bench_journal.raw_append(JOBS)["append"],
        step: lambda: bench_journal.product_append(JOBS)["append"],
    }
    results = interleave(cases, rounds)
    medians(results, "per second")
    return [
        Row(f"{one}, cycle / {raw}", median_ratio(results, one, raw)),
        Row(f"{many}, cycle / {raw}", median_ratio(results, many, raw), 12),
        Row(f"{step} / {bare}", median_ratio(results, step, bare), 0.8),
    ]


def main() -> None:
    chosen = options(__doc__ or "")
    rows = []
    for module in (
        bench_start,
        bench_engine,
        bench_circuit_breaker,
        bench_checkpoint,
        bench_metrics,
        bench_bus,
        bench_store,
        bench_store_servers,
        bench_websocket,
        bench_round_trip,
        bench_tray,
        bench_browser,
    ):
        rows += module.measure(chosen.rounds, chosen.peers)
    show(rows + journal(chosen.rounds))


if __name__ == "__main__":
    main()
