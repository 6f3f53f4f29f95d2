"""Secrets that must not be found again, the forms they may take and every way out of the robot."""

import base64
import html
import json
import logging
import random
import string
import sys
import warnings
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from urllib.parse import quote

import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from casare_robot.desktop.diagnostics import warn
from casare_robot.domain.job import Job, JobId, LogLine
from casare_robot.journal.journal import Journal
from casare_robot.observability.audit import AuditEventType, AuditLogger
from casare_robot.observability.log_folder import LogFolder
from casare_robot.observability.log_setup import set_up_logging
from casare_robot.observability.progress_reporter import ProgressReporter
from casare_robot.observability.secret_mask import SecretMask

CANARIES = 200
Encode = Callable[[str], str]

ENCODINGS: dict[str, Encode] = {
    "raw": lambda secret: secret,
    "base64": lambda secret: base64.b64encode(secret.encode() + b"!!").decode(),
    "base64, one before": lambda secret: base64.b64encode(b"u" + secret.encode() + b"!!").decode(),
    "base64, two before": lambda secret: base64.b64encode(b"u:" + secret.encode() + b"!").decode(),
    "url": lambda secret: quote(secret, safe=""),
    "hex": lambda secret: secret.encode().hex(),
    "json": lambda secret: json.dumps(secret)[1:-1],
    "html": html.escape,
    "reversed slashes": lambda secret: secret.translate(str.maketrans("/\\", "\\/")),
    "utf-16": lambda secret: secret.encode("utf-16-le").decode("latin-1"),
}


def canaries(rng: random.Random) -> Iterator[str]:
    """Short, long, in several lines, JSON, with signs that mean something somewhere."""
    letters = string.ascii_letters + string.digits
    for number in range(CANARIES):
        some = "".join(rng.choices(letters, k=rng.choice((8, 12, 24, 60))))
        yield [
            some,
            f'{some[:4]}%&"\\{some[4:]}',
            f"-----BEGIN KEY-----\n{some}\n{some[::-1]}\n-----END KEY-----",
            json.dumps({"user": "robot", "password": f"x{some}"}),
            f"C:\\Users\\{some}/share/{some[:3]}",
            f"pä{some}ßwörd €",
            f"{some}'<>`$ {some[::-1]}+=",
        ][number % 7]


class Sinks:
    """Everything a robot writes or sends, fed and read."""

    def __init__(self, folder: Path, mask: SecretMask) -> None:
        self._console = StringIO()
        self._events: list[bytes] = []
        self._logs = folder / "logs"
        self._journal = Journal.open(folder / "data", reserve=0)
        self._audit = AuditLogger(
            self._journal,
            key=Ed25519PrivateKey.generate(),
            session="s",
            heads=folder / "heads",
            mask=mask.values,
        )
        files = LogFolder(self._logs, max_bytes=1 << 30, max_days=1, floor=0)
        self._logging = set_up_logging(files, mask, level="DEBUG", console=self._console)
        self._reporter = ProgressReporter(
            Job(id=JobId("one"), workflow=b"{}"),
            sinks=[lambda event: self._events.append(msgspec.json.encode(event)), self._audit.hear],
            mask=mask,
        )

    def tell(self, text: str) -> None:
        """Let it out in every way."""
        library = logging.getLogger("some.library")
        library.debug("> GET %s HTTP/1.1", text)
        library.info(f"sent {text} to the server")
        library.warning("a header", extra={"header": text, "all": [{"name": text}]})
        library.info("%d bytes", text)
        structlog.get_logger("own").info("told", detail=text, deep={"in": [text, (text,)]})
        warn("execution", "went wrong", error=f"because of {text}")
        warnings.warn(f"unwise: {text}", stacklevel=1)
        try:
            fail(text)
        except RuntimeError:
            library.exception("it failed")
            structlog.get_logger("own").exception("it failed")
            sys.excepthook(*sys.exc_info())
        self._audit.record(AuditEventType.ERROR, "one", {"why": f"it was {text}", "all": [text]})
        self._reporter.log(LogLine(level="info", message=f"the value is {text}"))
        self._reporter.node_ended("n", "LogNode", 0.1, f"bad value {text}", {})
        self._reporter.node_ended("n", "LogNode", 0.1, None, {"out": text, text: 1})

    def written(self) -> str:
        """All that came out, as it is and with its quoting undone."""
        self._reporter._hand_out()
        self._audit.close()
        bodies = self._journal.writer.write_now(
            lambda db: db.execute("SELECT body FROM audit").fetchall()
        )
        lines = [
            line for path in sorted(self._logs.iterdir()) for line in path.read_bytes().splitlines()
        ]
        quoted = [*lines, *self._events, *(body for (body,) in bodies)]
        shown = [self._console.getvalue()]
        for raw in quoted:
            shown.append(raw.decode())
            shown += texts(json.loads(raw))
        return "\n".join(shown)

    def close(self) -> None:
        self._logging.close()
        self._journal.close()


def fail(text: str) -> None:
    try:
        int(text)
    except ValueError as error:
        raise RuntimeError(f"could not use {text}") from error


def texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for key, item in value.items():
                yield key
                yield from texts(item)
        case list():
            for item in value:
                yield from texts(item)


def leaks(folder: Path, mask: SecretMask, encoding: str) -> tuple[list[str], int]:
    """The canaries that came out in one form, and how much was written at all."""
    secrets = list(canaries(random.Random(encoding)))
    mask.register_all(secrets)
    sinks = Sinks(folder, mask)
    encode = ENCODINGS[encoding]
    for secret in secrets:
        sinks.tell(encode(secret))
    written = sinks.written()
    sinks.close()
    # At its ends base64 also holds bits of what stands around the secret.
    edge = 4 if "base64" in encoding else 0
    forms = [(secret, encode(secret)) for secret in secrets]
    return [secret for secret, form in forms if form[edge : len(form) - edge] in written], len(
        written
    )
