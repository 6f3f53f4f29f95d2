"""Runs what the README says, as it stands there."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from casare_robot.config.robot_config import DIALECTS, RobotConfig
from tests.integration.test_command_line import appear
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
ROBOT = ".venv/bin/casare-robot"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


COMMANDS = [line for block in blocks("sh") for line in block.splitlines()]
RUN_HERE = [command for command in COMMANDS if command.startswith(ROBOT)]
NEEDS_ROBOT = {"status", "pause", "resume", "drain", "metrics", "cancel", "stop", "triggers"}
"""Commands that talk to a running robot."""


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    return {
        **os.environ,
        "CASARE_ROBOT_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "XDG_CONFIG_HOME": str(home / "xdg"),
    }


def run(arguments, surroundings):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=surroundings,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


@pytest.fixture(scope="module")
def running_robot(surroundings):
    """A robot that runs in the same home, until it is stopped."""
    home = Path(surroundings["CASARE_ROBOT_HOME"])
    process = subprocess.Popen(
        [sys.executable, "-m", "casare_robot", "run"],
        cwd=ROOT,
        env=surroundings,
        stderr=subprocess.DEVNULL,
    )
    appear(home / "data" / "control" / "key")
    yield process
    process.kill()
    process.wait()


@pytest.fixture(scope="module")
def port():
    return str(free_port())


@pytest.fixture(scope="module")
def staying():
    """Processes that stay until the end of the README."""
    processes = []
    yield processes
    for process in processes:
        process.terminate()
        process.communicate(timeout=60)


def stays(command):
    return command.startswith((f"{ROBOT} orchestrator", f"{ROBOT} run"))


def begin(arguments, surroundings, staying):
    """Start what stays, and wait until it says that it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "casare_robot", *arguments],
        cwd=ROOT,
        env={**surroundings, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    staying.append(process)
    said = ""
    while not re.search("Orchestrator at|, connected", said):
        line = process.stdout.readline()
        assert line, said
        assert "refuses" not in line, said + line
        said += line


@pytest.mark.parametrize("command", RUN_HERE)
def test_the_command_does_what_it_says_without_fault(
    command, surroundings, request, port, staying
) -> None:
    """In the README's order and one home: later commands show what earlier ones did."""
    _, *arguments = shlex.split(command.replace("8765", port))
    if stays(command):
        if arguments[0] == "run":
            request.getfixturevalue("running_robot").wait(60)
        there = ["--port", port] if arguments[0] == "orchestrator" else []
        begin([*arguments, *there], surroundings, staying)
        return
    if arguments[0] in NEEDS_ROBOT:
        request.getfixturevalue("running_robot")

    ended = run(["-m", "casare_robot", *arguments], surroundings)

    assert ended.returncode == 0, ended.stderr
    assert "--json" not in command or '"Hello Ada!"' in ended.stdout


def test_every_other_command_stands_in_the_table_of_proofs() -> None:
    table = README.partition("## Where each command is proven")[2]

    for command in COMMANDS:
        if command not in RUN_HERE:
            assert f"`{command.removeprefix('python3 ')}`" in table


@pytest.mark.parametrize("file", [".ci/run", ".github/workflows/ci.yml"])
def test_ci_runs_the_test_command_of_the_readme(file) -> None:
    assert "python3 installer/bootstrap.py test" in COMMANDS
    text = (ROOT / file).read_text("utf-8")
    assert re.search(r"python3 installer/bootstrap\.py test( \|\| \{)?\n", text)


def test_run_workflow_prints_what_the_readme_says(surroundings) -> None:
    [example] = [block for block in blocks("python") if "run_workflow" in block]

    ended = run(["-c", example], surroundings)

    assert ended.stdout == "completed Hello Ada!\n", ended.stderr
    assert "prints `completed Hello Ada!`" in README


def test_the_node_of_the_readme_is_a_node_that_works() -> None:
    [example] = [block for block in blocks("python") if "@node" in block]
    names: dict[str, object] = {}

    exec(example, names)

    initials = names["initials"]
    [declaration] = initials.node_types
    assert declaration.name == "InitialsNode"
    assert initials(full_name="Ada King", separator=".") == {"initials": "A.K"}
    with pytest.raises(names["NodeFailure"], match="no name"):
        initials(full_name=" ", separator="")


def test_links_lead_to_files() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_readme_has_a_command_for_every_dialect() -> None:
    kind = get_type_hints(RobotConfig)["orchestrator_dialect"]
    named = set(re.findall(r"--dialect ([a-z-]+)`", README))

    assert named == set(get_args(kind)) - {"auto", "native"}
    for name, other in re.findall(r"`([a-z-]+)` \| `(\w+)` \| `casare-robot run", README):
        assert DIALECTS[other] == name
