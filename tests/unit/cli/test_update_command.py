"""`casare-robot update`, with an installation that only notes what it starts."""

import json
from functools import partial

import pytest

from casare_robot.cli import update_command
from casare_robot.desktop.places import find_places
from casare_robot.domain.errors import UpdateError
from casare_robot.domain.robot_status import UpdateStatus
from casare_robot.updates.updates import Told


class Known:
    """Stands for `Updates`."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    async def check(self):
        return self._answered("check")

    def install(self, **how):
        return self._answered(how)

    def go_back(self, **how):
        return self._answered(how)

    def _answered(self, asked):
        self.asked.append(asked)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def answering(home, monkeypatch):
    def answer(known):
        monkeypatch.setattr(update_command, "Updates", lambda *_, version: known)
        return known

    return answer


def test_check_tells_what_is_ready(answering, capsys) -> None:
    answering(Known(UpdateStatus(version="0.2.0", notes="Quicker.", is_ready=True)))

    assert update_command.check(json_output=False, home=None) == 0
    assert "version 0.2.0 is ready: Quicker." in capsys.readouterr().out


def test_check_tells_that_there_is_nothing(answering, capsys) -> None:
    answering(Known(UpdateStatus()))

    assert update_command.check(json_output=True, home=None) == 0
    assert json.loads(capsys.readouterr().out)["version"] == ""


def test_apply_where_no_robot_runs_interrupts_nobody(answering, capsys) -> None:
    known = answering(Known(Told(is_begun=True, message="version 0.2.0 is being installed")))

    assert update_command.apply(drain=False, json_output=False, home=None) == 0
    assert known.asked == [{"is_busy": False, "drain": False}]
    assert "being installed" in capsys.readouterr().out


@pytest.mark.parametrize(("code", "exit_code"), [("E-UPD-423", 5), ("E-UPD-404", 1)])
@pytest.mark.parametrize("command", ["check", "apply", "back"])
def test_a_refusal_has_its_code_and_sentence(answering, capsys, command, code, exit_code) -> None:
    answering(Known(UpdateError("not now", code=code)))
    how = partial(getattr(update_command, command), json_output=True, home=None)

    assert (how() if command == "check" else how(drain=False)) == exit_code
    said = capsys.readouterr()
    assert json.loads(said.out)["error"]["code"] == code
    assert f"{code} not now" in said.err


def test_a_robot_of_sources_says_how_it_is_updated(home, capsys) -> None:
    assert update_command.check(json_output=False, home=None) == 1
    assert "git pull" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["check", "apply", "back"])
def test_a_policy_that_forbids_updates_is_named(home, monkeypatch, capsys, command) -> None:
    policy = home / "robot_policy.json"
    policy.write_text('{"updates": "off"}')
    places = find_places(home)
    monkeypatch.setattr(update_command, "find_places", lambda _: places._replace(machine=home))
    how = partial(getattr(update_command, command), json_output=False, home=None)

    assert (how() if command == "check" else how(drain=False)) == 1
    said = capsys.readouterr().err
    assert "E-UPD-403" in said
    assert "robot_policy.json" in said
