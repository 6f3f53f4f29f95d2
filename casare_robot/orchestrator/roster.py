"""The robots: who is connected and what each one last said."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import msgspec

from casare_robot.domain.robot_status import RobotState
from casare_robot.link.native.messages import Hello, StatusUpdate
from casare_robot.orchestrator.feed import Feed
from casare_robot.orchestrator.job_record import iso
from casare_robot.store.store import Store

ROBOT = "robot"
_ACCEPTING = (RobotState.IDLE, RobotState.EXECUTING)


class Line(Protocol):
    """A robot's connection, as others use it."""

    hello: Hello

    def wake(self) -> None:
        """There may be something to send."""
        ...


class Robot(msgspec.Struct, kw_only=True):
    """One robot; ``line`` is None while it is not connected. Times: seconds since 1970."""

    robot_id: str
    name: str = ""
    version: str = ""
    environment: str = "default"
    tags: tuple[str, ...] = ()
    max_concurrent_jobs: int = 1
    first_seen: float = 0.0
    last_seen: float = 0.0
    status: StatusUpdate | None = None
    line: Any = None

    @property
    def state(self) -> str:
        """The word that is shown."""
        if self.line is None:
            return "offline"
        return self.status.status.value if self.status else RobotState.STARTING.value

    def free_slots(self, open_jobs: frozenset[str]) -> int:
        """Slots that nothing is meant for yet.

        Args:
            open_jobs: What the robot has been given and owes a result for; what
                its last status does not speak of will take a slot too.
        """
        if self.line is None or self.status is None or self.status.status not in _ACCEPTING:
            return 0
        coming = len(open_jobs.difference(self.status.current_jobs))
        return max(0, self.status.free_slots - coming)

    def load(self, open_jobs: frozenset[str]) -> int:
        """Jobs that it has, those of its own desk too."""
        status = self.status
        if status is None:
            return len(open_jobs)
        running = frozenset(status.current_jobs)
        return max(len(open_jobs | running), len(running) + status.waiting)

    def shown(self, now: float) -> dict[str, Any]:
        """As lists show it."""
        status = self.status
        return {
            "robot_id": self.robot_id,
            "name": self.name,
            "connected": self.line is not None,
            "state": self.state,
            "heartbeat_age": max(0.0, now - self.last_seen),
            "version": self.version,
            "environment": self.environment,
            "tags": self.tags,
            "max_concurrent_jobs": self.max_concurrent_jobs,
            "free_slots": status.free_slots if status and self.line else 0,
            "waiting": status.waiting if status else 0,
            "current_jobs": status.current_jobs if status and self.line else (),
            "metrics": dict(status.metrics) if status else {},
            "first_seen": iso(self.first_seen),
            "last_seen": iso(self.last_seen),
        }


class Roster:
    """Every robot that was ever here."""

    def __init__(self, store: Store, *, feed: Feed, clock: Callable[[], float]) -> None:
        self._store = store
        self._feed = feed
        self._clock = clock
        self._robots: dict[str, Robot] = {}

    async def load(self) -> None:
        """Know the robots of earlier days."""
        for row in await self._store.find(ROBOT):
            self._robots[row.key] = msgspec.convert({**row.record, "robot_id": row.key}, Robot)

    def __iter__(self) -> Iterator[Robot]:
        """All of them."""
        return iter(tuple(self._robots.values()))

    def find(self, robot_id: str) -> Robot | None:
        """One of them, or None."""
        return self._robots.get(robot_id)

    async def connected(self, hello: Hello, line: Line) -> Robot:
        """A robot has introduced itself."""
        now = self._clock()
        robot = self._robots.setdefault(
            hello.robot_id, Robot(robot_id=hello.robot_id, first_seen=now)
        )
        robot.name = hello.robot_name or hello.robot_id
        robot.version, robot.environment, robot.tags = hello.version, hello.environment, hello.tags
        robot.max_concurrent_jobs = hello.max_concurrent_jobs
        robot.line, robot.status, robot.last_seen = line, None, now
        await self._keep(robot)
        self._tell(robot)
        return robot

    async def left(self, line: Line) -> None:
        """A connection ended; unless a newer one took its place, the robot is away."""
        robot = self._robots.get(line.hello.robot_id)
        if robot is not None and robot.line is line:
            robot.line = None
            self._tell(robot)
            await self._keep(robot)

    def heard(self, robot: Robot) -> None:
        """A sign of life; told with the next status."""
        robot.last_seen = self._clock()

    def update(self, robot: Robot, status: StatusUpdate) -> None:
        """The robot says what it is doing."""
        robot.status = status
        self.heard(robot)
        self._tell(robot)

    async def forget(self, robot_id: str) -> bool:
        """Strike a robot that is not connected off the list; whether there was one."""
        robot = self._robots.get(robot_id)
        if robot is None or robot.line is not None:
            return False
        del self._robots[robot_id]
        self._feed.tell("robot_gone", robot_id, {"robot_id": robot_id})
        return await self._store.drop(ROBOT, robot_id)

    async def _keep(self, robot: Robot) -> None:
        names = ("name", "version", "environment", "tags", "max_concurrent_jobs", "first_seen")
        row = {name: getattr(robot, name) for name in (*names, "last_seen")}
        await self._store.put(ROBOT, robot.robot_id, row)

    def _tell(self, robot: Robot) -> None:
        self._feed.tell("robot", robot.robot_id, robot.shown(self._clock()))
