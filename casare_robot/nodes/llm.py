"""Ask a language model: complete, talk, extract, summarise, classify, translate."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property
from casare_robot.nodes.account_node import account_node
from casare_robot.nodes.llm_account import (
    LLM,
    MODEL_PORTS,
    TOKENS,
    as_text,
    ask,
    ask_for_json,
    listed,
    model,
    share,
    temperature,
)

if TYPE_CHECKING:
    from casare_robot.nodes.account_api import AccountApi

_ANSWER = (
    Port("response", DataType.STRING),
    TOKENS,
    Port("model_used", DataType.STRING),
)
_TALK = (
    model(),
    Property("system_prompt", DataType.TEXT, ""),
    temperature(0.7),
    Property("max_tokens", DataType.INTEGER, 1000, low=1),
)
_TEXT = Port("text", DataType.STRING, required=True)
_TEXT_PROPERTY = Property("text", DataType.TEXT, "")
_MODEL_PORTS = (Port("model", DataType.STRING), Port("temperature", DataType.FLOAT))
_STYLES = {
    "paragraph": "one paragraph",
    "bullet_points": "a list of bullet points",
    "key_points": "a numbered list of the key points",
}


@account_node(
    LLM,
    "LLMCompletionNode",
    inputs=(Port("prompt", DataType.STRING, required=True), *MODEL_PORTS),
    outputs=_ANSWER,
    properties=(Property("prompt", DataType.TEXT, ""), *_TALK),
)
async def llm_completion(
    api: "AccountApi",
    *,
    prompt: str,
    model: str,
    system_prompt: str,
    temperature: float,
    max_tokens: int,
) -> Outputs:
    """What the model answers to one prompt."""
    said = await ask(
        api,
        prompt,
        model=model,
        temperature=temperature,
        max_tokens=max_tokens,
        system=system_prompt,
    )
    return {"response": said.text, "tokens_used": said.tokens, "model_used": said.model}


@account_node(
    LLM,
    "LLMChatNode",
    inputs=(
        Port("message", DataType.STRING, required=True),
        Port("conversation_id", DataType.STRING),
        *MODEL_PORTS,
    ),
    outputs=(*_ANSWER, Port("conversation_id", DataType.STRING)),
    properties=(
        Property("message", DataType.TEXT, ""),
        Property("conversation_id", DataType.STRING, ""),
        *_TALK,
    ),
)
async def llm_chat(
    api: "AccountApi",
    ctx: NodeContext,
    *,
    message: str,
    conversation_id: str,
    model: str,
    system_prompt: str,
    temperature: float,
    max_tokens: int,
) -> Outputs:
    """One turn of a conversation.

    What was said before is in the workflow's variable ``conversation_ID``, so that it
    outlives a crash; without an id a new conversation begins.
    """
    conversation_id = conversation_id or f"{ctx.rng.getrandbits(64):016x}"
    variable = f"conversation_{conversation_id}"
    earlier = [turn for turn in ctx.get_variable(variable) or [] if isinstance(turn, Mapping)]
    said = await ask(
        api,
        message,
        model=model,
        temperature=temperature,
        max_tokens=max_tokens,
        system=system_prompt,
        history=earlier,
    )
    turn = [{"role": "user", "content": message}, {"role": "assistant", "content": said.text}]
    ctx.set_variable(variable, [*earlier, *turn])
    return {
        "response": said.text,
        "tokens_used": said.tokens,
        "model_used": said.model,
        "conversation_id": conversation_id,
    }


@account_node(
    LLM,
    "LLMExtractDataNode",
    inputs=(_TEXT, Port("schema", DataType.DICT, required=True), *_MODEL_PORTS),
    outputs=(
        Port("extracted_data", DataType.DICT),
        Port("raw_response", DataType.STRING),
        TOKENS,
    ),
    properties=(_TEXT_PROPERTY, Property("schema", DataType.TEXT, ""), model(), temperature(0.0)),
)
async def llm_extract(
    api: "AccountApi", *, text: str, schema: Any, model: str, temperature: float
) -> Outputs:
    """The values that a text holds, in the form that a schema (or a list of fields) asks for."""
    data, said = await ask_for_json(
        api,
        f"Extract data from the text below. The form wanted:\n{as_text(schema)}\n\n"
        "Answer with one JSON object of that form and nothing else; null for what is not in"
        f" the text.\n\nText:\n{text}",
        model=model,
        temperature=temperature,
    )
    return {"extracted_data": data, "raw_response": said.text, "tokens_used": said.tokens}


@account_node(
    LLM,
    "LLMSummarizeNode",
    inputs=(
        _TEXT,
        Port("max_length", DataType.INTEGER),
        Port("style", DataType.STRING),
        *_MODEL_PORTS,
    ),
    outputs=(
        Port("summary", DataType.STRING),
        Port("original_length", DataType.INTEGER),
        Port("summary_length", DataType.INTEGER),
        TOKENS,
    ),
    properties=(
        _TEXT_PROPERTY,
        Property("max_length", DataType.INTEGER, 200, low=10),
        Property("style", DataType.CHOICE, "paragraph", choices=tuple(_STYLES)),
        model(),
        temperature(0.5),
    ),
)
async def llm_summarize(
    api: "AccountApi", *, text: str, max_length: int, style: str, model: str, temperature: float
) -> Outputs:
    """A text in at most so many words; lengths are told in characters."""
    said = await ask(
        api,
        f"Summarise the text below as {_STYLES.get(style, style)}, in at most {max_length} words,"
        f" in its own language. Answer with the summary alone.\n\nText:\n{text}",
        model=model,
        temperature=temperature,
    )
    summary = said.text.strip()
    return {
        "summary": summary,
        "original_length": len(text),
        "summary_length": len(summary),
        "tokens_used": said.tokens,
    }


@account_node(
    LLM,
    "LLMClassifyNode",
    inputs=(
        _TEXT,
        Port("categories", DataType.LIST, required=True),
        Port("multi_label", DataType.BOOLEAN),
        *_MODEL_PORTS,
    ),
    outputs=(
        Port("classification", DataType.STRING),
        Port("classifications", DataType.LIST),
        Port("confidence", DataType.DICT),
        TOKENS,
    ),
    properties=(
        _TEXT_PROPERTY,
        Property("categories", DataType.STRING, ""),
        Property("multi_label", DataType.BOOLEAN, False),
        model(),
        temperature(0.0),
    ),
)
async def llm_classify(
    api: "AccountApi",
    *,
    text: str,
    categories: Any,
    multi_label: bool,
    model: str,
    temperature: float,
) -> Outputs:
    """The category of a text, or several; what the model names beside the list is dropped."""
    names = [str(name) for name in listed(categories, "categories")]
    how_many = "every category that fits" if multi_label else "the one category that fits best"
    found, said = await ask_for_json(
        api,
        f"Classify the text below. Categories: {as_text(names)}. Choose {how_many}.\n"
        'Answer with one JSON object alone: {"categories": [names], "confidence": {name: number'
        f" from 0 to 1}}}}\n\nText:\n{text}",
        model=model,
        temperature=temperature,
    )
    chosen = named(found.get("categories"), names)
    chosen = chosen if multi_label else chosen[:1]
    sure = found.get("confidence")
    confidence = {
        name: share(value)
        for name, value in (sure.items() if isinstance(sure, Mapping) else ())
        if name in names
    }
    return {
        "classification": chosen[0] if chosen else "",
        "classifications": chosen,
        "confidence": confidence,
        "tokens_used": said.tokens,
    }


def named(said: Any, names: list[str]) -> list[str]:
    """Which of some names a model named, in its order, in any case. Pure."""
    by_word = {name.strip().casefold(): name for name in names}
    words = said if isinstance(said, list) else [said]
    found = [by_word.get(str(word).strip().casefold()) for word in words]
    return list(dict.fromkeys(name for name in found if name is not None))


@account_node(
    LLM,
    "LLMTranslateNode",
    inputs=(
        _TEXT,
        Port("target_language", DataType.STRING, required=True),
        Port("source_language", DataType.STRING),
        *_MODEL_PORTS,
    ),
    outputs=(
        Port("translated_text", DataType.STRING),
        Port("detected_language", DataType.STRING),
        TOKENS,
    ),
    properties=(
        _TEXT_PROPERTY,
        Property("target_language", DataType.STRING, ""),
        Property("source_language", DataType.STRING, ""),
        model(),
        temperature(0.3),
    ),
)
async def llm_translate(
    api: "AccountApi",
    *,
    text: str,
    target_language: str,
    source_language: str,
    model: str,
    temperature: float,
) -> Outputs:
    """A text in another language; the model says which it was in if nothing else does."""
    origin = f" from {source_language}" if source_language else ""
    found, said = await ask_for_json(
        api,
        f"Translate the text below{origin} to {target_language}. Answer with one JSON object"
        ' alone: {"language": the language of the text, "translation": the translated text}'
        f"\n\nText:\n{text}",
        model=model,
        temperature=temperature,
    )
    return {
        "translated_text": str(found.get("translation") or ""),
        "detected_language": source_language or str(found.get("language") or ""),
        "tokens_used": said.tokens,
    }
