import threading

from casare_robot.agent.doctor import Check, Patient, examine, fail, ok
from casare_robot.config.robot_config import RobotConfig


def patient(tmp_path):
    return Patient(config=RobotConfig(), folder=tmp_path)


def well(_patient):
    return ok("a", "fine")


def unwell(_patient):
    return fail("a", "broken", "mend it")


def found(checks, tmp_path):
    return [(it.check, it.state, it.message) for it in examine(patient(tmp_path), checks)]


def test_a_check_that_hangs_is_left_behind_when_its_time_is_up(tmp_path) -> None:
    gate = threading.Event()
    checks = [Check("stuck", lambda _: gate.wait(60), limit=0.05), Check("a", well)]

    findings = found(checks, tmp_path)
    gate.set()

    assert findings == [("stuck", "fail", "no answer within 0.05 s"), ("a", "ok", "fine")]


def test_a_check_that_breaks_is_a_finding(tmp_path) -> None:
    findings = found([Check("odd", lambda _: 1 / 0)], tmp_path)

    assert findings == [("odd", "fail", "ZeroDivisionError: division by zero")]


def test_what_cannot_succeed_is_not_tried_and_names_the_cause(tmp_path) -> None:
    checks = [
        Check("a", unwell),
        Check("b", well, needs=("a",)),
        Check("c", well, needs=("b",)),
        Check("d", well),
    ]

    assert found(checks, tmp_path)[1:] == [
        ("b", "skip", "not tried: a failed"),
        ("c", "skip", "not tried: a failed"),
        ("a", "ok", "fine"),
    ]


def test_where_there_is_nothing_to_look_at_nothing_is_said(tmp_path) -> None:
    assert found([Check("nothing", lambda _: None), Check("b", well, ("nothing",))], tmp_path) == [
        ("a", "ok", "fine")
    ]
