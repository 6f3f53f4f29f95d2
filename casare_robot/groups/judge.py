"""Who speaks: a strategy, or a judge such as a language model that has a tenth of a second."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from casare_robot.groups.choose import STRATEGIES, Candidate, Strategy, Work, round_robin
from casare_robot.groups.records import Choice

log = logging.getLogger(__name__)

BUDGET = 0.1
"""Seconds. Source: production robustness, speaker selection within 100 ms."""

Judge: TypeAlias = Callable[
    [Sequence[Candidate], Work, Sequence[Mapping[str, Any]]], Awaitable[Mapping[str, Any]]
]
"""Candidates, work and the last five messages to ``{agentId, confidence, reasoning}``.

One with an attribute ``stand_in``, a strategy, has that choose where it fails itself.
"""


async def chosen(
    strategy: str,
    candidates: Sequence[Candidate],
    work: Work,
    judge: Judge | None = None,
    recent: Sequence[Mapping[str, Any]] = (),
    *,
    budget: float = BUDGET,
) -> Choice:
    """The choice of a strategy, with the time it took.

    ``llm_based`` asks the judge, or without one the built-in. A judge that is
    late or gives an answer that is none is passed over: its stand-in chooses, or
    the next in turn is taken.
    """
    began = time.perf_counter()
    if strategy == "llm_based" and judge is not None:
        choice = await _judged(candidates, work, judge, recent, budget)
    else:
        choice = STRATEGIES[strategy](candidates, work)
    return msgspec.structs.replace(choice, latency_ms=(time.perf_counter() - began) * 1000)


async def _judged(
    candidates: Sequence[Candidate],
    work: Work,
    judge: Judge,
    recent: Sequence[Mapping[str, Any]],
    budget: float,
) -> Choice:
    try:
        async with asyncio.timeout(budget):
            answer = await judge(candidates, work, recent)
        robot, confidence = str(answer["agentId"]), float(answer.get("confidence", 1.0))
        if robot not in {c.id for c in candidates} or not 0 <= confidence <= 1:
            raise ValueError(f"{answer!r} names none of the candidates")  # noqa: TRY301 - one fallback
    except Exception as error:  # noqa: BLE001 - a foreign judge fails as it likes
        log.info("the judge gave no answer: %r", error)
        stand_in: Strategy = getattr(judge, "stand_in", round_robin)
        return stand_in(candidates, work)
    reason = str(answer.get("reasoning", ""))
    return Choice(chosen=robot, reason=reason, strategy="llm_based", confidence=confidence)
