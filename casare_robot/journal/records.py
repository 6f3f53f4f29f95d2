"""Jobs and results as checked bytes. Pure."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from reprlib import Repr
from typing import Any, Literal, NamedTuple
from zlib import crc32

import msgspec

from casare_robot.domain.errors import JobRefusedError, JournalDamagedError
from casare_robot.domain.job import Job, JobId, JobResult
from casare_robot.domain.plain_json import readable

LARGEST_INLINE = 4096
"""Bytes of a workflow that are kept in the job's row; a larger one is kept once, packed."""

DEEPEST = 200
"""Levels of nesting beyond which a value is not kept."""

_BIG_INTEGER, _TEXT_WITH_SURROGATES = 1, 2
"""Extension codes for values that MessagePack has no form of."""


class StoredJob(NamedTuple):
    """A job ready for its row.

    ``sent`` is what its sender decided, and tells whether two jobs are the
    same; ``received`` is what this robot added. The workflow is inside, or
    kept apart under its digest ``content``.
    """

    content: bytes | None
    sent: bytes
    received: bytes


class _Sent(msgspec.Struct, frozen=True, array_like=True):
    """A job without its id, in the order it is kept in; new fields go to the end."""

    workflow: bytes
    name: str
    folder: str
    variables: dict[str, Any]
    timeout: float | None
    origin: str
    profile: str
    restartable: bool
    checkpoint_enabled: bool
    priority: int = 0
    expires_at: datetime | None = None
    needs_desktop: bool = False
    on_disconnect: Literal["continue", "abort"] = "continue"


class _Received(msgspec.Struct, frozen=True, array_like=True):
    created_at: datetime | None
    engine_version: str
    path: str = ""


def store_job(job: Job) -> StoredJob:
    """Encode a job.

    Raises:
        JobRefusedError: Its variables hold something that is not plain data.
    """
    is_inline = len(job.workflow) <= LARGEST_INLINE
    content = None if is_inline else digest(job.workflow)
    try:
        job.id.encode()
        try:
            sent = _encode_sent(job, is_inline, job.variables)
        except (OverflowError, UnicodeEncodeError):
            sent = _encode_sent(job, is_inline, _plain(job.variables))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise JobRefusedError(
            f"job {job.id!r} cannot be kept: {error}", code="E-JOB-210"
        ) from error
    return StoredJob(content, sent, _JOB_OUT.encode(_received(job)))


def load_job(job_id: JobId, stored: StoredJob, workflow: bytes | None = None) -> Job:
    """Decode a job; ``workflow`` is put back if it was kept apart.

    Raises:
        JournalDamagedError: The bytes are no job.
    """
    try:
        sent, received = _SENT_IN.decode(stored.sent), _RECEIVED_IN.decode(stored.received)
    except (msgspec.MsgspecError, ValueError) as error:
        raise JournalDamagedError(f"job {job_id!r} cannot be read: {error}") from error
    return Job(
        id=job_id,
        workflow=sent.workflow if workflow is None else workflow,
        name=sent.name,
        folder=sent.folder,
        variables=sent.variables,
        timeout=sent.timeout,
        created_at=received.created_at,
        origin=sent.origin,
        profile=sent.profile,
        restartable=sent.restartable,
        checkpoint_enabled=sent.checkpoint_enabled,
        engine_version=received.engine_version,
        priority=sent.priority,
        expires_at=sent.expires_at,
        needs_desktop=sent.needs_desktop,
        on_disconnect=sent.on_disconnect,
        path=received.path,
    )


def store_result(result: JobResult) -> bytes:
    """Encode a result; a value that is no plain data becomes its description."""
    try:
        return _RESULT_OUT.encode(result)
    except (OverflowError, UnicodeEncodeError, TypeError, ValueError, RecursionError):
        rest = msgspec.to_builtins(msgspec.structs.replace(result, variables={}, outputs={}))
        return _RESULT_OUT.encode(
            readable(rest)
            | {
                "variables": {readable(name): _kept(it) for name, it in result.variables.items()},
                "outputs": {readable(node): _kept(it) for node, it in result.outputs.items()},
            }
        )


def load_result(data: bytes) -> JobResult:
    """Decode a result.

    Raises:
        JournalDamagedError: The bytes are no result.
    """
    try:
        return _RESULT_IN.decode(data)
    except (msgspec.MsgspecError, ValueError) as error:
        raise JournalDamagedError(f"a result in the journal cannot be read: {error}") from error


