"""Throws malformed input at the loader, expressions and references: `python -m tests.proofs.fuzz`.

Nothing may come out but a value or one of our own errors, each within a second
of computing. Grammars make input that is nearly right; workflow files of the
corpus are mutated, as trees and as bytes.
"""

import argparse
import functools
import json
import sys
import time
from datetime import datetime

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from casare_robot.domain.errors import NodeFailure, WorkflowInvalidError
from casare_robot.domain.json_guard import JsonRefusedError, read_json
from casare_robot.execution.language.expressions import evaluate, truth
from casare_robot.execution.language.references import (
    MISSING,
    compile_value,
    not_references_in,
    references_in,
    system_value,
)
from casare_robot.execution.loading.loader import load_workflow
from tests.declared_catalogue import DATA, DeclaredCatalogue

LIMIT = 1.0
"""Seconds of computing that one case may take."""

NAMES = {
    "a": 1,
    "b": -2.5,
    "name": "bob",
    "flag": True,
    "none": None,
    "items": [1, "x", [2], {"k": 3}],
    "node": {"result": {"k": [1, 2]}, "text": "12"},
    "big": 10**400,
    "long": "x" * 50_000,
}
NASTY = (
    *("NaN", "1e999", "-1e999", "[" * 120, '"\\ud800"', "9" * 1_200, "null", '"', "{}", "\\"),
    *('{"a":1,"a":2}', "\ufeff", "0x1", "{{a.b[0]}}", "%a%", "exec_out", "__class__", "\x00"),
)
ATOMS = (
    *NAMES,
    *("missing", "1", "0", "2.5", "1e3", "'x'", '"{{name}} y"', "{{a}}", "{{node.result.k}}"),
    *(
        "${b}",
        "%a%",
        "true",
        "null",
        "[]",
        "{}",
        "()",
        "len",
        "'%s'",
        "{{no-pe}}",
        "{{$currentDate}}",
    ),
)
OPERATORS = (
    *"+-*/%<>!=|&^~.,:@",
    *("**", "//", "==", "!=", "<=", ">=", "&&", "||", "<<", ">>", ":="),
    *(" and ", " or ", " not ", " in ", " is ", " if ", " else ", " for ", " lambda: "),
)
FUNCTIONS = (
    *("len", "min", "max", "int", "float", "str", "round", "sum", "sorted", "range", "list"),
    *("dict", "upper", "split", "replace", "join", "contains", "get", "items", "open", "eval"),
)
FRAGMENTS = (
    *("{{", "}}", "${", "}", "%", "a", "node", ".result", ".k", "[0]", "[999999999999]", " ", "|"),
    *("$secret:", "$currentDate", "$", "-", "missing", "\n", "é", "{", "__class__", "'", "big"),
)
WORDS = (
    *NASTY,
    *(
        "nodes",
        "connections",
        "config",
        "properties",
        "variables",
        "settings",
        "inputs",
        "out",
        "in",
    ),
    *("StartNode", "IfNode", "SwitchNode", "ForkNode", "TextSuperNode", "RerouteNode"),
    *("CreateListNode", "SubflowNode", "ListFilterNode", "case_0", "branch_2", "1", "0x1a"),
)
REPEATED = ("(", "-", "not ", "a+", "[", "a**", "'", "{{", "%")


class Values:
    """Answers references out of `NAMES`."""

    def name(self, name):
        return NAMES.get(name, MISSING)

    def system(self, name):
        return system_value(name, datetime(2026, 11, 21))


def check_expression(text):
    code = "E-EXPR-"
    try:
        truth(evaluate(text, NAMES))
    except NodeFailure as failure:
        code = failure.code
    assert code.startswith("E-EXPR-")


def check_value(value):
    references_in(value)
    not_references_in(value)
    unresolved = []
    resolved = compile_value(value).resolve(Values(), unresolved.append)
    if not references_in(value) and "$" not in str(value):
        assert resolved == value


def check_document(document):
    for must_run in (True, False):
        told = ["nothing"]
        try:
            workflow = load_workflow(document, catalogue(), must_run=must_run).workflow
            assert all(w.source in workflow.nodes for w in workflow.exec_wires)
        except WorkflowInvalidError as invalid:
            told = [str(fault) for fault in invalid.faults]
        assert told
        assert max(map(len, told)) < 5_000


def check_json(document):
    code = "E-MSG-1"
    try:
        read_json(document)
    except JsonRefusedError as refused:
        code = refused.code
    assert code.startswith("E-MSG-1")


