"""Keeps the line to an orchestrator, for ever."""

import asyncio
import logging
import math
import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from casare_robot.domain.errors import CircuitOpenError, RobotError
from casare_robot.domain.job import JobId, JobResult
from casare_robot.domain.job_source import JobTaker
from casare_robot.domain.robot_events import RobotEvent, StatusChanged
from casare_robot.domain.robot_status import CircuitStatus, LinkState, LinkStatus
from casare_robot.link import session
from casare_robot.link.line import Line
from casare_robot.link.session import Ask, Dialect, LineError, WallClock
from casare_robot.link.telemetry import Telemetry
from casare_robot.resilience.backoff import Backoff
from casare_robot.resilience.circuit_breaker import CircuitBreaker, CircuitBreakerConfig

log = logging.getLogger(__name__)

BELIEVED = 3
"""Refusals in a row after which the wait is long for a robot that has been let in before:
one may be a hiccup of something between the two."""
REFUSED_WAIT = 300.0
"""Seconds between attempts while the other side does not want this robot."""
MOST_WAITING = 256
"""Asks of the other side that wait for the robot; then no more is read from the line."""


class ConnectionState(StrEnum):
    """How the line is. Source: robot reference, "ConnectionManager"."""

    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    RECONNECTING = "reconnecting"


class ConnectionConfig(msgspec.Struct, frozen=True):
    """Where to connect, and how patiently; all times in seconds.

    Source: robot reference, "ConnectionConfig".
    """

    orchestrator_url: str
    heartbeat_interval: float = 30.0
    reconnect_delay: float = 1.0
    max_reconnect_delay: float = 60.0
    reconnect_backoff_factor: float = 2.0


def link_breaker(
    config: ConnectionConfig, *, clock: Callable[[], float] = time.monotonic
) -> CircuitBreaker:
    """The circuit of the line: each attempt to connect is a call, and its probe when open."""
    return CircuitBreaker(
        "link",
        CircuitBreakerConfig(success_threshold=1, timeout=config.max_reconnect_delay / 2),
        clock=clock,
    )


def utc_now() -> datetime:
    """The time of day."""
    return datetime.now(UTC)


