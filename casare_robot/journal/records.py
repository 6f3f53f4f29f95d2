"""Jobs and results as checked bytes. Pure."""

from collections.abc import Mapping
from hashlib import blake2b
from reprlib import Repr
from typing import Any, NamedTuple
from zlib import crc32

import msgspec

from casare_robot.domain.errors import JobRefusedError, JournalDamagedError
from casare_robot.domain.job import Job, JobResult

LARGEST_INLINE = 4096
"""Bytes of a workflow that are kept in the job's row; a larger one is kept once, packed."""

DEEPEST = 200
"""Levels of nesting beyond which a value is not kept."""

_BIG_INTEGER, _TEXT_WITH_SURROGATES = 1, 2
"""Extension codes for values that MessagePack has no form of."""


class StoredJob(NamedTuple):
    """A job ready for its row.

    ``data`` lacks the workflow when that is kept apart, under ``content``.
    """

    identity: bytes
    content: bytes | None
    data: bytes


def store_job(job: Job) -> StoredJob:
    """Encode a job.

    Raises:
        JobRefusedError: Its variables hold something that is not plain data.
    """
    is_inline = len(job.workflow) <= LARGEST_INLINE
    content = None if is_inline else digest(job.workflow)
    kept = job if is_inline else msgspec.structs.replace(job, workflow=b"")
    try:
        try:
            return StoredJob(_identity(kept, content), content, _JOB_OUT.encode(kept))
        except (OverflowError, UnicodeEncodeError):
            kept = msgspec.structs.replace(kept, variables=_plain(kept.variables))
            return StoredJob(_identity(kept, content), content, _JOB_OUT.encode(kept))
    except (TypeError, ValueError, RecursionError) as error:
        raise JobRefusedError(
            f"job {job.id!r} cannot be kept: {error}", code="E-JOB-210"
        ) from error


def load_job(data: bytes, workflow: bytes | None) -> Job:
    """Decode a job; ``workflow`` is put back if it was kept apart.

    Raises:
        JournalDamagedError: The bytes are no job.
    """
    try:
        job = _JOB_IN.decode(data)
    except (msgspec.MsgspecError, ValueError) as error:
        raise JournalDamagedError(f"a job in the journal cannot be read: {error}") from error
    return job if workflow is None else msgspec.structs.replace(job, workflow=workflow)


def store_result(result: JobResult) -> bytes:
    """Encode a result; a value that is no plain data becomes its description."""
    try:
        return _RESULT_OUT.encode(result)
    except (OverflowError, UnicodeEncodeError, TypeError, ValueError, RecursionError):
        return _RESULT_OUT.encode(
            msgspec.structs.replace(
                result,
                variables={name: _kept(value) for name, value in result.variables.items()},
                outputs={node: _kept(ports) for node, ports in result.outputs.items()},
            )
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
    """Checksum over the columns of a job that never change."""
    head = f"{job_id}\0{origin}\0{accepted_ms}".encode(errors="surrogatepass")
    return crc32(stored.data, crc32(stored.content or b"", crc32(stored.identity, crc32(head))))


def state_sum(
    job_id: str, status: str, changed_ms: int, *, is_delivered: bool, result: bytes | None
) -> int:
    """Checksum over the columns of a job that change."""
    head = f"{job_id}\0{status}\0{changed_ms}\0{int(is_delivered)}\0{result is None}"
    return crc32(result or b"", crc32(head.encode(errors="surrogatepass")))


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


def _identity(kept: Job, content: bytes | None) -> bytes:
    """Digest of what a job's sender decided.

    When it was received, and by which release, is not the sender's.
    """
    sent = (
        content,
        kept.workflow,
        kept.name,
        kept.folder,
        kept.variables,
        kept.timeout,
        kept.origin,
        kept.profile,
        kept.restartable,
        kept.checkpoint_enabled,
    )
    return digest(_JOB_OUT.encode(sent))


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
            return {_plain(key, depth + 1): _plain(item, depth + 1) for key, item in value.items()}
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


_JOB_OUT = msgspec.msgpack.Encoder(enc_hook=_refuse, order="deterministic")
_JOB_IN = msgspec.msgpack.Decoder(Job, ext_hook=_extension)
_RESULT_OUT = msgspec.msgpack.Encoder(enc_hook=_describe)
_RESULT_IN = msgspec.msgpack.Decoder(JobResult, ext_hook=_extension)
_REPR = Repr()
_REPR.maxother = _REPR.maxstring = 1000