@functools.cache
def catalogue():
    return DeclaredCatalogue()


@functools.cache
def corpus():
    """The workflow files to mutate, the small ones."""
    files = sorted([*DATA.glob("corpus/*/*.json"), *DATA.glob("probes/*.json")])
    texts = [file.read_text(encoding="utf-8") for file in files]
    return [text for text in texts if len(text) < 30_000]


def expressions():
    operators, functions = st.sampled_from(OPERATORS), st.sampled_from(FUNCTIONS)

    def grow(inner):
        return st.one_of(
            st.tuples(inner, operators, inner).map("".join),
            st.tuples(functions, st.lists(inner, max_size=3)).map(
                lambda call: f"{call[0]}({','.join(call[1])})"
            ),
            st.tuples(inner, functions, inner).map(lambda call: "{}.{}({})".format(*call)),
            st.tuples(inner, inner).map(lambda pair: "{}[{}]".format(*pair)),
            inner.map(lambda text: f"({text})"),
            inner.map(lambda text: f"[{text}]"),
            st.tuples(inner, inner, inner).map(lambda three: "{} if {} else {}".format(*three)),
        )

    grown = st.recursive(st.sampled_from(ATOMS), grow, max_leaves=12)
    repeated = st.tuples(st.sampled_from(REPEATED), st.integers(1, 3_000))
    return st.one_of(
        grown,
        mutated_text(grown),
        repeated.map(lambda pair: pair[0] * pair[1] + "a"),
        st.text(),
    )


def values():
    text = st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join) | st.text()
    return st.recursive(
        text | st.none() | st.integers() | st.booleans(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
        max_leaves=10,
    )


def mutated_text(texts):
    return st.tuples(
        texts, st.lists(st.tuples(st.floats(0, 1), st.integers(0, 30), junk()), max_size=4)
    ).map(_spliced)


def junk():
    return st.sampled_from(NASTY) | st.text(max_size=6)


def _spliced(case):
    text, cuts = case
    for place, length, inserted in cuts:
        start = int(place * len(text))
        text = text[:start] + inserted + text[start + length :]
    return text


@st.composite
def workflows(draw):
    """A workflow file with a few of its entries replaced, removed, renamed or repeated."""
    source = json.loads(draw(st.sampled_from(corpus())))
    words = st.sampled_from(WORDS)
    simple = st.none() | st.booleans() | st.integers() | st.floats() | words | st.text(max_size=8)
    anything = st.recursive(
        simple,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
        max_leaves=6,
    )
    for _ in range(draw(st.integers(0, 6))):
        holders = list(_holders(source))
        holder = draw(st.sampled_from(holders))
        if not holder:
            continue
        if isinstance(holder, dict):
            key = draw(st.sampled_from(sorted(holder)))
            change = draw(st.integers(0, 2))
            if change == 0:
                holder[key] = draw(anything)
            elif change == 1:
                del holder[key]
            else:
                holder[draw(words)] = holder[key]
        else:
            index = draw(st.integers(0, len(holder) - 1))
            if draw(st.booleans()):
                holder[index] = draw(anything)
            else:
                holder.append(holder[index])
    return json.dumps(source)


def _holders(value):
    waiting = [value]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            yield here
            waiting += here.values()
        elif isinstance(here, list):
            yield here
            waiting += here


def documents():
    spliced = mutated_text(st.sampled_from(corpus()))
    encoded = spliced.map(lambda text: text.encode("utf-8", "surrogatepass"))
    return workflows() | encoded | st.binary(max_size=200)


PROOFS = {
    "expressions": (expressions, check_expression),
    "references": (values, check_value),
    "loader": (documents, check_document),
    "json": (documents, check_json),
}


def prove(name, cases, *, number=None, limit=None):
    """Run the cases of one proof; an assertion tells the smallest one that fails."""
    strategy, check = PROOFS[name]

    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy())
    def run(case):
        begin = time.process_time()
        check(case)
        took = time.process_time() - begin
        assert limit is None or took < limit, f"{took:.1f} s of computing"

    if number is not None:
        run = seed(number)(run)
    run()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000, help="cases of each proof")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--only", choices=PROOFS, default=None)
    arguments = parser.parse_args()
    for name in [arguments.only] if arguments.only else PROOFS:
        begin = time.monotonic()
        prove(name, arguments.cases, number=arguments.seed, limit=LIMIT)
        sys.stdout.write(f"{name}: {arguments.cases} cases, {time.monotonic() - begin:.1f} s\n")


if __name__ == "__main__":
    main()
