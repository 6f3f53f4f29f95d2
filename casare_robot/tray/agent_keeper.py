"""Starts the robot where none runs, and starts it again, less and less often, when it dies."""

import logging
import random
from collections.abc import Callable, Iterator
from typing import Protocol

from casare_robot.resilience.backoff import Backoff
from casare_robot.tray.texts import tr

log = logging.getLogger(__name__)

HUNG_AFTER = 300.0
"""Seconds in which a robot that was started must answer; then it is ended and started anew."""
RESTARTS = Backoff(base_delay=1.0, max_delay=60.0, factor=2.0)


class Program(Protocol):
    """A robot that was started here."""

    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        ...

    def last_words(self) -> str:
        """The last line it said."""
        ...

    def kill(self) -> None:
        """End it at once."""
        ...

    def trim_output(self) -> None:
        """Keep only the end of its output if there is too much."""
        ...


class AgentKeeper:
    """Keeps a robot running while it is wanted.

    Args:
        start: Starts one.
        steady: Seconds, monotonic.
        backoff: Waits between starts of robots that end.
        rng: Dice for them.

    Attributes:
        is_wanted: False once the robot was told to stop, until it is told to start.
        problem: Why there is none; empty: nothing known.
    """

    def __init__(
        self,
        start: Callable[[], Program],
        *,
        steady: Callable[[], float],
        backoff: Backoff = RESTARTS,
        rng: Callable[[], float] = random.random,
    ) -> None:
        self._start = start
        self._steady = steady
        self._backoff = backoff
        self._rng = rng
        self._delays: Iterator[float] = backoff.delays(rng)
        self._program: Program | None = None
        self._started_at = 0.0
        self._not_before = 0.0
        self._leaves_before = False
        self.is_wanted = True
        self.problem = ""

    def want(self) -> None:
        """A person wants the robot now: without further waiting."""
        self.is_wanted = True
        self._leaves_before = self._program is not None
        self.reached()
        self._not_before = 0.0

    def unwant(self) -> None:
        """The robot was told to stop."""
        self.is_wanted = False

    def reached(self) -> None:
        """The robot answers: the next end is the first again."""
        self._delays = self._backoff.delays(self._rng)
        self.problem = ""

    def tidy(self) -> None:
        """Keep small what the robot has written so far."""
        if self._program is not None:
            self._program.trim_output()

    def mind(self) -> None:
        """Look after a robot that does not answer."""
        now = self._steady()
        if self._program is not None:
            code = self._program.exit_code()
            if code is None:
                if now - self._started_at > HUNG_AFTER:
                    log.warning("the robot has not answered for %.0f s; it is ended", HUNG_AFTER)
                    self._program.kill()
                return
            self._ended(self._program, code, now)
        if self.is_wanted and now >= self._not_before:
            self._begin(now)

    def _ended(self, program: Program, code: int, now: float) -> None:
        self._program = None
        if code == 0:
            self.is_wanted = self._leaves_before  # it left because it was told so before
            self._leaves_before = False
            return
        self.problem = program.last_words() or tr("it ended with code {code}", code=code)
        self._not_before = now + next(self._delays)
        log.warning("the robot ended with code %s: %s", code, self.problem)

    def _begin(self, now: float) -> None:
        try:
            self._program = self._start()
        except OSError as error:
            self.problem = tr("it cannot be started: {error}", error=error)
            self._not_before = now + next(self._delays)
            return
        self._started_at = now
        log.info("the robot is started")
