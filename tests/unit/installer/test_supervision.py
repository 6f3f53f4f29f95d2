"""What keeps a headless agent running."""

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

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


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not here")
def test_systemd_finds_no_fault_in_the_unit(tmp_path):
    text = (INSTALLER / "casare-robot.service").read_text("utf-8")
    unit = tmp_path / "casare-robot.service"
    unit.write_text(text.replace("%h/.local/bin/casare-robot", sys.executable))

    found = subprocess.run(
        ["systemd-analyze", "--user", "verify", unit],
        env={"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path), "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (found.returncode, found.stdout + found.stderr) == (0, "")


def test_the_task_has_no_time_limit_and_begins_again_after_a_failure():
    space = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
    task = ElementTree.parse(INSTALLER / "casare-robot-task.xml")

    assert task.findtext(".//t:ExecutionTimeLimit", namespaces=space) == "PT0S"
    assert task.find(".//t:RestartOnFailure", space) is not None
    assert task.findtext(".//t:Arguments", namespaces=space) == "run"
