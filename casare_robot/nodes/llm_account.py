"""Language models behind the interface that OpenAI made common: chat and embeddings."""

import base64
import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Port, Property
from casare_robot.nodes.account import Service, Signed, account_secret

if TYPE_CHECKING:
    from casare_robot.nodes.account_api import AccountApi

NO_MODEL = "E-LLM-404"
"""Code of the failure of a node that no model was configured for."""

CREDENTIAL_PORTS = (Port("credential_name", DataType.STRING), Port("api_key", DataType.STRING))
MODEL_PORTS = (
    *CREDENTIAL_PORTS,
    Port("model", DataType.STRING),
    Port("temperature", DataType.FLOAT),
    Port("max_tokens", DataType.INTEGER),
    Port("system_prompt", DataType.STRING),
)
TOKENS = Port("tokens_used", DataType.INTEGER)


async def _sign(ctx: NodeContext, given: Mapping[str, Any]) -> Signed:
    """A key on the node, else the secret it names, else ``llm``; a server at hand needs none."""
    kept: Mapping[str, Any] = {}
    key = given.get("api_key") or ""
    if not key:
        name = str(given.get("credential_name") or given.get("credential_id") or "")
        found = account_secret(ctx, name, default="llm", plain="api_key")
        if found is None and not given.get("base_url"):
            raise NodeFailure(
                "no account with a language model: keep its key with `casare-robot secret set llm`,"
                " or name another secret in credential_name",
                code=NO_MODEL,
                retryable=False,
            )
        kept = found or {}
        key = kept.get("api_key") or ""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return Signed(str(kept.get("base_url") or ""), headers, kept)


LLM = Service(
    title="the language model",
    category="llm",
    base_url="https://api.openai.com/v1",
    sign=_sign,
    properties=(
        Property("credential_name", DataType.STRING, ""),
        Property("api_key", DataType.SECRET, ""),
    ),
    seconds=120.0,
)


def temperature(default: float) -> Property:
    """The property of a node that asks a model."""
    return Property("temperature", DataType.FLOAT, default, low=0.0, high=2.0)


def model(default: str = "gpt-4o-mini") -> Property:
    """The property of a node that asks a model."""
    return Property("model", DataType.STRING, default)


class Said(NamedTuple):
    """What a model answered."""

    text: str
    tokens: int
    model: str


async def ask(
    api: "AccountApi",
    prompt: Any,
    *,
    model: str,
    temperature: float | None = None,
    max_tokens: int | None = None,
    system: str = "",
    history: Sequence[Mapping[str, Any]] = (),
) -> Said:
    """Ask a model.

    Args:
        api: The account.
        prompt: Text, or parts as the interface has them (``text``, ``image_url``).
        model: Its name.
        temperature: None: the model's own.
        max_tokens: Of the answer; None: the model's own limit.
        system: What it is told beforehand.
        history: Earlier messages.

    Raises:
        NodeFailure: There is no prompt, or no answer.
    """
    if not prompt or (isinstance(prompt, str) and not prompt.strip()):
        raise NodeFailure("there is nothing to ask the model", retryable=False)
    messages: list[Mapping[str, Any]] = []
    if system:
        messages.append({"role": "system", "content": system})
    messages += [*history, {"role": "user", "content": prompt}]
    body: dict[str, Any] = {"model": model, "messages": messages}
    if temperature is not None:
        body["temperature"] = temperature
    if max_tokens:
        body["max_tokens"] = max_tokens
    found = await api.post("/chat/completions", body=body)
    try:
        text = found["choices"][0]["message"]["content"]
    except (LookupError, TypeError):
        text = None
    if not isinstance(text, str):
        raise NodeFailure("the model's answer holds no text")
    return Said(text, _tokens(found), str(found.get("model") or model))


async def ask_for_json(api: "AccountApi", prompt: Any, **how: Any) -> tuple[dict[str, Any], Said]:
    """Ask a model for a JSON object; further arguments as for `ask`.

    Raises:
        NodeFailure: As for `ask`, or the answer holds no JSON object.
    """
    said = await ask(api, prompt, **how)
    return json_object(said.text), said


def json_object(text: str) -> dict[str, Any]:
    """The first JSON object in an answer, whatever words or fence stand around it. Pure.

    Raises:
        NodeFailure: There is none.
    """
    decoder = json.JSONDecoder()
    place = text.find("{")
    while place >= 0:
        try:
            found, _ = decoder.raw_decode(text, place)
        except ValueError:
            place = text.find("{", place + 1)
            continue
        return dict(found)
    raise NodeFailure(
        f"the model was asked for a JSON object and answered: {text[:200]!r}",
        outputs={"raw_response": text},
    )


async def embed(api: "AccountApi", texts: Sequence[str], model: str) -> tuple[list[Any], int]:
    """The vectors of some texts, in their order, and the tokens used.

    Raises:
        NodeFailure: There is nothing to embed, or not a vector for each comes back.
    """
    if not all(isinstance(text, str) and text.strip() for text in texts) or not texts:
        raise NodeFailure("an empty text has no embedding", retryable=False)
    found = await api.post("/embeddings", body={"model": model, "input": list(texts)})
    data = found.get("data") if isinstance(found, Mapping) else None
    try:
        vectors = [one["embedding"] for one in sorted(data or [], key=lambda one: one["index"])]
    except (LookupError, TypeError):
        vectors = []
    if len(vectors) != len(texts):
        raise NodeFailure(f"{len(vectors)} vectors came back for {len(texts)} texts")
    return vectors, _tokens(found)


async def is_configured(api: "AccountApi") -> bool:
    """Whether there is an account with a model, for nodes that can do without.

    Raises:
        NodeFailure: An account is named that is not there.
    """
    try:
        await api.account()
    except NodeFailure as failure:
        if failure.code == NO_MODEL:
            return False
        raise
    return True


def picture(content: bytes, kind: str = "png") -> dict[str, Any]:
    """A picture as a part of a prompt. Pure."""
    encoded = base64.b64encode(content).decode()
    return {"type": "image_url", "image_url": {"url": f"data:image/{kind};base64,{encoded}"}}


def as_text(value: Any) -> str:
    """A value as a model reads it: text as it is, the rest as JSON. Pure."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, indent=2, default=str)


def listed(value: Any, what: str) -> list[Any]:
    """A list as such, as JSON, or as text with commas. Pure.

    Raises:
        NodeFailure: It is none, or empty.
    """
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list | tuple) or not value:
        raise NodeFailure(f"{what} must be a list with something in it", retryable=False)
    return list(value)


def tabled(value: Any, what: str) -> dict[str, Any]:
    """A dict as such or as JSON. Pure.

    Raises:
        NodeFailure: It is none.
    """
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise NodeFailure(f"{what} is not JSON: {error}", retryable=False) from error
    if not isinstance(value, Mapping):
        raise NodeFailure(f"{what} must be a dict", retryable=False)
    return dict(value)


def share(value: Any, default: float = 0.5) -> float:
    """A confidence, between 0 and 1, from whatever a model wrote. Pure."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return default
    return default if math.isnan(number) else min(1.0, max(0.0, number))


def _tokens(found: Any) -> int:
    usage = found.get("usage") if isinstance(found, Mapping) else None
    total = usage.get("total_tokens") if isinstance(usage, Mapping) else None
    return total if isinstance(total, int) else 0
