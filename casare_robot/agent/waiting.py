"""Waiting for an answer from another thread, in the cheapest way."""

import asyncio
import threading


def is_alone() -> bool:
    """Whether the running task is the only one of its loop, so that blocking keeps nobody up."""
    return len(asyncio.all_tasks()) == 1


class Answer:
    """What a blocked thread waits for; a loop would be woken through a socket instead."""

    __slots__ = ("_error", "_lock")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()
        self._error: BaseException | None = None

    def give(self, error: BaseException | None) -> None:
        """Wake who waits; call once."""
        self._error = error
        self._lock.release()

    def wait(self) -> None:
        """Block until there is an answer.

        Raises:
            BaseException: The answer, if it is an error.
        """
        self._lock.acquire()
        if self._error is not None:
            raise self._error
