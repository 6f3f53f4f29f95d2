"""CircuitBreaker, as a table of examples and as a state machine against a simple model."""

import asyncio
import inspect

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from casare_robot.domain.errors import CircuitOpenError
from casare_robot.resilience.circuit_breaker import (
    CircuitBreaker,
    CircuitBreakerConfig,
    CircuitState,
    Transition,
)

CLOSED, OPEN, HALF_OPEN = CircuitState


class Clock:
    """Seconds that pass only when told; counts how often it is read."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.reads = 0

    def __call__(self) -> float:
        self.reads += 1
        return self.now


class AwayError(Exception):
    """The other side does not answer."""


class RefusedError(Exception):
    """The other side answers, and says no."""


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return CircuitBreaker("api_calls", clock=clock)


def fail(breaker, times=1, error=AwayError):
    @breaker.call
    def away():
        raise error

    for _ in range(times):
        with pytest.raises(error):
            away()


def succeed(breaker, times=1):
    for _ in range(times):
        assert breaker.call(lambda: "ok")() == "ok"


def test_defaults_are_those_of_the_reference() -> None:
    config = CircuitBreakerConfig()

    assert (config.failure_threshold, config.success_threshold) == (5, 2)
    assert (config.timeout, config.half_open_max_calls) == (60.0, 3)


def test_it_opens_at_the_fifth_failure_in_a_row(breaker) -> None:
    fail(breaker, 4)
    succeed(breaker)
    fail(breaker, 4)
    assert breaker.state is CLOSED

    fail(breaker)

    assert breaker.state is OPEN


async def test_a_coroutine_that_succeeds_ends_the_row_of_failures(breaker) -> None:
    @breaker.call
    async def answer() -> str:
        return "ok"

    fail(breaker, 4)
    await answer()
    fail(breaker, 4)

    assert breaker.state is CLOSED


def test_an_open_circuit_refuses_without_calling_and_says_when_to_come_back(breaker, clock) -> None:
    fail(breaker, 5)
    clock.now += 20
    calls = []

    with pytest.raises(CircuitOpenError) as caught:
        breaker.call(calls.append)(1)

    assert calls == []
    assert caught.value.circuit == "api_calls"
    assert caught.value.retry_after == breaker.retry_after == 40.0


def test_it_closes_by_itself_after_the_timeout_and_two_successes(breaker, clock) -> None:
    fail(breaker, 5)
    clock.now += 60
    succeed(breaker)
    assert breaker.state is HALF_OPEN

    succeed(breaker)

    assert breaker.state is CLOSED


def test_a_failing_probe_opens_it_again_for_the_whole_timeout(breaker, clock) -> None:
    fail(breaker, 5)
    clock.now += 61
    fail(breaker)

    assert breaker.state is OPEN
    assert breaker.retry_after == 60.0


def test_the_decorator_keeps_name_and_kind_of_the_function(breaker) -> None:
    @breaker.call
    async def api_request(path: str) -> str:
        """Ask."""
        return path

    @breaker.call
    def plain() -> int:
        return 3

    assert inspect.iscoroutinefunction(api_request)
    assert api_request.__name__ == "api_request"
    assert asyncio.run(api_request("/jobs")) == "/jobs"
    assert plain() == 3


@pytest.mark.parametrize("count", ["failure_threshold", "success_threshold", "half_open_max_calls"])
def test_a_threshold_below_one_is_refused(count) -> None:
    with pytest.raises(ValueError, match=count):
        CircuitBreakerConfig(**{count: 0})


def test_a_generator_is_refused_because_its_calls_end_before_its_work(breaker) -> None:
    def numbers():
        yield 1

    with pytest.raises(TypeError, match="generator"):
        breaker.call(numbers)


def test_the_clock_is_not_read_while_closed(breaker, clock) -> None:
    succeed(breaker, 10)
    fail(breaker, 4)
    succeed(breaker)

    assert clock.reads == 0


def test_exceptions_that_are_answers_do_not_open_it_and_do_close_it(clock) -> None:
    config = CircuitBreakerConfig(failures=(AwayError,))
    breaker = CircuitBreaker("link", config, clock=clock)
    fail(breaker, 20, RefusedError)
    assert breaker.state is CLOSED

    fail(breaker, 5)
    clock.now += 60
    fail(breaker, 2, RefusedError)

    assert breaker.state is CLOSED


async def test_probing_places_come_back_after_errors_and_cancellation(breaker, clock) -> None:
    fail(breaker, 5)
    clock.now += 60
    waiting = asyncio.Event()

    @breaker.call
    async def hang() -> None:
        await waiting.wait()

    for _ in range(4):
        probes = [asyncio.ensure_future(hang()) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(CircuitOpenError) as caught:
            await hang()
        assert caught.value.retry_after == 0.0
        for probe in probes:
            probe.cancel()
        await asyncio.gather(*probes, return_exceptions=True)

    assert breaker.state is HALF_OPEN
    waiting.set()
    await hang()
    await hang()
    assert breaker.state is CLOSED


async def test_a_coroutine_that_is_never_run_takes_no_place(breaker, clock) -> None:
    fail(breaker, 5)
    clock.now += 60

    @breaker.call
    async def request() -> str:
        return "ok"

    for _ in range(10):
        request().close()

    assert [await request(), await request()] == ["ok", "ok"]
    assert breaker.state is CLOSED


async def test_a_call_from_before_the_opening_does_not_count_as_a_probe(breaker, clock) -> None:
    end = asyncio.Event()

    @breaker.call
    async def slow(error: type[Exception] | None) -> None:
        await end.wait()
        if error:
            raise error

    early = [asyncio.ensure_future(slow(error)) for error in (None, None, None, AwayError)]
    await asyncio.sleep(0)
    fail(breaker, 5)
    clock.now += 60
    probe = asyncio.ensure_future(slow(None))
    await asyncio.sleep(0)
    assert breaker.state is HALF_OPEN

    end.set()
    await asyncio.gather(*early, return_exceptions=True)
    await probe

    assert breaker.state is HALF_OPEN


async def test_a_probe_of_an_earlier_half_open_time_neither_counts_nor_frees_a_place(
    breaker, clock
) -> None:
    end_early, end_late = asyncio.Event(), asyncio.Event()
    probe = breaker.call(asyncio.Event.wait)
    fail(breaker, 5)
    clock.now += 60
    early = [asyncio.ensure_future(probe(end_early)) for _ in range(2)]
    await asyncio.sleep(0)
    fail(breaker)
    clock.now += 60
    late = [asyncio.ensure_future(probe(end_late)) for _ in range(3)]
    await asyncio.sleep(0)

    end_early.set()
    await asyncio.gather(*early)

    assert breaker.state is HALF_OPEN
    with pytest.raises(CircuitOpenError):
        await probe(end_early)
    end_late.set()
    await asyncio.gather(*late)
    assert breaker.state is CLOSED


def test_listeners_hear_of_transitions_only_and_cannot_harm(clock, caplog) -> None:
    heard = []

    def broken(_: Transition) -> None:
        raise RuntimeError("listener down")

    breaker = CircuitBreaker("link", clock=clock, listeners=(broken, heard.append))
    succeed(breaker, 3)
    fail(breaker, 5)
    clock.now += 60
    succeed(breaker, 2)

    assert [(change.before, change.after) for change in heard] == [
        (CLOSED, OPEN),
        (OPEN, HALF_OPEN),
        (HALF_OPEN, CLOSED),
    ]
    assert "listener down" in caplog.text


class Breaker(RuleBasedStateMachine):
    """Calls overlap, fail, are cancelled; time passes. A plain model says what must hold."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.config = CircuitBreakerConfig(
            failure_threshold=2, success_threshold=2, timeout=10.0, half_open_max_calls=2
        )
        self.breaker = CircuitBreaker("c", self.config, clock=self.clock)
        self.calls = []
        self.state = CLOSED
        self.failures = self.successes = self.period = 0
        self.opened_at = 0.0

    def turn(self, state: CircuitState) -> None:
        self.state = state
        self.failures = self.successes = 0
        self.period += 1
        if state is OPEN:
            self.opened_at = self.clock.now

    @property
    def probes(self) -> int:
        return sum(period == self.period for _, period in self.calls)

    @rule()
    def begin(self) -> None:
        @self.breaker.call
        async def call() -> None:
            await Pause()

        if self.state is OPEN and self.clock.now >= self.opened_at + 10.0:
            self.turn(HALF_OPEN)
        refused = self.state is OPEN or (self.state is HALF_OPEN and self.probes >= 2)
        coroutine = call()
        try:
            coroutine.send(None)
        except CircuitOpenError:
            assert refused
        else:
            assert not refused
            self.calls.append((coroutine, self.period))

    @precondition(lambda self: self.calls)
    @rule(which=st.integers(0, 1000), how=st.sampled_from(["succeed", "fail", "cancel", "close"]))
    def end(self, which: int, how: str) -> None:
        coroutine, period = self.calls.pop(which % len(self.calls))
        try:
            if how == "succeed":
                coroutine.send(None)
            elif how == "fail":
                coroutine.throw(AwayError())
            elif how == "cancel":
                coroutine.throw(asyncio.CancelledError())
            else:
                coroutine.close()
        except (StopIteration, AwayError, asyncio.CancelledError):
            pass
        is_probe = self.state is HALF_OPEN and period == self.period
        if how == "succeed" and self.state is CLOSED:
            self.failures = 0
        elif how == "succeed" and is_probe:
            self.successes += 1
            if self.successes == 2:
                self.turn(CLOSED)
        elif how == "fail" and self.state is CLOSED:
            self.failures += 1
            if self.failures == 2:
                self.turn(OPEN)
        elif how == "fail" and is_probe:
            self.turn(OPEN)

    @rule(seconds=st.sampled_from([9.9, 10.0, 100.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.now += seconds

    @invariant()
    def it_is_where_the_model_says(self) -> None:
        assert self.breaker.state is self.state

    def teardown(self) -> None:
        for coroutine, _ in self.calls:
            coroutine.close()
        self.calls = []
        self.clock.now += 1000
        for _ in range(2):
            succeed(self.breaker)
        assert self.breaker.state is CLOSED


class Pause:
    def __await__(self):
        yield


TestBreaker = Breaker.TestCase
TestBreaker.settings = settings(max_examples=50, stateful_step_count=40)


def test_a_person_may_let_the_next_call_probe_before_the_timeout(breaker, clock) -> None:
    fail(breaker, 5)
    clock.now += 1
    breaker.probe_now()
    assert (breaker.state, breaker.retry_after) == (OPEN, 0.0)

    fail(breaker)

    assert (breaker.state, breaker.retry_after) == (OPEN, 60.0)


def test_letting_a_closed_circuit_probe_changes_nothing(breaker) -> None:
    breaker.probe_now()

    fail(breaker, 4)
    assert breaker.state is CLOSED
