"""Stops calling what keeps failing, and finds out by itself when it is well again."""

import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from enum import IntEnum
from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from typing import Any, ParamSpec, TypeVar, overload

from casare_robot.domain.errors import CircuitOpenError

P = ParamSpec("P")
T = TypeVar("T")


class CircuitState(IntEnum):
    """Where a circuit is. Closed is 0, so that the usual case is one test."""

    CLOSED = 0
    """Calls pass through."""
    OPEN = 1
    """Calls are refused."""
    HALF_OPEN = 2
    """A few calls pass through to see whether the other side is well again."""


_OPEN = CircuitState.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitBreakerConfig:
    """When a circuit opens and closes.

    Args:
        failure_threshold: Failures in a row that open it.
        success_threshold: Successes while half-open that close it.
        timeout: Seconds it stays open before calls may probe again.
        half_open_max_calls: Calls that may be under way at once while half-open.
        failures: Exceptions that count as failures of the other side. Any other
            exception is an answer from it, and counts as success.

    Raises:
        ValueError: A count is below 1 or the timeout negative.

    Source: robot reference, "CircuitBreaker".
    """

    failure_threshold: int = 5
    success_threshold: int = 2
    timeout: float = 60.0
    half_open_max_calls: int = 3
    failures: tuple[type[Exception], ...] = (Exception,)

    def __post_init__(self) -> None:
        for name in ("failure_threshold", "success_threshold", "half_open_max_calls"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)!r}")
        if not self.timeout >= 0:
            raise ValueError(f"timeout must not be negative, but is {self.timeout!r} s")


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of state, as listeners are told it."""

    circuit: str
    before: CircuitState
    after: CircuitState


Listener = Callable[[Transition], None]


class CircuitBreaker:
    """Guards calls to one other side.

    ::

        breaker = CircuitBreaker("api_calls", config)


        @breaker.call
        async def api_request(): ...

    Belongs to one event loop or thread and takes no lock. While closed it reads
    no clock. A call that is cancelled says nothing about the other side: it only
    gives its place back. What began before the last change of state no longer
    counts, save that a failure while closed is a failure.

    Args:
        name: Name of the circuit in errors and metrics.
        config: Thresholds; the reference's by default.
        clock: Seconds, monotonic.
        listeners: Called on changes of state only, in order; what one raises is
            logged and harms nobody.
    """

    __slots__ = (
        "_counted",
        "_failures",
        "_open_until",
        "_period",
        "_state",
        "_successes",
        "_threshold",
        "_under_way",
        "clock",
        "config",
        "listeners",
        "name",
    )

    def __init__(
        self,
        name: str,
        config: CircuitBreakerConfig | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        listeners: tuple[Listener, ...] = (),
    ) -> None:
        self.name = name
        self.config = config or CircuitBreakerConfig()
        self.clock = clock
        self.listeners = listeners
        self._state = CircuitState.CLOSED
        self._counted = self.config.failures
        self._threshold = self.config.failure_threshold
        self._failures = 0
        self._successes = 0
        self._under_way = 0
        self._open_until = 0.0
        self._period = 1

    @property
    def state(self) -> CircuitState:
        """Where the circuit is; open until a call probes, however long ago the timeout ended."""
        return self._state

    @property
    def retry_after(self) -> float:
        """Seconds until a call may probe, never negative; 0 unless open."""
        if self._state is not _OPEN:
            return 0.0
        return max(0.0, self._open_until - self.clock())

    def probe_now(self) -> None:
        """Let the next call probe an open circuit, as a person asks for; else nothing."""
        self._open_until = min(self._open_until, self.clock())

    @overload
    def call(
        self, function: Callable[P, Coroutine[Any, Any, T]]
    ) -> Callable[P, Coroutine[Any, Any, T]]: ...
    @overload
    def call(self, function: Callable[P, T]) -> Callable[P, T]: ...
    def call(self, function: Callable[P, Any]) -> Callable[P, Any]:
        """Guard a function, as decorator or in place: ``await breaker.call(send)(data)``.

        The guarded function raises `CircuitOpenError` without calling when the
        circuit is open or all probing places are taken.

        Raises:
            TypeError: ``function`` is a generator: its calls end before its work.
        """
        if isgeneratorfunction(function) or isasyncgenfunction(function):
            raise TypeError(f"a generator cannot be guarded: {function!r}")
        if iscoroutinefunction(function):
            return self._guard_coroutine(function)
        return self._guard_function(function)

    def _guard_coroutine(
        self, function: Callable[P, Awaitable[T]]
    ) -> Callable[P, Coroutine[Any, Any, T]]:
        @wraps(function)
        async def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
            probe = self._admit() if self._state else 0
            try:
                result = await function(*args, **kwargs)
            except BaseException as error:
                self._raised(error, probe)
                raise
            if self._failures or probe:
                self._succeeded(probe)
            return result

        return guarded

    def _guard_function(self, function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
            probe = self._admit() if self._state else 0
            try:
                result = function(*args, **kwargs)
            except BaseException as error:
                self._raised(error, probe)
                raise
            if self._failures or probe:
                self._succeeded(probe)
            return result

        return guarded

    def _admit(self) -> int:
        """Take a probing place; returns the period it belongs to."""
        if self._state is _OPEN:
            remaining = self._open_until - self.clock()
            if remaining > 0:
                raise CircuitOpenError(self.name, remaining)
            self._turn(CircuitState.HALF_OPEN)
        if self._under_way >= self.config.half_open_max_calls:
            raise CircuitOpenError(self.name, 0.0)
        self._under_way += 1
        return self._period

    def _raised(self, error: BaseException, probe: int) -> None:
        if not isinstance(error, self._counted):
            if isinstance(error, Exception):
                self._succeeded(probe)
            elif probe == self._period:
                self._under_way -= 1
            return
        if not self._state:
            self._failures += 1
            if self._failures < self._threshold:
                return
        elif probe != self._period:
            return
        self._open_until = self.clock() + self.config.timeout
        self._turn(_OPEN)

    def _succeeded(self, probe: int) -> None:
        if not self._state:
            self._failures = 0
        elif probe == self._period:
            self._under_way -= 1
            self._successes += 1
            if self._successes >= self.config.success_threshold:
                self._turn(CircuitState.CLOSED)

    def _turn(self, after: CircuitState) -> None:
        before, self._state = self._state, after
        self._failures = self._successes = self._under_way = 0
        self._period += 1
        for listener in self.listeners:
            try:
                listener(Transition(self.name, before, after))
            except Exception:
                import logging

                logging.getLogger(__name__).exception(
                    "a listener of circuit %r failed on %s -> %s",
                    self.name,
                    before.name,
                    after.name,
                )
