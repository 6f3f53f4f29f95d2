import json
import string
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casare_robot.execution.language.references import (
    MISSING,
    Constant,
    SecretTemplate,
    SingleReference,
    compile_value,
    not_references_in,
    references_in,
    system_value,
)

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
VARIABLES = {
    "k": 43,
    "flag": True,
    "obj": {"a": [0, {"b": "deep"}]},
    "none": None,
    "ref": "{{k}}",
    "my-var": "h",
    "token": SecretTemplate(("Bearer ", ""), ("api",)),
}
OUTPUTS = {"read": {"content": "text", "k": 1}, "k": {"value": 5}}


class Values:
    def name(self, name):
        return VARIABLES.get(name, OUTPUTS.get(name, MISSING))

    def system(self, name):
        return system_value(name, NOW)


def resolve(value):
    unresolved = []
    return compile_value(value).resolve(Values(), unresolved.append), unresolved


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("{{k}}", 43),
        ("  {{ k }}  ", 43),
        ("${k}", 43),
        ("%k%", 43),
        ("{{flag}}", True),
        ("{{obj}}", {"a": [0, {"b": "deep"}]}),
        ("{{obj.a[1].b}}", "deep"),
        ("${obj.a[0]}", 0),
        ("{{read.content}}", "text"),
        ("{{none}}", None),
        ("{{ref}}", "{{k}}"),
        ("{{k}} items", "43 items"),
        ("o={{obj}} n={{none}}", "o={'a': [0, {'b': 'deep'}]} n="),
        ("100% of %k% at 5%", "100% of 43 at 5%"),
        (["{{k}}", {"x": "a{{k}}"}, 1], [43, {"x": "a43"}, 1]),
        ({"{{k}}": "{{k}}"}, {"{{k}}": 43}),
        ("{{$currentDate}} {{$currentTime}}", "2026-11-21 10:30:00"),
        ("{{$currentDateTime}}", "2026-11-21T10:30:00"),
        ("{{$timestamp}}", 1795257000),
        (7, 7),
        (None, None),
    ],
)
def test_a_value_resolves(written, value):
    resolved, unresolved = resolve(written)
    assert resolved == value
    assert type(resolved) is type(value)
    assert unresolved == []


@pytest.mark.parametrize(
    "written",
    [
        "{{missing}}",
        " {{missing}} ",
        "{{k.value}}",
        "{{obj.a[7]}}",
        "{{obj.b}}",
        "{{read.nothing}}",
        "{{$unknown}}",
        "${missing}",
    ],
)
def test_what_nothing_answers_stays_as_written_and_is_told(written):
    assert resolve(written) == (written, [written])


@pytest.mark.parametrize(
    "written",
    ["{{obj.a[-1]}}", "{{obj['a']}}", "{{my-var}}", "{{k|length}}", "{{k + 1}}", "{{}}", "{{ 1 }}"],
)
def test_what_is_no_reference_stays_as_written(written):
    assert isinstance(compile_value(written), Constant)
    assert resolve(written) == (written, [])
    assert not_references_in([{"x": f"a {written}"}]) == (written,)


def test_secrets_stay_templates_until_they_are_revealed():
    resolved, _ = resolve("user:{{$secret:db password}}@{{k}}")
    assert str(resolved) == "user:***@43"
    assert resolved.reveal({"db password": "hunter2"}.get) == "user:hunter2@43"


def test_a_secret_in_a_variable_is_carried_into_other_text():
    resolved, _ = resolve({"Authorization": "x {{token}}{{$secret:b}}"})
    template = resolved["Authorization"]
    assert template == SecretTemplate(("x Bearer ", "", ""), ("api", "b"))
    assert "api" not in repr(resolved)


def test_a_plain_reference_has_the_quick_template():
    assert isinstance(compile_value("{{k}}"), SingleReference)


def test_references_are_listed_once_with_their_first_key():
    value = ["{{read.content}} {{k}}", {"x": "{{read.content}}%k%${obj.a[0].b}{{obj[0]}}"}]
    assert references_in(value) == ("read.content", "k", "obj.a", "obj")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(string.printable),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    )
)
@settings(max_examples=50, deadline=None)
def test_a_value_without_references_resolves_to_itself(value):
    if "%" in json.dumps(value) or "{" in json.dumps(value):
        value = json.loads(json.dumps(value).replace("%", "").replace("$", ""))
    if references_in(value):
        return
    assert resolve(value) == (value, [])


def test_a_line_break_after_a_reference_is_text_to_be_kept():
    assert compile_value("{{k}}\n").resolve(Values(), print) == "43\n"
    assert compile_value("  {{k}} ").resolve(Values(), print) == 43