class ConnectionManager:
    """A `JobSource`: the line to one orchestrator, made again whenever it breaks.

    Everything is called on the event loop that runs `run`. The states of
    `link_status` are the reference's; ``disconnected`` is a robot that was
    refused or superseded, or does not run.

    Args:
        config: Where, and how patiently.
        dialect: How to speak with it.
        breaker: Guards the attempts; by default `link_breaker`'s.
        name: Name of this source.
        on_change: Called with each new state of the line.
        clock: Monotonic seconds; by default the loop's.
        wall: The time of day.
        rng: Dice, from 0 up to 1.

    Attributes:
        name: ``origin`` of the jobs that come this way.
        breaker: The circuit.
        clock_ahead: Seconds by which the orchestrator's clock is ahead of ours.
        superseded_by: The session that took this robot over, or "".
    """

    def __init__(
        self,
        config: ConnectionConfig,
        dialect: Dialect,
        *,
        breaker: CircuitBreaker | None = None,
        name: str = "link",
        on_change: Callable[[LinkStatus], None] = lambda _status: None,
        clock: Callable[[], float] = time.monotonic,
        wall: WallClock = utc_now,
        rng: Callable[[], float] = random.random,
    ) -> None:
        self.name = name
        self.breaker = breaker or link_breaker(config, clock=clock)
        self.clock_ahead = 0.0
        self.superseded_by = ""
        self._config = config
        self._dialect = dialect
        self._on_change = on_change
        self._clock = clock
        self._wall = wall
        self._rng = rng
        self._telemetry = Telemetry()
        self._state = ConnectionState.DISCONNECTED
        self._since = wall()
        self._problem = self._warning = ""
        self._line: Line | None = None
        self._is_established = asyncio.Event()
        self._established_at = -math.inf
        self._reports: dict[JobId, asyncio.Future[bool]] = {}
        self._intake: asyncio.Queue[tuple[Line, Ask]] = asyncio.Queue(MOST_WAITING)
        self._delays = self._fresh_delays()
        self._tried_at = -math.inf
        self._next_try: float | None = None
        self._refusals = 0
        self._is_told_to_wait = False
        self._is_hurried = False
        self._insists = False
        self._hurry = asyncio.Event()

    async def run(self, robot: JobTaker) -> None:
        """Keep the line until cancelled; then say goodbye, within about a second."""
        helper = asyncio.create_task(self._serve(robot), name="link intake")
        try:
            while True:
                self._next_try = await self._connect_once(robot)
                await self._rest()
        finally:
            helper.cancel()
            await asyncio.gather(helper, return_exceptions=True)
            self._change(ConnectionState.DISCONNECTED, "the robot does not run")

    async def look(self) -> None:
        """Ask for jobs now; when there is no line, try to make one, unless told to wait."""
        if self._line is not None and self._is_established.is_set():
            self._line.session.look()
            self._line.ring()
        elif not self._is_told_to_wait:
            self._try_at(self._tried_at + self._config.reconnect_delay)

    async def reconnect(self) -> None:
        """Make the line anew at once, whatever the reason there is none."""
        self._insists = self._insists or bool(self.superseded_by)
        self._make_anew("a new line was asked for")

    def slept(self) -> None:
        """Make the line anew, unless told to wait: the machine slept, and it only looks open."""
        if not self._is_told_to_wait:
            self._make_anew("the machine slept")

    async def report(self, result: JobResult) -> bool:
        """Hand a result over; True when the orchestrator has it, False if it cannot use it.

        Raises:
            ConnectionError: There is no line, or it broke before the answer.
        """
        line = self._line
        if line is None or not self._is_established.is_set():
            raise LineError(self._problem or "there is no line to the orchestrator")
        answer = self._reports.get(result.job_id)
        if answer is None:
            answer = self._reports[result.job_id] = asyncio.get_running_loop().create_future()
            line.session.report(result)
            line.ring()
        return await asyncio.shield(answer)

    def inform(self, event: RobotEvent) -> None:
        """Tell what happens; kept in bounds until the line can take it."""
        was_empty = self._telemetry.since is None
        self._telemetry.add(event, self._clock())
        if self._line is not None and (was_empty or isinstance(event, StatusChanged)):
            self._line.ring()

    def link_status(self) -> LinkStatus:
        """How the line is, since when, and why it is not better."""
        next_try = self._next_try
        return LinkStatus(
            state=LinkState(self._state.value),
            since=self._since,
            address=self._dialect.address,
            problem=self._problem,
            next_try_in=None
            if next_try is None or math.isinf(next_try)
            else max(next_try - self._clock(), 0.0),
            unsent_results=len(self._reports),
            circuit=CircuitStatus(
                name=self.breaker.name,
                state=self.breaker.state.name.lower(),
                retry_after=self.breaker.retry_after,
            ),
        )

    async def _connect_once(self, robot: JobTaker) -> float:
        """Make one connection and keep it while it lasts; when to make the next."""
        trying = (
            ConnectionState.RECONNECTING
            if self._state is not ConnectionState.DISCONNECTED
            else ConnectionState.CONNECTING
        )
        self._change(trying, self._problem)
        self._tried_at = self._clock()
        self._warning = ""
        keeping: asyncio.Task[None] | None = None
        try:
            keeping = await self.breaker.call(self._establish)(robot)
            self._insists = self._is_hurried = False
            self._change(ConnectionState.CONNECTED, self._warning)
            await asyncio.shield(keeping)
        except CircuitOpenError as error:
            return self._clock() + error.retry_after
        except LineError as error:
            return self._lost(error)
        except asyncio.CancelledError:
            if keeping is not None:
                keeping.cancel()
                await asyncio.gather(keeping, return_exceptions=True)
            raise
        except Exception as error:
            log.exception("the line to %s failed in an unforeseen way", self._dialect.address)
            return self._lost(LineError(f"unforeseen: {type(error).__name__}"))
        finally:
            self._line = None
            self._is_established.clear()
            self._fail_reports()
        return self._clock()

    async def _establish(self, robot: JobTaker) -> asyncio.Task[None]:
        """Connect and wait until the other side knows the robot.

        Returns:
            The task that carries frames until the line breaks.

        Raises:
            LineError: It did not come so far.
        """
        transport = await self._dialect.open()
        talk = self._dialect.session(robot, self._telemetry, self._clock(), insists=self._insists)
        self._line = line = Line(transport, talk, self._clock, self._act)
        keeping = asyncio.create_task(line.run(), name="link line")
        known = asyncio.create_task(self._is_established.wait(), name="link welcome")
        try:
            await asyncio.wait((keeping, known), return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            raise
        finally:
            known.cancel()
        if keeping.done():
            await keeping
        self._established_at = self._clock()
        self._refusals = 0
        return keeping

    def _lost(self, error: LineError) -> float:
        """Note why there is no line; when to try again.

        The back-off counts from the attempt's beginning; what the breaker and the
        other side ask for, from now: one wait, the longest of them.
        """
        now = self._clock()
        is_hurried, self._is_hurried = self._is_hurried, False
        self._is_told_to_wait = error.is_refusal or error.retry_after is not None
        if error.superseded_by:
            self.superseded_by = error.superseded_by
            self._is_told_to_wait = True
            self._change(ConnectionState.DISCONNECTED, str(error))
            return math.inf
        if error.is_refusal:
            self._refusals += 1
            self._change(ConnectionState.DISCONNECTED, str(error))
            was_let_in = self._established_at > -math.inf
            if was_let_in and self._refusals < BELIEVED:
                return now + next(self._delays)
            return now + REFUSED_WAIT * (0.75 + self._rng() / 2)
        self._change(ConnectionState.RECONNECTING, str(error))
        if is_hurried:
            self.breaker.probe_now()
            return now
        was_connected = self._established_at >= self._tried_at
        backoff = (now if was_connected else self._tried_at) + next(self._delays)
        return max(backoff, now + self.breaker.retry_after, now + (error.retry_after or 0.0))

    async def _rest(self) -> None:
        """Wait for the next attempt; hurried by `_try_at`."""
        while self._next_try is not None and (left := self._next_try - self._clock()) > 0:
            self._hurry.clear()
            try:
                async with asyncio.timeout(None if math.isinf(left) else left):
                    await self._hurry.wait()
            except TimeoutError:
                break
        self._next_try = None
        self._is_told_to_wait = False
        self.superseded_by = ""

    def _try_at(self, moment: float) -> None:
        """Let the next attempt be at this moment, if not sooner."""
        if self._next_try is not None and moment < self._next_try:
            self._next_try = moment
            self.breaker.probe_now()
            self._hurry.set()

    def _make_anew(self, problem: str) -> None:
        self._delays = self._fresh_delays()
        if self._next_try is not None:
            self._try_at(self._clock())
            return
        self._is_hurried = True
        if self._line is not None:
            self._line.drop(problem)

    def _fresh_delays(self) -> Iterator[float]:
        config = self._config
        return Backoff(
            base_delay=config.reconnect_delay,
            max_delay=config.max_reconnect_delay,
            factor=config.reconnect_backoff_factor,
        ).delays(self._rng)

    async def _act(self, line: Line, ask: Ask) -> None:
        """Do what the session asks for; what concerns the robot goes to `_serve` in order."""
        match ask:
            case session.Established():
                self._is_established.set()
            case session.Proved(ahead):
                self.clock_ahead = ahead
                if self._clock() - self._established_at >= self._config.heartbeat_interval:
                    self._delays = self._fresh_delays()
            case session.Warned(problem):
                self._warning = problem
                if self._state is ConnectionState.CONNECTED:
                    self._change(self._state, problem)
            case session.Delivered(job_id, acknowledged):
                answer = self._reports.pop(job_id, None)
                if answer is not None and not answer.done():
                    answer.set_result(acknowledged)
            case _:
                await self._intake.put((line, ask))

    async def _serve(self, robot: JobTaker) -> None:
        """Hand the robot what came for it, one after the other.

        What a line that is gone asked for is let go: the other side says it again.
        """
        while True:
            line, ask = await self._intake.get()
            if line is not self._line:
                continue
            try:
                await self._hand_over(robot, line, ask)
            except Exception:
                log.exception("what the orchestrator asked for failed: %s", type(ask).__name__)

    async def _hand_over(self, robot: JobTaker, line: Line, ask: Ask) -> None:
        match ask:
            case session.Offer(job):
                try:
                    await robot.offer(job)
                except RobotError as error:
                    line.session.refused(job.id, error.code, str(error))
                else:
                    line.session.accepted(job.id)
            case session.Cancel(job_id, reason, abandon=False):
                if not robot.cancel(job_id, reason):
                    line.session.unknown(job_id)
            case session.Cancel(job_id, reason):
                robot.abandon(job_id, reason)
            case session.Pause(reason):
                robot.pause(reason)
            case session.Resume():
                robot.resume()
        line.ring()

    def _fail_reports(self) -> None:
        """Let whoever waits for an acknowledgement deliver again on the next line."""
        reports, self._reports = self._reports, {}
        for answer in reports.values():
            if not answer.done():
                answer.set_exception(LineError("the line broke before the result was acknowledged"))
                answer.exception()  # nobody may be waiting any more

    def _change(self, state: ConnectionState, problem: str) -> None:
        if (state, problem) == (self._state, self._problem):
            return
        if state is not self._state:
            self._since = self._wall()
        self._state, self._problem = state, problem
        try:
            self._on_change(self.link_status())
        except Exception:
            log.exception("a listener of the link failed")
