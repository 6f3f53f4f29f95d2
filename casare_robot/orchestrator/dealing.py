"""Which robot gets which waiting job, by one of four strategies. Pure."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from casare_robot.groups.choose import STRATEGIES as CHOICES
from casare_robot.groups.choose import Candidate, Work
from casare_robot.groups.dispatcher import STRATEGIES
from casare_robot.orchestrator.job_record import JobRecord

USUAL = STRATEGIES[0]


class FreeRobot(msgspec.Struct, frozen=True, kw_only=True):
    """A robot that could begin jobs.

    ``order`` is that in which robots first came, ``load`` the jobs that it has,
    ``jobs`` the ids of those among the waiting ones that it can do.
    """

    robot_id: str
    order: int
    slots: int
    load: int
    tags: tuple[str, ...]
    jobs: frozenset[str]
    priority: str | float = "normal"


def deal(
    jobs: Iterable[tuple[str, JobRecord]],
    robots: Sequence[FreeRobot],
    *,
    strategy: str,
    last: str | None = None,
) -> list[tuple[str, str]]:
    """Pairs of job and robot, the jobs in the order in which they wait.

    Args:
        jobs: Those that wait, first come first of each priority, the highest first.
        robots: With free slots.
        strategy: One of `groups.dispatcher.STRATEGIES`.
        last: Who got the job before.
    """
    slots = {robot.robot_id: robot.slots for robot in robots}
    given: dict[str, int] = dict.fromkeys(slots, 0)
    pairs: list[tuple[str, str]] = []
    for job_id, job in jobs:
        able = [r for r in robots if slots[r.robot_id] > 0 and job_id in r.jobs]
        if not able:
            continue
        candidates = [_candidate(robot, given) for robot in able]
        work = Work(priority=job.priority or "normal", capabilities=job.tags, last=last)
        chosen = CHOICES[strategy](candidates, work).chosen
        if chosen is None:
            continue
        pairs.append((job_id, chosen))
        slots[chosen] -= 1
        given[chosen] += 1
        last = chosen
    return pairs


def in_order(found: Iterable[Sequence[tuple[str, JobRecord]]]) -> list[tuple[str, JobRecord]]:
    """Several lists of waiting jobs as one, each job once: the highest and oldest first."""
    jobs = {job_id: job for jobs in found for job_id, job in jobs}
    return sorted(jobs.items(), key=lambda item: (-item[1].priority, item[1].created))


def _candidate(robot: FreeRobot, given: Mapping[str, int]) -> Candidate:
    return Candidate(
        id=robot.robot_id,
        order=robot.order,
        load=robot.load + given[robot.robot_id],
        capabilities=robot.tags,
        priority=robot.priority,
    )
