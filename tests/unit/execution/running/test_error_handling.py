"""Try, OnError, Retry and ErrorRecovery: what happens after a failure."""

import pytest

from tests.workflow_builder import codes, log, node, prepared, run, said, set_, throw, workflow

DESIGNER = (
    "s > try.try_body > body > more; try > catch.catch_body > c > finally.finally_body > f > after"
)


def tried(wires=DESIGNER, *, inputs=None, parts=None, **changes):
    nodes = {
        "try": "Try",
        "body": throw("boom"),
        "more": log("more"),
        "catch": "Catch",
        "c": log("caught {{catch.error_message}}"),
        "finally": "Finally",
        "f": log("finally {{finally.had_error}}"),
        "after": log("after"),
        **changes,
    }
    used = {name.strip().partition(".")[0] for name in wires.replace(";", ">").split(">")}
    nodes = {name: what for name, what in nodes.items() if name in used}
    return run(wires, inputs=inputs, parts=parts, **nodes)


def test_a_failure_in_the_body_is_caught_and_finally_runs():
    result = tried()

    assert result.status == "completed", result.error
    assert result.errors == ()
    assert said(result) == ["caught boom", "finally True", "after"]


def test_without_a_failure_the_catch_is_not_run():
    result = tried(body=log("fine"))

    assert said(result) == ["fine", "more", "finally False", "after"]


def test_the_ports_of_the_catch_tell_the_error():
    result = tried()

    outputs = result.outputs["catch"]
    assert outputs["error_message"] == "boom"
    assert outputs["error_type"] == "ExecutionError"
    assert "body" in outputs["stack_trace"]


@pytest.mark.parametrize(
    ("types", "lines", "status"),
    [
        ("", ["caught boom", "finally True", "after"], "completed"),
        ("ExecutionError", ["caught boom", "finally True", "after"], "completed"),
        ("ValueError, ExecutionError", ["caught boom", "finally True", "after"], "completed"),
        ("Exception", ["caught boom", "finally True", "after"], "completed"),
        ("{{wanted}}", ["caught boom", "finally True", "after"], "completed"),
        ("ValueError", ["finally True", "after"], "failed"),
    ],
)
def test_a_catch_takes_only_the_types_it_names(types, lines, status):
    result = tried(catch=node("Catch", error_types=types), inputs={"wanted": "ExecutionError"})

    assert result.status == status
    assert said(result) == lines


def test_a_try_with_only_a_finally_runs_it_and_fails_all_the_same():
    result = tried("s > try.try_body > body; try > finally.finally_body > f")

    assert result.status == "failed"
    assert result.error.node_id == "body"
    assert said(result) == ["finally True"]


def test_a_try_without_catch_and_finally_lets_the_failure_pass():
    result = tried("s > try.try_body > body; try > after")

    assert result.status == "failed"
    assert said(result) == []


def test_a_try_without_catch_goes_on_after_its_body():
    result = tried("s > try.try_body > body; try > after", body=log("fine"))

    assert said(result) == ["fine", "after"]


def test_a_try_with_only_a_catch_goes_on_in_the_catch():
    result = tried("s > try.try_body > body > more; try > catch.catch_body > c > after")

    assert said(result) == ["caught boom", "after"]


@pytest.mark.parametrize(
    "wires",
    [
        "s > try.try_body > body; try > catch; catch.catch_body > c; catch > finally; "
        "finally.finally_body > f",
        "s > try.try_body > body; try > catch; try > finally; catch.catch_body > c; "
        "finally.finally_body > f",
        "s > try.try_body > body > catch; catch.catch_body > c > finally; finally.finally_body > f",
        "s > try > body > catch; catch.catch_body > c > finally; finally.finally_body > f",
        "s > try > body; try > catch; catch.catch_body > c > finally; finally.finally_body > f",
    ],
)
@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (throw("boom"), ["caught boom", "finally True"]),
        (log("fine"), ["fine", "finally False"]),
    ],
)
def test_try_catch_and_finally_find_each_other_however_they_are_wired(wires, body, lines):
    if "catch > finally" in wires:
        wires = wires.replace("; catch > finally", "; c > finally")
    result = tried(wires, body=body)

    assert result.status == "completed", result.error
    assert said(result) == lines


def test_a_failure_in_the_catch_runs_the_finally_and_goes_outwards():
    result = tried(c=throw("worse"))

    assert result.status == "failed"
    assert result.error.message == "worse"
    assert said(result) == ["finally True", "after"]


