"""Validate, transform, assert, throw."""

import pytest

VALID = [
    # type            param              valid          invalid
    ("not_empty", None, "a", []),
    ("is_string", None, "", 5),
    ("is_number", None, 1.5, "1.5"),
    ("is_integer", None, 1, True),
    ("is_boolean", None, False, 0),
    ("is_list", None, [], "[]"),
    ("is_dict", None, {}, []),
    ("matches_regex", "^a", "ab", "b"),
    ("min_length", "2", "ab", "a"),
    ("max_length", 2, [1, 2], [1, 2, 3]),
    ("min_value", "1.5", 2, 1),
    ("max_value", 5, 5, 6),
    ("in_list", "a, b", "b", "c"),
    ("in_list", "[1, 2]", 2, 3),
    ("is_email", None, "a.b@c-d.co", "a@b"),
    ("is_url", None, "https://x.y/z", "ftp://x"),
]


@pytest.mark.parametrize(("kind", "param", "good", "bad"), VALID)
def test_a_check_tells_good_from_bad(run_node, kind, param, good, bad):
    config = {"validation_type": kind, "validation_param": param}

    valid = run_node("ValidateNode", config, inputs={"value": good})
    invalid = run_node("ValidateNode", config, inputs={"value": bad})

    assert (valid.port, valid.outputs) == ("valid", {"is_valid": True, "error_message": ""})
    assert invalid.port == "invalid"
    assert invalid.outputs["error_message"]


@pytest.mark.parametrize("value", [5, None])
@pytest.mark.parametrize("kind", ["matches_regex", "min_length", "is_email"])
def test_a_value_of_the_wrong_kind_is_invalid_not_a_failure(run_node, kind, value):
    run = run_node(
        "ValidateNode", {"validation_type": kind, "validation_param": 1}, inputs={"value": value}
    )

    assert run.port == "invalid"


@pytest.mark.parametrize("kind", ["matches_regex", "min_length", "max_value", "in_list"])
def test_a_check_without_its_param_fails(run_node, kind):
    run = run_node("ValidateNode", {"validation_type": kind, "value": "a"})

    assert run.error.endswith("required")


def test_a_message_of_ones_own_replaces_the_checks(run_node):
    run = run_node("ValidateNode", {"value": "", "error_message": "give a name"})

    assert run.outputs["error_message"] == "give a name"


@pytest.mark.parametrize(("value", "port"), [(4, "valid"), (5, "invalid")])
def test_a_custom_check_is_an_expression_over_the_value(run_node, value, port):
    pytest.importorskip("casare_robot.execution.language.expressions")

    run = run_node(
        "ValidateNode",
        {"validation_type": "custom", "validation_param": "value % 2 == 0"},
        inputs={"value": value},
    )

    assert run.port == port


TRANSFORMS = [
    # type              param                    value          result
    ("to_string", None, 5, "5"),
    ("to_integer", None, True, 1),
    ("to_float", None, "1.5", 1.5),
    ("to_boolean", None, " ON ", True),
    ("to_boolean", None, "no", False),
    ("to_list", None, {"a": 1}, [["a", 1]]),
    ("to_list", None, 5, [5]),
    ("to_json", None, {"a": None}, '{"a": null}'),
    ("from_json", None, "[1]", [1]),
    ("uppercase", None, "a", "A"),
    ("lowercase", None, "A", "a"),
    ("trim", None, " a ", "a"),
    ("split", None, "a,b", ["a", "b"]),
    ("join", "-", [1, 2], "1-2"),
    ("replace", {"old": "a", "new": "b"}, "aa", "bb"),
    ("replace", '{"old": "a", "new": "b"}', "aa", "bb"),
    ("regex_extract", r"\d+", "a12", "12"),
    ("regex_extract", "z", "a", None),
    ("get_key", "a", {"a": 1}, 1),
    ("get_index", "-2", [1, 2], 1),
    ("get_index", 5, [1, 2], None),
    ("map_values", "a", [{"a": 1}, 2], [1, 2]),
    ("filter_values", None, [1, None, "", 0], [1, 0]),
]


@pytest.mark.parametrize(("kind", "param", "value", "result"), TRANSFORMS)
def test_a_transform_gives_its_result_and_sets_the_variable(run_node, kind, param, value, result):
    run = run_node(
        "TransformNode",
        {"transform_type": kind, "transform_param": param, "variable_name": "r"},
        inputs={"value": value},
    )

    assert run.outputs == {"result": result, "success": True, "error": ""}
    assert run.variables == {"r": result}


BAD_TRANSFORMS = [
    ("to_integer", "5.7"),
    ("to_integer", float("inf")),
    ("to_float", "a"),
    ("from_json", "{"),
    ("join", "abc"),
    ("get_key", []),
    ("get_index", 5),
    ("regex_extract", "a"),
]


@pytest.mark.parametrize(("kind", "value"), BAD_TRANSFORMS)
def test_a_transform_that_cannot_be_done_fails_and_says_so(run_node, kind, value):
    run = run_node("TransformNode", {"transform_type": kind}, inputs={"value": value})

    assert run.error.startswith("Transform error: ")
    assert run.outputs == {"success": False, "error": run.error}
    assert run.variables == {}


def test_the_param_wire_comes_before_the_setting(run_node):
    run = run_node(
        "TransformNode",
        {"transform_type": "split", "transform_param": ";", "value": "a;b|c"},
        inputs={"param": "|"},
    )

    assert run.outputs["result"] == ["a;b", "c"]


@pytest.mark.parametrize(("condition", "fails"), [(True, False), ("no", True), ([], True)])
def test_assert_fails_unless_true(run_node, condition, fails):
    run = run_node("AssertNode", {"message": "wrong"}, inputs={"condition": condition})

    assert run.error == ("wrong" if fails else None)
    assert run.outputs == {"passed": not fails}


def test_the_system_assert_evaluates_its_condition(run_node):
    pytest.importorskip("casare_robot.execution.language.expressions")

    passed = run_node("AssertSystemNode", {"condition": "value > 3"}, inputs={"value": 4})
    failed = run_node("AssertSystemNode", {"condition": "value > 3"}, inputs={"value": 3})

    assert passed.outputs == {"passed": True, "message": "Assertion passed"}
    assert failed.error == "Assertion failed"
    assert failed.outputs == {"passed": False, "message": "Assertion failed"}


def test_the_system_assert_may_only_tell(run_node):
    run = run_node(
        "AssertSystemNode",
        {"fail_on_false": False, "assert_message": "too few"},
        inputs={"condition": False},
    )

    assert (run.port, run.outputs) == ("exec_out", {"passed": False, "message": "too few"})


def test_the_system_assert_needs_a_condition(run_node):
    assert run_node("AssertSystemNode", {}).error == "Condition is required"


def test_throw_fails_with_its_message(run_node):
    assert run_node("ThrowErrorNode", {"error_message": "boom"}).error == "boom"
