"""One line of the log: a record of any logger as JSON without secrets, or for a person's eyes."""

import json
import logging
import sys
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import msgspec

from casare_robot.observability.secret_mask import SecretMask

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None]

LONGEST = 64 << 10
"""Characters of a line; of a longer one the beginning is kept."""
_STANDARD = frozenset(
    {*vars(logging.makeLogRecord({})), "message", "asctime", "_from_structlog", "_logger", "_name"}
)
_NO_SECRETS = frozenset({"at", "level", "logger"})
_OWN = frozenset({"at", "level", "logger", "event", "job", "exception", "stack"})

current_job: ContextVar[str | None] = ContextVar("current_job", default=None)
"""The job in whose name the code runs; `log_setup.job_logging` sets it."""


class LineFormatter(logging.Formatter):
    """Writes each record, of whichever logger, in one form.

    The line's keys: ``at`` (UTC), ``level``, ``logger``, ``event``, ``job`` if
    there is one, whatever facts came with it, ``exception``. Never fails: a
    record that cannot be formatted is told as it is.

    Args:
        mask: Takes out secrets; it sees the finished line, so that nothing escapes it.
        readable: Write for a person instead of as JSON.
    """

    def __init__(self, mask: SecretMask, *, readable: bool = False) -> None:
        super().__init__()
        self._mask = mask
        self._write: Callable[[dict[str, Any]], str] = _readable if readable else _json

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        fields = {
            name: value if name in _NO_SECRETS else self._mask.values(value)
            for name, value in self._fields(record).items()
        }
        line = self._mask(self._write(fields)[: 4 * LONGEST])
        if len(line) > LONGEST:
            cut = {"at": _time(record), "level": record.levelname.lower(), "event": line[:LONGEST]}
            line = self._mask(self._write({**cut, "logger": record.name}))
        return line

    def _fields(self, record: logging.LogRecord) -> dict[str, Any]:
        event, facts = self._event(record)
        fields: dict[str, Any] = {
            "at": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": event,
        }
        job = facts.pop("job", None) or getattr(record, "job", None) or current_job.get()
        if job is not None:
            fields["job"] = str(job)
        for name, value in facts.items():
            fields[f"{name}_" if name in _OWN else name] = value
        exception = _exception(record)
        if exception is not None:
            fields["exception"] = self.formatException(exception)
        elif record.exc_text:
            fields["exception"] = record.exc_text
        if record.stack_info:
            fields["stack"] = record.stack_info
        return fields

    def _event(self, record: logging.LogRecord) -> tuple[str, dict[str, Any]]:
        """What happened, in words, and the facts beside it."""
        facts = {name: it for name, it in vars(record).items() if name not in _STANDARD}
        if isinstance(record.msg, dict):  # of structlog
            said = {name: it for name, it in record.msg.items() if name != "exc_info"}
            return str(said.pop("event", "")), {**facts, **said}
        if not record.args:
            return str(record.msg), facts
        # A short secret is hidden only as a whole value, so before it is part of a text.
        arguments = self._arguments(record)
        try:
            return str(record.msg) % arguments, facts
        except (TypeError, ValueError, KeyError):
            return f"{record.msg} {arguments!r}", facts

    def _arguments(self, record: logging.LogRecord) -> Any:
        if isinstance(record.args, dict):
            return {name: self._mask.values(it) for name, it in record.args.items()}
        return tuple(self._mask.values(it) for it in record.args or ())


def _exception(record: logging.LogRecord) -> ExceptionInfo | None:
    """What was raised, whether a record of logging or of structlog tells it."""
    found: Any = record.exc_info
    if not found and isinstance(record.msg, dict):
        found = record.msg.get("exc_info")
    if isinstance(found, BaseException):
        return type(found), found, found.__traceback__
    if isinstance(found, tuple):
        return found if found[0] is not None else None
    if found:
        kind, error, trace = sys.exc_info()
        if kind is not None and error is not None:
            return kind, error, trace
    return None


def _time(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(fields: dict[str, Any]) -> str:
    try:
        return _OUT.encode(fields).decode()
    except (TypeError, ValueError, RecursionError, OverflowError):
        return json.dumps(fields, default=_described, skipkeys=True)


def _readable(fields: dict[str, Any]) -> str:
    at, level, logger = fields.pop("at"), fields.pop("level"), fields.pop("logger")
    event, exception = fields.pop("event"), fields.pop("exception", None)
    facts = "".join(f" {name}={value}" for name, value in fields.items())
    trace = f"\n{exception}" if exception else ""
    place = "" if logger == _PEOPLE else f" ({logger})"
    local = datetime.fromisoformat(at).astimezone()
    return f"{local:%H:%M:%S} {level:<8} {event}{facts}{place}{trace}"


def _described(value: Any) -> str:
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001 - code of whoever logged it
        return f"{type(value).__name__} that cannot be shown: {type(error).__name__}"


_PEOPLE = "casare_robot"
"""Logger of what is said to people; of all others the name helps to find the place."""
_OUT = msgspec.json.Encoder(enc_hook=_described)
