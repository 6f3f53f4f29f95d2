"""WhatsApp: send messages as a business. Source: Meta's WhatsApp Cloud API."""

import json
import mimetypes
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property
from casare_robot.nodes.account import Service, Signed, account_secret
from casare_robot.nodes.account_node import account_node
from casare_robot.nodes.paths import existing_file, told_plainly

if TYPE_CHECKING:
    from casare_robot.nodes.account_api import AccountApi

_TO = (
    Port("access_token", DataType.STRING),
    Port("phone_number_id", DataType.STRING),
    Port("credential_name", DataType.STRING),
    Port("to", DataType.STRING, required=True),
)
_TO_PROPERTY = Property("to", DataType.STRING, "")
_SENT = (Port("message_id", DataType.STRING), Port("phone_number", DataType.STRING))
_CAPTION = Property("caption", DataType.TEXT, "")


async def _sign(ctx: NodeContext, given: Mapping[str, Any]) -> Signed:
    """What the node says, filled up from the secret it names, else ``whatsapp``.

    The secret is ``{"access_token": ..., "phone_number_id": ...}``, or the token alone.
    """
    own = {name: given.get(name) or "" for name in ("access_token", "phone_number_id")}
    kept: Mapping[str, Any] = {}
    if not all(own.values()):
        kept = (
            account_secret(
                ctx, given.get("credential_name") or "", default="whatsapp", plain="access_token"
            )
            or {}
        )
    values = {name: str(value or kept.get(name) or "") for name, value in own.items()}
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise NodeFailure(
            f"no WhatsApp account: {' and '.join(missing)} missing; keep both as JSON with"
            " `casare-robot secret set whatsapp`, or name another secret in credential_name",
            retryable=False,
        )
    headers = {"Authorization": f"Bearer {values['access_token']}"}
    return Signed(str(kept.get("base_url") or ""), headers, values)


WHATSAPP = Service(
    title="WhatsApp",
    category="messaging",
    base_url="https://graph.facebook.com/v21.0",
    sign=_sign,
    properties=(
        Property("access_token", DataType.STRING, ""),
        Property("phone_number_id", DataType.STRING, ""),
        Property("credential_name", DataType.STRING, ""),
    ),
)


async def _send(api: "AccountApi", to: str, kind: str, content: Any) -> Outputs:
    number = (await api.account()).values["phone_number_id"]
    found = await api.post(
        "/{}/messages",
        number,
        body={
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": to,
            "type": kind,
            kind: content,
        },
    )
    try:
        message_id = found["messages"][0]["id"]
    except (LookupError, TypeError):
        raise NodeFailure(f"WhatsApp answered without a message: {str(found)[:200]}") from None
    contacts = found.get("contacts") or [{}]
    return {"message_id": message_id, "phone_number": contacts[0].get("wa_id") or to}


@account_node(
    WHATSAPP,
    "WhatsAppSendMessageNode",
    effect=Effect.ONCE,
    inputs=(
        *_TO,
        Port("text", DataType.STRING, required=True),
        Port("preview_url", DataType.BOOLEAN),
    ),
    outputs=(*_SENT, Port("text", DataType.STRING)),
    properties=(
        _TO_PROPERTY,
        Property("text", DataType.TEXT, ""),
        Property("preview_url", DataType.BOOLEAN, False),
    ),
    synonyms={"message": "text"},
)
async def send_text(api: "AccountApi", *, to: str, text: str, preview_url: bool) -> Outputs:
    """Send a text, with a preview of its first link if that is wanted."""
    sent = await _send(api, to, "text", {"preview_url": preview_url, "body": text})
    return {**sent, "text": text}


@account_node(
    WHATSAPP,
    "WhatsAppSendTemplateNode",
    effect=Effect.ONCE,
    inputs=(
        *_TO,
        Port("template_name", DataType.STRING, required=True),
        Port("language_code", DataType.STRING),
        Port("components", DataType.STRING),
    ),
    outputs=(*_SENT, Port("template_name", DataType.STRING)),
    properties=(
        _TO_PROPERTY,
        Property("template_name", DataType.STRING, ""),
        Property("language_code", DataType.STRING, "en_US"),
        Property("components", DataType.JSON, {}),
    ),
)
async def send_template(
    api: "AccountApi", *, to: str, template_name: str, language_code: str, components: Any
) -> Outputs:
    """Send a template that Meta has approved; ``components`` is a list, or one of them."""
    parts = _json(components, "components")
    template: dict[str, Any] = {"name": template_name, "language": {"code": language_code}}
    if parts:
        template["components"] = parts if isinstance(parts, list) else [parts]
    return {**await _send(api, to, "template", template), "template_name": template_name}


async def _send_media(
    api: "AccountApi", ctx: NodeContext, to: str, kind: str, given: str, **about: str
) -> Outputs:
    """Send a file of this machine, or what is at a URL, or a medium by its id.

    A file is handed in first; that alone sends nothing to anybody.
    """
    content = {name: value for name, value in about.items() if value}
    if given.lower().startswith(("http://", "https://")):
        content["link"] = given
    elif given.isdecimal():
        content["id"] = given
    else:
        content["id"] = await _upload(api, ctx, given)
    return await _send(api, to, kind, content)


