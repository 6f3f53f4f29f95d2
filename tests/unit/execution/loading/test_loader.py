import json
from itertools import pairwise
from pathlib import Path

import pytest

from casare_robot.domain.errors import WorkflowInvalidError
from casare_robot.domain.policy import Policy
from casare_robot.domain.workflow import Settings, Wire
from casare_robot.execution.loading.loader import load_workflow

DATA = Path(__file__).parents[3] / "data"
EXPECTED = json.loads((DATA / "corpus" / "expected.json").read_text(encoding="utf-8"))
LOADABLE = ("exact", "exact_by_hand", "partial", "prefix", "shape", "load_only")


def flow(*nodes, wires=(), **rest):
    """A workflow of (id, type, config) joined from exec_out to exec_in, with further wires."""
    chain = [f"{a[0]}.exec_out > {b[0]}.exec_in" for a, b in pairwise(nodes)]
    connections = []
    for wire in [*chain, *wires]:
        source, target = wire.split(" > ")
        connections.append({"source": source, "target": target})
    return {
        "nodes": {id_: {"node_type": type_, "config": config} for id_, type_, config in nodes},
        "connections": connections,
        **rest,
    }


START = ("start", "StartNode", {})


def log(id_="log", **config):
    return (id_, "LogNode", {"message": "x", **config})


@pytest.fixture
def load(catalogue):
    return lambda source, **options: load_workflow(source, catalogue, **options)


@pytest.fixture
def faults(load):
    def of(source, **options):
        with pytest.raises(WorkflowInvalidError) as invalid:
            load(source, **options)
        return [(fault.code, fault.node_id, fault.key) for fault in invalid.value.faults]

    return of


def told(loaded):
    return [(warning.code, warning.node_id, warning.key) for warning in loaded.warnings]


@pytest.mark.parametrize(
    "file", [e["file"] for e in EXPECTED if e["grade"] in LOADABLE], ids=lambda f: Path(f).stem
)
def test_a_file_of_the_corpus_loads(load, file):
    loaded = load(DATA / "corpus" / file, must_run=False)
    faults = [w for w in loaded.warnings if w.code not in ("E-WF-411", "E-WF-412")]
    assert all(warning.key for warning in faults)


@pytest.mark.parametrize(
    ("file", "node"),
    [(e["file"], e["defect_at"]) for e in EXPECTED if e["grade"] == "json_defect"],
    ids=lambda f: Path(str(f)).stem,
)
def test_a_defect_of_the_corpus_is_named(load, file, node):
    try:
        found = load(DATA / "corpus" / file).warnings
    except WorkflowInvalidError as error:
        found = error.faults
    assert node is None or node in [fault.node_id for fault in found]


@pytest.mark.parametrize("probe", sorted((DATA / "probes").glob("p*.json")), ids=lambda p: p.stem)
def test_a_probe_loads(load, probe):
    assert load(probe).workflow.nodes


VARIANTS = {
    "current": flow(START, log()),
    "list form": {
        "name": "x",
        "nodes": [
            {"id": "start", "type": "StartNode", "position": {"x": 0, "y": 0}},
            {"id": "log", "type": "LogNode", "properties": {"message": "x", "status": "idle"}},
        ],
        "connections": [
            {
                "source_node": "start",
                "source_port": "exec_out",
                "target_node": "log",
                "target_port": "exec_in",
            }
        ],
    },
    "scenario": {"name": "x", "workflow": flow(START, log())},
    "project template": {
        "base_workflow": {
            "nodes": [
                {"node_id": "start", "node_type": "StartNode", "display_name": "Go"},
                {"node_id": "log", "node_type": "LogNode", "config": {"message": "x"}},
            ],
            "connections": [
                {"from_node": "start", "from_port": "out", "to_node": "log", "to_port": "in"}
            ],
        }
    },
    "workflow template": {
        "metadata": {"name": "x"},
        "workflow_definition": flow(START, log()),
        "parameters": [{"name": "folder", "param_type": "string", "default_value": "in"}],
    },
    "pairs": {
        "nodes": flow(START, log())["nodes"],
        "connections": [{"out": ["start", "exec_out"], "in": ["log", "exec_in"]}],
    },
    "visual names": {
        "nodes": {
            "start": {"type": "VisualStartNode"},
            "log": {"type": "VisualLogNode", "properties": {"message": "x"}},
        },
        "connections": flow(START, log())["connections"],
    },
}


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_every_variant_loads_to_the_same_workflow(load, variant):
    workflow = load(variant).workflow
    assert [(node.id, node.type, dict(node.config)) for node in workflow.nodes.values()] == [
        ("start", "StartNode", {}),
        ("log", "LogNode", {"message": "x"}),
    ]
    assert workflow.exec_wires == (
        Wire(source="start", source_port="exec_out", target="log", target_port="exec_in"),
    )
    assert workflow.data_wires == ()