def data_sum(job_id: str, origin: str, accepted_ms: int, stored: StoredJob) -> int:
    """Checksum over a job; its number is added to it."""
    head = _SUM.encode((job_id, origin, accepted_ms, stored.content, stored.received))
    return crc32(stored.sent, crc32(head))


def state_sum(number: int, status: str, changed_ms: int, result: bytes | None) -> int:
    """Twice the checksum over what a job has become.

    ``delivered`` is added to it, so that setting the one counts the other up.
    """
    return crc32(_SUM.encode((number, status, changed_ms, result))) * 2


def step_sum(job_id: str, seq: int, kind: int, data: bytes) -> int:
    """Checksum over a row of the step log."""
    return crc32(data, crc32(f"{job_id}\0{seq}\0{kind}".encode(errors="surrogatepass")))


def digest(data: bytes) -> bytes:
    """Name of a content: 16 bytes that no other content has."""
    return blake2b(data, digest_size=16).digest()


def pack(data: bytes) -> bytes:
    """Compress what is kept apart."""
    from backports import zstd

    return zstd.compress(data, level=1)


def unpack(data: bytes) -> bytes:
    """Undo ``pack``.

    Raises:
        JournalDamagedError: The bytes were not packed.
    """
    from backports import zstd

    try:
        return zstd.decompress(data)
    except zstd.ZstdError as error:
        raise JournalDamagedError(f"a workflow in the journal cannot be read: {error}") from error


def _received(job: Job) -> tuple[Any, ...]:
    path = job.path.encode("utf-8", "replace").decode()
    return (
        (job.created_at, job.engine_version, path)
        if path
        else (
            job.created_at,
            job.engine_version,
        )
    )


def _encode_sent(job: Job, is_inline: bool, variables: Mapping[str, Any]) -> bytes:
    return _JOB_OUT.encode(
        (
            job.workflow if is_inline else b"",
            job.name,
            job.folder,
            variables,
            job.timeout,
            job.origin,
            job.profile,
            job.restartable,
            job.checkpoint_enabled,
            job.priority,
            job.expires_at,
            job.needs_desktop,
            job.on_disconnect,
        )
    )


def _refuse(value: Any) -> Any:
    raise TypeError(f"{type(value).__name__} is not plain data")


def _describe(value: Any) -> Any:
    return {"$type": type(value).__name__, "repr": _REPR.repr(value)}


def _kept(value: Any) -> Any:
    """``value`` as far as it has a form on disk, else its description."""
    try:
        plain = _plain(value)
        _RESULT_OUT.encode(plain)
    except (OverflowError, UnicodeEncodeError, TypeError, ValueError, RecursionError):
        return _plain(_describe(value))
    return plain


def _plain(value: Any, depth: int = 0) -> Any:
    """A copy in which every number and text has a form on disk."""
    if depth > DEEPEST:
        raise RecursionError(f"nested deeper than {DEEPEST}")
    match value:
        case Mapping():
            return {key: _plain(item, depth + 1) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item, depth + 1) for item in value]
        case bool():
            return value
        case int() if not -(2**63) <= value < 2**64:
            return msgspec.msgpack.Ext(_BIG_INTEGER, f"{value:x}".encode())
        case str():
            try:
                value.encode()
            except UnicodeEncodeError:
                raw = value.encode(errors="surrogatepass")
                return msgspec.msgpack.Ext(_TEXT_WITH_SURROGATES, raw)
            return value
        case _:
            return value


def _extension(code: int, data: memoryview) -> Any:
    match code:
        case 1:
            return int(bytes(data), 16)
        case 2:
            return bytes(data).decode(errors="surrogatepass")
        case _:
            raise ValueError(f"unknown extension {code}")


_REPR = Repr()
_REPR.maxother = _REPR.maxstring = 1000
_SUM = msgspec.msgpack.Encoder()
_JOB_OUT = msgspec.msgpack.Encoder(enc_hook=_refuse, order="deterministic")
_SENT_IN = msgspec.msgpack.Decoder(_Sent, ext_hook=_extension)
_RECEIVED_IN = msgspec.msgpack.Decoder(_Received)
_RESULT_OUT = msgspec.msgpack.Encoder(enc_hook=_describe)
_RESULT_IN = msgspec.msgpack.Decoder(JobResult, ext_hook=_extension)
