"""Telegram: send, change and read messages as a bot. Source: Telegram's Bot API."""

import json
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

_MODES = ("", "Markdown", "MarkdownV2", "HTML")
_ACCOUNT = (Port("bot_token", DataType.STRING), Port("credential_name", DataType.STRING))
_TO = (*_ACCOUNT, Port("chat_id", DataType.STRING, required=True))
_CHAT = Property("chat_id", DataType.STRING, "")
_SENT = (Port("message_id", DataType.INTEGER), Port("chat_id", DataType.INTEGER))
_MODE_PORT = Port("parse_mode", DataType.STRING)
_MODE = Property("parse_mode", DataType.CHOICE, "", choices=_MODES)
_SILENT_PORT = Port("disable_notification", DataType.BOOLEAN)
_SILENT = Property("disable_notification", DataType.BOOLEAN, False)
_CAPTION_PORT = Port("caption", DataType.STRING)
_CAPTION = Property("caption", DataType.TEXT, "")
_MESSAGE_PORT = Port("message_id", DataType.INTEGER, required=True)
_MESSAGE = Property("message_id", DataType.INTEGER, 0)
_LONGEST_POLL = 30.0
"""Seconds that an answer may take beyond the time a poll waits for news."""


async def _sign(ctx: NodeContext, given: Mapping[str, Any]) -> Signed:
    """The token on the node, else the secret it names, else ``telegram``; it is in the path."""
    token = str(given.get("bot_token") or "")
    kept: Mapping[str, Any] = {}
    if not token:
        found = account_secret(
            ctx, given.get("credential_name") or "", default="telegram", plain="bot_token"
        )
        kept = found or {}
        token = str(kept.get("bot_token") or "")
    if not token:
        raise NodeFailure(
            "no Telegram bot: keep its token with `casare-robot secret set telegram`,"
            " or name another secret in credential_name",
            retryable=False,
        )
    return Signed(str(kept.get("base_url") or ""), {}, {"bot_token": token})


TELEGRAM = Service(
    title="Telegram",
    category="messaging",
    base_url="https://api.telegram.org",
    sign=_sign,
    properties=(
        Property("bot_token", DataType.STRING, ""),
        Property("credential_name", DataType.STRING, ""),
    ),
)


async def _call(api: "AccountApi", method: str, values: Mapping[str, Any], **more: Any) -> Any:
    """What a method of the interface comes to; values that are not set are left out."""
    token = (await api.account()).values["bot_token"]
    filled = {name: value for name, value in values.items() if value not in ("", None)}
    sent = {"data": _form(filled), **more} if "files" in more else {"body": filled, **more}
    found = await api.send("POST", "/bot{}/" + method, token, **sent)
    if not isinstance(found, Mapping) or found.get("ok") is not True:
        raise NodeFailure(f"Telegram did not do {method}: {str(found)[:200]}")
    return found.get("result")


def _form(values: Mapping[str, Any]) -> dict[str, str]:
    return {k: v if isinstance(v, str) else json.dumps(v) for k, v in values.items()}


def _sent(message: Any) -> Outputs:
    chat = message.get("chat") if isinstance(message, Mapping) else None
    return {
        "message_id": message.get("message_id") if isinstance(message, Mapping) else None,
        "chat_id": chat.get("id") if isinstance(chat, Mapping) else None,
    }


@account_node(
    TELEGRAM,
    "TelegramSendMessageNode",
    effect=Effect.ONCE,
    inputs=(
        *_TO,
        Port("text", DataType.STRING, required=True),
        _MODE_PORT,
        _SILENT_PORT,
        Port("reply_to_message_id", DataType.INTEGER),
    ),
    outputs=(*_SENT, Port("text", DataType.STRING)),
    properties=(
        _CHAT,
        Property("text", DataType.TEXT, ""),
        _MODE,
        _SILENT,
        Property("reply_to_message_id", DataType.INTEGER, 0),
    ),
    synonyms={"message": "text"},
)
async def send_message(
    api: "AccountApi",
    *,
    chat_id: str,
    text: str,
    parse_mode: str,
    disable_notification: bool,
    reply_to_message_id: int,
) -> Outputs:
    """Send a text, as an answer to another message if that is wanted."""
    values = {
        "chat_id": chat_id,
        "text": text,
        "parse_mode": parse_mode,
        "disable_notification": disable_notification,
        "reply_parameters": {"message_id": reply_to_message_id} if reply_to_message_id else None,
    }
    return {**_sent(await _call(api, "sendMessage", values)), "text": text}


