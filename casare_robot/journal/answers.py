"""How those who handed in an operation hear of its end."""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

log = logging.getLogger(__name__)

Done: TypeAlias = Callable[[BaseException | None, Any], Any]
"""Called with (error, None) or (None, result)."""

Order: TypeAlias = tuple[Any, Sequence[Any], Done | None, asyncio.AbstractEventLoop | None, Any]
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
    loops: dict[asyncio.AbstractEventLoop, list[tuple[Any, BaseException | None, Any]]] = {}
    for (_, _, after, loop, sink), (error, result) in zip(batch, outcomes, strict=True):
        if after is not None:
            result = _call(after, error, result)
        if loop is None:
            _call(sink, error, result)
        elif loop in loops:
            loops[loop].append((sink, error, result))
        else:
            loops[loop] = [(sink, error, result)]
    for loop, answers in loops.items():
        with suppress(RuntimeError):  # a closed loop has nobody left who waits
            loop.call_soon_threadsafe(_settle, answers)


def _call(done: Done, error: BaseException | None, result: Any) -> Any:
    try:
        return done(error, result)
    except Exception:
        log.exception("what was to follow a write failed; the write itself is on disk")
        return result


def _settle(answers: list[tuple["asyncio.Future[Any]", BaseException | None, Any]]) -> None:
    for future, error, result in answers:
        if future.done():
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
