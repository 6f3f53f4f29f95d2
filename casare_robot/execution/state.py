"""The state of a run as a log of deltas: what changed since the last one. Pure.

A delta is one msgpack blob. Folding all deltas of a job gives the state to
resume from; a checkpoint is that state written as one delta. Values of over
4 KB are kept once, however many variables and ports hold them, and are
compressed against the value they replaced.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from casare_robot.domain.errors import JournalDamagedError
from casare_robot.domain.node_context import LiveHandle
from casare_robot.execution.language.references import SealedText, SecretTemplate

LARGE = 4096
"""Bytes from which a value is kept apart and compressed."""
_CHAIN = 16
"""Values that may build on each other before one is written whole again."""
_REFERENCE, _HANDLE, _LOST, _BIG_INTEGER, _SECRET, _SEALED = 1, 2, 3, 4, 5, 6
_SMALL = frozenset({type(None), bool, float})


class LostValue:
    """A value that could not be written down; using it after a resume fails."""

    __slots__ = ("description",)

    def __init__(self, description: str) -> None:
        self.description = description

    def __repr__(self) -> str:
        return f"<lost: {self.description}>"


class Delta(msgspec.Struct, omit_defaults=True, kw_only=True):
    """What changed. Keys of ``variables`` and ``outputs`` are scope keys.

    ``positions`` maps a branch to where it stands (None: it ended), ``large``
    a number to (kind, base number, bytes). ``intents`` are steps begun,
    ``results`` steps that ended before them, ``decisions`` what a person said
    of a step, ``ended`` scopes that went before these variables and outputs.
    ``attempt`` counts resumes. ``failing`` says that a failure nobody handles
    begins to unwind here: `FROM_HERE` if a later job can go on from this state.

    ``root`` begins a job that goes on from the state of another: the job by
    whose id the keys of its steps go. ``workflow`` is what ``positions`` and
    ``outputs`` belong to, where the new job has another version.
    """

    ended: list[str] = []

    variables: dict[str, dict[str, Any]] = {}
    removed: dict[str, list[str]] = {}
    outputs: dict[str, dict[int, dict[str, Any]]] = {}
    positions: dict[str, Any] = {}
    large: dict[int, tuple[int, int, bytes]] = {}
    intents: dict[str, tuple[str, str, str]] = {}
    results: list[str] = []
    decisions: dict[str, str] = {}
    executed: list[str] = []
    count: int = 0
    log: list[tuple[str, str, str | None]] = []
    errors: list[dict[str, Any]] = []
    warnings: list[dict[str, Any]] = []
    times: list[tuple[str, int, int, bool]] = []
    elapsed: float = 0.0
    attempt: int = 0
    failing: int = 0
    root: str = ""
    workflow: bytes = b""


FROM_HERE, NOT_FROM_HERE = 1, 2
"""Whether a later job can go on where a failure was met."""


class SavedState:
    """All deltas of a job folded into one. Attributes as in `Delta`, decoded."""

    def __init__(self) -> None:
        self.variables: dict[str, dict[str, Any]] = {}
        self.outputs: dict[str, dict[int, dict[str, Any]]] = {}
        self.positions: dict[str, Any] = {}
        self.intents: dict[str, tuple[str, str, str]] = {}
        self.decisions: dict[str, str] = {}
        self.executed: list[str] = []
        self.count = 0
        self.log: list[tuple[str, str, str | None]] = []
        self.errors: list[dict[str, Any]] = []
        self.warnings: list[dict[str, Any]] = []
        self.times: list[tuple[str, int, int, bool]] = []
        self.elapsed = 0.0
        self.attempt = 0
        self.root = ""
        self.workflow = b""
        self.next_number = 0
        self._large: dict[int, tuple[int, int, bytes]] = {}
        self._values: dict[int, Any] = {}
        self._bytes: dict[int, bytes] = {}

    @classmethod
    def fold(cls, blobs: Iterable[bytes]) -> "SavedState":
        """Apply deltas in order.

        Raises:
            JournalDamagedError: A blob is no delta, or builds on a missing value.
        """
        state = cls()
        decoder = msgspec.msgpack.Decoder(Delta, ext_hook=_from_extension)
        try:
            for blob in blobs:
                state._apply(decoder.decode(blob))
            state._settle()
        except (msgspec.MsgspecError, KeyError, ValueError) as error:
            raise JournalDamagedError(f"a saved step cannot be read: {error}") from error
        return state

    def _apply(self, delta: Delta) -> None:
        if delta.root:
            self.root, self.workflow = delta.root, delta.workflow
            self.elapsed = 0.0
            self.times.clear()
        self._large.update(delta.large)
        self.next_number = max([self.next_number, *(number + 1 for number in delta.large)])
        for scope in delta.ended:
            self.variables.pop(scope, None)
            self.outputs.pop(scope, None)
        for scope, values in delta.variables.items():
            self.variables.setdefault(scope, {}).update(values)
        for scope, names in delta.removed.items():
            for name in names:
                self.variables.get(scope, {}).pop(name, None)
        for scope, outputs in delta.outputs.items():
            self.outputs.setdefault(scope, {}).update(outputs)
        for branch, position in delta.positions.items():
            self.positions[branch] = position
        for key in delta.results:
            self.intents.pop(key, None)
            self.decisions.pop(key, None)
        for key in delta.intents:
            self.decisions.pop(key, None)
        self.intents.update(delta.intents)
        self.decisions.update(delta.decisions)
        self.executed += delta.executed
        self.count = max(self.count, delta.count)
        self.log += delta.log
        self.errors += delta.errors
        self.warnings += delta.warnings
        self.times += delta.times
        self.elapsed = max(self.elapsed, delta.elapsed)
        self.attempt = max(self.attempt, delta.attempt)

    def _settle(self) -> None:
        for values in self.variables.values():
            for name, value in values.items():
                values[name] = self._resolve(value)
        for outputs in self.outputs.values():
            for ports in outputs.values():
                for port, value in ports.items():
                    ports[port] = self._resolve(value)
        self._large.clear()
        self._bytes.clear()

    def _resolve(self, value: Any) -> Any:
        if type(value) is not _Reference:
            return value
        if value.number not in self._values:
            self._values[value.number] = decode(self._unpacked(value.number))
        return self._values[value.number]

    def _unpacked(self, number: int) -> bytes:
        if number not in self._bytes:
            kind, base, data = self._large[number]
            previous = self._unpacked(base) if kind == _PREFIX else b""
            self._bytes[number] = _decompress(kind, data, previous)
        return self._bytes[number]


class DeltaWriter:
    """Turns changed values into deltas, remembering large ones already written."""

    def __init__(self, first: int = 0) -> None:
        """Args: first: Number of the first large value; lower ones are taken."""
        self._encoder = msgspec.msgpack.Encoder(enc_hook=_to_extension)
        self._known: dict[int, tuple[int, Any]] = {}
        self._latest: dict[tuple[str, str | int, str], tuple[int, bytes, int]] = {}
        self._next = first
        self._fresh: dict[int, tuple[int, int, bytes]] = {}

    def value(self, place: tuple[str, str | int, str], value: Any) -> Any:
        """The form of ``value`` in a delta. ``place`` is (scope, node or "", name)."""
        kind = type(value)
        if kind in _SMALL or (kind is str and len(value) < LARGE // 4):
            return value
        if kind is int and -(1 << 63) <= value < 1 << 63:
            return value
        known = self._known.get(id(value))
        if known is not None and known[1] is value:
            return _reference(known[0])
        try:
            data = self._encoder.encode(value)
        except (TypeError, OverflowError, RecursionError, UnicodeEncodeError):
            data = self._encoder.encode(_plain(value))
        if len(data) < LARGE:
            return msgspec.Raw(data)
        return self._keep_large(place, value, data)

    def encode(self, delta: Delta) -> bytes:
        """The blob of a delta, with the large values first met in it."""
        delta.large = self._fresh
        self._fresh = {}
        try:
            return self._encoder.encode(delta)
        except (TypeError, OverflowError, RecursionError, UnicodeEncodeError):
            fields = {name: getattr(delta, name) for name in Delta.__struct_fields__}
            return self._encoder.encode(_plain(fields))

    def forget(self, scope: str) -> None:
        """Drop what is remembered of a scope that ended."""
        for place in [place for place in self._latest if place[0] == scope]:
            del self._latest[place]

    def _keep_large(self, place: tuple[str, str | int, str], value: Any, data: bytes) -> Any:
        number = self._next
        self._next += 1
        previous = self._latest.get(place)
        base, before, links = previous or (0, b"", 0)
        if previous and links < _CHAIN:
            self._fresh[number] = (_PREFIX, base, _compress(data, before))
            links += 1
        else:
            self._fresh[number] = (_WHOLE, 0, _compress(data, b""))
            links = 0
        self._latest[place] = (number, data, links)
        if previous:
            for key in [key for key, entry in self._known.items() if entry[0] == base]:
                del self._known[key]
        self._known[id(value)] = (number, value)
        return _reference(number)


class _Reference:
    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number


_PREFIX, _WHOLE = 1, 0


def encode(value: Any) -> bytes:
    """One value as msgpack, with handles and oddities as extensions."""
    try:
        return msgspec.msgpack.encode(value, enc_hook=_to_extension)
    except (TypeError, OverflowError, RecursionError, UnicodeEncodeError):
        return msgspec.msgpack.encode(_plain(value), enc_hook=_to_extension)


def decode(data: bytes) -> Any:
    """The value written by `encode`."""
    return msgspec.msgpack.decode(data, ext_hook=_from_extension)


def _reference(number: int) -> msgspec.msgpack.Ext:
    return msgspec.msgpack.Ext(_REFERENCE, number.to_bytes(8, "big"))


def _to_extension(value: Any) -> Any:
    if isinstance(value, LiveHandle):
        data = msgspec.msgpack.encode((value.opener, value.serial))
        return msgspec.msgpack.Ext(_HANDLE, data)
    if isinstance(value, SecretTemplate):
        code = _SEALED if isinstance(value, SealedText) else _SECRET
        return msgspec.msgpack.Ext(code, msgspec.msgpack.encode((value.texts, value.ids)))
    return msgspec.msgpack.Ext(
        _LOST, f"{type(value).__name__} {value!r}"[:500].encode("utf-8", "replace")
    )


def _from_extension(code: int, data: memoryview) -> Any:
    if code == _REFERENCE:
        return _Reference(int.from_bytes(data, "big"))
    if code == _HANDLE:
        return LiveHandle(*msgspec.msgpack.decode(data))
    if code == _BIG_INTEGER:
        return int(bytes(data), 16)
    if code in (_SECRET, _SEALED):
        texts, ids = msgspec.msgpack.decode(data)
        kind = SealedText if code == _SEALED else SecretTemplate
        return kind(tuple(texts), tuple(ids))
    return LostValue(bytes(data).decode("utf-8", "replace"))


def _plain(value: Any, depth: int = 0) -> Any:
    """A copy without what msgpack cannot hold: huge integers, odd keys, lone surrogates."""
    if depth > 200:
        return msgspec.msgpack.Ext(_LOST, b"nested too deeply")
    if isinstance(value, bool) or value is None or isinstance(value, float | bytes):
        return value
    if isinstance(value, int):
        if -(1 << 63) <= value < 1 << 63:
            return value
        return msgspec.msgpack.Ext(_BIG_INTEGER, f"{value:x}".encode())
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_plain(key): _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item, depth + 1) for item in value]
    return value


def _compress(data: bytes, previous: bytes) -> bytes:
    from backports import zstd

    options: dict[int, int] = {zstd.CompressionParameter.compression_level: 1}
    if not previous:
        return zstd.compress(data, options=options)
    options[zstd.CompressionParameter.enable_long_distance_matching] = 1
    options[zstd.CompressionParameter.window_log] = _window(len(previous) + len(data))
    prefix = zstd.ZstdDict(previous, is_raw=True).as_prefix
    return zstd.compress(data, options=options, zstd_dict=prefix)


def _decompress(kind: int, data: bytes, previous: bytes) -> bytes:
    from backports import zstd

    options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: 31}
    if kind == _WHOLE:
        return zstd.decompress(data, options=options)
    prefix = zstd.ZstdDict(previous, is_raw=True).as_prefix
    return zstd.decompress(data, options=options, zstd_dict=prefix)


def _window(size: int) -> int:
    return min(max(size.bit_length(), 10), 30)
