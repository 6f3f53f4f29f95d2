"""Values nobody can foretell; the same dice give the same values."""

import string
import uuid

import pytest

READING = [
    ("RandomNumberNode", {}),
    ("RandomChoiceNode", {"items": [1, 2, 3], "count": 2}),
    ("RandomStringNode", {}),
    ("RandomUUIDNode", {}),
    ("UUIDGeneratorNode", {"uuid_version": "1", "count": 3}),
]


@pytest.mark.parametrize(("node_type", "config"), READING)
def test_the_jobs_dice_alone_decide(run_node, node_type, config):
    assert run_node(node_type, config).outputs == run_node(node_type, config).outputs


def test_a_number_lies_between_its_bounds_either_way_round(run_node):
    run = run_node("RandomNumberNode", {"min_value": 3, "max_value": "2"})

    assert 2 <= run.outputs["result"] <= 3


def test_whole_numbers_stay_inside_uneven_bounds(run_node):
    run = run_node("RandomNumberNode", {"min_value": 1.5, "max_value": 2.5, "integer_only": True})

    assert run.outputs == {"result": 2}


@pytest.mark.parametrize(
    "config",
    [{"min_value": 1.2, "max_value": 1.8, "integer_only": True}, {"max_value": float("inf")}],
)
def test_impossible_bounds_are_refused(run_node, config):
    assert run_node("RandomNumberNode", config).error


def test_one_choice_comes_with_its_index(run_node):
    run = run_node("RandomChoiceNode", {"items": ["a", "b"]})

    assert ["a", "b"][run.outputs["index"]] == run.outputs["result"]


def test_several_choices_are_different_unless_duplicates_are_allowed(run_node):
    different = run_node("RandomChoiceNode", {"items": ["a", "b"], "count": 5})
    repeated = run_node("RandomChoiceNode", {"items": ["a"], "count": 5, "allow_duplicates": True})

    assert sorted(different.outputs["result"]) == ["a", "b"]
    assert repeated.outputs == {"result": ["a"] * 5, "index": -1}


@pytest.mark.parametrize("config", [{"items": []}, {}, {"items": 5}, {"items": [1], "count": 0}])
def test_a_choice_needs_items_and_a_count(run_node, config):
    assert run_node("RandomChoiceNode", config).error


KINDS = [
    ({"include_lowercase": False, "include_digits": False}, string.ascii_uppercase),
    ({"include_special": True}, string.ascii_letters + string.digits + string.punctuation),
    ({"custom_chars": "xy"}, "xy"),
]


@pytest.mark.parametrize(("config", "characters"), KINDS)
def test_a_string_has_only_the_characters_asked_for(run_node, config, characters):
    result = run_node("RandomStringNode", {"length": "200", **config}).outputs["result"]

    assert len(result) == 200
    assert set(result) <= set(characters)


@pytest.mark.parametrize(
    "config",
    [
        {"length": -1},
        {"length": 10**9},
        {"include_uppercase": False, "include_lowercase": False, "include_digits": False},
    ],
)
def test_an_impossible_string_is_refused(run_node, config):
    assert run_node("RandomStringNode", config).error


def test_a_uuid_of_version_1_holds_the_time_and_marks_its_address_as_made_up(run_node):
    found = uuid.UUID(run_node("RandomUUIDNode", {"version": "1"}).outputs["result"])

    seconds = (found.time - 0x01B21DD213814000) / 1e7
    assert (found.version, found.variant) == (1, uuid.RFC_4122)
    assert seconds == pytest.approx(1795253400)
    assert found.node >> 40 & 1


@pytest.mark.parametrize(("format", "length"), [("standard", 36), ("hex", 32), ("urn", 45)])
def test_a_uuid_is_shown_as_asked(run_node, format, length):
    result = run_node("RandomUUIDNode", {"format": format}).outputs["result"]

    assert len(result) == length
    assert uuid.UUID(result).version == 4


def test_several_uuids_are_all_different(run_node):
    run = run_node("UUIDGeneratorNode", {"uuid_version": "1", "count": "100"})

    assert len(set(run.outputs["uuids"])) == 100
    assert run.outputs["uuid"] == run.outputs["uuids"][0]


@pytest.mark.parametrize("config", [{"count": 0}, {"count": 101}, {"uuid_version": "7"}])
def test_impossible_uuids_are_refused(run_node, config):
    assert run_node("UUIDGeneratorNode", config).error
