"""The robot's side of a conversation in the robot reference's three messages alone. Pure.

For orchestrators written after that document: they push ``job_assignment`` and read
``status_update`` and ``job_result``; there is no welcome and no acknowledgement. A result
counts as delivered when the other side's websocket has answered a ping sent behind it.
"""

from collections import deque
from collections.abc import Sequence

from casare_robot.domain.job import JobError, JobId, JobResult, JobStatus
from casare_robot.domain.job_source import JobTaker
from casare_robot.link import session
from casare_robot.link.echoing import ECHO
from casare_robot.link.liveness import PATIENCE, Liveness
from casare_robot.link.native import messages
from casare_robot.link.native.reading import MessageRefusedError, encode, from_server
from casare_robot.link.native.results import result_frame
from casare_robot.link.native.status import status_update
from casare_robot.link.session import Ask
from casare_robot.link.telemetry import Telemetry


class ReferenceSession:
    """One connection's conversation.

    Args:
        robot_id: Who the robot is.
        robot: Asked how many jobs could begin.
        telemetry: What the robot told; outlives the connection.
        origin: Name of the job source.
        interval: Seconds between signs of life.
        now: Monotonic seconds.
    """

    def __init__(
        self,
        robot_id: str,
        robot: JobTaker,
        telemetry: Telemetry,
        *,
        origin: str,
        interval: float,
        now: float,
    ) -> None:
        self._robot_id = robot_id
        self._robot = robot
        self._telemetry = telemetry
        self._origin = origin
        self._alive = Liveness(interval, now)
        self._alive.ask(now)
        self.is_established = False
        self._is_leaving = False
        self._results: deque[JobResult] = deque()
        self._sent: list[JobId] = []
        self._behind_echo: list[JobId] = []
        self._echo = 0
        self._tell_at = now

    def read(self, frame: bytes) -> messages.Message | MessageRefusedError | bytes:
        """What a frame says; an echo is itself."""
        if frame.startswith(ECHO):
            return frame
        try:
            message: messages.Message = from_server.read(frame)
        except MessageRefusedError as error:
            return error
        return message

    def received(
        self, said: messages.Message | MessageRefusedError | bytes, now: float
    ) -> Sequence[Ask]:
        """Take in a message, or an echo."""
        match said:
            case bytes():
                return self._echoed(said, now)
            case messages.JobAssignment():
                return (*self._first_answer(), session.Offer(said.job(self._origin)))
            case messages.JobCancel():
                return (session.Cancel(JobId(said.job_id), said.reason, said.abandon),)
            case messages.ResultAck():
                return (session.Delivered(JobId(said.job_id), True),)
            case messages.Pause():
                return (session.Pause(said.reason),)
            case messages.Resume():
                return (session.Resume(),)
            case messages.Welcome():
                return (session.Part("the orchestrator speaks this robot's own protocol"),)
            case messages.Error():
                return (session.Warned(f"the orchestrator complains: {said.message}"),)
            case MessageRefusedError():
                if said.type == "job_assignment" and said.about != said.type:
                    self.refused(JobId(said.about), said.code, str(said))
                return (session.Warned(f"the orchestrator said what is no message: {said}"),)
        return ()

    def next_frame(self, now: float) -> bytes | None:
        """What to send next: the echo, results, and what the robot is doing."""
        if self._is_leaving:
            return None
        if self._alive.must_send:
            self._behind_echo, self._sent = [*self._behind_echo, *self._sent], []
            self._echo = self._alive.sent(now)
            return ECHO + str(self._echo).encode()
        if self._results:
            result = self._results.popleft()
            self._sent.append(result.job_id)
            self._alive.ask(now)
            return result_frame(result)
        if now >= self._tell_at or self._telemetry.status_is_new:
            self._tell_at = now + self._alive.interval
            status = self._telemetry.take_status()
            return encode(status_update(self._robot_id, status, self._robot.free_slots))
        return None

    def tick(self, now: float) -> Sequence[Ask]:
        """Notice a dead line."""
        if self._alive.tick(now):
            waited = self._alive.interval * PATIENCE
            return (session.Part(f"the orchestrator does not answer for {waited:.1f} s"),)
        return ()

    def wake_at(self) -> float:
        """When the next of these is due."""
        return min(self._alive.wake_at(), self._tell_at)

    def accepted(self, job_id: JobId) -> None:
        """A job is on disk: nothing says so but what the robot does."""

    def refused(self, job_id: JobId, code: str, message: str) -> None:
        """Fail a job that is not taken: there is no other way to give it back."""
        error = JobError(code=code, message=message[:1000])
        self._results.append(JobResult(job_id=job_id, status=JobStatus.FAILED, error=error))

    def unknown(self, job_id: JobId) -> None:
        """A job that was to be cancelled is not here: it has ended, and its end was told."""

    def report(self, result: JobResult) -> None:
        """Queue a result."""
        self._results.append(result)

    def look(self) -> None:
        """Say what is free: the server sends jobs of its own accord."""
        self._tell_at = 0.0

    def leave(self, reason: str) -> None:
        """Say nothing more: there is no farewell."""
        self._is_leaving = True

    def _first_answer(self) -> Sequence[Ask]:
        if self.is_established:
            return ()
        self.is_established = True
        return (session.Established(),)

    def _echoed(self, echo: bytes, now: float) -> Sequence[Ask]:
        if echo != ECHO + str(self._echo).encode():
            return ()
        if self._alive.answered(self._echo, now) is None:
            return ()
        delivered, self._behind_echo = self._behind_echo, []
        if self._sent:
            self._alive.ask(now)
        ended = (session.Delivered(job_id, True) for job_id in delivered)
        return (*self._first_answer(), session.Proved(), *ended)
