"""Large assignments as our own orchestrator writes them, read in one go. Pure.

The workflow in a job's assignment has to be looked into before it counts as one
that can run; that is most of the time it takes to read it.
"""

import re
from typing import Any

import msgspec

from casare_robot.link.native.messages import JobAssignment, Message

_LEVELS = 8
"""Nesting of a message that is quick to read; far below what is allowed."""
_STRIDE = 100
"""Bytes between two looks for digits: a number of 1,000 has a part that shows in three."""
_BEGIN = b'{"type":"job_assignment",'
_WORKFLOW = b'"workflow":'

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(JobAssignment)
_many_digits = re.compile(rb"\d\d\d")


def read_assignment(frame: bytes) -> JobAssignment | None:
    """The assignment in a frame in which plainly nothing is to be refused, else None.

    Written again it must be the same bytes: then no key is there twice and every
    text and number is as it should be. Its types allow no deep nesting.
    """
    if not frame.startswith(_BEGIN):
        return None
    try:
        whole = _whole.decode(frame)
        if _encoder.encode(whole) != frame or _many_digits.search(frame[::_STRIDE]):
            return None
        rest = _encoder.encode(msgspec.structs.replace(whole, workflow={}))
        message = _decoder.decode(rest)
    except (ValueError, RecursionError):
        return None
    begin = frame.index(_WORKFLOW) + len(_WORKFLOW)
    end = len(frame) - (len(rest) - begin - len(b"{}"))
    return msgspec.structs.replace(message, workflow=msgspec.Raw(frame[begin:end]))


def _nested(levels: int) -> Any:
    """The type of JSON of so many levels at most."""
    value: Any = str | int | float | bool | None
    for _ in range(levels):
        value = dict[str, value] | list[value] | str | int | float | bool | None
    return value


def _with_values(kind: type[Message]) -> Any:
    """The same message, but with everything in it read."""
    value: Any = _nested(_LEVELS)
    objects: Any = dict[str, value]
    fields: list[Any] = []
    for field in msgspec.structs.fields(kind):
        type_ = objects if field.name in ("workflow", "variables") else field.type
        default = {} if field.default is msgspec.NODEFAULT else field.default
        fields.append((field.name, type_) if field.required else (field.name, type_, default))
    tag = kind.__struct_config__.tag
    return msgspec.defstruct(kind.__name__, fields, bases=(Message,), kw_only=True, tag=tag)


_whole = msgspec.json.Decoder(_with_values(JobAssignment))
