"""What the agent and an executor say to each other: length-prefixed msgpack over pipes.

The executor owns nothing: each delta goes to the agent and counts when the
agent says it is durable.
"""

import os
import threading
from typing import Any

import msgspec

from casare_robot.domain.glance import Glance
from casare_robot.domain.job import Job, JobResult, LogLine
from casare_robot.domain.policy import Policy
from casare_robot.domain.question import Question, Reply

MAX_FRAME = 1 << 30
"""Bytes of one message; more is a broken stream."""


class Start(msgspec.Struct, tag="start", kw_only=True):
    """Run this job; with ``steps``, from where they end.

    Its variables travel apart, because the pipe's own numbers end at 64 bits.
    """

    job: Job
    variables: bytes
    policy: Policy
    node_timeout: float | None = None
    records: bool = True
    steps: list[bytes] | None = None
    evidence: str = ""


class Durable(msgspec.Struct, tag="durable"):
    """The delta of this number is on disk; or could not be written, and why."""

    number: int
    error: str | None = None


class Cancel(msgspec.Struct, tag="cancel"):
    """End the run as soon as possible."""


class Secret(msgspec.Struct, tag="secret", kw_only=True):
    """A secret that was asked for; None: there is none."""

    value: str | None


class Replied(msgspec.Struct, tag="replied", kw_only=True):
    """What came of a question."""

    number: int
    reply: Reply


class Recalled(msgspec.Struct, tag="recalled", kw_only=True):
    """What came of an order to the group's memory: JSON, or why nothing did."""

    number: int
    answer: bytes = b"null"
    error: str | None = None
    code: str = ""


ToExecutor = Start | Durable | Cancel | Secret | Replied | Recalled


class Append(msgspec.Struct, tag="append", kw_only=True):
    """A delta; ``number`` 0 needs no answer."""

    number: int
    blob: bytes


class Replace(msgspec.Struct, tag="replace", kw_only=True):
    """A delta in the place of all before it."""

    number: int
    blob: bytes


class Progress(msgspec.Struct, tag="progress", kw_only=True):
    """A node began (None: many computed), and how many have run."""

    node_id: str | None
    nodes_executed: int


class NodeEnded(msgspec.Struct, tag="node_ended", kw_only=True):
    """A node that waits or acts came to its end."""

    node_id: str
    node_type: str
    seconds: float
    error: str | None = None
    outputs: Glance = {}


class Logged(msgspec.Struct, tag="logged"):
    """The workflow wrote a line."""

    line: LogLine


class Alive(msgspec.Struct, tag="alive"):
    """The executor's loop still turns."""


class AskSecret(msgspec.Struct, tag="ask_secret"):
    """The executor needs a secret."""

    reference: str


class AskPerson(msgspec.Struct, tag="ask_person", kw_only=True):
    """The run asks the person at this machine; ``number`` is for the reply."""

    number: int
    question: Question


class Withdraw(msgspec.Struct, tag="withdraw"):
    """The run needs no answer to this question any more."""

    question_id: str


class AskMemory(msgspec.Struct, tag="ask_memory", kw_only=True):
    """The run has an order for the group's memory: a `MemoryOrder` as JSON."""

    number: int
    order: bytes


class Done(msgspec.Struct, tag="done"):
    """The run ended. ``result`` is encoded by `casare_robot.execution.state.encode`."""

    result: bytes


class Refused(msgspec.Struct, tag="refused"):
    """The workflow is not valid; nothing has run."""

    result: bytes


FromExecutor = (
    Alive
    | Append
    | Replace
    | Progress
    | NodeEnded
    | Logged
    | AskSecret
    | AskPerson
    | Withdraw
    | AskMemory
    | Done
    | Refused
)


class Channel:
    """One end of the pipe. Sending is safe from any thread."""

    def __init__(self, read_fd: int, write_fd: int, receives: Any) -> None:
        self._read_fd = read_fd
        self._write_fd = write_fd
        self._decoder = msgspec.msgpack.Decoder(receives)
        self._encoder = msgspec.msgpack.Encoder()
        self._lock = threading.Lock()
        self._buffer = bytearray()

    def send(self, message: Any) -> None:
        """Send one message.

        Raises:
            OSError: The other side is gone.
        """
        data = self._encoder.encode(message)
        frame = memoryview(len(data).to_bytes(4, "big") + data)
        with self._lock:
            while frame:
                frame = frame[os.write(self._write_fd, frame) :]

    def receive(self) -> Any:
        """The next message, or None when the other side is gone.

        Raises:
            msgspec.MsgspecError: It is no message; the stream is of no use any more.
        """
        header = self._exactly(4)
        if header is None:
            return None
        size = int.from_bytes(header, "big")
        if size > MAX_FRAME:
            raise msgspec.DecodeError(f"a message of {size} bytes")
        data = self._exactly(size)
        return None if data is None else self._decoder.decode(data)

    def _exactly(self, size: int) -> bytes | None:
        buffer = self._buffer
        while len(buffer) < size:
            try:
                chunk = os.read(self._read_fd, max(65536, size - len(buffer)))
            except OSError:
                return None
            if not chunk:
                return None
            buffer += chunk
        data = bytes(buffer[:size])
        del buffer[:size]
        return data


def job_without_variables(job: Job) -> tuple[Job, bytes]:
    """A job for the pipe, and its variables, whatever values they are."""
    from casare_robot.execution.state import encode

    return msgspec.structs.replace(job, variables={}), encode(dict(job.variables))


def job_of(start: Start) -> Job:
    """The job that was taken apart by `job_without_variables`."""
    from casare_robot.execution.state import decode

    return msgspec.structs.replace(start.job, variables=decode(start.variables))


def plain_result(result: JobResult) -> bytes:
    """A result for the pipe, with whatever values it holds."""
    from casare_robot.execution.state import encode

    return encode({field: getattr(result, field) for field in JobResult.__struct_fields__})


def result_from(data: bytes) -> JobResult:
    """The result written by `plain_result`."""
    from casare_robot.execution.state import decode

    fields = decode(data)
    values = {name: fields.pop(name) for name in ("variables", "outputs")}
    result = msgspec.convert({**fields, "variables": {}, "outputs": {}}, JobResult)
    return msgspec.structs.replace(result, **values)
