"""How long to wait before trying again. Pure: no clock, no sleep."""

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Capped exponential delays with full jitter around the middle.

    Args:
        base_delay: First delay, in seconds, before jitter. Must be > 0.
        max_delay: No delay, jitter included, is longer than this (seconds).
            Must be > 0 and finite.
        factor: Growth per attempt. Must be >= 1.

    Raises:
        ValueError: If an argument is outside the bounds above.

    Source: robot reference, "Exponential Backoff"; the cap is applied after
    the jitter here, because the reference's order lets 1.5 x max_delay through.
    """

    base_delay: float = 1.0
    max_delay: float = 60.0
    factor: float = 2.0

    def __post_init__(self) -> None:
        for name, least in (("base_delay", 0.0), ("max_delay", 0.0), ("factor", 1.0)):
            value = getattr(self, name)
            if not math.isfinite(value) or value < least or value == 0:
                bound = "at least 1" if least else "greater than 0"
                raise ValueError(f"{name} must be a finite number {bound}, not {value!r}")

    def delays(self, rng: Callable[[], float] = random.random) -> Iterator[float]:
        """Yield one delay in seconds per attempt, for ever.

        Args:
            rng: Dice: returns a number from 0 up to 1.
        """
        delay = self.base_delay
        while True:
            yield min(delay * (0.5 + rng()), self.max_delay)
            delay = min(delay * self.factor, self.max_delay)