def test_the_parameters_of_a_workflow_template_are_its_variables(load):
    loaded = load(VARIANTS["workflow template"])
    assert loaded.workflow.variables["folder"].default == "in"
    assert loaded.warnings == ()


@pytest.mark.parametrize("form", [json.dumps, lambda w: json.dumps(w).encode("utf-8-sig")])
def test_text_and_bytes_load_like_the_parsed_file(load, form):
    source = flow(START, log())
    assert load(form(source)) == load(source)


def test_variables_have_their_declared_types(load):
    declared = {
        "i": {"type": "Integer", "default_value": "5"},
        "f": {"type": "Float", "default_value": "2.5"},
        "b": {"type": "Boolean", "default_value": "false"},
        "l": {"type": "List", "default_value": "[1]"},
        "d": {"type": "Dict", "default_value": ""},
        "s": {"type": "String", "value": 7},
        "empty": {"type": "Integer", "default_value": ""},
        "bare": [1, 2],
        "whole": {"a": 1},
        "secret": {"type": "String", "default_value": "x", "sensitive": True, "readonly": True},
    }
    variables = load(flow(START, variables=declared)).workflow.variables
    defaults = {name: variable.default for name, variable in variables.items()}
    assert defaults == {
        "i": 5,
        "f": 2.5,
        "b": False,
        "l": [1],
        "d": {},
        "s": "7",
        "empty": None,
        "bare": [1, 2],
        "whole": {"a": 1},
        "secret": "x",
    }
    assert variables["secret"].sensitive
    assert variables["secret"].readonly


def test_values_of_a_scenario_override_the_defaults_of_its_workflow(load):
    source = {
        "variable_values": {"n": "9"},
        "workflow": flow(START, variables={"n": {"type": "Integer", "default_value": 1}}),
    }
    assert load(source).workflow.variables["n"].default == 9


@pytest.mark.parametrize(
    ("written", "settings"),
    [
        ({}, Settings()),
        (
            {"settings": {"stop_on_error": False, "timeout": "30", "retry_count": 2}},
            Settings(continue_on_error=True, timeout=30.0, retry_count=2),
        ),
        (
            {"execution_settings": {"continue_on_error": True, "node_timeout": 5}},
            Settings(continue_on_error=True, node_timeout=5.0),
        ),
        (
            {"default_settings": {"stop_on_error": True, "timeout_seconds": 300}},
            Settings(timeout=300.0),
        ),
    ],
)
def test_settings_of_every_spelling_count(load, written, settings):
    assert load(flow(START, **written)).workflow.settings == settings


def test_wires_are_sorted_by_what_they_carry(load):
    source = flow(
        START,
        ("a", "ConcatenateNode", {"string1": "x"}),
        ("b", "ConcatenateNode", {}),
        wires=["a.result > b.string_2"],
    )
    workflow = load(source).workflow
    assert [(w.source_port, w.target_port) for w in workflow.data_wires] == [("result", "string_2")]
    assert len(workflow.exec_wires) == 2
    assert workflow.nodes["a"].config == {"string_1": "x"}


def test_a_data_wire_at_an_unknown_port_is_left_out_with_a_warning(load):
    source = flow(
        START, ("a", "ListLengthNode", {"list": [1]}), log(), wires=["a.size > log.message"]
    )
    loaded = load(source)
    assert loaded.workflow.data_wires == ()
    assert told(loaded) == [("E-WF-451", "a", "size")]


def test_an_execution_wire_at_an_unknown_port_is_a_fault(faults):
    source = flow(START, log("a"), log("b"), wires=["a.exec_error > b.exec_in"])
    assert faults(source) == [("E-WF-413", "a", "exec_error")]


def test_a_wire_from_data_to_execution_is_a_fault(faults):
    source = flow(START, ("a", "ListLengthNode", {"list": []}), wires=["a.length > start.exec_in"])
    assert faults(source) == [("E-WF-413", "a", "length")]


