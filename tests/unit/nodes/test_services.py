"""Services, with a stand-in for Windows' list of them and for its program."""

from pathlib import Path

import psutil
import pytest

PROGRAM = """#!/bin/sh
cd "{folder}"
[ -f "$2.refuses" ] && {{ echo; echo "Access is denied."; exit 5; }}
state=$(cat "$2")
case "$1 $state" in
  "start running") exit {running} ;;
  "stop stopped") exit {stopped} ;;
  "start stopped") echo running > "$2" ;;
  "stop running") echo stopped > "$2"; echo stopped >> "$2.history" ;;
esac
"""


class Service:
    def __init__(self, path):
        self._path = path

    def name(self):
        return self._path.name

    def display_name(self):
        return f"The {self._path.name}"

    def status(self):
        return self._path.read_text().strip()


@pytest.fixture
def services(tmp_path, monkeypatch):
    """A folder with a file for each service; it holds the state."""
    folder, programs = tmp_path / "services", tmp_path / "bin"
    folder.mkdir()
    programs.mkdir()
    program = programs / "sc.exe"
    # exit codes of a stand-in are one byte: 1056 and 1062 are 32 and 38 there
    program.write_text(PROGRAM.format(folder=folder, running=32, stopped=38))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")

    def get(name):
        if not (folder / name).is_file():
            raise psutil.NoSuchProcess(0, name)
        return Service(folder / name)

    def every():
        return iter(Service(path) for path in sorted(folder.iterdir()))

    monkeypatch.setattr(psutil, "win_service_get", get, raising=False)
    monkeypatch.setattr(psutil, "win_service_iter", every, raising=False)
    (folder / "Spooler").write_text("running")
    (folder / "Fax").write_text("stopped")
    return folder


def test_a_service_tells_its_state_or_that_it_is_not_there(services, run_node):
    spooler = run_node("GetServiceStatusNode", {"service_name": "Spooler"}).outputs
    nothing = run_node("GetServiceStatusNode", {"service_name": "Nope"}).outputs

    assert spooler == {
        "status": "running",
        "display_name": "The Spooler",
        "exists": True,
        "is_running": True,
    }
    assert (nothing["status"], nothing["exists"]) == ("not_found", False)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [("all", ["Fax", "Spooler"]), ("running", ["Spooler"]), ("stopped", ["Fax"])],
)
def test_services_are_listed_by_state(wanted, names, services, run_node):
    told = run_node("ListServicesNode", {"state_filter": wanted}).outputs

    assert [each["name"] for each in told["services"]] == names
    assert told["count"] == len(names)


@pytest.mark.parametrize(
    ("node", "service", "state"),
    [
        ("StartServiceNode", "Fax", "running"),
        ("StopServiceNode", "Spooler", "stopped"),
    ],
)
def test_a_service_is_brought_into_a_state(node, service, state, services, run_node):
    done = run_node(node, {"service_name": service})

    assert done.outputs == {"success": True, "message": f"the service {service} is {state}"}
    assert Service(services / service).status() == state


def test_a_restarted_service_was_stopped_between(services, run_node):
    done = run_node("RestartServiceNode", {"service_name": "Spooler", "wait_time": 0})

    assert done.outputs["success"] is True
    assert Service(services / "Spooler").status() == "running"
    assert (services / "Spooler.history").is_file()


@pytest.mark.parametrize(
    ("service", "message"),
    [("Fax", "Windows did not start the service Fax: Access is denied."), ("Nope", "no service")],
)
def test_a_service_that_does_not_start_says_why(service, message, services, run_node):
    Path(services / "Fax.refuses").touch()

    done = run_node("StartServiceNode", {"service_name": service})

    assert message in done.error
    assert done.outputs["success"] is False
