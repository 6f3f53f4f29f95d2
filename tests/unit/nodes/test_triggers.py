"""In a run a trigger hands on what its workflow was started with."""

import pytest

from casare_robot.nodes.catalogue import load_catalogue, modules

TRIGGERS = sorted([*modules()["triggers"], *modules()["service_triggers"]])


@pytest.mark.parametrize("type_", TRIGGERS)
def test_a_trigger_hands_on_the_values_of_its_event(run_node, type_):
    ports = [port.name for port in load_catalogue().get(type_).outputs]
    event = {name: f"the {name}" for name in ports}

    done = run_node(type_, variables={**event, "other": 1})

    assert ports
    assert done.outputs == event


def test_without_an_event_its_ports_carry_empty_values_of_their_types(run_node):
    outputs = run_node("FileWatchTriggerNode").outputs

    assert set(outputs) == {
        port.name for port in load_catalogue().get("FileWatchTriggerNode").outputs
    }
    assert not any(outputs.values())