def test_ports_of_a_switch_may_be_named_by_place(load):
    source = flow(
        START,
        ("s", "SwitchNode", {"cases": ["red", "blue"], "value": "red"}),
        wires=["s.case_1 > end.exec_in", "s.case_red > end.exec_in", "s.default > end.exec_in"],
    )
    source["nodes"]["end"] = {"node_type": "EndNode"}
    ports = [w.source_port for w in load(source).workflow.exec_wires if w.source == "s"]
    assert ports == ["case_blue", "case_red", "default"]


def test_a_case_that_a_switch_does_not_have_is_a_fault(faults):
    source = flow(START, ("s", "SwitchNode", {"cases": "red, blue"}))
    source["nodes"]["end"] = {"node_type": "EndNode"}
    source["connections"].append({"source": "s.case_green", "target": "end.exec_in"})
    assert faults(source) == [("E-WF-413", "s", "case_green")]


@pytest.mark.parametrize("type_", ["IfNode", "WhileLoopStartNode"])
@pytest.mark.parametrize("extra", [{}, {"expression": ""}])
def test_a_condition_written_as_text_is_the_expression(load, type_, extra):
    workflow = load(flow(START, ("i", type_, {"condition": "{{x}} > 1", **extra}))).workflow
    assert workflow.nodes["i"].config == {"expression": "{{x}} > 1"}


def test_the_canvas_leaves_no_trace_and_pairs_stay(load):
    config = {
        "status": "idle",
        "_is_running": False,
        "_cache_enabled": True,
        "position": [1, 2],
        "paired_start_id": "loop",
        "_on_unknown": "skip",
        "_disabled": True,
    }
    loaded = load(flow(START, ("end", "ForLoopEndNode", config)))
    node = loaded.workflow.nodes["end"]
    assert node.config == {"paired_start_id": "loop", "_on_unknown": "skip"}
    assert node.disabled
    assert loaded.warnings == ()


def test_an_unknown_key_is_ignored_with_a_warning(load):
    loaded = load(flow(START, log(colour="red")))
    assert told(loaded) == [("E-WF-450", "log", "colour")]
    assert "colour" not in loaded.workflow.nodes["log"].config


@pytest.mark.parametrize(
    ("type_", "config", "key"),
    [
        ("WaitNode", {"duration": "soon"}, "duration"),
        ("ForLoopStartNode", {"end": "1.5"}, "end"),
        ("ListSortNode", {"reverse": "maybe", "list": []}, "reverse"),
        ("LogNode", {"_on_unknown": "guess"}, "_on_unknown"),
    ],
)
def test_a_value_that_cannot_be_of_its_type_is_a_fault(faults, type_, config, key):
    assert [(node, k) for _, node, k in faults(flow(START, ("n", type_, config)))] == [("n", key)]


@pytest.mark.parametrize("value", ["{{n}}", "5", " 2.5 ", "", None])
def test_a_value_that_may_become_of_its_type_is_fine(load, value):
    assert load(flow(START, ("w", "WaitNode", {"duration": value}))).warnings == ()


def test_a_reference_to_an_output_that_is_not_there_is_a_fault(faults):
    source = flow(START, ("d", "DictSetNode", {"dict": {}, "key": "a"}), log(message="{{d.dict}}"))
    assert faults(source) == [("E-WF-416", "log", "message")]


def test_a_variable_hides_a_node_of_its_name(load):
    source = flow(
        START,
        ("d", "DictSetNode", {"dict": {}, "key": "a"}),
        log(message="{{d.dict}}"),
        variables={"d": {"dict": 1}},
    )
    assert load(source).warnings == ()


def test_a_reference_by_a_synonym_gets_the_port_it_means(load):
    source = flow(
        START,
        ("s", "TextSplitNode", {"text": "a,b", "delimiter": ","}),
        log(message="{{ s.parts[0] }} of ${s.parts} and {{s.count}}"),
    )
    config = load(source).workflow.nodes["log"].config
    assert config["message"] == "{{ s.result[0] }} of ${s.result} and {{s.count}}"


@pytest.mark.parametrize(
    ("type_name", "written", "meant"),
    [
        ("ScreenshotNode", "path", "file_path"),
        ("ListFilesNode", "directory", "directory_path"),
        ("FolderPickerDialogNode", "initial_path", "start_directory"),
    ],
)
def test_a_setting_by_another_name_is_the_one_it_means(load, type_name, written, meant):
    loaded = load(flow(START, ("n", type_name, {written: "a"})))

    assert loaded.workflow.nodes["n"].config == {meant: "a"}
    assert loaded.warnings == ()


