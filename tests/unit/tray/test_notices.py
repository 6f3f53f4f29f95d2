"""What is told, when, and what a click on it opens."""

import pytest

from tests import tray_screens as screens

pytest.importorskip("PySide6.QtWidgets")

from casare_robot.config.robot_config import RobotConfig
from casare_robot.domain.job import JobId, JobResult, JobStatus
from casare_robot.domain.robot_events import JobEnded
from casare_robot.tray.notices import Notices
from casare_robot.tray.views.tray_view import Do, Wish


class Icon:
    def __init__(self):
        self.told = []

    def notify(self, title, text):
        self.told.append(title)


class Desk:
    def __init__(self, **settings):
        self.icon = Icon()
        config = RobotConfig(**settings)
        self.notices = Notices(self.icon, config=lambda: config, now=lambda: screens.NOW)

    def ends(self, job_id, status=JobStatus.FAILED):
        result = JobResult(job_id=JobId(job_id), status=status)
        event = JobEnded(job_id=result.job_id, result=result, at=screens.NOW)
        self.notices.job_ended(event, screens.sight(jobs=screens.jobs()))


def test_a_failed_job_is_told_by_its_name_and_a_click_opens_it(qapp) -> None:
    desk = Desk()

    desk.ends("j1")
    desk.notices.tell()

    assert desk.icon.told == ["Invoice import failed"]
    assert desk.notices.wish == Wish(Do.SHOW_JOB, JobId("j1"))


def test_what_comes_after_the_first_is_gathered(qapp) -> None:
    desk = Desk()
    desk.ends("j1")
    desk.notices.tell()

    for number in range(3):
        desk.ends(f"later-{number}")
    is_soon = desk.notices._soon.isActive()
    desk.notices.tell()

    assert not is_soon
    assert desk.icon.told == ["Invoice import failed", "3 jobs failed"]
    assert desk.notices.wish == Wish(Do.HISTORY)


def test_success_is_no_news_unless_it_is_wanted(qapp) -> None:
    usual, eager = Desk(), Desk(notifications=("completed",))

    for desk in (usual, eager):
        desk.ends("j1", JobStatus.COMPLETED)
        desk.notices.tell()

    assert usual.icon.told == []
    assert eager.icon.told == ["Invoice import is done"]


def test_quiet_hours_are_quiet(qapp) -> None:
    desk = Desk(quiet_hours="Mon-Sun 14:00-15:00")

    desk.ends("j1")
    desk.notices.tell()

    assert desk.icon.told == []
