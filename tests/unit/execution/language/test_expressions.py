import pytest

from casare_robot.domain.errors import NodeFailure
from casare_robot.execution.language.expressions import compile_expression, evaluate, truth
from casare_robot.execution.language.references import SecretTemplate

NAMES = {
    "name": "bob",
    "count": 5,
    "a": 10,
    "b": 4,
    "numeral": "7",
    "flag": True,
    "none": None,
    "open_file_dir": 1,
    "evaluate_input": 2,
    "loop": {"current_item": 25},
    "my-var": 3,
    "numbers": [3, 1, 2],
    "quoted": 'it\'s "x"',
    "secret": SecretTemplate(("", ""), ("id",)),
    "$currentDate": "2026-11-21",
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{name}} == 'bob'", True),
        ('"{{name}}" == "bob"', True),
        ('"{{count}}" == "5"', True),
        ("name == 'bob'", True),
        ("{{quoted}} == quoted", True),
        ("'<{{quoted}}>' == '<' + quoted + '>'", True),
        ("'{{none}}' == ''", True),
        ("${count} + %count%", 10),
        ("{{loop.current_item}} > 20", True),
        ("loop.current_item > 20", True),
        ("loop['current_item']", 25),
        ("open_file_dir + evaluate_input", 3),
        ("{{$currentDate}} > '2026-01-01'", True),
        ("{{my-var}} == 3", True),
        ("a % b % 3", 2),
        ("a %b% 3", 2),
        ("%a% % %b%", 2),
        ("flag && !(count > 5) || false", True),
        ("'a && b || !c'", "a && b || !c"),
        ("count != 5", False),
        ("[true, false, null, None, TRUE]", [True, False, None, None, True]),
        ("{'k': (1, 'x')}", {"k": (1, "x")}),
        ("count in [1, 5] and 'o' in name", True),
        ("'big' if count > 3 else 'small'", "big"),
        ("1 < count < 9", True),
        ("sorted(numbers)[0] + max(numbers) - len(numbers)", 1),
        ("numbers[-1]", 2),
        ("numbers[1:]", [1, 2]),
        ("upper(name) == 'BOB' and name.startswith('b')", True),
        ("round(2.567, 1)", 2.6),
        ("join('-', numbers)", "3-1-2"),
        ("numeral > 5", True),
        ("{{numeral}} == 7", True),
        ("numeral == 'x'", False),
        ("'true' == flag", True),
        (r"'C:\Users\d' == 'C:\\Users\\d'", True),
        ("count > 3\n  and flag", True),
    ],
)
def test_an_expression_has_its_value(text, value):
    assert evaluate(text, NAMES) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("missing == 1", "no variable 'missing'"),
        ("{{missing}} == 1", "nothing answers to {{missing}}"),
        ("'{{missing}}' == ''", "nothing answers to {{missing}}"),
        ("{{loop.nothing}}", "nothing answers to {{loop.nothing}}"),
        ("{{your-var}} == 3", "nothing answers to {{your-var}}"),
        ("", "empty"),
        ("count = 5", "== compares"),
        ("(count", "never closed"),
        ("count / 0", "division by zero"),
        ("name < [1]", "not supported"),
        ("len", "no variable 'len'"),
        ("name.__class__", "no key '__class__'"),
        ("''.join.__self__", "no key"),
        ("__import__('os')", "no function '__import__'"),
        ("name.format(1)", "no function 'name.format'"),
        ("open('x')", "no function 'open'"),
        ("[x for x in numbers]", "ListComp"),
        ("lambda: 1", "Lambda"),
        ("2 ** 100000000", "too big"),
        ("9**9**9**9", "too big"),
        ("'a' * 10000000", ""),
        ("'%9999999999d' % 1", "no remainder"),
        ("f'{1:>9999999999}'", "JoinedStr"),
        ("round(1, -10000000000)", "cannot round"),
        ("replace('a' * 99999, 'a', 'b' * 99999)", "too long"),
        ("range(10000000000)", "too long"),
        ("str([[[[1] * 99] * 99] * 99] * 99)", "cannot be repeated"),
        ("-" * 5000 + "1", "deep"),
        ("x" * 10001, "10,000"),
        ("secret == 'x'", "secrets"),
        ("{{$secret:id}} == 'x'", "secrets"),
        ("(-8) ** 0.5", "real number"),
        ("...", "no value"),
        ("not not", "syntax"),
    ],
)
def test_an_expression_without_value_fails_with_itself_and_the_reason(text, reason):
    with pytest.raises(NodeFailure) as failure:
        evaluate(text, NAMES)
    assert reason in str(failure.value)
    assert text[:100] in str(failure.value) or "\\" in str(failure.value)
    assert failure.value.code.startswith("E-EXPR-4")


def test_the_names_of_an_expression_are_its_variables_and_not_its_functions():
    expression = compile_expression("len({{loop.items}}) > count and '{{name}}' != lower(other)")
    assert expression.names == {"loop", "count", "name", "other"}


@pytest.mark.parametrize("value", ["false", "False", " no ", "0", "", 0, None, [], False])
def test_a_bare_condition_counts_the_words_of_false_as_false(value):
    assert truth(value) is False


@pytest.mark.parametrize("value", ["true", "yes", "1", "off-line", 1, [0], True])
def test_a_bare_condition_counts_everything_else_as_true(value):
    assert truth(value) is True


def test_texts_are_not_multiplied_and_saying_so_takes_no_memory():
    with pytest.raises(NodeFailure, match="cannot multiply str by str"):
        evaluate("long * long", {"long": "x" * 50_000_000})