def test_a_message_of_a_public_file_shows_the_uuid_it_asks_for(load):
    loaded = load(flow(START, ("u", "RandomUUIDNode", {}), log(message="UUID: {{u.uuid}}")))

    assert loaded.workflow.nodes["log"].config["message"] == "UUID: {{u.result}}"


def test_braces_that_are_no_reference_are_told(load):
    loaded = load(flow(START, log(message="{{x|length}}")))
    assert told(loaded) == [("E-WF-452", "log", "message")]


def test_words_that_others_refuse_are_harmless(load):
    message = "eval( exec( open( os.system subprocess. __import__ regex.exec("
    assert load(flow(START, log(message=message))).warnings == ()


def test_a_circle_is_a_fault_that_names_its_nodes(faults, load):
    source = flow(START, log("a"), log("b"), wires=["b.exec_out > a.exec_in"])
    assert faults(source) == [("E-WF-414", "b", None)]
    with pytest.raises(WorkflowInvalidError, match="a > b > a"):
        load(source)


def test_an_action_that_a_node_does_not_have_is_told(load):
    loaded = load(flow(START, ("n", "TextSuperNode", {"action": "Sing"})))
    assert told(loaded) == [("E-WF-418", "n", "action")]


def test_a_missing_input_is_told_only_where_the_flow_gets(load):
    lost = ("lost", "ListFilterNode", {})
    source = flow(START, ("f", "ListFilterNode", {}))
    source["nodes"]["lost"] = {"node_type": lost[1]}
    assert told(load(source)) == [("E-WF-419", "f", "list")]
    source["nodes"]["f"]["config"] = {"list": "{{numbers}}"}
    assert load(source).warnings == ()


def test_a_node_that_is_asked_for_its_value_is_reached(load):
    source = flow(START, log(), wires=["f.result > log.message"])
    source["nodes"]["f"] = {"node_type": "ListFilterNode"}
    assert told(load(source)) == [("E-WF-419", "f", "list")]


def test_a_type_that_is_unknown_or_only_a_base_of_others_is_a_fault(faults):
    assert faults(flow(START, ("n", "SingNode", {}))) == [("E-WF-410", "n", None)]
    assert faults(flow(START, ("n", "GmailBaseNode", {}))) == [("E-WF-411", "n", None)]


def test_a_type_that_cannot_run_here_says_what_it_needs(load):
    source = flow(START, ("box", "HotkeyWaitNode", {"hotkey": "f9"}))
    with pytest.raises(WorkflowInvalidError, match="HotkeyWaitNode needs a Windows desktop"):
        load(source)
    assert told(load(source, must_run=False)) == [("E-WF-411", "box", None)]


def test_a_type_that_cannot_run_here_is_a_warning_where_the_flow_does_not_get(load):
    source = flow(START, log())
    source["nodes"]["box"] = {"node_type": "HotkeyWaitNode"}
    source["nodes"]["page"] = {"node_type": "GoToURLNode", "config": {"_disabled": True}}
    source["connections"].append({"source": "log.exec_out", "target": "page.exec_in"})
    assert {code for code, _, _ in told(load(source))} == {"E-WF-411"}


def test_triggers_are_part_of_the_flow(load):
    source = flow(("t", "ScheduleTriggerNode", {"frequency": "daily"}), log())
    workflow = load(source).workflow
    assert workflow.nodes["t"].type == "ScheduleTriggerNode"
    assert len(workflow.exec_wires) == 1


@pytest.mark.parametrize(
    "policy",
    [
        Policy(denied_node_types=("LogNode",)),
        Policy(allowed_node_types=("StartNode",)),
    ],
)
def test_a_type_that_the_policy_denies_is_a_fault(faults, policy):
    assert faults(flow(START, log()), policy=policy) == [("E-POL-503", "log", None)]


