"""For and While, Break and Continue."""

import pytest

from tests.workflow_builder import codes, log, node, run, said, set_, throw

FOR = "s > loop.body > l > end; loop.completed > done"


def for_loop(*, wires=FOR, inputs=None, parts=None, **config):
    return run(
        wires,
        loop=node("ForLoopStart", **config),
        l=log("{{item}}"),
        end=node("ForLoopEnd", paired_start_id="loop"),
        done=log("done"),
        inputs=inputs,
        parts=parts,
    )


@pytest.mark.parametrize(
    ("config", "items"),
    [
        ({"items": ["a", "b"]}, ["a", "b"]),
        ({"items": '["a", "b"]'}, ["a", "b"]),
        ({"items": "[not json]"}, list("[not json]")),
        ({"items": []}, []),
        ({"items": "[]"}, []),
        ({"items": "ab"}, ["a", "b"]),
        ({"items": 7}, ["7"]),
        ({"items": "{{given}}"}, ["1", "2"]),
        ({"items": "{{text}}"}, ["x", "y"]),
        ({"items": {"k": "v", "m": "w"}}, ["v", "w"]),
        ({"list_var": "given"}, ["1", "2"]),
        ({"items": "", "list_var": "given"}, ["1", "2"]),
        ({"mode": "range", "start": "1", "end": "4", "step": "2"}, ["1", "3"]),
        ({"mode": "range", "start": 3, "end": 0, "step": -1}, ["3", "2", "1"]),
        ({"mode": "range", "start": 3, "end": 3}, []),
        ({"mode": "range", "end": "{{two}}"}, ["0", "1"]),
        ({"end": 2}, ["0", "1"]),
    ],
)
def test_a_for_loop_goes_over(config, items):
    result = for_loop(**config, inputs={"given": [1, 2], "text": "xy", "two": 2})

    assert result.status == "completed", result.error
    assert said(result) == [*items, "done"]


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"mode": "range", "step": 0}, "step"),
        ({"list_var": "unheard_of"}, "unheard_of"),
        ({"items": "{{unheard_of}}"}, "unheard_of"),
        ({"mode": "range", "end": "{{word}}"}, "many"),
    ],
)
def test_a_for_loop_that_cannot_begin_fails_and_says_why(config, reason):
    result = for_loop(**config, inputs={"word": "many"})

    assert result.status == "failed"
    assert result.error.node_id == "loop"
    assert reason in result.error.message


def test_a_for_loop_gives_item_index_and_key():
    result = run(
        "s > loop.body > l; loop.current_index > l.data",
        loop=node("ForLoopStart", items={"k": "v"}, item_var="row"),
        l=log("{{row}} {{row_index}} {{row_key}} {{loop.current_item}} {{loop.current_key}}"),
    )

    assert said(result) == ["v 0 k v k | Data: 0"]
    assert result.variables["row"] == "v"


def test_a_for_loop_without_items_over_its_wire_fails():
    result = run(
        "s > a > loop.body > l; a.value > loop.items",
        a=set_("x", None),
        loop="ForLoopStart",
        l=log("no"),
    )

    assert result.status == "failed"
    assert result.error.node_id == "loop"


def test_changing_the_list_in_the_body_does_not_change_the_turns():
    result = run(
        "s > a > loop.body > add > set > l",
        a=set_("list", [1, 2]),
        loop=node("ForLoopStart", list_var="list"),
        add=node("ListAppend", list="{{list}}", item="x"),
        set=set_("list", "{{add.result}}"),
        l=log("{{item}}"),
    )

    assert said(result) == ["1", "2"]


@pytest.mark.parametrize(
    ("config", "turns"),
    [
        ({"expression": "{{n}} < 2"}, 2),
        ({"expression": "n < 2 and not false"}, 2),
        ({"condition": "n < 2"}, 2),
        ({"condition": False}, 0),
        ({"expression": ""}, 0),
        ({"expression": "unknown_name"}, 0),
    ],
)
def test_a_while_loop_asks_before_each_turn(config, turns):
    result = run(
        "s > a > w.body > add > l > e; w.completed > done",
        a=set_("n", 0),
        w=node("WhileLoopStart", **config),
        add=node("IncrementVariable", variable_name="n"),
        l=log("turn"),
        e=node("WhileLoopEnd", paired_start_id="w"),
        done=log("done"),
    )

    assert result.status == "completed", result.error
    assert said(result) == ["turn"] * turns + ["done"]


