"""What a start may load: time spent importing is time before the first node."""

import subprocess
import sys

import pytest

WORKFLOW = """{"metadata": {"name": "one"}, "variables": {}, "connections": [
    {"source_node": "s", "source_port": "exec_out", "target_node": "v", "target_port": "exec_in"}],
    "nodes": {
        "s": {"node_id": "s", "node_type": "StartNode", "config": {}},
        "v": {"node_id": "v", "node_type": "SetVariableNode",
              "config": {"variable_name": "x", "default_value": "1"}}}}"""
HEAVY = {
    *("pydantic", "pydantic_core", "pydantic_settings", "structlog", "rich", "typer", "keyring"),
    *("httpx", "lxml", "sqlite_utils", "psutil", "simpleeval", "cryptography", "sqlalchemy"),
    *("PySide6", "qasync", "supabase", "websockets", "psycopg", "PIL", "pypdf", "truststore"),
}
HELP = (
    "from casare_robot.cli.app import app\ntry:\n    app(['--help'])\nexcept SystemExit:\n    pass"
)
RUN = f"import casare_robot\nassert casare_robot.run_workflow({WORKFLOW!r}).status == 'completed'"
EXEC = f"""import sys, pathlib, tempfile
from casare_robot.__main__ import main
with tempfile.TemporaryDirectory() as folder:
    file = pathlib.Path(folder, "w.json")
    file.write_text({WORKFLOW!r})
    sys.argv = ["casare-robot", "exec", str(file), "--home", folder]
    try:
        main()
    except SystemExit as end:
        assert not end.code, end.code"""


def loaded_by(code: str) -> set[str]:
    report = "\nimport sys\nprint('\\nloaded:', *sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code + report], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in answer.stdout.rpartition("loaded:")[2].split()}


@pytest.mark.parametrize(
    ("code", "also_heavy"),
    [
        ("import casare_robot", {"asyncio", "msgspec", "sqlite3"}),
        ("import casare_robot.agent.executor_main", {"sqlite3"}),
        (RUN, {"sqlite3"}),
        (EXEC, set()),
    ],
    ids=["import", "executor", "run_workflow", "exec"],
)
def test_a_start_loads_nothing_heavy(code, also_heavy):
    assert loaded_by(code) & (HEAVY | also_heavy) == set()


def test_a_robot_without_a_screen_loads_no_qt():
    assert not loaded_by("import casare_robot.cli.run_command") & {"PySide6", "shiboken6", "qasync"}


def test_the_icon_is_shown_before_anything_slow_is_loaded():
    code = "import casare_robot.tray.application, casare_robot.tray.tray_icon"

    assert not loaded_by(code) & {"asyncio", "qasync", "msgspec", "httpx", "pydantic"}


def test_help_loads_only_the_command_line_library():
    assert loaded_by(HELP) & HEAVY == {"typer"}


def test_an_executor_loads_only_the_nodes_of_its_job():
    report = "\nimport sys\nprint('\\nloaded:', *sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", RUN + report], capture_output=True, text=True, check=True
    )
    nodes = {name for name in answer.stdout.split() if name.startswith("casare_robot.nodes.")}
    assert nodes - {"casare_robot.nodes.catalogue"} <= {
        "casare_robot.nodes.control_flow",
        "casare_robot.nodes.variables",
        "casare_robot.nodes.unavailable",
        "casare_robot.nodes.needs_here",
        "casare_robot.nodes.choices",
    }
