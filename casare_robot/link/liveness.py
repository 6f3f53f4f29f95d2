"""Whether the other side still answers. Pure: the time is an argument."""

PATIENCE = 0.45
"""Part of the interval within which a heartbeat must be answered: with 30 s between
heartbeats a dead line is noticed after 43.5 s at most (reliability, R11)."""


class Liveness:
    """Asks for an echo through the other side's program, not only its socket.

    Args:
        interval: Seconds between heartbeats.
        now: Monotonic seconds.
    """

    def __init__(self, interval: float, now: float) -> None:
        self.interval = interval
        self._next = now + interval
        self._due_since: float | None = None
        self._sent: tuple[int, float] | None = None
        self._count = 0

    @property
    def is_waiting(self) -> bool:
        """Whether a heartbeat is due or on its way."""
        return self._due_since is not None

    @property
    def must_send(self) -> bool:
        """Whether a heartbeat is due that has not been sent."""
        return self._due_since is not None and self._sent is None

    def ask(self, now: float) -> None:
        """Make a heartbeat due now, if none is on its way."""
        if self._due_since is None:
            self._due_since = now

    def sent(self, now: float) -> int:
        """A heartbeat is being sent; its number."""
        self._count += 1
        self._sent = self._count, now
        return self._count

    def answered(self, number: int, now: float) -> float | None:
        """An echo came; the seconds it took, or None if it answers nothing that is open."""
        if self._sent is None or number != self._sent[0]:
            return None
        took = now - self._sent[1]
        self._due_since = self._sent = None
        self._next = now + self.interval
        return took

    def moved(self, now: float) -> None:
        """A large frame makes way, so an echo behind it cannot come sooner."""
        if self._due_since is not None:
            self._due_since = now

    def tick(self, now: float) -> bool:
        """Whether the line is dead."""
        if self._due_since is None:
            if now >= self._next:
                self._due_since = now
            return False
        return now >= self._due_since + self.interval * PATIENCE

    def wake_at(self) -> float:
        """When `tick` may say something new."""
        if self._due_since is None:
            return self._next
        return self._due_since + self.interval * PATIENCE
