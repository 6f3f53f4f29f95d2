"""The one error tree.

RobotError
├── WorkflowInvalidError    a file cannot be run; carries every fault
├── NodeFailure             a node did not succeed; may be caught by the workflow
│   ├── PolicyError         the robot may not touch this path, host or program
│   ├── NodeTimeoutError    a node ran out of time
│   └── MissingExtraError   an optional library is not installed
├── StateLostError          something open is not as it stood before a resume
├── JournalError            the robot's own memory cannot be read or written
│   ├── JournalBusyError    another process owns this home
│   ├── JournalDamagedError a row or file fails its checksum
│   ├── DiskFullError       no space left; what counts was saved from the reserve
│   ├── JobRefusedError     a job cannot be taken as it is, or not now
│   └── JobStateError       a job is unknown, or not where the call needs it to be
├── StoreError              what robots share cannot be read or written
│   ├── StoreUnavailableError the store cannot be reached now; what was asked may be done
│   │   └── StoreBusyError  another process writes to it, and does not come to an end
│   ├── NotFoundError       there is no such row
│   ├── ConflictError       a row has another version than the caller knows
│   ├── InvalidRecordError  a name or a record cannot be kept; carries every fault
│   ├── StaleLeaseError     a write in the name of a lease that is no longer held
│   ├── LimitReachedError   one more row would be too many
│   └── InsufficientResourceError  a pool has less left than was asked for
├── GroupError              a group cannot do what it was asked for, as it is now
│   ├── MembershipError     a robot is not the member that the call needs
│   ├── NotOpenError        a fleet was not opened, or is shut down
│   ├── RequestTimeoutError nobody answered a request in time
│   └── SessionStateError   a session is in a state that forbids it
├── ExecutorError           the executor process ended without a result
├── AccountError            nobody could be signed in to an account
├── SecretStoreError        a secret can be neither kept nor read
├── CircuitOpenError        a call was refused because its circuit is open
├── UpdateError             a newer version cannot be had, believed or installed
├── ControlError            the running robot did not do what a face asked for
│   └── AgentUnreachableError  there is none, or it does not answer
├── TriggerError            a trigger is not on, or cannot be
├── QuestionError           a question cannot be answered so
└── ConfigError             settings are wrong; carries every fault
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong with an input: what, and where.

    ``code`` is stable (``E-WF-412``); ``key`` is the port, property or JSON path.
    """

    code: str
    message: str
    node_id: str | None = None
    node_type: str | None = None
    key: str | None = None

    def __str__(self) -> str:
        where = ", ".join(
            f"{label} {value}"
            for label, value in (
                ("node", self.node_id),
                ("type", self.node_type),
                ("key", self.key),
            )
            if value
        )
        return f"{self.code} {self.message}" + (f" ({where})" if where else "")


class RobotError(Exception):
    """Base of all errors the robot raises on purpose.

    Attributes:
        code: Stable identifier shown to people and machines.
    """

    code = "E-ROBOT-001"


class WorkflowInvalidError(RobotError):
    """A workflow was refused before its first node.

    Attributes:
        faults: Every fault found, never empty.
    """

    code = "E-WF-400"

    def __init__(self, faults: Sequence[Fault]) -> None:
        shown = "; ".join(str(fault) for fault in faults[:20])
        more = f" (and {len(faults) - 20} more)" if len(faults) > 20 else ""
        super().__init__(shown + more)
        self.faults = tuple(faults)


class NodeFailure(RobotError):  # noqa: N818 - a failure is an outcome the workflow may handle
    """A node did not succeed.

    Args:
        message: What went wrong, in one sentence.
        outputs: Values the node leaves on its output ports all the same.
        error_type: Name that a Catch node filters by.
        code: Stable identifier.
        retryable: False when trying again cannot help (a policy, a missing library).
    """

    code = "E-NODE-001"

    def __init__(
        self,
        message: str,
        *,
        outputs: Mapping[str, Any] | None = None,
        error_type: str = "ExecutionError",
        code: str | None = None,
        retryable: bool = True,
    ) -> None:
        super().__init__(message)
        self.outputs = dict(outputs or {})
        self.error_type = error_type
        self.retryable = retryable
        if code is not None:
            self.code = code


