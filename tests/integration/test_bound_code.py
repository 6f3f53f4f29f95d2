"""References in scripts are values, whatever they hold."""

import os
import shutil

import pytest

from casare_robot import run_workflow
from tests.hostile_values import HOSTILE

pytestmark = pytest.mark.skipif(os.name != "posix", reason="drives sh")
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder in which nothing may be made."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    assert list(tmp_path.iterdir()) == []


def run_node(node_type, config, **variables):
    nodes = {
        "s": {"node_id": "s", "node_type": "StartNode", "config": {}},
        "n": {"node_id": "n", "node_type": node_type, "config": config},
        "e": {"node_id": "e", "node_type": "EndNode", "config": {}},
    }
    wires = [("s", "exec_out", "n", "exec_in"), ("n", "exec_out", "e", "exec_in")]
    keys = ("source_node", "source_port", "target_node", "target_port")
    workflow = {
        "metadata": {"name": "one node"},
        "nodes": nodes,
        "connections": [dict(zip(keys, wire, strict=True)) for wire in wires],
        "variables": {},
    }
    result = run_workflow(workflow, variables, timeout=30)
    assert result.status == "completed", result.errors
    return result


EVERYTHING = "\n".join(text for text in HOSTILE if "\r" not in text)


def test_python_prints_the_name_and_counts_with_the_number():
    code = 'print("Hello {{name}}")\nresult = {{n}} + 1'

    result = run_node("RunPythonScriptNode", {"code": code}, name=EVERYTHING, n=41)

    assert result.outputs["n"]["output"] == f"Hello {EVERYTHING}\n"
    assert result.outputs["n"]["result"] == 42


def test_the_shell_echoes_the_name():
    script = "printf '%s\\n' {{name}} \"{{name}}\" '{{name}}' ${name:-unset}"

    result = run_node("RunBatchScriptNode", {"script": script}, name=EVERYTHING)

    assert result.outputs["n"]["stdout"] == f"{EVERYTHING}\n" * 3 + "unset\n"


@needs_node
def test_javascript_logs_the_name():
    code = "const own = 'JS'; console.log({{name}} + `|{{name}}|${own}|` + \"{{name}}\")"

    result = run_node("RunJavaScriptNode", {"code": code}, name=EVERYTHING)

    assert result.outputs["n"]["result"] == f"{EVERYTHING}|{EVERYTHING}|JS|{EVERYTHING}".strip()


@pytest.mark.parametrize("shell", [False, True])
@pytest.mark.parametrize("value", [text for text in HOSTILE if "\r" not in text])
def test_a_value_is_one_word_of_a_command(shell, value):
    config = {"command": "printf '%s|' {{v}} a'{{v}}'", "args": '"{{v}}" {{v}}', "shell": shell}

    result = run_node("RunCommandNode", config, v=value)

    assert result.outputs["n"]["stdout"] == f"{value}|a{value}|{value}|{value}|"


def test_a_command_that_is_one_reference_is_the_authors_own():
    result = run_node("RunCommandNode", {"command": "{{v}}"}, v="printf %s-%s a b")

    assert result.outputs["n"]["stdout"] == "a-b"


def test_code_that_is_one_reference_is_run():
    result = run_node("RunPythonScriptNode", {"code": "{{code}}"}, code="result = 6 * 7")

    assert result.outputs["n"]["result"] == 42


@needs_node
def test_a_languages_own_dollars_are_not_taken_for_a_nodes_output():
    """The node ``e`` has no output ``name``; in other values that is a fault."""
    code = "const e = {name: 'Eve'}; console.log(`${e.name} {{ e.name ? 1 : 2 }}`)"

    result = run_node("RunJavaScriptNode", {"code": code})

    assert result.outputs["n"]["result"] == "Eve {{ e.name ? 1 : 2 }}"
    assert not result.warnings
