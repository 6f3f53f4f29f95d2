import os
import subprocess
import sys

import pytest

from casare_robot.domain.effect import Effect
from casare_robot.domain.policy import Policy
from casare_robot.nodes import system
from casare_robot.nodes.catalogue import load_catalogue
from casare_robot.nodes.system import _difference, _snapshot, file_watcher


@pytest.fixture
def sleeper(tmp_path):
    """A process that only waits, under a name of its own."""
    program = tmp_path / f"casare-{os.getpid()}"
    program.symlink_to(sys.executable)
    process = subprocess.Popen(
        [program, "-c", "import time; print(1, flush=True); time.sleep(60)"], stdout=subprocess.PIPE
    )
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_processes_are_listed_by_a_part_of_their_name(run_node, sleeper):
    done = run_node("ProcessListNode", {"filter_name": "CASARE-"})

    found = next(one for one in done.outputs["processes"] if one["pid"] == sleeper.pid)
    assert done.outputs["count"] == len(done.outputs["processes"])
    assert found.keys() == {
        "pid",
        "name",
        "status",
        "cpu_percent",
        "memory_mb",
        "username",
        "create_time",
    }


def test_details_can_be_left_out(run_node):
    done = run_node("ProcessListNode", {"include_details": False})

    assert done.outputs["count"] > 0
    assert done.outputs["processes"][0].keys() == {"pid", "name", "status"}


@pytest.mark.parametrize("force", [False, True])
def test_a_process_is_ended_by_its_number(run_node, sleeper, force):
    done = run_node("ProcessKillNode", {"pid_or_name": str(sleeper.pid), "force": force})

    assert done.outputs == {"killed_count": 1, "success": True}


def test_a_process_is_ended_by_its_whole_name_only(run_node, sleeper):
    name = f"casare-{os.getpid()}"

    part = run_node("ProcessKillNode", {"pid_or_name": name[:-1]})
    whole = run_node("ProcessKillNode", {"process_name": "", "pid_or_name": name.upper()})

    assert part.outputs == {"killed_count": 0, "success": False}
    assert whole.outputs == {"killed_count": 1, "success": True}


def test_the_robot_does_not_end_itself(run_node):
    done = run_node("ProcessKillNode", {"pid_or_name": str(os.getpid()), "force": True})

    assert done.outputs == {"killed_count": 0, "success": False}
    assert "this robot's own" in done.log[0][1]


def test_no_process_named_is_a_failure(run_node):
    assert run_node("ProcessKillNode", {}).error == "no process is named"


def test_an_environment_variable_is_set_and_read(run_node, monkeypatch):
    monkeypatch.delenv("CZ_T", raising=False)

    missing = run_node("EnvironmentVariableNode", {"var_name": "CZ_T"})
    config = {"action": "set", "var_name": "CZ_T", "value": "1"}
    was_set = run_node("EnvironmentVariableNode", config)
    found = run_node("EnvironmentVariableNode", {"var_name": "CZ_T"})
    monkeypatch.delenv("CZ_T")

    assert missing.outputs == {"result_value": "", "exists": False, "success": True}
    assert was_set.outputs == {"result_value": "1", "exists": True, "success": True}
    assert found.outputs == {"result_value": "1", "exists": True, "success": True}


@pytest.mark.parametrize("name", ["", "a=b"])
def test_what_is_no_name_is_refused(run_node, name):
    done = run_node("EnvironmentVariableNode", {"var_name": name})

    assert done.port is None
    assert done.outputs["success"] is False


def test_lasting_variables_are_refused_by_policy_and_by_other_systems(run_node):
    config = {"action": "set", "var_name": "A", "value": "1", "scope": "user"}

    refused = run_node("EnvironmentVariableNode", config, policy=Policy(allow_scripts=False))

    assert "does not change lasting" in refused.error


