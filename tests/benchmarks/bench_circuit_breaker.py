"""What a guarded call costs beside the bare one.

Run: python -m tests.benchmarks.bench_circuit_breaker [--rounds 7] [--peers PYTHON]
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial

from casare_robot.domain.errors import CircuitOpenError
from casare_robot.resilience.circuit_breaker import CircuitBreaker, CircuitBreakerConfig
from tests.benchmarks.rounds import Cases, Row, interleave, median_ratio, medians, options, peer
from tests.benchmarks.rounds import show as show_rows

CALLS = 20_000
PEER_NAMES = ("circuitbreaker", "purgatory", "aiobreaker")
Call = Callable[[int], Awaitable[int]]


class BoomError(Exception):
    pass


async def fine(value: int) -> int:
    return value


async def broken(value: int) -> int:
    raise BoomError


def plain(value: int) -> int:
    return value


def breaker(threshold: int = 5) -> CircuitBreaker:
    return CircuitBreaker("benchmark", CircuitBreakerConfig(failure_threshold=threshold))


def awaited(function: Call) -> float:
    """Nanoseconds of an awaited call, failed and refused ones included."""

    async def run() -> float:
        begin = time.perf_counter()
        for _ in range(CALLS):
            try:
                await function(1)
            except (BoomError, CircuitOpenError):
                continue
        return (time.perf_counter() - begin) / CALLS * 1e9

    return asyncio.run(run())


def called(function: Callable[[int], int]) -> float:
    begin = time.perf_counter()
    for _ in range(CALLS):
        function(1)
    return (time.perf_counter() - begin) / CALLS * 1e9


def measure(rounds: int, peers: str | None = None) -> list[Row]:
    cases: Cases = {
        "bare await": partial(awaited, fine),
        "guarded await": lambda: awaited(breaker().call(fine)),
        "bare failure": partial(awaited, broken),
        "guarded failure": lambda: awaited(breaker(10**9).call(broken)),
        "refused": lambda: awaited(breaker().call(broken)),
        "bare call": partial(called, plain),
        "guarded call": lambda: called(breaker().call(plain)),
    }
    for name in PEER_NAMES:
        run = peer(peers, f"breaker-{name}")
        if run is not None:
            cases = {**cases, name: run}
    results = interleave(cases, rounds)
    medians(results, "ns")
    rows = [
        Row(
            "guarded await / bare await", median_ratio(results, "guarded await", "bare await"), 3.3
        ),
        Row("guarded call / bare call", median_ratio(results, "guarded call", "bare call"), 5),
        Row(
            "guarded failure / bare", median_ratio(results, "guarded failure", "bare failure"), 3.5
        ),
        Row("refused / bare failure", median_ratio(results, "refused", "bare failure"), 3.3),
    ]
    rows += [
        Row(f"guarded await / {name}", median_ratio(results, "guarded await", name), 0.4)
        for name in PEER_NAMES
        if name in results
    ]
    return [row._replace(at_most=True) for row in rows]


def main() -> None:
    chosen = options(__doc__)
    show_rows(measure(chosen.rounds, chosen.peers))


if __name__ == "__main__":
    main()
