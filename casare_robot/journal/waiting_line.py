"""The order in which waiting jobs have their turn. Pure."""

import heapq
import itertools
import math
from collections import deque
from collections.abc import Iterator

import msgspec

from casare_robot.domain.job import Job, JobId


class JobHead(msgspec.Struct, frozen=True, gc=False):
    """What decides a job's turn. ``expires`` is in seconds since 1970.

    One that ``has_begun`` goes before all others and does not expire any more.
    """

    id: JobId
    origin: str = ""
    priority: int = 0
    expires: float = math.inf
    needs_desktop: bool = False
    has_begun: bool = False

    @property
    def lane(self) -> "Lane":
        """Jobs of one lane have their turn in the order in which they came."""
        return (self.has_begun, self.priority, self.needs_desktop)

    def is_stale(self, now: float) -> bool:
        """Whether it must not begin any more."""
        return not self.has_begun and self.expires <= now


Lane = tuple[bool, int, bool]


def head_of(job: Job, *, has_begun: bool = False) -> JobHead:
    """What decides this job's turn."""
    expires = math.inf if job.expires_at is None else job.expires_at.timestamp()
    return JobHead(job.id, job.origin, job.priority, expires, job.needs_desktop, has_begun)


class WaitingLine:
    """Jobs that wait: those that had begun, then by priority, the oldest of equals first.

    A queue for each lane, so that a job costs the same however many wait, and
    jobs that need the desktop can be passed over.
    """

    def __init__(self) -> None:
        self._heads: dict[JobId, JobHead] = {}
        self._lanes: dict[Lane, deque[tuple[int, JobId]]] = {}
        self._expiring: list[tuple[float, JobId]] = []
        self._last = itertools.count()
        self._first = itertools.count(-1, -1)

    def __len__(self) -> int:
        return len(self._heads)

    def __contains__(self, job_id: JobId) -> bool:
        return job_id in self._heads

    def __iter__(self) -> Iterator[JobId]:
        """Waiting jobs, next first; lanes that differ only in the desktop one after the other."""
        for key in sorted(self._lanes, reverse=True):
            for _, job_id in self._lanes[key]:
                yield job_id

    def get(self, job_id: JobId) -> JobHead | None:
        """A waiting job; None when it does not wait."""
        return self._heads.get(job_id)

    def append(self, head: JobHead) -> None:
        """Let a job wait behind its equals."""
        self._enter(head).append((next(self._last), head.id))

    def put_first(self, head: JobHead) -> None:
        """Let a job wait before its equals."""
        self._enter(head).appendleft((next(self._first), head.id))

    def next(self, now: float, *, desktop: bool = True) -> JobHead | None:
        """Take the job whose turn it is, none that is stale.

        Args:
            now: Seconds since 1970.
            desktop: Whether one that needs the desktop may have its turn.
        """
        passed_over: list[JobHead] = []
        try:
            while (key := self._best(desktop=desktop)) is not None:
                lane = self._lanes[key]
                head = self._heads.pop(lane.popleft()[1])
                if not lane:
                    del self._lanes[key]
                if not head.is_stale(now):
                    return head
                passed_over.append(head)
            return None
        finally:
            for head in reversed(passed_over):  # `stale` is who ends them
                self.put_first(head)

    def take(self, job_id: JobId) -> JobHead | None:
        """Take one job out of the line; None when it does not wait."""
        head = self._heads.pop(job_id, None)
        if head is not None:
            lane = self._lanes[head.lane]
            lane.remove(next(entry for entry in lane if entry[1] == job_id))
            if not lane:
                del self._lanes[head.lane]
        return head

    def stale(self, now: float) -> list[JobHead]:
        """Take all jobs that must not begin any more."""
        found = []
        while self._expiring and self._expiring[0][0] <= now:
            job_id = heapq.heappop(self._expiring)[1]
            waiting = self._heads.get(job_id)
            if waiting is not None and waiting.is_stale(now):
                found.append(waiting)
                self.take(job_id)
        return found

    def _enter(self, head: JobHead) -> deque[tuple[int, JobId]]:
        self._heads[head.id] = head
        if head.expires < math.inf and not head.has_begun:
            heapq.heappush(self._expiring, (head.expires, head.id))
        key = head.lane
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = deque()
        return lane

    def _best(self, *, desktop: bool) -> Lane | None:
        if len(self._lanes) == 1:
            (key,) = self._lanes
            return key if desktop or not key[2] else None
        open_lanes = [key for key in self._lanes if desktop or not key[2]]
        return max(open_lanes, key=lambda key: (key[:2], -self._lanes[key][0][0]), default=None)