def test_scripts_are_denied_where_the_policy_has_none(faults):
    source = flow(START, ("p", "RunPythonScriptNode", {"script": "1"}))
    assert faults(source, policy=Policy(allow_scripts=False)) == [("E-POL-503", "p", None)]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("/nowhere/at/all.json", "E-WF-404"),
        ("{", "E-MSG-101"),
        ("[]", "E-WF-401"),
        ({}, "E-WF-401"),
        ({"metadata": {"name": "x"}, "scenarios": []}, "E-WF-401"),
        ({"nodes": 5}, "E-WF-401"),
        ({"nodes": [{"type": "StartNode"}]}, "E-WF-409"),
        ({"nodes": {"a": {"config": {}}}}, "E-WF-409"),
        ({"nodes": [{"id": "a", "type": "StartNode"}] * 2}, "E-WF-408"),
        ({"nodes": {"a" * 257: {"type": "StartNode"}}}, "E-WF-407"),
        ({"nodes": {}, "connections": [{"source": "a.b"}]}, "E-WF-409"),
        ({"nodes": {}, "connections": [{"source": "a.b", "target": "c.d"}]}, "E-WF-412"),
        ({"nodes": [{}] * 20_001}, "E-WF-405"),
        ({"nodes": {}, "connections": [{}] * 100_001}, "E-WF-406"),
        ({"nodes": {}, "variables": {"n": {"type": "Integer", "value": "x"}}}, "E-WF-419"),
        ({"nodes": {}, "settings": {"timeout": "soon"}}, "E-WF-420"),
    ],
)
def test_what_is_no_workflow_is_refused(faults, source, code):
    assert faults(source)[0][0] == code


def test_every_fault_is_told_in_file_order(load):
    nodes = [START, *((f"n{i}", "SingNode", {}) for i in range(25))]
    with pytest.raises(WorkflowInvalidError) as invalid:
        load(flow(*nodes))
    assert [fault.node_id for fault in invalid.value.faults] == [f"n{i}" for i in range(25)]
    assert "node n19" in str(invalid.value)
    assert "and 5 more" in str(invalid.value)


def test_a_subflow_file_keeps_its_doors(load):
    source = {
        **flow(START, ("j", "TextSplitNode", {})),
        "inputs": [
            {
                "name": "text",
                "type": "STRING",
                "required": True,
                "internal_node_id": "j",
                "internal_port_name": "text",
            }
        ],
        "outputs": [{"name": "out", "internal_node_id": "j", "internal_port_name": "parts"}],
        "parameters": [
            {
                "name": "by",
                "internal_node_id": "j",
                "internal_property_name": "delimiter",
                "default_value": ",",
            },
            {"name": "lost", "internal_node_id": "gone", "internal_property_name": "x"},
        ],
    }
    loaded = load(source)
    workflow = loaded.workflow
    assert (workflow.inputs[0].node_id, workflow.inputs[0].port) == ("j", "text")
    assert workflow.outputs[0].port == "result"
    assert [(p.key, p.default) for p in workflow.parameters] == [("separator", ",")]
    assert told(loaded) == [("E-WF-459", None, "parameters.lost")]


def test_a_reroute_carries_what_its_wire_carries(load):
    reroute = {"type": "VisualRerouteNode", "properties": {"is_exec_reroute": True}}
    data = {"type": "VisualRerouteNode", "properties": {"data_type": "ANY"}}
    source = flow(START)
    source["nodes"] |= {"r1": reroute, "r2": reroute, "d1": data, "d2": data}
    source["nodes"] |= {"log": {"node_type": "LogNode"}, "g": {"node_type": "GetVariableNode"}}
    for wire in ("start.exec_out r1.in", "r1.out r2.in", "r2.out log.exec_in"):
        source["connections"].append(dict(zip(("source", "target"), wire.split(), strict=True)))
    for wire in ("g.value d1.in", "d1.out d2.in", "d2.out log.message"):
        source["connections"].append(dict(zip(("source", "target"), wire.split(), strict=True)))
    workflow = load(source).workflow
    assert [(w.source_port, w.target_port) for w in workflow.exec_wires] == [
        ("exec_out", "exec_in")
    ] * 3
    assert [(w.source_port, w.target_port) for w in workflow.data_wires] == [
        ("value", "in"),
        ("out", "in"),
        ("out", "message"),
    ]


@pytest.mark.parametrize("named", [[], {}, 5, None])
def test_a_partner_that_is_no_id_leaves_the_pairing_to_the_wires(load, named):
    loop = ("for", "ForLoopStartNode", {})
    end = ("end", "ForLoopEndNode", {"paired_start_id": named})

    loaded = load(
        {
            "nodes": {i: {"node_type": t, "config": c} for i, t, c in (START, loop, end)},
            "connections": [
                {"source": "start.exec_out", "target": "for.exec_in"},
                {"source": "for.body", "target": "end.exec_in"},
            ],
        }
    )

    assert "paired_start_id" not in loaded.workflow.nodes["end"].config
