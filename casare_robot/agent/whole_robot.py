"""The whole robot, as those of its parts see it that reach into several others."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from casare_robot.agent.announcements import Announcements
from casare_robot.agent.conductor import Conductor
from casare_robot.agent.desk import Desk
from casare_robot.agent.event_hub import EventHub
from casare_robot.agent.group_requests import GroupSeat
from casare_robot.agent.intake import Intake
from casare_robot.agent.questions import Questions
from casare_robot.agent.slots import Slots
from casare_robot.agent.tasks import Tasks
from casare_robot.agent.trigger_door import TriggerDoor
from casare_robot.agent.trigger_host import TriggerHost
from casare_robot.agent.update_watch import UpdateWatch
from casare_robot.agent.watchdog import Watchdog
from casare_robot.config.robot_config import RobotConfig
from casare_robot.domain.job import Job, RobotId
from casare_robot.domain.robot_status import LinkStatus, RobotStatus
from casare_robot.journal.journal import Journal
from casare_robot.journal.offline_queue import OfflineQueue
from casare_robot.observability.audit import AuditLogger
from casare_robot.observability.metrics import MetricsCollector
from casare_robot.observability.secret_mask import SecretMask


class Connection(Protocol):
    """The line to an orchestrator."""

    name: str

    def link_status(self) -> LinkStatus:
        """How it is."""
        ...

    def slept(self) -> None:
        """The machine has slept: what looks open is not."""
        ...


class WholeRobot(Protocol):
    """What `AgentControl`, `Rounds` and `reload` ask of it; see `RobotAgent`."""

    config: RobotConfig
    mask: SecretMask
    journal: Journal
    offline_queue: OfflineQueue
    conductor: Conductor
    intake: Intake
    slots: Slots
    desk: Desk
    questions: Questions
    hub: EventHub
    tasks: Tasks
    announcements: Announcements
    watchdog: Watchdog
    audit: AuditLogger
    metrics: MetricsCollector
    settings: Callable[[], RobotConfig] | None
    robot_id: RobotId
    seat: GroupSeat | None
    triggers: TriggerHost
    door: TriggerDoor
    update_watch: UpdateWatch

    @property
    def connection(self) -> Connection | None:
        """The line to the orchestrator, if it has one."""
        ...

    def look_at(self) -> RobotStatus:
        """One look."""
        ...

    def tell_news(self) -> None:
        """Say how the robot is, if it is another way than it last said."""
        ...

    def summary(self) -> Mapping[str, Any]:
        """What the metrics have summed up."""
        ...

    async def reconnect(self) -> None:
        """Try the line now."""
        ...

    async def poll_for_jobs(self) -> None:
        """Ask every source for jobs."""
        ...

    async def retake(self, job: Job, step: bytes) -> None:
        """Make sure that a parked job is this robot's to go on with."""
        ...

    async def reload(self) -> Sequence[str]:
        """Read the settings again."""
        ...
