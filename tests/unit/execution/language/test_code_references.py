from datetime import datetime

import pytest

from casare_robot.domain.bound_code import BoundCode
from casare_robot.execution.language.code_references import compile_code
from casare_robot.execution.language.references import (
    MISSING,
    Constant,
    SecretTemplate,
    system_value,
)
from casare_robot.execution.planning.values import revealed


class Lookup:
    values = {"a": 1, "items": ["x", {"k": None}], "code": "1 + 1"}  # noqa: RUF012 - never changed

    def name(self, name):
        return self.values.get(name, MISSING)

    def system(self, name):
        return system_value(name, datetime(2026, 11, 21))


def resolved(code):
    missing = []
    return compile_code(code).resolve(Lookup(), missing.append), missing


def test_each_reference_becomes_a_place_of_its_own():
    code, _ = resolved("f({{a}}, {{ items[0] }}, {{a}}, {{$currentDate}})")

    assert code == "f(casare_value_0_, casare_value_1_, casare_value_2_, casare_value_3_)"
    assert list(code.values.values()) == [1, "x", 1, "2026-11-21"]
    assert code.as_written(code) == "f({{a}}, {{ items[0] }}, {{a}}, {{$currentDate}})"
    assert code.filled(code) == "f(1, x, 1, 2026-11-21)"


def test_places_never_occur_in_the_authors_text():
    code, _ = resolved("casare_value_0_ = {{a}}")

    assert code == "casare_value_0_ = casare_value_x_0_"


def test_what_nothing_answers_stays_as_written_and_is_told():
    code, missing = resolved("{{no}} {{a}} {{items.no}}")

    assert code.as_written(code) == "{{no}} {{a}} {{items.no}}"
    assert list(code.values.values()) == [1]
    assert missing == ["{{no}}", "{{items.no}}"]


def test_code_that_is_one_reference_is_what_the_reference_holds():
    code, _ = resolved(" {{code}} ")

    assert code == "1 + 1"
    assert not isinstance(code, BoundCode)


@pytest.mark.parametrize("code", ["${a}", "%a%", "echo ${a} %a%", "`${a}`", "f'{a}'"])
def test_other_spellings_belong_to_the_languages(code):
    compiled = compile_code(code)

    assert isinstance(compiled, Constant)
    assert compiled.value == code


def test_a_secret_is_not_in_the_code_and_looked_up_at_the_border():
    code, _ = resolved("login('{{$secret:door}}')")

    assert list(code.values.values()) == [SecretTemplate(("", ""), ("door",))]
    open_code = revealed(code, {"door": "sesame"}.__getitem__)
    assert list(open_code.values.values()) == ["sesame"]
    assert "sesame" not in open_code
    assert list(code.values.values()) == [SecretTemplate(("", ""), ("door",))]
