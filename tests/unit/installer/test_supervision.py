"""What keeps a headless agent running."""

import configparser
from pathlib import Path
from xml.etree import ElementTree

INSTALLER = Path(__file__).parents[3] / "installer"


def test_the_unit_restarts_an_agent_that_failed_and_none_that_needs_a_person():
    unit = configparser.ConfigParser(comment_prefixes="#", interpolation=None)
    unit.optionxform = str
    unit.read(INSTALLER / "casare-robot.service")

    service = unit["Service"]
    assert service["ExecStart"].endswith("casare-robot run")
    assert service["Restart"] == "on-failure"
    assert service["RestartPreventExitStatus"].split() == ["2", "5"]
    assert int(service["TimeoutStopSec"]) > 4


def test_the_task_has_no_time_limit_and_begins_again_after_a_failure():
    space = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
    task = ElementTree.parse(INSTALLER / "casare-robot-task.xml")

    assert task.findtext(".//t:ExecutionTimeLimit", namespaces=space) == "PT0S"
    assert task.find(".//t:RestartOnFailure", space) is not None
    assert task.findtext(".//t:Arguments", namespaces=space) == "run"
