"""Advice about an error comes from a model, and from rules where there is none."""

import pytest

from casare_robot.nodes.ai_recovery import STRATEGIES, advised
from tests.accounts import Case, check, says

ERROR = {
    "error_message": "no answer",
    "error_type": "NodeTimeoutError",
    "error_node": "get_1",
    "execution_history": [{"node": "get_0"}],
}
ADVICE = {
    "strategy": "fallback",
    "confidence": 0.9,
    "reasoning": "another way",
    "suggested_fix": "use the mirror",
    "retry_modifications": {"url": "b"},
    "alternatives": ["skip", "dance"],
}


def test_a_model_advises(account_case, service):
    case = Case(
        "AIRecoveryNode",
        {},
        [says(ADVICE)],
        ["POST /chat/completions"],
        {**ADVICE, "alternatives": ["skip"]},
        inputs={**ERROR, "screenshot": b"\x89PNG"},
    )

    done = account_case(case)

    check(case, done, service)
    text, shown = service.seen[0].json["messages"][-1]["content"]
    assert "no answer" in text["text"]
    assert "get_0" in text["text"]
    assert shown["image_url"]["url"].startswith("data:image/png;base64,")


@pytest.mark.parametrize(
    "answer",
    [says({"strategy": "dance"}), says("hm"), says({**ADVICE, "confidence": 0.1}), (500, {})],
    ids=["unknown", "no JSON", "unsure", "broken"],
)
def test_rules_answer_where_the_model_does_not(answer, account_case):
    done = account_case(Case("AIRecoveryNode", {}, [answer], inputs=ERROR))

    assert done.error is None
    assert (done.outputs["strategy"], done.outputs["confidence"]) == ("retry", 0.8)


def test_without_rules_a_model_that_says_nothing_is_a_failure(account_case):
    case = Case("AIRecoveryNode", {"fallback_to_heuristic": False}, [says("hm")], inputs=ERROR)

    assert "asked for a JSON object" in account_case(case).error


def test_no_model_is_needed_for_the_rules(run_node):
    done = run_node("AIRecoveryNode", {}, inputs={"error_type": "AuthenticationError"})

    assert done.error is None
    assert (done.outputs["strategy"], done.outputs["alternatives"]) == (
        "manual",
        ["escalate", "abort"],
    )
    assert "no model is configured" in done.outputs["reasoning"]


@pytest.mark.parametrize("kind", ["ValueError", "NotFoundError", "PolicyError", "Strange"])
def test_every_rule_names_strategies(kind):
    done = advised(kind)

    assert {done["strategy"], *done["alternatives"]} <= set(STRATEGIES)
    assert kind in done["reasoning"]