class PolicyError(NodeFailure):
    """The robot's policy does not let a workflow touch this."""

    def __init__(self, message: str, *, code: str = "E-POL-501") -> None:
        super().__init__(message, error_type="PolicyError", code=code, retryable=False)


class NodeTimeoutError(NodeFailure):
    """A node did not finish in time."""

    def __init__(self, message: str) -> None:
        super().__init__(message, error_type="TimeoutError", code="E-NODE-408")


class StateLostError(RobotError):
    """Something open was opened again after a resume, but not as it stood; a person decides."""

    code = "E-HANDLE-409"


class MissingExtraError(NodeFailure):
    """An optional library is not installed; names the extra to install."""

    def __init__(self, library: str, extra: str) -> None:
        super().__init__(
            f"this node needs {library}; install it with: pip install 'casare-robot[{extra}]'",
            error_type="MissingExtraError",
            code="E-NODE-424",
            retryable=False,
        )
        self.extra = extra


class JournalError(RobotError):
    """The robot's own memory cannot be read or written."""

    code = "E-DB-600"


class JournalBusyError(JournalError):
    """Another process owns this home."""

    code = "E-DB-605"


class JournalDamagedError(JournalError):
    """A row or the whole file fails its checksum; it was set aside, not used."""

    code = "E-DB-601"


class DiskFullError(JournalError):
    """No space is left; new jobs are refused until there is."""

    code = "E-DISK-701"


