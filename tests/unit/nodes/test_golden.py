"""Single nodes give what was recorded of the reference, where it was right."""

import json
import os
import re
import shutil
import time
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from casare_robot.nodes.catalogue import modules

CASES = json.loads(Path("tests/data/golden/nodes.json").read_text(encoding="utf-8"))
HOME = {name: module for module, names in modules().items() for name in names}

RUN_BY_THE_ENGINE = frozenset({*modules()["control_flow"], *modules()["subflows"]})
"""Types without a function of their own; their cases are compared by the engine's tests."""

REFERENCE_BUGS = {
    "g340_ParseXMLNode": "a live XML element is no workflow value, so there is no _xml_root",
}
"""Cases marked ``compare`` in which the reference is wrong, each with the reason."""

CLEARER_ERRORS = {
    "g028_MathOperationNode": "the operand is refused first, because it is no number",
    "g031_MathOperationNode": "the reference's text was only 'float modulo'",
    "g353_EvalExpressionNode": "the message names the expression too",
}
"""Cases whose failure is right and whose text is ours, each with the reason."""

TEXT = "héllo\nmore"
SEEDS = {
    "g296": {"a/b.txt": TEXT},
    "g298": {"a/b.txt": TEXT},
    "g300": {"a/c.txt": TEXT},
    "g302": {"a/b.txt": TEXT},
    "g303": {"d.txt": TEXT},
    "g310": {"a/b.txt": TEXT},
    "g316": {"t2.csv": "p,q\n1,2\n3,4\n"},
    "g319": {"t.csv": "a,b\n1,2\n"},
    "g320": {"t.csv": "a,b\n1,2\n", "t.json": "{}"},
    "g321": {"z.zip": {"t.csv": "a,b\n1,2\n", "t.json": "{}"}},
    "g324": {"s.txt": "abc"},
    "g325": {"s.txt": "abc"},
    "g327": {"s.txt": "abc"},
    "g332": {
        "un/t.csv": "",
        "t2.csv": "",
        "t.csv": "",
        "z.zip": {},
        "x/y/f": "",
        "sd/f": "",
        "s.txt": "abcd",
        "t.json": "{}",
        "s3.txt": "",
        "a/b.txt": TEXT,
    },
    "g335": {"sp.csv": "a\n1\n"},
    "g339": {"sp.zip": {"sp.csv": "a\n1\n"}},
}
"""Files that must be there before a case, by the case's number."""

PROGRAMS = {"RunJavaScriptNode": "node"}


def compared_cases():
    for case in CASES:
        kind = case["node_type"]
        if case["use"] != "compare" or kind in RUN_BY_THE_ENGINE or case["id"] in REFERENCE_BUGS:
            continue
        marks = []
        if find_spec(f"casare_robot.nodes.{HOME[kind]}") is None:
            marks.append(pytest.mark.skip(f"nodes/{HOME[kind]}.py is not written yet"))
        if (
            kind == "EvalExpressionNode"
            and find_spec("casare_robot.execution.language.expressions") is None
        ):
            marks.append(pytest.mark.skip("execution/expressions.py is not written yet"))
        if kind in PROGRAMS and shutil.which(PROGRAMS[kind]) is None:
            marks.append(pytest.mark.skip(f"{PROGRAMS[kind]} is not installed here"))
        yield pytest.param(case, id=case["id"], marks=marks)


@pytest.fixture
def recorded_place(tmp_path, monkeypatch):
    """The recorded runs had the clock of UTC and did not know this machine's variables."""
    monkeypatch.delenv("CZ_T", raising=False)
    with pytest.MonkeyPatch.context() as zone:
        zone.setenv("TZ", "UTC")
        set_zone()
        yield tmp_path
    set_zone()


@pytest.mark.parametrize("case", list(compared_cases()))
def test_a_node_gives_what_was_recorded(case, run_node, recorded_place):
    seed(recorded_place, SEEDS.get(case["id"][:4], {}))
    before = case["variables_before"]

    run = run_node(
        case["node_type"],
        resolved(case["config"], before),
        inputs=case["port_inputs"],
        variables=before,
    )

    expected = json.loads(
        json.dumps(case).replace("<CWD>", recorded_place.as_posix()),
    )
    assert (run.error is None) == expected["success"], run.error
    if case["id"] in CLEARER_ERRORS:
        expected["outputs"].pop("error", None)
    outputs = {name: run.outputs.get(name) for name in expected["outputs"]}
    assert unordered(outputs, case) == unordered(expected["outputs"], case)
    changed = {k: v for k, v in run.variables.items() if k not in before or before[k] != v}
    assert changed == expected["variables_after"]
    if expected["success"]:
        assert run.port == port_of(expected["next"])
    elif case["id"] not in CLEARER_ERRORS:
        assert run.error == expected["error"]


def port_of(next_):
    """An empty list ended the flow in the reference (defect B1); we go on."""
    return next_[0] if isinstance(next_, list) and next_ else "exec_out"


def unordered(outputs, case):
    """Folder listings have no order."""
    if case["config"].get("action") == "List Directory":
        return {**outputs, "items": sorted(outputs["items"])}
    return outputs


def resolved(value, variables):
    """Config with ``{{name}}`` replaced, as far as the cases need it."""
    if isinstance(value, dict):
        return {key: resolved(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [resolved(item, variables) for item in value]
    reference = re.fullmatch(r"\{\{(\w+)\}\}", value) if isinstance(value, str) else None
    return variables[reference[1]] if reference else value


def seed(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            path.write_bytes(content.encode())
            continue
        with zipfile.ZipFile(path, "w") as archive:
            for member, text in content.items():
                archive.writestr(member, text)


def set_zone():
    if os.name != "nt":
        time.tzset()
