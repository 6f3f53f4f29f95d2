"""`casare-robot validate` says what a file needs of a group."""

import json

import pytest
from typer.testing import CliRunner

from casare_robot.cli.app import app
from tests.workflow_builder import node, workflow


@pytest.fixture
def file(tmp_path, home):
    made = workflow("s > keep", keep=node("GroupRemember", content="the portal is German"))
    path = tmp_path / "flow.json"
    path.write_text(json.dumps(made), encoding="utf-8")
    return str(path)


def test_it_names_the_nodes_that_use_a_groups_memory(file):
    said = CliRunner().invoke(app, ["validate", file])
    as_json = json.loads(CliRunner().invoke(app, ["validate", file, "--json"]).stdout)

    assert said.exit_code == 0
    assert "uses a group's memory: GroupRememberNode" in said.stdout
    assert (as_json["valid"], as_json["uses_group_memory"]) == (True, ["GroupRememberNode"])