def test_a_wired_condition_is_asked_fresh_each_turn():
    result = run(
        "s > a > w.body > add > e; w.completed > done; c.result > w.condition",
        a=set_("n", 0),
        c=node("Comparison", a="{{n}}", b=3, operator="<"),
        w="WhileLoopStart",
        add=node("IncrementVariable", variable_name="n"),
        e=node("WhileLoopEnd", paired_start_id="w"),
        done=log("{{n}}"),
    )

    assert said(result) == ["3.0"]


def test_an_unknown_name_in_a_condition_is_none_with_a_warning():
    result = run(
        "s > if.true > yes; if.false > no",
        **{"if": node("If", expression="unknown_name == null")},
        yes=log("yes"),
        no=log("no"),
    )

    assert said(result) == ["yes"]
    assert [(w.code, w.node_id, w.key) for w in result.warnings] == [
        ("W-REF-1", "if", "unknown_name")
    ]


@pytest.mark.parametrize(("limit", "status"), [(3, "completed"), (2, "failed")])
def test_a_while_loop_may_run_as_often_as_its_limit_says(limit, status):
    result = run(
        "s > a > w.body > add > e",
        a=set_("n", 0),
        w=node("WhileLoopStart", expression="n < 3", max_iterations=limit),
        add=node("IncrementVariable", variable_name="n"),
        e=node("WhileLoopEnd", paired_start_id="w"),
    )

    assert result.status == status


NESTED = (
    "s > outer.body > inner.body > if.true > jump; if.false > l > e1; "
    "inner.completed > after > e2; outer.completed > done"
)


@pytest.mark.parametrize(
    ("jump", "to", "lines"),
    [
        ("Break", "inner", ["a1", "after a", "b1", "after b", "done"]),
        ("Break", "", ["a1", "after a", "b1", "after b", "done"]),
        ("Break", "outer", ["a1", "done"]),
        ("Continue", "inner", ["a1", "a3", "after a", "b1", "b3", "after b", "done"]),
        ("Continue", "outer", ["a1", "b1", "done"]),
    ],
)
def test_a_jump_in_nested_loops_leads_to_the_loop_it_names(jump, to, lines):
    result = run(
        NESTED,
        outer=node("ForLoopStart", items="ab", item_var="x"),
        inner=node("ForLoopStart", items=[1, 2, 3], item_var="y"),
        **{"if": node("If", expression="y == 2")},
        jump=node(jump, paired_loop_start_id=to),
        l=log("{{x}}{{y}}"),
        e1=node("ForLoopEnd", paired_start_id="inner"),
        after=log("after {{x}}"),
        e2=node("ForLoopEnd", paired_start_id="outer"),
        done=log("done"),
    )

    assert result.status == "completed", result.error
    assert said(result) == lines


@pytest.mark.parametrize(
    ("jump", "lines"),
    [("Break", ["1", "f1", "f2", "done"]), ("Continue", ["1", "f1", "f2", "3", "f3", "done"])],
)
def test_a_jump_out_of_a_try_runs_its_finally(jump, lines):
    result = run(
        "s > loop.body > try.try_body > if.true > jump; if.false > l; "
        "try > finally.finally_body > f; loop.completed > done",
        loop=node("ForLoopStart", items=[1, 2, 3]),
        **{"try": "Try", "if": node("If", expression="item == 2"), "finally": "Finally"},
        jump=jump,
        l=log("{{item}}"),
        f=log("f{{item}}"),
        done=log("done"),
    )

    assert result.status == "completed", result.error
    assert said(result) == lines


@pytest.mark.parametrize("jump", ["Break", "Continue"])
def test_a_jump_outside_of_a_loop_fails(jump):
    result = run("s > jump", jump=jump)

    assert result.status == "failed"
    assert result.error.node_id == "jump"


@pytest.mark.parametrize(
    ("start", "config"),
    [
        ("ForLoopStart", {"items": [1, 2]}),
        ("WhileLoopStart", {"expression": "n < 2"}),
    ],
)
def test_a_body_without_an_end_runs_as_if_the_end_stood_there_with_a_warning(start, config):
    result = run(
        "s > a > loop.body > add > l; loop.completed > done",
        a=set_("n", 0),
        loop=node(start, **config),
        add=node("IncrementVariable", variable_name="n"),
        l=log("{{n}}"),
        done=log("done"),
    )

    assert said(result) == ["1.0", "2.0", "done"]
    assert codes(result) == [("E-WF-460", "loop")]


@pytest.mark.parametrize("wires", [FOR, "s > loop.body > l > end", "s > loop.completed > done"])
def test_a_loop_with_its_end_or_without_a_body_warns_of_nothing(wires):
    assert codes(for_loop(wires=wires, items=[1])) == []


