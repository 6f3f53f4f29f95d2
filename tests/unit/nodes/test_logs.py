"""Writing to the job's log and to log files."""

import pytest

from casare_robot.domain.effect import Effect
from casare_robot.nodes.catalogue import load_catalogue

LINES = [
    # config                                                    line
    ({"message": "hi"}, ("CRITICAL", "hi")),
    ({"message": "value {} and {0}", "level": "info"}, ("INFO", "value {} and {0}")),
    ({"message": "File {{event_type}}: {{ a.b[0] }}"}, ("CRITICAL", "File {event_type}: {a.b[0]}")),
    ({"message": '{"a": {"b": {}}}'}, ("CRITICAL", '{"a": {"b": {}}}')),
    ({"message": "{{1 + 1}}"}, ("CRITICAL", "{{1 + 1}}")),
    ({"data": [1]}, ("CRITICAL", "[1]")),
    ({"message": "m", "data": 0}, ("CRITICAL", "m | Data: 0")),
]


@pytest.mark.parametrize(("config", "line"), LINES)
def test_a_message_is_written_as_it_is(run_node, config, line):
    run = run_node("LogNode", config)

    assert (run.error, run.log) == (None, [line])


def test_an_error_is_logged_and_given_on(run_node):
    run = run_node(
        "LogErrorNode",
        {"error_message": "no file", "error_type": "IOError", "level": "warning"},
        inputs={"context": {"row": 3, "stack_trace": "line 1"}},
    )

    assert run.log == [("WARNING", "[IOError] no file | Context: {'row': 3}")]
    assert run.outputs["log_entry"] == {
        "timestamp": "2026-11-21T10:30:00+01:00",
        "level": "warning",
        "node_id": "n",
        "error_type": "IOError",
        "error_message": "no file",
        "context": {"row": 3},
    }


def test_a_stack_trace_is_logged_only_if_asked(run_node):
    run = run_node(
        "LogErrorNode",
        {"error_message": "m", "include_stack_trace": True},
        inputs={"context": {"stack_trace": "line 1"}},
    )

    assert run.outputs["log_entry"]["stack_trace"] == "line 1"
    assert run.log == [("ERROR", "[Error] m\nline 1")]


def test_every_line_of_a_message_is_marked_in_the_file(run_node, tmp_path):
    pytest.importorskip("casare_robot.nodes.paths")

    run = run_node("LogToFileNode", {"log_file_path": "logs/a.log", "log_message": "a\né"})

    assert run.outputs == {"success": True, "lines_written": 2}
    assert (tmp_path / "logs/a.log").read_bytes().decode() == (
        "[2026-11-21 10:30:00] [INFO] a\n[2026-11-21 10:30:00] [INFO] é\n"
    )


@pytest.mark.parametrize(("append", "lines"), [(True, 2), (False, 1)])
def test_a_file_is_appended_to_or_replaced(run_node, tmp_path, append, lines):
    pytest.importorskip("casare_robot.nodes.paths")
    config = {"log_file_path": "a.log", "add_timestamp": False, "append": append, "level": "ERROR"}

    for message in ("one", "two"):
        run_node("LogToFileNode", config, inputs={"log_message": message})

    written = (tmp_path / "a.log").read_text().splitlines()
    assert len(written) == lines
    assert written[-1] == "[ERROR] two"


@pytest.mark.parametrize(
    ("config", "error"),
    [
        ({"log_message": "m"}, "File path is required"),
        ({"log_file_path": "a.log"}, "Message is required"),
    ],
)
def test_a_log_file_needs_a_path_and_a_message(run_node, config, error):
    run = run_node("LogToFileNode", config)

    assert run.error == error
    assert run.outputs == {"success": False, "lines_written": 0}


def test_only_appending_is_unrepeatable():
    effect = load_catalogue().get("LogToFileNode").effect

    assert effect({"append": True}) is Effect.ONCE
    assert effect({"append": False}) is Effect.IDEMPOTENT
