"""What to do about an error: as a language model sees it, or by a few rules."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property
from casare_robot.nodes.account_node import account_node
from casare_robot.nodes.browser_tab import PAGE, Tab
from casare_robot.nodes.llm_account import (
    LLM,
    as_text,
    ask_for_json,
    is_configured,
    model,
    picture,
    share,
)

if TYPE_CHECKING:
    from casare_robot.nodes.account_api import AccountApi

STRATEGIES: Mapping[str, str] = {
    "retry": "do the step again: the cause passes by itself",
    "skip": "go on without the step: nothing depends on it",
    "fallback": "do it another way",
    "compensate": "undo what was done before",
    "abort": "end the job: going on would do harm",
    "escalate": "tell a person, who decides",
    "manual": "a person has to do something first, such as signing in",
}
_RULES: tuple[tuple[tuple[str, ...], str, float, str], ...] = (
    (("NodeTimeoutError", "TimeoutError", "RateLimitError"), "retry", 0.8, "it may pass"),
    (("ConnectionError", "ConnectError", "BrowserError"), "retry", 0.7, "it may pass"),
    (("AuthenticationError",), "manual", 0.8, "somebody has to sign in again"),
    (("PermissionError", "PolicyError"), "escalate", 0.8, "somebody has to permit it"),
    (("NotFoundError", "FileNotFoundError"), "fallback", 0.6, "what it needs is not there"),
    (("ValueError", "TypeError", "KeyError"), "abort", 0.6, "the same data fails again"),
)
"""Types of errors, what to do about them, how sure that is, and why."""
_NEXT = {
    "retry": ["fallback", "escalate"],
    "manual": ["escalate", "abort"],
    "fallback": ["skip", "escalate"],
    "escalate": ["abort"],
    "abort": ["escalate"],
}


@account_node(
    LLM,
    "AIRecoveryNode",
    category="error_handling",
    inputs=(
        Port("error_message", DataType.STRING),
        Port("error_type", DataType.STRING),
        Port("error_node", DataType.STRING),
        Port("stack_trace", DataType.STRING),
        Port("screenshot", DataType.BYTES),
        Port("execution_history", DataType.LIST),
        Port("node_context", DataType.DICT),
    ),
    outputs=(
        Port("strategy", DataType.STRING),
        Port("confidence", DataType.FLOAT),
        Port("reasoning", DataType.STRING),
        Port("suggested_fix", DataType.STRING),
        Port("retry_modifications", DataType.DICT),
        Port("alternatives", DataType.LIST),
    ),
    properties=(
        model("gpt-4o"),
        Property("use_screenshot", DataType.BOOLEAN, True),
        Property("fallback_to_heuristic", DataType.BOOLEAN, True),
        Property("min_confidence", DataType.FLOAT, 0.5, low=0.0, high=1.0),
    ),
)
async def ai_recovery(
    api: "AccountApi",
    ctx: NodeContext,
    *,
    error_message: str | None,
    error_type: str | None,
    error_node: str | None,
    stack_trace: str | None,
    screenshot: Any,
    execution_history: Any,
    node_context: Any,
    model: str,
    use_screenshot: bool,
    fallback_to_heuristic: bool,
    min_confidence: float,
) -> Outputs:
    """Which strategy fits an error; it only advises, the workflow acts.

    With ``fallback_to_heuristic`` rules answer where there is no model, it cannot be
    reached, or is less sure than ``min_confidence``.

    Raises:
        NodeFailure: No rules are wanted, and the model gives no answer that can be used.
    """
    kind = error_type or "ExecutionError"
    if fallback_to_heuristic and not await is_configured(api):
        return {**advised(kind), "reasoning": f"no model is configured; {_why(kind)}"}
    about = {
        "error_type": kind,
        "error_message": error_message or "",
        "node": error_node or "",
        "stack_trace": "\n".join((stack_trace or "").splitlines()[-10:]),
        "recent_steps": list(execution_history or [])[-5:],
        "context": node_context or {},
    }
    shown = await _shown(ctx, screenshot) if use_screenshot else None
    try:
        found = await _asked(api, about, shown, model)
    except NodeFailure as failure:
        if not fallback_to_heuristic:
            raise
        ctx.log("warning", f"the model gave no advice ({failure}), so rules did")
        return advised(kind)
    confidence = share(found.get("confidence"), 0.0)
    if confidence < min_confidence and fallback_to_heuristic:
        ctx.log("info", f"the model was not sure ({confidence:.2f}), so rules advised")
        return advised(kind)
    changes = found.get("retry_modifications")
    others = found.get("alternatives")
    return {
        "strategy": found["strategy"],
        "confidence": confidence,
        "reasoning": str(found.get("reasoning") or ""),
        "suggested_fix": str(found.get("suggested_fix") or ""),
        "retry_modifications": dict(changes) if isinstance(changes, Mapping) else {},
        "alternatives": [one for one in others if one in STRATEGIES]
        if isinstance(others, list)
        else [],
    }


async def _asked(
    api: "AccountApi", about: Mapping[str, Any], shown: bytes | None, model: str
) -> dict[str, Any]:
    strategies = "\n".join(f"- {name}: {what}" for name, what in STRATEGIES.items())
    question = (
        f"A step of an automated workflow failed:\n{as_text(about)}\n\n"
        f"Strategies:\n{strategies}\n\n"
        'Answer with one JSON object alone: {"strategy": one of these, "confidence": number from'
        ' 0 to 1, "reasoning": why, in a sentence, "suggested_fix": text or null,'
        ' "retry_modifications": {parameter: new value}, "alternatives": [other strategies]}'
    )
    prompt: list[dict[str, Any]] = [{"type": "text", "text": question}]
    if shown:
        prompt.append(picture(shown))
    found, _ = await ask_for_json(api, prompt, model=model, temperature=0.3)
    if found.get("strategy") not in STRATEGIES:
        raise NodeFailure(f"the model named {found.get('strategy')!r}, which is no strategy")
    return found


def advised(error_type: str) -> Outputs:
    """What the rules say of a type of error. Pure."""
    strategy, confidence, why = _rule(error_type)
    return {
        "strategy": strategy,
        "confidence": confidence,
        "reasoning": f"{error_type}: {why}",
        "suggested_fix": "",
        "retry_modifications": {},
        "alternatives": _NEXT[strategy],
    }


def _rule(error_type: str) -> tuple[str, float, str]:
    for types, strategy, confidence, why in _RULES:
        if error_type in types:
            return strategy, confidence, why
    return "escalate", 0.4, "nothing is known of such errors"


def _why(error_type: str) -> str:
    return f"{error_type}: {_rule(error_type)[2]}"


async def _shown(ctx: NodeContext, screenshot: Any) -> bytes | None:
    """The picture that was given, else that of the page in use."""
    if isinstance(screenshot, bytes) and screenshot:
        return screenshot
    page = ctx.in_use(PAGE)
    tab = ctx.live(page) if page is not None else None
    if not isinstance(tab, Tab) or tab.dialog is not None:
        return None
    content: bytes = await tab.page.screenshot(timeout=5000)
    return content
