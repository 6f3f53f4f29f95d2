"""How those who handed in an operation hear of its end."""

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeAlias

log = logging.getLogger(__name__)

Done: TypeAlias = Callable[[BaseException | None, Any], Any]
"""Called with (error, None) or (None, result)."""

After: TypeAlias = Callable[[list[tuple[Any, BaseException | None, Any]]], None]
"""Called with (parameters, error, result) of each call in a commit that names it."""

Order: TypeAlias = tuple[Any, Any, After | None, asyncio.AbstractEventLoop | None, Any]
"""Operation, parameters, what follows the commit, the caller's loop, its future or callback."""
Outcome: TypeAlias = tuple[BaseException | None, Any]


class Answer:
    """What a blocked thread waits for."""

    __slots__ = ("_error", "_lock", "_result")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()
        self._error: BaseException | None = None
        self._result: Any = None

    def __call__(self, error: BaseException | None, result: Any) -> None:
        """Wake the thread; call once."""
        self._error, self._result = error, result
        self._lock.release()

    def wait(self) -> Outcome:
        """Block until there is an answer."""
        self._lock.acquire()
        return self._error, self._result


def answer_all(batch: list[Order], outcomes: list[Outcome]) -> None:
    """Tell every caller; those of one loop with a single wake-up."""
    loops: dict[asyncio.AbstractEventLoop, list[tuple[Order, Outcome]]] = {}
    for order, outcome in zip(batch, outcomes, strict=True):
        loop = order[3]
        if loop is None:
            _tell(order[4], outcome)
        else:
            answers = loops.get(loop)
            if answers is None:
                answers = loops[loop] = []
            answers.append((order, outcome))
    for loop, answers in loops.items():
        with suppress(RuntimeError):  # a closed loop has nobody left who waits
            loop.call_soon_threadsafe(_settle, answers)


def _tell(done: Done, outcome: Outcome) -> None:
    try:
        done(*outcome)
    except Exception:
        log.exception("what was to follow a write failed; the write itself is on disk")


def _settle(answers: list[tuple[Order, Outcome]]) -> None:
    followed: dict[After, list[tuple[Any, BaseException | None, Any]]] = {}
    for (_, parameters, after, _, future), (error, result) in answers:
        if after is not None:
            told = followed.get(after)
            if told is None:
                told = followed[after] = []
            told.append((parameters, error, result))
        if future.done():
            continue
        if error is None:
            future.set_result(result)  # who waits for it is called later
        else:
            future.set_exception(error)
    for after, told in followed.items():
        try:
            after(told)
        except Exception:
            log.exception("what was to follow a write failed; the write itself is on disk")
