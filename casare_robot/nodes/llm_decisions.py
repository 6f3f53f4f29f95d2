"""Let a language model decide: yes or no, one of several, a row of a table, what to do now."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_type import DataType, Outcome, Outputs, Port, Property
from casare_robot.nodes.account_node import account_node
from casare_robot.nodes.llm import named
from casare_robot.nodes.llm_account import (
    LLM,
    MODEL_PORTS,
    as_text,
    ask_for_json,
    listed,
    model,
    share,
    tabled,
    temperature,
)

if TYPE_CHECKING:
    from casare_robot.nodes.account_api import AccountApi

_CONTEXT = Port("context", required=True)
_CONTEXT_PROPERTY = Property("context", required=True)
_WHY = (Port("confidence", DataType.FLOAT), Port("reasoning", DataType.STRING))
_OPTION_LETTERS = 20
"""Letters of an option that its execution port is named by."""


@account_node(
    LLM,
    "AIConditionNode",
    exec_out=("exec_true", "exec_false"),
    inputs=(Port("condition", DataType.STRING, required=True), _CONTEXT, *MODEL_PORTS),
    outputs=(Port("result", DataType.BOOLEAN), *_WHY),
    properties=(
        _CONTEXT_PROPERTY,
        Property("condition", DataType.TEXT, ""),
        model(),
        temperature(0.0),
    ),
)
async def ai_condition(
    api: "AccountApi",
    *,
    condition: str,
    context: Any,
    model: str,
    temperature: float,
    max_tokens: int | None,
    system_prompt: str | None,
) -> Outcome:
    """Whether a statement holds for some data; an answer that is neither is a failure."""
    found, _ = await ask_for_json(
        api,
        f"Statement: {condition}\n\nData:\n{as_text(context)}\n\nDoes the statement hold for the"
        ' data? Answer with one JSON object alone: {"result": true or false, "confidence": number'
        ' from 0 to 1, "reasoning": why, in a sentence}',
        model=model,
        temperature=temperature,
        max_tokens=max_tokens,
        system=system_prompt or "",
    )
    result = found.get("result")
    if not isinstance(result, bool):
        raise NodeFailure(f"the model was asked for true or false and answered {result!r}")
    return Outcome("exec_true" if result else "exec_false", {"result": result, **_why(found)})


@account_node(
    LLM,
    "AISwitchNode",
    exec_out=("exec_out", "exec_default"),
    inputs=(
        Port("question", DataType.STRING, required=True),
        Port("options", DataType.LIST, required=True),
        _CONTEXT,
        *MODEL_PORTS,
    ),
    outputs=(
        Port("selected_option", DataType.STRING),
        *_WHY,
        Port("all_scores", DataType.DICT),
    ),
    properties=(
        _CONTEXT_PROPERTY,
        Property("question", DataType.TEXT, ""),
        Property("options", DataType.STRING, ""),
        model(),
        temperature(0.0),
    ),
)
async def ai_switch(
    api: "AccountApi",
    *,
    question: str,
    options: Any,
    context: Any,
    model: str,
    temperature: float,
    max_tokens: int | None,
    system_prompt: str | None,
) -> Outcome:
    """Choose an option; goes on at its port ``exec_OPTION``, or at the default.

    The default is taken where the option's port leads nowhere, and where the model
    names none of the options.
    """
    names = [str(option) for option in listed(options, "options")]
    found, _ = await ask_for_json(
        api,
        f"Question: {question}\nOptions: {as_text(names)}\n\nData:\n{as_text(context)}\n\n"
        'Answer with one JSON object alone: {"selected": the option, as it is written,'
        ' "confidence": number from 0 to 1, "reasoning": why, in a sentence, "scores":'
        " {option: number from 0 to 1}}",
        model=model,
        temperature=temperature,
        max_tokens=max_tokens,
        system=system_prompt or "",
    )
    chosen = named(found.get("selected"), names)
    scores = found.get("scores")
    outputs = {
        "selected_option": chosen[0] if chosen else "",
        "all_scores": {
            str(name): share(value, 0.0)
            for name, value in (scores.items() if isinstance(scores, Mapping) else ())
        },
        **_why(found),
    }
    return Outcome(option_port(chosen[0]) if chosen else "exec_out", outputs)


def option_port(option: str) -> str:
    """The execution port of an option, as the designer names it. Pure."""
    return f"exec_{option.lower().replace(' ', '_').replace('-', '_')[:_OPTION_LETTERS]}"


@account_node(
    LLM,
    "AIDecisionTableNode",
    inputs=(Port("decision_table", DataType.DICT, required=True), _CONTEXT, *MODEL_PORTS),
    outputs=(
        Port("matched_action", DataType.STRING),
        Port("matched_rule_index", DataType.INTEGER),
        *_WHY,
        Port("all_matches", DataType.LIST),
    ),
    properties=(
        _CONTEXT_PROPERTY,
        Property("decision_table", DataType.TEXT, ""),
        model(),
        temperature(0.0),
    ),
)
async def ai_decision_table(
    api: "AccountApi",
    *,
    decision_table: Any,
    context: Any,
    model: str,
    temperature: float,
    max_tokens: int | None,
    system_prompt: str | None,
) -> Outputs:
    """The action of the rule that fits best, or the table's ``default_action`` at index -1.

    The table: ``{"rules": [{"conditions": {...}, "action": ..., "priority": ...}],
    "default_action": ...}``. The action is the table's, never the model's words.
    """
    table = tabled(decision_table, "decision_table")
    rules = listed(table.get("rules"), "the rules of the decision table")
    default = str(table.get("default_action", "no_action"))
    found, _ = await ask_for_json(
        api,
        "Which rule fits the data best? Meaning counts, not spelling; of rules that fit alike"
        f" the higher priority wins.\n\nRules, counted from 0:\n{as_text(rules)}\n\n"
        f"Data:\n{as_text(context)}\n\nAnswer with one JSON object alone:"
        ' {"matched_rule_index": index, or -1 if none fits, "confidence": number from 0 to 1,'
        ' "reasoning": why, in a sentence, "all_matches": [{"rule_index": index, "score": number'
        " from 0 to 1}]}",
        model=model,
        temperature=temperature,
        max_tokens=max_tokens,
        system=system_prompt or "",
    )
    index = found.get("matched_rule_index")
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(rules):
        index = -1
    rule = rules[index] if index >= 0 else None
    action = str(rule.get("action", default)) if isinstance(rule, Mapping) else default
    matches = found.get("all_matches")
    return {
        "matched_action": action,
        "matched_rule_index": index,
        "all_matches": matches if isinstance(matches, list) else [],
        **_why(found),
    }


def _why(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "confidence": share(found.get("confidence")),
        "reasoning": str(found.get("reasoning") or ""),
    }