def test_a_branch_of_the_body_that_ends_in_a_jump_needs_no_end():
    result = run(
        "s > loop.body > if.true > jump; if.false > end",
        loop=node("ForLoopStart", items=[1, 2]),
        **{"if": node("If", expression="item == 2")},
        jump="Break",
        end=node("ForLoopEnd", paired_start_id="loop"),
    )

    assert codes(result) == []


def test_what_is_wired_to_a_loop_end_comes_after_the_loop():
    result = run(
        "s > loop.body > l > end > after; loop.completed > done",
        loop=node("ForLoopStart", items=[1, 2]),
        l=log("{{item}}"),
        end=node("ForLoopEnd", paired_start_id="loop"),
        after=log("after"),
        done=log("done"),
    )

    assert said(result) == ["1", "2", "done", "after"]


@pytest.mark.parametrize(
    ("items", "lines"), [([], ["done"]), ([1], ["1", "done"]), ("{{unheard_of}}", ["done"])]
)
def test_what_is_wired_to_a_loop_end_comes_whatever_the_loop_does(items, lines):
    result = for_loop(
        wires="s > loop.body > l > end > done",
        items=items,
        parts={"settings": {"stop_on_error": False}},
    )

    assert said(result) == lines


def test_a_loop_that_another_one_skips_has_its_own_end():
    result = run(
        "s > outer.body > inner.body > l > inner_end > outer_end > done",
        outer=node("ForLoopStart", items=[1, 2], item_var="row"),
        inner=node("ForLoopStart", items=[]),
        l=log("{{item}}"),
        inner_end="ForLoopEnd",
        outer_end="ForLoopEnd",
        done=log("done {{row}}"),
    )

    assert said(result) == ["done 2"]


def test_what_is_wired_to_a_loop_end_comes_after_a_break():
    result = run(
        "s > w.body > stop > e > done",
        w=node("WhileLoopStart", expression="True"),
        stop="Break",
        e="WhileLoopEnd",
        done=log("done"),
    )

    assert said(result) == ["done"]


def test_a_failure_in_a_loop_leaves_it():
    result = run(
        "s > try.try_body > loop.body > l > bad; try > catch.catch_body > c",
        **{"try": "Try", "catch": "Catch"},
        loop=node("ForLoopStart", items=[1, 2]),
        l=log("{{item}}"),
        bad=throw("x"),
        c=log("caught"),
    )

    assert said(result) == ["1", "caught"]


def test_what_is_wired_to_the_end_of_a_while_loop_comes_after_its_last_turn():
    result = run(
        "s > a > w.body > add > l > e > done",
        a=set_("n", 0),
        w=node("WhileLoopStart", expression="n < 2"),
        add=node("IncrementVariable", variable_name="n"),
        l=log("turn"),
        e=node("WhileLoopEnd", paired_start_id="w"),
        done=log("done"),
    )

    assert result.status == "completed", result.error
    assert said(result) == ["turn", "turn", "done"]


def test_a_while_loop_may_be_entered_again_and_counts_from_nothing():
    result = run(
        "s > outer.body > zero > w.body > add > e; w.completed > l > e2",
        outer=node("ForLoopStart", items=[1, 2]),
        zero=set_("n", 0),
        w=node("WhileLoopStart", expression="n < 2", max_iterations=2),
        add=node("IncrementVariable", variable_name="n"),
        e=node("WhileLoopEnd", paired_start_id="w"),
        l=log("{{n}}"),
        e2=node("ForLoopEnd", paired_start_id="outer"),
    )

    assert result.status == "completed", result.error
    assert said(result) == ["2.0", "2.0"]


@pytest.mark.parametrize(("named", "without"), [("inner", ["outer"]), ("outer", ["inner"])])
def test_of_nested_loops_the_one_without_an_end_is_warned_of(named, without):
    result = run(
        "s > outer.body > inner.body > l > end",
        outer=node("ForLoopStart", items=[1]),
        inner=node("ForLoopStart", items=[1]),
        l=log("x"),
        end=node("ForLoopEnd", paired_start_id=named),
    )

    assert [w.node_id for w in result.warnings] == without


def test_an_end_without_id_belongs_to_the_inner_loop():
    result = run(
        "s > outer.body > inner.body > l > end; inner.completed > end2",
        outer=node("ForLoopStart", items=[1]),
        inner=node("ForLoopStart", items=[1]),
        l=log("x"),
        end=node("ForLoopEnd", paired_start_id=""),
        end2=node("ForLoopEnd", paired_start_id=""),
    )

    assert codes(result) == []
