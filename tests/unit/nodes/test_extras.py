"""What node types need that not every installation has."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from casare_robot.domain.workflow import Node, NodeId
from casare_robot.nodes import extras, unavailable
from casare_robot.nodes.catalogue import load_catalogue, modules
from casare_robot.nodes.described import node_rows, short_rows
from casare_robot.nodes.extras import extra_of, missing_extras

HOMES = {name: home for home, names in modules().items() for name in names}
NODES = Path("casare_robot/nodes")
CATALOGUE = Path(__file__).parents[2] / "data" / "catalogue.jsonl"


def test_every_library_that_a_node_can_lack_is_in_the_table():
    raised = re.compile(r'MissingExtraError\([^)]*"(\w+)"\)')
    lacking = {
        found
        for path in NODES.glob("*.py")
        for found in raised.findall(path.read_text(encoding="utf-8"))
    }
    told = {extra.extra for name in HOMES if (extra := extra_of(name, HOMES[name]))}

    assert lacking - {"windows"} <= told


def test_every_extra_of_the_table_is_one_of_the_package():
    declared = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    there = declared["project"]["optional-dependencies"]

    for name in HOMES:
        extra = extra_of(name, HOMES[name])
        assert extra is None or extra.extra in there, name


@pytest.mark.parametrize(
    ("type_", "config", "missing"),
    [
        ("ExcelOpenNode", {}, {"documents": {"ExcelOpenNode"}}),
        ("ClickElementNode", {}, {"browser": {"ClickElementNode"}}),
        ("DatabaseConnectNode", {"db_type": "sqlite"}, {}),
        ("DatabaseConnectNode", {"db_type": "MySQL"}, {"databases": {"DatabaseConnectNode"}}),
        ("FTPConnectNode", {}, {}),
        ("FTPConnectNode", {"protocol": "sftp"}, {"transfer": {"FTPConnectNode"}}),
        ("QRCodeNode", {}, {"documents": {"QRCodeNode"}}),
        ("Base64Node", {}, {}),
        ("LogNode", {}, {}),
    ],
)
def test_what_is_not_installed_is_missing_where_a_node_needs_it(
    monkeypatch, type_, config, missing
):
    node = Node(id=NodeId("n"), type=type_, config=config, name=None, disabled=False)
    assert missing_extras([node], HOMES) == {}

    monkeypatch.setattr(extras, "find_spec", lambda name: None)

    assert missing_extras([node], HOMES) == missing


def test_every_need_has_a_short_name_and_every_home_is_one():
    assert {*unavailable.NEEDS.values(), *unavailable._BY_HOME} == set(unavailable.KINDS)
    assert set(unavailable._HOMES) <= set(modules())


def test_what_no_module_declares_says_why_it_runs_nowhere():
    nowhere = {name for name in unavailable.NEEDS if name not in HOMES}

    assert {unavailable.NEEDS[name] for name in nowhere} == set(unavailable.NOWHERE)


def test_the_needs_are_those_of_the_reference():
    rows = {row["name"]: row["needs"] for row in node_rows(load_catalogue())}
    reference = map(json.loads, CATALOGUE.read_text().splitlines())
    kinds = ("browser", "google-account", "telegram-account", "whatsapp-account", "ftp-server")

    wanted = {row["name"]: row["needs"] for row in reference if row["needs"] in kinds}
    by_a_model = {name for name in wanted if rows[name] == "llm-account"}

    assert by_a_model == {"SolveCaptchaAINode", *modules()["smart_selectors"]} & wanted.keys()
    assert [name for name in wanted.keys() - by_a_model if rows[name] != wanted[name]] == []


def test_each_node_is_told_with_its_effect_and_what_it_needs():
    rows = {row["name"]: row for row in short_rows(load_catalogue())}

    assert len(rows) == len(node_rows(load_catalogue()))
    assert rows["ExcelOpenNode"]["effect"] == "reads"
    assert rows["ExcelOpenNode"]["inputs"] == ["file_path"]
    assert rows["AIAgentNode"]["needs"] == "an account with a language model"
    assert rows["GmailSendEmailNode"]["needs"] == "a Google account"
    assert rows["ClickElementNode"]["needs"] == "a browser"
    assert rows["BaseTriggerNode"]["runs_here"] is False
    assert rows["BaseTriggerNode"]["why_not"] == "as it does nothing by itself"
    assert all(row["why_not"] for row in rows.values() if not row["runs_here"])
