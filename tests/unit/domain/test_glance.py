import msgspec
import pytest

from casare_robot.domain.glance import LONGEST, LONGEST_WHOLE, MOST, at_a_glance


def hidden(text):
    return text.replace("hush", "***").replace("4711", "***")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("done", "done"),
        ("say hush now", "say *** now"),
        ("x" * LONGEST, "x" * LONGEST),
        ("x" * (LONGEST + 1), "x" * (LONGEST - 1) + "…"),
        ("x" * (LONGEST - 2) + "hush", "x" * (LONGEST - 2) + "*…"),
        ("x" * (LONGEST_WHOLE + 1), f"({LONGEST_WHOLE + 1} characters)"),
        ("a\ud800", "a?"),
        (200, 200),
        (4711, "***"),
        (0.5, 0.5),
        (True, True),
        (None, None),
        (10**1_000, "(int)"),
        (float("nan"), "(float)"),
        ({"hush": "hush", "b": 1}, "(2 entries)"),
        ([1, 2], "(2 items)"),
        (b"hush", "(bytes)"),
    ],
)
def test_an_output_is_shown_short_and_without_secrets(value, shown):
    glance = at_a_glance({"out": value}, hidden)

    assert glance == {"out": shown}
    assert len(msgspec.json.encode(glance)) <= 3 * LONGEST + 20


def test_only_the_first_outputs_are_shown():
    assert len(at_a_glance({str(number): number for number in range(1_000)}, hidden)) == MOST


def test_a_secret_in_a_name_is_taken_out_too():
    assert at_a_glance({"hush": 1}, hidden) == {"***": 1}
