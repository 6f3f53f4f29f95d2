"""What a run keeps to itself, however short it is."""

import pytest

from casare_robot.execution.language.references import SealedText
from casare_robot.execution.running.masking import Masking
from tests.workflow_builder import log, node, prepared, run, said, set_, workflow


def hiding(*values):
    masking = Masking()
    for value in values:
        masking.hide(value, f"name of {value}")
    return masking


@pytest.mark.parametrize(
    ("secret", "text", "masked"),
    [
        ("4711", "pin4711x 4711", "pin***x ***"),
        ("471", "pin=471, 4711 x471 471.", "pin=***, 4711 x471 ***."),
        ("a!", "a! ba! (a!)", "*** ba! (***)"),
        ("7", "7", "***"),
        ("7", "7 of 17", "7 of 17"),
        ("", "any", "any"),
    ],
)
def test_a_short_value_is_masked_as_a_word_and_the_shortest_as_a_whole(secret, text, masked):
    assert hiding(secret).mask(text) == masked


def test_a_short_value_is_masked_in_any_structure():
    values = {"a": ["471", 471, 4711, True], "b": {"c": "7", "d": 7}}

    assert hiding("471", "7").values(values) == {
        "a": ["***", "***", 4711, True],
        "b": {"c": "***", "d": "***"},
    }


def test_records_hold_a_short_secret_as_a_reference():
    sealed = hiding("471", "7").sealed({"pin": "pin 471", "one": "7", "count": "71 7"})

    assert sealed == {
        "pin": SealedText(("pin ", ""), ("name of 471",)),
        "one": SealedText(("", ""), ("name of 7",)),
        "count": "71 7",
    }


def test_a_short_sensitive_variable_is_masked_in_everything_that_a_run_says():
    result = run(
        "s > l > m > c",
        l=log("pin {{pin}}"),
        m=log("{{pin}}"),
        c=set_("copy", "{{pin}}"),
        parts={"variables": {"pin": {"default_value": "q#7", "sensitive": True}}},
    )

    assert said(result) == ["pin ***", "***"]
    assert result.variables["copy"] == "***"
    assert "q#7" not in repr(result)


async def test_a_short_secret_is_masked_in_everything_that_a_run_says():
    file = workflow(
        "s > c > l", c=node("Concatenate", string_1="{{$secret:pin}}", string_2=""), l=log("{{c}}")
    )

    result = await prepared(file, secrets=lambda _name: "q#7").run()

    assert result.outputs["c"] == {"result": "***"}
    assert "q#7" not in repr(result)
