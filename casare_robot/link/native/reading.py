"""From a frame to a message, or to the reason why it is none. Pure, and safe in any thread."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

from casare_robot.domain.errors import RobotError
from casare_robot.domain.json_guard import DEEPEST, LONGEST_NUMBER, JsonRefusedError, read_json
from casare_robot.link.native.assignments import read_assignment
from casare_robot.link.native.messages import (
    JobAssignment,
    Message,
    RobotMessage,
    ServerMessage,
    names,
)

LARGEST_FRAME = 10 << 20
"""Bytes of one message (reliability, 3.5); a larger one is answered E-MSG-107."""

M = TypeVar("M", bound=Message)

_encoder = msgspec.json.Encoder()
_TOO_DEEP = b"\n" + b" " * DEEPEST
_TOO_LONG = b"0" * (LONGEST_NUMBER + 1)
_DIGITS = bytes.maketrans(b"123456789", b"0" * 9)


class MessageRefusedError(RobotError):
    """A frame is no message that we take.

    Attributes:
        code: ``E-MSG-101`` to ``108`` as for any JSON, ``110`` a field is wrong or
            missing, ``111`` not an object with a ``type``, ``120`` of an unknown type.
        about: The job the message speaks of or, failing that, its type; ``""``
            when even that cannot be read.
        type: The message's type, as far as it can be read.
    """

    def __init__(self, code: str, message: str, *, type: str = "", about: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.type = type
        self.about = about


class _Envelope(msgspec.Struct):
    type: Any = ""
    job_id: Any = ""


_envelope = msgspec.json.Decoder(_Envelope)


class Reader(Generic[M]):
    """Reads the messages of one direction.

    Args:
        union: The messages that may come.
        quickly: Reads those that are worth a way of their own; None for all others.
    """

    def __init__(
        self, union: Any, *, quickly: Callable[[bytes], M | None] = lambda _: None
    ) -> None:
        self._quickly = quickly
        self._types = names(union)
        self._decoder: msgspec.json.Decoder[M] = msgspec.json.Decoder(union)

    def read(self, frame: bytes) -> M:
        """The message in a frame.

        Raises:
            MessageRefusedError: There is none.
        """
        if len(frame) > LARGEST_FRAME:
            what = f"a message of {len(frame)} bytes; {LARGEST_FRAME} is the most"
            raise MessageRefusedError("E-MSG-107", what)
        try:
            message: M | None = self._quickly(frame)
            if message is None:
                message = self._decoder.decode(frame)
                if not _is_canonical(message, frame):
                    _guard(frame)
        except JsonRefusedError as error:
            raise self._refused(frame, error.code, str(error)) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self._useless(frame, error) from None
        return message

    def _useless(self, frame: bytes, error: Exception) -> MessageRefusedError:
        """Why a frame is no message: as JSON first, then as one of the types."""
        try:
            read_json(frame)
        except JsonRefusedError as refused:
            return self._refused(frame, refused.code, str(refused))
        if isinstance(error, msgspec.ValidationError):
            return self._refused(frame, "E-MSG-110", str(error))
        return self._refused(frame, "E-MSG-101", f"not JSON: {error}")

    def _refused(self, frame: bytes, code: str, message: str) -> MessageRefusedError:
        try:
            envelope = _envelope.decode(frame)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            is_object = frame.lstrip()[:1] == b"{" or code != "E-MSG-110"
            return MessageRefusedError(
                code if is_object else "E-MSG-111", message if is_object else "not an object"
            )
        kind, job_id = envelope.type, envelope.job_id
        kind = kind[:50] if isinstance(kind, str) else ""
        about = job_id[:200] if isinstance(job_id, str) and job_id else kind
        if code == "E-MSG-110" and not kind:
            code, message = "E-MSG-111", "the message has no type"
        elif code == "E-MSG-110" and kind not in self._types:
            code, message = "E-MSG-120", f"unknown message type {kind!r}"
        return MessageRefusedError(code, message, type=kind, about=about)


def _is_canonical(message: Message, frame: bytes) -> bool:
    """Whether a frame is just what we would have written, and so holds no surprise."""
    return (
        len(frame) < LONGEST_NUMBER
        and type(message) is not JobAssignment  # its workflow is not looked into
        and _encoder.encode(message) == frame
        and len(frame) - len(frame.translate(None, b"[{")) < DEEPEST
    )


def _guard(frame: bytes) -> None:
    """Refuse what the decoder lets through; quick where there is nothing to see.

    A key that is there twice is a colon that comes in but does not go out again.
    The indented form shows the depth, as no line break stands inside a string.

    Raises:
        JsonRefusedError: With the place.
    """
    try:
        value = msgspec.json.decode(frame)
    except (ValueError, RecursionError):
        read_json(frame)
        return
    written = _encoder.encode(value)
    if (
        (written != frame and (b"\\" in frame or frame.count(b":") != written.count(b":")))
        or (len(frame) > 2 * DEEPEST and _TOO_DEEP in msgspec.json.format(frame, indent=1))
        or (len(frame) > LONGEST_NUMBER and _TOO_LONG in frame.translate(_DIGITS))
    ):
        read_json(frame)


from_server: Reader[Any] = Reader(ServerMessage, quickly=read_assignment)
"""Reads what a robot receives."""
from_robot: Reader[Any] = Reader(RobotMessage)
"""Reads what an orchestrator receives."""


encode: Callable[[Message], bytes] = _encoder.encode
"""The frame of a message; a TypeError if a value in it is no JSON."""