def test_a_failure_in_the_finally_replaces_the_one_before():
    result = tried("s > try.try_body > body; try > finally.finally_body > f", f=throw("in finally"))

    assert result.status == "failed"
    assert result.error.message == "in finally"


NESTED = (
    "s > outer.try_body > inner.try_body > bad; inner > catch1.catch_body > c1 > "
    "fin1.finally_body > f1; outer > catch2.catch_body > c2 > fin2.finally_body > f2"
)


@pytest.mark.parametrize(
    ("filter_", "c1", "lines"),
    [
        ("", log("inner"), ["inner", "f1", "f2"]),
        ("ValueError", log("inner"), ["f1", "outer boom", "f2"]),
        ("", throw("again"), ["f1", "outer again", "f2"]),
    ],
)
def test_nested_tries_catch_from_the_inside_out(filter_, c1, lines):
    result = run(
        NESTED,
        outer="Try",
        inner="Try",
        bad=throw("boom"),
        catch1=node("Catch", error_types=filter_),
        c1=c1,
        fin1="Finally",
        f1=log("f1"),
        catch2="Catch",
        c2=log("outer {{catch2.error_message}}"),
        fin2="Finally",
        f2=log("f2"),
    )

    assert result.status == "completed", result.error
    assert said(result) == lines


ON_ERROR = "s > on.protected_body > body > more; on.on_error > c; on.finally > f"


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (throw("boom"), ["ExecutionError body boom", "finally"]),
        (log("fine"), ["fine", "more", "finally"]),
    ],
)
def test_on_error_runs_its_ports(body, lines):
    result = run(
        ON_ERROR,
        on="OnError",
        body=body,
        more=log("more"),
        c=log("{{on.error_type}} {{on.error_node}} {{on.error_message}}"),
        f=log("finally"),
    )

    assert result.status == "completed", result.error
    assert said(result) == lines


def test_on_error_without_a_handler_runs_its_finally_and_fails():
    result = run(
        "s > on.protected_body > body; on.finally > f",
        on="OnError",
        body=throw("boom"),
        f=log("finally"),
    )

    assert result.status == "failed"
    assert said(result) == ["finally"]


RETRY = "s > r.retry_body > add > if.true > ok; if.false > bad; r.success > done; r.failed > lost"


def retried(attempts_needed, wires=RETRY, **config):
    return prepared(
        workflow(
            wires,
            r=node("Retry", **config),
            add=node("IncrementVariable", variable_name="n"),
            **{"if": node("If", expression=f"n >= {attempts_needed}")},
            ok="RetrySuccess",
            bad=node("RetryFail", error_message="not yet {{n}}"),
            done=log("done {{r.attempt}}"),
            lost=log("lost {{r.attempt}} {{r.last_error}}"),
        )
    ).run()


def test_what_else_waits_in_an_attempt_that_succeeded_is_left_out():
    result = run(
        "s > r.retry_body > ok; r.retry_body > other; r.success > done",
        r="Retry",
        ok="RetrySuccess",
        other=log("other"),
        done=log("done"),
    )

    assert result.status == "completed", result.error
    assert said(result) == ["done"]


@pytest.mark.looptime
async def test_a_retry_waits_longer_each_time(looptime):
    result = await retried(3, initial_delay=2, backoff_multiplier=3)

    assert said(result) == ["done 3"]
    assert looptime == 8


@pytest.mark.looptime
async def test_a_retry_that_never_succeeds_takes_its_failed_port():
    result = await retried(9, max_attempts="2")

    assert result.status == "completed", result.error
    assert said(result) == ["lost 2 not yet 2.0"]


@pytest.mark.looptime
async def test_a_retry_that_never_succeeds_and_has_no_failed_port_fails():
    wires = RETRY.partition("; r.failed")[0]
    file_nodes = wires

    result = await retried(9, file_nodes, initial_delay=0)

    assert result.status == "failed"
    assert "not yet 3.0" in result.error.message


def test_a_retry_body_without_its_end_nodes_succeeds_when_it_ends():
    result = run(
        "s > r.retry_body > l; r.success > done",
        r="Retry",
        l=log("once"),
        done=log("done"),
    )

    assert said(result) == ["once", "done"]


def test_a_failing_node_in_a_retry_body_is_tried_again():
    result = run(
        "s > r.retry_body > add > bad; r.failed > lost",
        r=node("Retry", max_attempts=2, initial_delay=0),
        add=node("IncrementVariable", variable_name="n"),
        bad=throw("x"),
        lost=log("{{n}}"),
    )

    assert said(result) == ["2.0"]


