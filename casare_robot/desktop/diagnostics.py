"""Warnings for whoever looks after the robot, on standard error: standard output is for results."""

import sys
from typing import Any


def warn(room: str, event: str, **facts: Any) -> None:
    """Say that something went wrong that the program itself got over.

    structlog is loaded here because it takes longer than most commands run.
    """
    import structlog

    if not structlog.is_configured():
        structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))
    structlog.get_logger(room).warning(event, **facts)
