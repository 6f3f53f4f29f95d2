"""How fast events arrive."""

from collections import deque
from collections.abc import Callable

RING = 1000
SLOW = 0.010
"""Seconds. Source: production robustness, propagation within 10 ms."""
WINDOW = 300.0


class DeliveryStats:
    """Latencies of the last thousand deliveries, and when to worry.

    Args:
        clock: Seconds.
        on_slow: Told once per five minutes that the 95th percentile is too slow, with it.
    """

    def __init__(self, clock: Callable[[], float], on_slow: Callable[[float], None]) -> None:
        self._clock = clock
        self._on_slow = on_slow
        self._ring: deque[float] = deque(maxlen=RING)
        self._sum = 0.0
        self._checked = clock()
        self.delivered = 0
        self.slow = 0

    def add(self, latency: float) -> bool:
        """Count one delivery, in seconds; whether it was slow."""
        if len(self._ring) == RING:
            self._sum -= self._ring[0]
        self._ring.append(latency)
        self._sum += latency
        self.delivered += 1
        is_slow = latency > SLOW
        self.slow += is_slow
        now = self._clock()
        if now - self._checked >= WINDOW:
            self._checked = now
            if self.percentile(0.95) > SLOW:
                self._on_slow(self.percentile(0.95))
        return is_slow

    @property
    def mean(self) -> float:
        """Seconds."""
        return self._sum / len(self._ring) if self._ring else 0.0

    def percentile(self, share: float) -> float:
        """Seconds within which this share arrived; 0 without any."""
        ordered = sorted(self._ring)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
