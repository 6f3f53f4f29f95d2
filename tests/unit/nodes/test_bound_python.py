from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casare_robot.domain.errors import NodeFailure
from casare_robot.nodes.bound_python import bound_python
from tests.hostile_values import HOSTILE

PLACES = r'''
def inner():
    "doc {{v}}"
    return {{v}}
seen = [
    {{v}},  # it's {{v}}
    inner(), inner.__doc__[4:],
    "{{v}}", '{{v}}', r"{{v}}", r'{{v}}',
    """{{v}}""", """{{v}}""",
    b"{{v}}".decode("utf-8", "surrogatepass"), rb'{{v}}'.decode("utf-8", "surrogatepass"),
    "" "{{v}}" f"",
]
'''


def ran(bind, code, **values):
    text, names = bound_python(bind(code, **values))
    exec(compile(text, "<script>", "exec"), names)
    return names


@settings(max_examples=50, deadline=None)
@given(value=st.one_of(st.sampled_from(HOSTILE), st.text()))
def test_python_sees_exactly_the_value_wherever_it_stands(bind, value):
    before = list(Path().iterdir())

    seen = ran(bind, PLACES, v=value)["seen"]

    assert seen == [value] * len(seen)
    assert list(Path().iterdir()) == before


@pytest.mark.parametrize("value", [1, 2.5, None, True, [1, "a"], {"a": None}])
def test_outside_strings_a_value_keeps_its_type(bind, value):
    assert ran(bind, "seen = {{v}}", v=value)["seen"] == value


def test_inside_strings_a_value_is_its_text_and_none_is_nothing(bind):
    seen = ran(bind, r'seen = "{{a}}-{{b}}" r"C:\{{c}}\x"', a=7, b=None, c="dir")["seen"]

    assert seen == r"7-C:\dir\x"


@pytest.mark.parametrize("code", ['f"{{v}}"', "rf'''{{v}} {1}'''", 'F"a" f"{{v}}{v!r:{w}}"'])
def test_doubled_braces_of_an_f_string_stay_pythons_own(bind, code):
    names = {"v": 3, "w": 4}

    seen = ran(bind, f"v, w = 3, 4\nseen = {code}", **names)["seen"]

    assert seen == eval(code, dict(names))


def test_lines_keep_their_numbers(bind):
    with pytest.raises(ZeroDivisionError) as caught:
        ran(bind, 'a = """\n{{v}}\n"""\nb = ("{{v}}",\n1 / 0)', v="x\ny")

    assert caught.value.__traceback__.tb_next.tb_next.tb_lineno == 5


@pytest.mark.parametrize("code", ["a{{v}} = 1", "{{v}}{{v}}", "a.{{v}}", "{{v}} = 1", "f({{v}}=1)"])
def test_a_value_is_no_part_of_a_name_and_cannot_be_set(bind, code):
    with pytest.raises(NodeFailure, match="stands for a value"):
        bound_python(bind(code, v="x"))


@pytest.mark.parametrize("code", ["(", "'{{v}}", "  {{v}}\n {{v}}", "{{v}}''' ", "a ? {{v}}"])
def test_code_that_is_no_python_is_still_none(bind, code):
    text, _ = bound_python(bind(code, v="' or 1 #"))

    with pytest.raises(SyntaxError):
        compile(text, "<script>", "exec")


def test_a_reference_that_nothing_answers_stays_as_written(bind):
    text, names = bound_python(bind("a = {{v}} + {{no}}", v=1))

    assert text == "a = casare_value_0_ + {{no}}\n"
    assert names == {"casare_value_0_": 1}