async def _send_file(
    api: "AccountApi",
    ctx: NodeContext,
    method: str,
    field: str,
    given: str,
    values: Mapping[str, Any],
    name: str = "",
) -> Outputs:
    """Send a file of this machine, or what Telegram finds at a URL or under a file id.

    A file that is there is sent; other text without a path's separator is a file id.
    """
    if _is_remote(ctx, given):
        return _sent(await _call(api, method, {**values, field: given}))
    with told_plainly():
        path = existing_file(ctx, given)
        with path.open("rb") as file:
            files = {field: (name or path.name, file)}
            return _sent(await _call(api, method, values, files=files))


def _is_remote(ctx: NodeContext, given: str) -> bool:
    if given.lower().startswith(("http://", "https://")):
        return True
    is_name = not any(mark in given for mark in "/\\.")
    return is_name and not (ctx.working_dir / given).exists()


@account_node(
    TELEGRAM,
    "TelegramSendPhotoNode",
    effect=Effect.ONCE,
    inputs=(
        *_TO,
        Port("photo", DataType.STRING, required=True),
        _CAPTION_PORT,
        _MODE_PORT,
        _SILENT_PORT,
    ),
    outputs=(*_SENT, Port("photo_path", DataType.STRING)),
    properties=(_CHAT, Property("photo", DataType.STRING, ""), _CAPTION, _MODE, _SILENT),
)
async def send_photo(
    api: "AccountApi",
    ctx: NodeContext,
    *,
    chat_id: str,
    photo: str,
    caption: str,
    parse_mode: str,
    disable_notification: bool,
) -> Outputs:
    """Send a picture: a file, a URL or the id of one that Telegram has."""
    values = {
        "chat_id": chat_id,
        "caption": caption,
        "parse_mode": parse_mode,
        "disable_notification": disable_notification,
    }
    sent = await _send_file(api, ctx, "sendPhoto", "photo", photo, values)
    return {**sent, "photo_path": photo}


@account_node(
    TELEGRAM,
    "TelegramSendDocumentNode",
    effect=Effect.ONCE,
    inputs=(
        *_TO,
        Port("document", DataType.STRING, required=True),
        Port("filename", DataType.STRING),
        _CAPTION_PORT,
        _MODE_PORT,
        _SILENT_PORT,
    ),
    outputs=(*_SENT, Port("document_path", DataType.STRING)),
    properties=(
        _CHAT,
        Property("document", DataType.STRING, ""),
        Property("filename", DataType.STRING, ""),
        _CAPTION,
        _MODE,
        _SILENT,
    ),
)
async def send_document(
    api: "AccountApi",
    ctx: NodeContext,
    *,
    chat_id: str,
    document: str,
    filename: str,
    caption: str,
    parse_mode: str,
    disable_notification: bool,
) -> Outputs:
    """Send a file, a URL or the id of a file that Telegram has; files may get another name."""
    values = {
        "chat_id": chat_id,
        "caption": caption,
        "parse_mode": parse_mode,
        "disable_notification": disable_notification,
    }
    sent = await _send_file(api, ctx, "sendDocument", "document", document, values, filename)
    return {**sent, "document_path": document}


@account_node(
    TELEGRAM,
    "TelegramSendLocationNode",
    effect=Effect.ONCE,
    inputs=(
        *_TO,
        Port("latitude", DataType.FLOAT, required=True),
        Port("longitude", DataType.FLOAT, required=True),
        _SILENT_PORT,
    ),
    outputs=(*_SENT, Port("latitude", DataType.FLOAT), Port("longitude", DataType.FLOAT)),
    properties=(
        _CHAT,
        Property("latitude", DataType.FLOAT, 0.0, low=-90.0, high=90.0),
        Property("longitude", DataType.FLOAT, 0.0, low=-180.0, high=180.0),
        _SILENT,
    ),
)
async def send_location(
    api: "AccountApi",
    *,
    chat_id: str,
    latitude: float,
    longitude: float,
    disable_notification: bool,
) -> Outputs:
    """Send a place, in degrees."""
    place = {"latitude": latitude, "longitude": longitude}
    values = {"chat_id": chat_id, **place, "disable_notification": disable_notification}
    return {**_sent(await _call(api, "sendLocation", values)), **place}


@account_node(
    TELEGRAM,
    "TelegramEditMessageNode",
    effect=Effect.ONCE,
    inputs=(*_TO, _MESSAGE_PORT, Port("text", DataType.STRING, required=True), _MODE_PORT),
    outputs=_SENT,
    properties=(_CHAT, _MESSAGE, Property("text", DataType.TEXT, ""), _MODE),
)
async def edit_message(
    api: "AccountApi", *, chat_id: str, message_id: int, text: str, parse_mode: str
) -> Outputs:
    """Change a text that the bot sent. Once: Telegram refuses a change that changes nothing."""
    values = {
        "chat_id": chat_id,
        "message_id": message_id,
        "text": text,
        "parse_mode": parse_mode,
    }
    return _sent(await _call(api, "editMessageText", values))


