"""How long things take, in a fixed amount of memory. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate

STEPS_PER_DOUBLING = 4
SHORTEST, DOUBLINGS = 1e-5, 32
BOUNDS = tuple(
    SHORTEST * 2 ** (step / STEPS_PER_DOUBLING) for step in range(DOUBLINGS * STEPS_PER_DOUBLING)
)
"""Upper bounds of the buckets, in seconds: 10 µs to 10 hours, each 19 % above the one before."""


class Histogram:
    """Counts durations by size; a quantile is within 10 % of the true one.

    Attributes:
        count: How many durations.
        total: Their sum, in seconds.
        longest: The longest of them.
    """

    __slots__ = ("_buckets", "count", "longest", "total")

    def __init__(self) -> None:
        self.count = 0
        self.total = 0.0
        self.longest = 0.0
        self._buckets = [0] * (len(BOUNDS) + 1)

    def add(self, seconds: float) -> None:
        """Count one."""
        self.add_all([seconds])

    def add_all(self, durations: Sequence[float]) -> None:
        """Count many; cheaper for each than one by one."""
        if not durations:
            return
        ordered = sorted(durations)
        self.count += len(ordered)
        self.total += sum(ordered)
        self.longest = max(self.longest, ordered[-1])
        buckets, begin = self._buckets, 0
        while begin < len(ordered):
            bucket = bisect_left(BOUNDS, ordered[begin])
            is_last = bucket == len(BOUNDS)
            end = len(ordered) if is_last else bisect_right(ordered, BOUNDS[bucket], begin)
            buckets[bucket] += end - begin
            begin = end

    def quantile(self, share: float) -> float:
        """The duration that so large a share does not exceed; 0 if there are none."""
        if not self.count:
            return 0.0
        reached = list(accumulate(self._buckets))
        bucket = bisect_left(reached, max(1.0, share * self.count))
        if bucket == len(BOUNDS):
            return self.longest
        middle = BOUNDS[bucket] * 2 ** (-0.5 / STEPS_PER_DOUBLING)
        return min(middle, self.longest)

    def summary(self) -> dict[str, float]:
        """Count, mean, median, 95th percentile and longest; seconds."""
        return {
            "count": self.count,
            "mean": self.total / self.count if self.count else 0.0,
            "p50": self.quantile(0.5),
            "p95": self.quantile(0.95),
            "max": self.longest,
        }

    def cumulative(self) -> list[tuple[float, int]]:
        """For each doubling, its upper bound and how many do not exceed it."""
        reached = list(accumulate(self._buckets))
        return [(BOUNDS[at], reached[at]) for at in range(0, len(BOUNDS), STEPS_PER_DOUBLING)]
