"""What every dialect implements: what to send, what came, and when to look again. Pure.

A session is one connection's side of the conversation. It reads no clock and
does no I/O: the ConnectionManager hands it frames and the time, sends what
`Session.next_frame` gives, and does what its asks say. A dialect that asks
instead of being told (REST, tables) has requests for frames, answered by its
Transport, and asks again in `Session.tick` and `Session.look`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from casare_robot.domain.errors import RobotError
from casare_robot.domain.job import Job, JobId, JobResult
from casare_robot.domain.job_source import JobTaker
from casare_robot.domain.plain_json import readable
from casare_robot.link.telemetry import Telemetry

NOT_NOW = ("E-DISK-", "E-QUEUE-", "E-DB-", "E-JOB-503")
"""Codes of refusals that may be over soon: the job is given back, not failed."""


class Offer(msgspec.Struct, frozen=True):
    """Offer this job to the robot, and tell the session what came of it."""

    job: Job


class Cancel(msgspec.Struct, frozen=True):
    """Cancel this job; with ``abandon`` it is another robot's and nothing is reported."""

    job_id: JobId
    reason: str
    abandon: bool = False


class Pause(msgspec.Struct, frozen=True):
    """The other side wants no more jobs begun."""

    reason: str


class Resume(msgspec.Struct, frozen=True):
    """Jobs may begin again."""


class Established(msgspec.Struct, frozen=True):
    """The other side knows the robot; jobs and results may flow."""


class Proved(msgspec.Struct, frozen=True):
    """The other side answered an echo: the line works both ways.

    ``clock_ahead`` is how many seconds its clock is ahead of this machine's.
    """

    clock_ahead: float = 0.0


class Warned(msgspec.Struct, frozen=True):
    """Something people should know of; the connection goes on. "" takes the last one back."""

    problem: str


class Delivered(msgspec.Struct, frozen=True):
    """A result was acknowledged, or could not be used as it is."""

    job_id: JobId
    acknowledged: bool


class Part(msgspec.Struct, frozen=True):
    """The connection is of no more use.

    ``superseded_by`` names the session that took this robot over: only a person
    may try again. ``is_refusal`` asks for a long wait, because trying again soon
    cannot help.
    """

    problem: str
    superseded_by: str = ""
    is_refusal: bool = False


class Whole(msgspec.Struct, frozen=True):
    """A large message has been put together: `Session.read` it and take it in."""

    frame: bytes


class Instead(msgspec.Struct, frozen=True):
    """The other side speaks another way: ``session`` goes on, beginning with ``said``.

    ``carry`` gives the transport that it needs.
    """

    session: "Session"
    carry: Callable[[Any], "Transport"]
    said: Any


Told = Established | Proved | Warned | Delivered
Ask = Instead | Whole | Offer | Cancel | Pause | Resume | Told | Part


class Session(Protocol):
    """One connection's side of the conversation. ``now`` is monotonic seconds."""

    @property
    def is_established(self) -> bool:
        """Whether the other side has answered in the same dialect."""
        ...

    def read(self, frame: bytes) -> Any:
        """What a frame says; touches nothing, so large ones are read in a thread. Never raises."""
        ...

    def received(self, said: Any, now: float) -> Sequence[Ask]:
        """Take in what `read` gave."""
        ...

    def next_frame(self, now: float) -> bytes | None:
        """What to send next, or None; called whenever the line can take a frame."""
        ...

    def tick(self, now: float) -> Sequence[Ask]:
        """What the passing of time brings; called at `wake_at` or later."""
        ...

    def wake_at(self) -> float:
        """When `tick` or `next_frame` has something to do that nothing else announces."""
        ...

    def accepted(self, job_id: JobId) -> None:
        """The robot has taken an offered job, or knew it."""
        ...

    def refused(self, job_id: JobId, code: str, message: str) -> None:
        """The robot has not taken an offered job."""
        ...

    def unknown(self, job_id: JobId) -> None:
        """A job that was to be cancelled is not here."""
        ...

    def report(self, result: JobResult) -> None:
        """Deliver a result; `Delivered` follows, unless the connection ends first."""
        ...

    def look(self) -> None:
        """Ask for jobs now."""
        ...

    def leave(self, reason: str) -> None:
        """The robot goes on purpose; what `next_frame` still gives is all there is."""
        ...


class Transport(Protocol):
    """Carries frames, in order, both ways."""

    async def send(self, frame: bytes) -> None:
        """Send one frame; returns when the line can take another.

        Raises:
            LineError: The line is broken.
        """
        ...

    async def receive(self) -> bytes:
        """The next frame. Cancelling loses nothing.

        Raises:
            LineError: The line is broken.
        """
        ...

    async def close(self, reason: str) -> None:
        """Close in good order; soon, whatever the other side does."""
        ...

    def abort(self) -> None:
        """Drop the line at once."""
        ...


class Dialect(Protocol):
    """A way to speak with an orchestrator.

    Attributes:
        address: Where it is, as people may see it: no key in it.
    """

    address: str

    async def open(self) -> Transport:
        """Make a connection.

        Raises:
            LineError: It cannot be made; the attributes say what may help.
        """
        ...

    def session(
        self, robot: JobTaker, telemetry: Telemetry, now: float, *, insists: bool
    ) -> Session:
        """A session for a connection that has just been made.

        Args:
            robot: Asked for what it holds and how many jobs could begin.
            telemetry: What the robot told; outlives the connection.
            now: Monotonic seconds.
            insists: A person wants to take over from whoever superseded this robot.
        """
        ...


class LineError(RobotError, ConnectionError):
    """There is no line to the orchestrator, or it broke. The message is for people.

    Attributes:
        is_refusal: The other side does not want this robot (a wrong key): trying
            again soon cannot help.
        retry_after: Seconds the other side asks to wait, or None.
        superseded_by: The session that took this robot over, or "".
        status: Of the HTTP answer that refused the line, if there was one.
    """

    code = "E-LINK-100"

    def __init__(
        self,
        problem: str,
        *,
        is_refusal: bool = False,
        retry_after: float | None = None,
        superseded_by: str = "",
        status: int | None = None,
    ) -> None:
        super().__init__(readable(problem))  # a header that it quotes may hold what is no text
        self.status = status
        self.is_refusal = is_refusal
        self.retry_after = retry_after
        self.superseded_by = superseded_by


WallClock = Callable[[], datetime]
"""Gives the time of day, aware, in UTC."""