@account_node(
    TELEGRAM,
    "TelegramDeleteMessageNode",
    effect=Effect.ONCE,
    inputs=(*_TO, _MESSAGE_PORT),
    properties=(_CHAT, _MESSAGE),
)
async def delete_message(api: "AccountApi", *, chat_id: str, message_id: int) -> Outputs:
    """Delete a message. Once: a second time it is not there to delete."""
    await _call(api, "deleteMessage", {"chat_id": chat_id, "message_id": message_id})
    return {}


@account_node(
    TELEGRAM,
    "TelegramSendMediaGroupNode",
    effect=Effect.ONCE,
    inputs=(*_TO, Port("media_json", DataType.STRING, required=True), _SILENT_PORT),
    outputs=(Port("message_ids", DataType.STRING), Port("count", DataType.INTEGER)),
    properties=(_CHAT, Property("media_json", DataType.JSON, []), _SILENT),
)
async def send_media_group(
    api: "AccountApi", *, chat_id: str, media_json: Any, disable_notification: bool
) -> Outputs:
    """Send an album: a list of ``{"type", "media" (a URL or file id), "caption"}``.

    ``message_ids`` is JSON text.
    """
    try:
        media = json.loads(media_json) if isinstance(media_json, str) else media_json
    except ValueError as error:
        raise NodeFailure(f"media_json is not JSON: {error}", retryable=False) from error
    if not isinstance(media, list) or not 2 <= len(media) <= 10:
        raise NodeFailure("an album is a list of 2 to 10 media", retryable=False)
    sent = await _call(
        api,
        "sendMediaGroup",
        {"chat_id": chat_id, "media": media, "disable_notification": disable_notification},
    )
    ids = [_sent(message)["message_id"] for message in sent or ()]
    return {"message_ids": json.dumps(ids), "count": len(ids)}


@account_node(
    TELEGRAM,
    "TelegramAnswerCallbackNode",
    effect=Effect.ONCE,
    inputs=(
        *_ACCOUNT,
        Port("callback_query_id", DataType.STRING, required=True),
        Port("text", DataType.STRING),
        Port("show_alert", DataType.BOOLEAN),
        Port("url", DataType.STRING),
    ),
    properties=(
        Property("callback_query_id", DataType.STRING, ""),
        Property("text", DataType.STRING, ""),
        Property("show_alert", DataType.BOOLEAN, False),
        Property("url", DataType.STRING, ""),
    ),
)
async def answer_callback(
    api: "AccountApi", *, callback_query_id: str, text: str, show_alert: bool, url: str
) -> Outputs:
    """Answer who pressed a button below a message."""
    values = {
        "callback_query_id": callback_query_id,
        "text": text,
        "show_alert": show_alert,
        "url": url,
    }
    await _call(api, "answerCallbackQuery", values)
    return {}


@account_node(
    TELEGRAM,
    "TelegramGetUpdatesNode",
    inputs=(
        *_ACCOUNT,
        Port("offset", DataType.INTEGER),
        Port("limit", DataType.INTEGER),
        Port("timeout", DataType.INTEGER),
    ),
    outputs=(
        Port("updates_json", DataType.STRING),
        Port("count", DataType.INTEGER),
        Port("last_update_id", DataType.INTEGER),
    ),
    properties=(
        Property("offset", DataType.INTEGER, 0),
        Property("limit", DataType.INTEGER, 100, low=1, high=100),
        Property("timeout", DataType.INTEGER, 30, low=0, high=120),
    ),
    effect=Effect.READS,
)
async def get_updates(api: "AccountApi", *, offset: int, limit: int, timeout: int) -> Outputs:
    """What has come in since ``offset``; waits up to ``timeout`` seconds for something.

    ``updates_json`` is JSON text. With an offset Telegram forgets what came before it.
    """
    updates = await _call(
        api,
        "getUpdates",
        {"offset": offset or None, "limit": limit, "timeout": timeout},
        seconds=timeout + _LONGEST_POLL,
    )
    found = [update for update in updates or () if isinstance(update, Mapping)]
    return {
        "updates_json": json.dumps(found, ensure_ascii=False),
        "count": len(found),
        "last_update_id": max((update.get("update_id", 0) for update in found), default=0),
    }
