"""The doctor looks at a Supabase project: who it knows, what it has, what it guards."""

import psycopg
import pytest

from casare_robot.agent import doctor_supabase
from casare_robot.agent.doctor import Patient, examine
from casare_robot.config.robot_config import RobotConfig


@pytest.fixture
def project(supabase_project):
    supabase_project.realtime.settle()
    yield supabase_project
    supabase_project.realtime.settle()


@pytest.fixture
def found(project, tmp_path):
    def look(**facts):
        known = project.robot("desk-1", "team")
        settings = {
            "robot_id": "desk-1",
            "group": "team",
            "supabase_url": known.url,
            "supabase_key": known.key,
            "api_key": known.robot_key,
        }
        patient = Patient(config=RobotConfig(**(settings | facts)), folder=tmp_path)
        return {finding.check: finding for finding in examine(patient, doctor_supabase.CHECKS)}

    return look


@pytest.fixture
def owner(project):
    with psycopg.connect(project.database, autocommit=True) as connection:
        yield connection


def test_an_enrolled_robot_is_well(found):
    findings = found()

    assert [(name, it.state) for name, it in findings.items()] == [
        ("supabase", "ok"),
        ("schema", "ok"),
        ("policies", "ok"),
        ("realtime", "ok"),
    ]


def test_a_robot_without_a_project_has_nothing_to_look_at(found):
    assert found(supabase_url="") == {}


def test_a_key_that_is_not_known_is_told_with_its_mend(found):
    findings = found(api_key="x" * 64)

    assert findings["supabase"].state == "fail"
    assert "enrol" in findings["supabase"].mend
    assert findings["realtime"].state == "skip"


def test_another_robots_key_is_told(found):
    assert "knows this key as robot desk-1" in found(robot_id="desk-9")["supabase"].message


def test_a_secret_key_is_told(found, project):
    assert "service-role" in found(supabase_key=project.service)["supabase"].message


def test_an_older_schema_is_told(found, owner):
    owner.execute("update casare_robot.format set format = 0")
    findings = found()
    owner.execute("update casare_robot.format set format = 1")

    assert findings["schema"].state == "fail"


def test_rows_that_nobody_guards_are_told(found, owner):
    owner.execute("alter table casare_robot.rows disable row level security")
    findings = found()
    owner.execute("alter table casare_robot.rows enable row level security")

    assert findings["policies"].state == "fail"
    assert "anybody sees everything" in findings["policies"].message


def test_a_group_that_is_not_its_own_is_told(found):
    assert "may not see group other" in found(group="other")["policies"].message


def test_silent_realtime_is_a_warning_only(found, project, monkeypatch):
    monkeypatch.setattr(doctor_supabase, "PATIENCE", 1.0)
    project.realtime.refuses = True

    assert found()["realtime"].state == "warn"
