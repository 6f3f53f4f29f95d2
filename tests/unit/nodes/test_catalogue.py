"""The catalogue declares what the designer's files may hold."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from casare_robot.domain.node_type import DataType
from casare_robot.nodes.catalogue import declared_in, load_catalogue, modules

WRITTEN = {module: find_spec(f"casare_robot.nodes.{module}") is not None for module in modules()}
HOME = {name: module for module, names in modules().items() for name in names}
CATALOGUE = [
    json.loads(line)
    for line in Path("tests/data/catalogue.jsonl").read_text(encoding="utf-8").splitlines()
]
ROWS = [row for row in CATALOGUE if row["name"] in HOME]

OTHER_BOUNDS = {("ForLoopStartNode", "step"): "a range may count down"}
"""Properties that take more than the reference's, each with the reason."""

CODE = {
    ("RunBatchScriptNode", "script"),
    ("RunJavaScriptNode", "code"),
    ("RunPowerShellNode", "script"),
    ("RunCommandNode", "command"),
    ("RunCommandNode", "args"),
    ("ExecuteQueryNode", "query"),
    ("ExecuteNonQueryNode", "query"),
    ("DatabaseSuperNode", "query"),
}
"""Properties that hold code, whatever the reference calls them: references are bound in them."""

BOUNDS = (("min", "low"), ("max", "high"))


def not_written(module):
    return () if WRITTEN[module] else pytest.mark.skip(f"nodes/{module}.py is not written yet")


MODULE_CASES = [pytest.param(module, marks=not_written(module)) for module in modules()]
TYPE_CASES = [
    pytest.param(row, id=row["name"], marks=not_written(HOME[row["name"]])) for row in ROWS
]
SUPER_CASES = [case for case in TYPE_CASES if "ports_by_action" in case.values[0]]


@pytest.mark.parametrize("module", MODULE_CASES)
def test_a_module_declares_exactly_the_names_the_catalogue_gives_it(module):
    declarations = declared_in(f"casare_robot.nodes.{module}")

    names = [name for d in declarations for name in (d.name, *d.aliases)]
    assert sorted(names) == sorted(modules()[module])


def test_every_type_has_one_home_and_a_row():
    names = [name for names in modules().values() for name in names]

    assert len(names) == len(set(names))
    assert sorted(names) == sorted(row["name"] for row in ROWS)


@pytest.mark.parametrize("row", TYPE_CASES)
def test_a_type_declares_every_port_of_the_reference(row):
    declared = load_catalogue().get(row["name"])

    assert row["category"] == declared.category or row["name"] in declared.aliases
    assert missing(row["inputs"], declared.inputs) == []
    assert missing(row["outputs"], declared.outputs) == []
    assert set(row["exec_out"]) <= set(declared.exec_out)


@pytest.mark.parametrize("row", TYPE_CASES)
def test_a_type_declares_every_property_with_its_default_and_choices(row):
    type_ = load_catalogue().get(row["name"])
    declared = {each.name: each for each in (*type_.inputs, *type_.properties)}

    for wanted in row["properties"]:
        ours = declared.get(wanted["name"])
        assert ours is not None, wanted
        is_code = (row["name"], ours.name) in CODE
        type_ = DataType.CODE if is_code else DataType(wanted["type"])
        assert (ours.type, ours.default) == (type_, wanted["default"]), wanted
        choices = {str(choice) for choice in wanted.get("choices", ())}
        assert set(getattr(ours, "choices", ())) == choices, wanted
        if (row["name"], ours.name) not in OTHER_BOUNDS:
            bounds = [
                (wanted[end], getattr(ours, ours_end)) for end, ours_end in BOUNDS if end in wanted
            ]
            assert all(theirs == own for theirs, own in bounds), wanted


@pytest.mark.parametrize("row", SUPER_CASES)
def test_a_super_node_has_every_action_with_its_ports(row):
    actions = load_catalogue().get(row["name"]).actions

    assert list(actions) == list(row["ports_by_action"])
    for name, ports in row["ports_by_action"].items():
        assert missing(ports["inputs"], actions[name].inputs) == [], name
        assert missing(ports["outputs"], actions[name].outputs) == [], name


def missing(wanted, declared):
    types = {port.name: port.type for port in declared}
    return [port for port in wanted if types.get(port["name"]) != DataType(port["type"])]
