"""What tests of the face share."""

import os
import sys
from datetime import UTC, datetime, timedelta

import pytest

from casare_robot.domain.job import JobId
from casare_robot.domain.robot_status import (
    LinkState,
    LinkStatus,
    RobotState,
    RobotStatus,
    RunningJob,
)
from casare_robot.tray.views.sight import Reach, Sight
from tests.tray_screens import ON_A_LARGE_SCREEN

os.environ.setdefault("QT_QPA_PLATFORM", ON_A_LARGE_SCREEN)
if sys.platform == "win32":  # off the screen Qt brings no fonts there
    os.environ.setdefault("QT_QPA_FONTDIR", f"{os.environ['WINDIR']}/Fonts")

NOW = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)


@pytest.fixture
def now():
    return NOW


@pytest.fixture
def running():
    """Make a running job that began two minutes ago."""

    def make(name="Invoice import", **facts):
        known = {
            "job_id": JobId(f"id of {name}"),
            "name": name,
            "origin": "desk",
            "started_at": NOW - timedelta(minutes=2),
            "nodes_executed": 4,
            "total_nodes": 11,
        }
        return RunningJob(**{**known, **facts})

    return make


@pytest.fixture
def seen():
    """Make the sight of a robot that can be reached."""

    def make(state=RobotState.IDLE, link=LinkState.LOCAL, *, trouble="", problem="", **facts):
        known = {
            "robot_id": "r-1",
            "name": "Desk 7",
            "state": state,
            "since": NOW - timedelta(minutes=28),
            "link": LinkStatus(
                state=link, since=NOW - timedelta(hours=1), address="host", problem=problem
            ),
            "version": "1",
            "session": "s",
            "started_at": NOW - timedelta(hours=2),
        }
        status = RobotStatus(**{**known, **facts})
        return Sight(
            reach=Reach.REACHED, since=NOW - timedelta(hours=2), status=status, trouble=trouble
        )

    return make


@pytest.fixture
def unreached():
    """Make the sight of a robot that cannot be reached."""

    def make(reach=Reach.LOST, **facts):
        return Sight(reach=reach, since=NOW - timedelta(minutes=1), **facts)

    return make
