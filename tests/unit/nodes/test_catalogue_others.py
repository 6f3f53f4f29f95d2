"""Other packages add node types by entry points."""

import sys

import pytest

from casare_robot import run_workflow
from casare_robot.domain.errors import WorkflowInvalidError
from casare_robot.execution.loading.loader import load_workflow
from casare_robot.nodes.catalogue import ENTRY_POINTS, Catalogue, load_catalogue
from tests.workflow_builder import node, workflow

NODES = """
from casare_robot.domain.node_type import Port, node

@node("GreetNode", category="greetings", inputs=(Port("name"),), outputs=(Port("text"),))
def greet(*, name):
    return {"text": f"hello {name}"}
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A package with node types, installed as far as Python can tell."""
    (tmp_path / "greetings_for_robots.py").write_text(NODES)
    (tmp_path / "broken_for_robots.py").write_text("raise RuntimeError('no licence')")
    info = tmp_path / "greetings-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: greetings\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        f"[{ENTRY_POINTS}]\nGreetNode = greetings_for_robots\n"
        "BrokenNode = broken_for_robots\nEmptyNode = greetings_for_robots\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    load_catalogue.cache_clear()
    yield
    load_catalogue.cache_clear()
    sys.modules.pop("greetings_for_robots", None)


@pytest.mark.usefixtures("installed")
def test_a_workflow_uses_the_node_type_of_another_package():
    result = run_workflow(workflow("s > greet", greet=node("Greet", name="you")))

    assert result.status == "completed", result.error
    assert result.outputs["greet"]["text"] == "hello you"


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("name", "reason"), [("Broken", "no licence"), ("Empty", "does not declare")]
)
def test_a_package_that_cannot_give_its_type_refuses_the_file_and_says_why(name, reason):
    with pytest.raises(WorkflowInvalidError, match=reason) as caught:
        load_workflow(workflow("s > n", n=name), load_catalogue())

    assert caught.value.faults[0].node_type == f"{name}Node"


def test_other_packages_are_only_asked_about_unknown_types(monkeypatch):
    asked = []

    def others():
        asked.append("once")
        return {}

    catalogue = Catalogue({"StartNode": "casare_robot.nodes.control_flow"}, others)

    assert "StartNode" in catalogue
    assert asked == []
    assert "UnheardOfNode" not in catalogue
    assert "UnheardOfNode" not in catalogue
    assert asked == ["once"]
