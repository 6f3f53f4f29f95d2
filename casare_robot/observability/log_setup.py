"""Sends the lines of every logger to the robot's log files, without secrets."""

import importlib
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType, TracebackType
from typing import Any, TextIO

from casare_robot.observability.log_folder import LogFolder
from casare_robot.observability.log_line import LineFormatter, current_job
from casare_robot.observability.secret_mask import SecretMask


@contextmanager
def job_logging(job_id: str | None) -> Iterator[None]:
    """Whatever is logged inside, by whomever, bears the job's id, if there is one."""
    token = current_job.set(job_id)
    try:
        yield
    finally:
        current_job.reset(token)


class FolderHandler(logging.Handler):
    """Writes to a `LogFolder`."""

    def __init__(self, folder: LogFolder) -> None:
        super().__init__()
        self.folder = folder

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        try:
            line = self.format(record)
        except Exception:  # noqa: BLE001 - code of whoever logs; one line must not stop the robot
            self.folder.lost += 1
            return
        self.folder.write(line, matters=record.levelno >= logging.WARNING)

    def close(self) -> None:
        """Close the file."""
        self.folder.close()
        super().close()


FILES_ONLY = logging.getLogger("casare_robot.executor")
"""Says what executors write to their standard error: for the files, not for a terminal."""


class ConsoleHandler(logging.Handler):
    """Writes to a terminal, or to whatever reads standard error."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, if anybody can still read it."""
        if record.name == FILES_ONLY.name:
            return
        try:
            self._stream.write(self.format(record) + "\n")
            self._stream.flush()
        except Exception:  # noqa: BLE001 - a closed terminal, or code of whoever logs
            return


class Logging:
    """What was set up; `close` puts back what was there.

    Attributes:
        folder: Where the lines go.
        handlers: The root logger's, while this holds.
    """

    def __init__(self, folder: LogFolder, handlers: list[logging.Handler], level: int) -> None:
        self.folder = folder
        self.handlers = tuple(handlers)
        root = logging.getLogger()
        self._before = (root.level, root.handlers[:], sys.excepthook, threading.excepthook)
        root.handlers[:] = handlers
        root.setLevel(level)
        sys.excepthook = _log_uncaught
        threading.excepthook = _log_uncaught_in_thread
        logging.captureWarnings(capture=True)

    def set_level(self, level: str) -> None:
        """Write lines from this level on."""
        logging.getLogger().setLevel(level)

    def close(self) -> None:
        """Write no more."""
        import structlog

        root = logging.getLogger()
        level, root.handlers[:], sys.excepthook, threading.excepthook = self._before
        root.setLevel(level)
        logging.captureWarnings(capture=False)
        structlog.reset_defaults()
        for handler in self.handlers:
            handler.close()


def set_up_logging(
    folder: LogFolder, mask: SecretMask, *, level: str = "INFO", console: TextIO | None = None
) -> Logging:
    """Send everything that any logger says to the folder.

    structlog's loggers and `desktop.diagnostics.warn` end here too, and so do
    Python's warnings and exceptions that nobody caught.

    Args:
        folder: Where to.
        mask: Takes secrets out of every line.
        level: ``DEBUG``, ``INFO``, ``WARNING`` or ``ERROR``.
        console: A terminal to write readable lines to as well.
    """
    structlog = _structlog()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.filter_by_level,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    file = FolderHandler(folder)
    file.setFormatter(LineFormatter(mask))
    handlers: list[logging.Handler] = [file]
    if console is not None:
        terminal = ConsoleHandler(console)
        terminal.setFormatter(LineFormatter(mask, readable=True))
        handlers.append(terminal)
    return Logging(folder, handlers, logging.getLevelNamesMapping()[level])


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        logging.getLogger("casare_robot").critical("uncaught", exc_info=(kind, error, trace))


def _log_uncaught_in_thread(told: Any) -> None:
    if told.exc_value is None or told.exc_type is SystemExit:
        return
    name = told.thread.name if told.thread is not None else "?"
    logging.getLogger("casare_robot").critical(
        "uncaught in thread %s",
        name,
        exc_info=(told.exc_type, told.exc_value, told.exc_traceback),
    )


def _structlog() -> ModuleType:
    """Structlog without rich, which it would load for a console that nobody sees: 5 MB less."""
    for name in {"rich"} - sys.modules.keys():
        sys.modules[name] = None  # type: ignore[assignment]  # what makes an import fail
    try:
        return importlib.import_module("structlog")
    finally:
        if sys.modules["rich"] is None:
            del sys.modules["rich"]