def recovery(strategy, body, **config):
    return run(
        "s > r > add > body > l; r.fallback > fb",
        r=node("ErrorRecovery", strategy=strategy, **config),
        add=node("IncrementVariable", variable_name="n"),
        body=body,
        l=log("after"),
        fb=log("fallback"),
    )


@pytest.mark.parametrize(
    ("strategy", "status", "lines", "turns"),
    [
        ("stop", "failed", [], 1),
        ("continue", "completed", ["after"], 1),
        ("retry", "failed", [], 1),
        ("restart", "failed", [], 3),
        ("fallback", "completed", ["fallback"], 1),
    ],
)
def test_error_recovery_does_what_its_strategy_says(strategy, status, lines, turns):
    result = recovery(strategy, throw("boom"), max_retries=2)

    assert result.status == status
    assert said(result) == lines
    assert result.variables["n"] == turns


async def test_the_retry_strategy_runs_the_failed_node_again():
    counter = []
    file = workflow(
        "s > r > f > l; x.value > f.counter",
        r=node("ErrorRecovery", strategy="retry", max_retries="2"),
        x=set_("c", None),
        f=node("Flaky", failures=2, counter="{{counter}}"),
        l=log("after {{f.tries}}"),
    )
    result = await prepared(file, inputs={"counter": counter}).run()

    assert result.status == "completed", result.error
    assert said(result) == ["after 3"]


@pytest.mark.parametrize(
    "parts",
    [
        {"settings": {"stop_on_error": False}},
        {"settings": {"continue_on_error": True}},
        {"execution_settings": {"continue_on_error": "true"}},
        {"execution_settings": {"stop_on_error": "false"}},
    ],
)
def test_errors_that_the_file_passes_over_are_in_the_result(parts):
    result = run(
        "s > bad > worse > l",
        bad=throw("one"),
        worse=throw("two"),
        l=log("end"),
        parts=parts,
    )

    assert result.status == "completed"
    assert result.error is None
    assert [error.message for error in result.errors] == ["one", "two"]
    assert said(result) == ["end"]


def test_a_try_comes_before_continue_on_error():
    result = tried(parts={"settings": {"stop_on_error": False}})

    assert result.errors == ()
    assert said(result) == ["caught boom", "finally True", "after"]


def test_a_failing_if_that_is_passed_over_goes_on_by_its_success_port():
    result = run(
        "s > loop.body > l; loop.completed > done",
        loop=node("ForLoopStart", list_var="nothing"),
        l=log("no"),
        done=log("done"),
        parts={"settings": {"stop_on_error": False}},
    )

    assert said(result) == ["done"]
    assert [error.node_id for error in result.errors] == ["loop"]


def test_a_failure_port_that_is_not_wired_leaves_the_failure_to_the_try():
    result = tried(body=node("Subflow", subflow_path="missing.json"))

    assert said(result)[1:] == ["finally True", "after"]
    assert "missing.json" in said(result)[0]


def test_a_failing_node_leaves_error_and_success_on_its_ports():
    result = run(
        "s > e; s > n > l",
        e="End",
        n=node("EvalExpression", expression="1 / 0"),
        l=log("x"),
        parts={"settings": {"stop_on_error": False}},
    )

    assert result.outputs["n"]["success"] is False
    assert "division by zero" in result.outputs["n"]["error"]


@pytest.mark.parametrize(
    ("config", "parts", "tries", "status"),
    [
        ({"failures": 2, "retry_count": 2}, {}, 3, "completed"),
        ({"failures": 2, "retry_count": "1"}, {}, 2, "failed"),
        ({"failures": 2}, {"settings": {"retry_count": 2}}, 3, "completed"),
        ({"failures": 2}, {}, 1, "failed"),
        ({"failures": 2, "retry_count": 2, "is_hopeless": True}, {}, 1, "failed"),
    ],
)
async def test_nodes_are_retried_as_they_or_the_file_say(config, parts, tries, status):
    counter = []
    file = workflow("s > f", f=node("Flaky", counter="{{counter}}", **config), parts=parts)

    result = await prepared(file, inputs={"counter": counter}).run()

    assert result.status == status
    assert len(counter) == tries
    assert codes(result) == ([("W-RETRY-1", "f")] if tries > 1 else [])


@pytest.mark.looptime
async def test_retries_of_a_node_wait_for_its_interval(looptime):
    file = workflow(
        "s > f",
        f=node("Flaky", counter="{{c}}", failures=2, retry_count=2, retry_interval="1500"),
    )

    result = await prepared(file, inputs={"c": []}).run()

    assert result.status == "completed", result.error
    assert looptime == 3