async def _upload(api: "AccountApi", ctx: NodeContext, given: str) -> str:
    number = (await api.account()).values["phone_number_id"]
    with told_plainly():
        path = existing_file(ctx, given)
        mime = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        with path.open("rb") as file:
            found = await api.post(
                "/{}/media",
                number,
                data={"messaging_product": "whatsapp", "type": mime},
                files={"file": (path.name, file, mime)},
            )
    if not isinstance(found, Mapping) or not found.get("id"):
        raise NodeFailure(f"WhatsApp took {path.name} and gave no id for it")
    return str(found["id"])


def _media(kind: str) -> dict[str, Any]:
    """Ports and properties of a node that sends a medium."""
    named = kind == "document"
    return {
        "effect": Effect.ONCE,
        "inputs": (
            *_TO,
            Port(kind, DataType.STRING, required=True),
            *((Port("filename", DataType.STRING),) if named else ()),
            Port("caption", DataType.STRING),
        ),
        "outputs": (*_SENT, Port(f"{kind}_path", DataType.STRING)),
        "properties": (
            _TO_PROPERTY,
            Property(kind, DataType.STRING, ""),
            *((Property("filename", DataType.STRING, ""),) if named else ()),
            _CAPTION,
        ),
    }


@account_node(WHATSAPP, "WhatsAppSendImageNode", **_media("image"))
async def send_image(
    api: "AccountApi", ctx: NodeContext, *, to: str, image: str, caption: str
) -> Outputs:
    """Send a picture: a file, a URL or the id of one that was handed in."""
    sent = await _send_media(api, ctx, to, "image", image, caption=caption)
    return {**sent, "image_path": image}


@account_node(WHATSAPP, "WhatsAppSendDocumentNode", **_media("document"))
async def send_document(
    api: "AccountApi", ctx: NodeContext, *, to: str, document: str, filename: str, caption: str
) -> Outputs:
    """Send a document: a file, a URL or the id of one that was handed in."""
    sent = await _send_media(api, ctx, to, "document", document, filename=filename, caption=caption)
    return {**sent, "document_path": document}


@account_node(WHATSAPP, "WhatsAppSendVideoNode", **_media("video"))
async def send_video(
    api: "AccountApi", ctx: NodeContext, *, to: str, video: str, caption: str
) -> Outputs:
    """Send a video: a file, a URL or the id of one that was handed in."""
    sent = await _send_media(api, ctx, to, "video", video, caption=caption)
    return {**sent, "video_path": video}


@account_node(
    WHATSAPP,
    "WhatsAppSendLocationNode",
    effect=Effect.ONCE,
    inputs=(
        *_TO,
        Port("latitude", DataType.FLOAT, required=True),
        Port("longitude", DataType.FLOAT, required=True),
        Port("name", DataType.STRING),
        Port("address", DataType.STRING),
    ),
    outputs=(*_SENT, Port("latitude", DataType.FLOAT), Port("longitude", DataType.FLOAT)),
    properties=(
        _TO_PROPERTY,
        Property("latitude", DataType.FLOAT, 0.0, low=-90.0, high=90.0),
        Property("longitude", DataType.FLOAT, 0.0, low=-180.0, high=180.0),
        Property("name", DataType.STRING, ""),
        Property("address", DataType.STRING, ""),
    ),
    synonyms={"location_name": "name"},
)
async def send_location(
    api: "AccountApi", *, to: str, latitude: float, longitude: float, name: str, address: str
) -> Outputs:
    """Send a place, in degrees, with its name and address."""
    place = {"latitude": latitude, "longitude": longitude}
    told = {key: value for key, value in (("name", name), ("address", address)) if value}
    return {**await _send(api, to, "location", {**place, **told}), **place}


@account_node(
    WHATSAPP,
    "WhatsAppSendInteractiveNode",
    effect=Effect.ONCE,
    inputs=(
        *_TO,
        Port("interactive_type", DataType.STRING, required=True),
        Port("body_text", DataType.STRING, required=True),
        Port("action_json", DataType.STRING, required=True),
        Port("header_json", DataType.STRING),
        Port("footer_text", DataType.STRING),
    ),
    outputs=(*_SENT, Port("interactive_type", DataType.STRING)),
    properties=(
        _TO_PROPERTY,
        Property("interactive_type", DataType.CHOICE, "button", choices=("button", "list")),
        Property("body_text", DataType.TEXT, ""),
        Property("action_json", DataType.JSON, {}),
        Property("header_json", DataType.JSON, {}),
        Property("footer_text", DataType.STRING, ""),
    ),
)
async def send_interactive(
    api: "AccountApi",
    *,
    to: str,
    interactive_type: str,
    body_text: str,
    action_json: Any,
    header_json: Any,
    footer_text: str,
) -> Outputs:
    """Send buttons or a list to choose from; ``action_json`` is Meta's ``action``."""
    content: dict[str, Any] = {
        "type": interactive_type,
        "body": {"text": body_text},
        "action": _json(action_json, "action_json"),
    }
    header = _json(header_json, "header_json")
    if header:
        content["header"] = header
    if footer_text:
        content["footer"] = {"text": footer_text}
    sent = await _send(api, to, "interactive", content)
    return {**sent, "interactive_type": interactive_type}


def _json(value: Any, what: str) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value) if value.strip() else None
    except ValueError as error:
        raise NodeFailure(f"{what} is not JSON: {error}", retryable=False) from error