@pytest.mark.skipif(os.name == "nt", reason="Windows has them")
def test_other_systems_have_no_lasting_variables(run_node):
    config = {"action": "set", "var_name": "A", "value": "1", "scope": "user"}

    done = run_node("EnvironmentVariableNode", config)

    assert done.error == "only Windows has user environment variables, such as A"


def test_setting_is_a_write_and_getting_is_not():
    effect = load_catalogue().get("EnvironmentVariableNode").effect

    assert effect({"action": "set"}) is Effect.IDEMPOTENT
    assert effect({"action": "get"}) is Effect.READS


@pytest.mark.parametrize("kind", ["os", "cpu", "ram", "disk", "network"])
def test_one_kind_of_figures_is_told_alone(run_node, kind):
    done = run_node("SystemInfoNode", {"info_type": kind})

    assert done.outputs["info"].keys() == {kind}
    assert done.outputs["os_name"]


def test_all_figures_are_told_together(run_node):
    done = run_node("SystemInfoNode")

    assert done.outputs["info"].keys() == {"os", "cpu", "ram", "disk", "network"}
    assert 0 < done.outputs["ram_percent"] <= 100


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ("all", ("created", "/new")),
        ("create", ("created", "/new")),
        ("modify", ("modified", "/changed")),
        ("delete", ("deleted", "/old")),
    ],
)
def test_the_wanted_kind_of_event_is_told(events, expected):
    before = {"/old": (1, 1, 1), "/changed": (1, 1, 2), "/same": (1, 1, 3)}
    after = {"/changed": (2, 1, 2), "/same": (1, 1, 3), "/new": (1, 1, 4)}

    assert _difference(before, after, events) == expected
    assert _difference(after, after, events) is None


class Surroundings:
    """What the watcher asks for."""

    policy = Policy()

    def __init__(self, folder):
        self.working_dir = folder


async def watched(folder, changes, **options):
    """Start to watch and make changes, one at each look of the watcher."""
    settings = {"watch_path": ".", "events": "all", "timeout": 20, "recursive": False, **options}
    looks = 0

    def look(path, recursive):
        nonlocal looks
        if looks:
            changes[min(looks, len(changes)) - 1]()
        looks += 1
        return _snapshot(path, recursive)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(system, "_snapshot", look)
        patch.setattr(system, "_WATCH_INTERVAL", 0.001)
        return await file_watcher(Surroundings(folder), **settings)


def nothing():
    """No change."""


async def test_a_file_that_comes_is_seen(tmp_path):
    done = await watched(tmp_path, [nothing, (tmp_path / "a").touch])

    assert done == {
        "event_type": "created",
        "file_path": str(tmp_path / "a"),
        "triggered": True,
        "timed_out": False,
    }


async def test_a_single_file_can_be_waited_for(tmp_path):
    changes = [(tmp_path / "other").touch, (tmp_path / "a").touch]

    done = await watched(tmp_path, changes, watch_path="a", events="create")

    assert done["file_path"] == str(tmp_path / "a")


async def test_subfolders_are_watched_only_if_wanted(tmp_path):
    (tmp_path / "sub").mkdir()
    changes = [(tmp_path / "sub" / "a").touch, nothing, (tmp_path / "b").touch]

    flat = await watched(tmp_path, changes)
    (tmp_path / "sub" / "a").unlink()
    deep = await watched(tmp_path, changes, recursive=True)

    assert flat["file_path"] == str(tmp_path / "b")
    assert deep["file_path"] == str(tmp_path / "sub" / "a")


async def test_no_event_in_time_is_an_answer(tmp_path):
    done = await watched(tmp_path, [nothing], timeout=0.05)

    assert done == {"event_type": "", "file_path": "", "triggered": False, "timed_out": True}


def test_a_path_without_a_folder_cannot_be_watched(run_node):
    done = run_node("FileWatcherNode", {"watch_path": "no/where/file"})

    assert "no folder" in done.error