class JobRefusedError(JournalError):
    """A job cannot be taken; nothing of it was kept.

    Codes: E-JOB-209 the id belongs to a job with other content, E-JOB-210 it is
    not plain data, E-QUEUE-429 the queue is full.
    """

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class JobStateError(JournalError):
    """A job is unknown (E-JOB-404), or not where the call needs it to be (E-JOB-409)."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class StoreError(RobotError):
    """What robots share cannot be read or written; nothing was changed."""

    code = "E-STORE-500"


class StoreUnavailableError(StoreError):
    """The store cannot be reached, is held by others, or has no space; try later.

    Whether what was asked for has been done is unknown.
    """

    code = "E-STORE-503"


class StoreBusyError(StoreUnavailableError):
    """Another process writes to the store's file and does not come to an end; try later.

    One that is suspended in the middle of a write keeps everybody waiting until it
    goes on or is ended. Nothing was changed.
    """

    code = "E-STORE-504"


class NotFoundError(StoreError):
    """There is no such row, or it has expired.

    Attributes:
        table: Where it was looked for.
        key: What was looked for.
    """

    code = "E-STORE-404"

    def __init__(self, table: str, key: str) -> None:
        super().__init__(f"there is no {table} {key!r}")
        self.table = table
        self.key = key


class ConflictError(StoreError):
    """Somebody else changed a row first.

    Attributes:
        expected: The version the caller knows; 0 for a row that should be new.
        current: The version it has; 0 if there is none.
    """

    code = "E-STORE-409"

    def __init__(self, table: str, key: str, *, expected: int, current: int) -> None:
        seen = f"has version {current}, not {expected}: somebody else changed it"
        super().__init__(f"{table} {key!r} {seen if expected else 'is there already'}")
        self.expected = expected
        self.current = current


class InvalidRecordError(StoreError):
    """A name or a record cannot be kept.

    Attributes:
        faults: Every fault found, each with its key; never empty.
    """

    code = "E-STORE-422"

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(str(fault).removeprefix(f"{self.code} ") for fault in faults))
        self.faults = tuple(faults)


class StaleLeaseError(StoreError):
    """A write in the name of a lease that ran out or is somebody else's now; it was refused.

    Attributes:
        name: The lease.
        token: The fencing token that came with the write.
        current: The newest token that is known; equal to ``token`` if the lease
            ran out and nobody has taken it since, 0 if it was never given.
    """

    code = "E-STORE-423"

    def __init__(self, name: str, *, token: int, current: int) -> None:
        if token == 0:
            message = f"lease {name!r} is not held"
        elif token == current:
            message = f"lease {name!r} with token {token} ran out"
        else:
            message = f"lease {name!r} is not held with token {token} any more, but {current}"
        super().__init__(message)
        self.name = name
        self.token = token
        self.current = current


class LimitReachedError(StoreError):
    """One more row would be too many; nothing was changed.

    Attributes:
        table: Whose rows were counted.
        most: How many there may be.
    """

    code = "E-STORE-429"

    def __init__(self, table: str, *, most: int) -> None:
        super().__init__(f"there may be at most {most} of {table}")
        self.table = table
        self.most = most


class InsufficientResourceError(StoreError):
    """A pool has less left than was asked for; nothing was taken.

    Attributes:
        requested: What was asked for.
        available: What is left.
    """

    code = "E-STORE-507"

    def __init__(self, kind: str, *, requested: float, available: float) -> None:
        super().__init__(f"insufficient {kind}: requested {requested:g}, available {available:g}")
        self.requested = requested
        self.available = available


class GroupError(RobotError):
    """A group cannot do what it was asked for, as it is now; nothing was changed."""

    code = "E-GRP-409"


class MembershipError(GroupError):
    """A robot is not the member that the call needs, or already is one."""

    code = "E-GRP-404"


class NotOpenError(GroupError):
    """A fleet was not opened, or has been shut down."""

    code = "E-GRP-503"

    def __init__(self) -> None:
        super().__init__("the fleet is not initialized: open it first")


class RequestTimeoutError(GroupError):
    """Nobody answered a request in time; it may still be carried out.

    Attributes:
        request: Its id.
    """

    code = "E-GRP-408"

    def __init__(self, request: str) -> None:
        super().__init__(f"Request timeout: {request}")
        self.request = request


class SessionStateError(GroupError):
    """A session is in a state that forbids it."""

    code = "E-GRP-423"


class ExecutorError(RobotError):
    """The executor process ended without a result."""

    code = "E-EXEC-801"


class SecretStoreError(RobotError):
    """A secret can be neither kept nor read; the message names no secret's value.

    Codes: E-SEC-901 it is none, E-SEC-902 the keyring is not safe, E-SEC-903 the
    file is damaged, E-SEC-904 the keyring does not answer, E-SEC-905 the key is gone.
    """

    code = "E-SEC-904"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


class CircuitOpenError(RobotError):
    """A call was refused because its circuit is open.

    Attributes:
        circuit: Name of the circuit, as in the metrics.
        retry_after: Seconds until a probe is allowed, never negative.
    """

    code = "E-CIRCUIT-503"

    def __init__(self, circuit: str, retry_after: float) -> None:
        super().__init__(circuit, retry_after)
        self.circuit = circuit
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"circuit {self.circuit!r} is open; retry in {self.retry_after:.1f} s"


class ControlError(RobotError):
    """The running robot refused or failed at what a face asked for."""

    code = "E-CTL-500"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


class AgentUnreachableError(ControlError):
    """No robot runs in this home, or it does not answer; whether it did what was asked is open."""

    code = "E-CTL-503"


class TriggerError(RobotError):
    """A trigger is not on, cannot be switched on, or cannot look for its events now."""

    code = "E-TRIG-422"


class AccountError(RobotError):
    """Nobody could be signed in to an account, or there is no such account."""

    code = "E-ACC-401"


class QuestionError(RobotError):
    """A question cannot be answered so.

    Attributes:
        code: E-ASK-404: it is not open (any more); E-ASK-422: the answer does not fit.
    """

    code = "E-ASK-422"

    def __init__(self, message: str, *, code: str = "E-ASK-422") -> None:
        super().__init__(message)
        self.code = code


class UpdateError(RobotError):
    """A newer version cannot be had, believed or installed; the robot is as it was.

    Attributes:
        code: E-UPD-403: updates are off; E-UPD-404: there is nothing to do it with; E-UPD-422:
            the feed makes no sense; E-UPD-423: the robot, or another look, is busy; E-UPD-495:
            a signature or checksum is wrong; E-UPD-503: it cannot be fetched now.
    """

    code = "E-UPD-404"

    def __init__(self, message: str, *, code: str = "E-UPD-404") -> None:
        super().__init__(message)
        self.code = code


class ConfigError(RobotError):
    """Settings are wrong.

    Attributes:
        faults: Every fault found, each with its key.
    """

    code = "E-CFG-900"

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(str(fault) for fault in faults))
        self.faults = tuple(faults)
