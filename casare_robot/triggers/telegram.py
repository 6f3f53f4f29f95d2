"""Messages to a Telegram bot, by long polling of its public HTTP interface.

Source: the Bot API's documentation, getUpdates: what is asked for with an
``offset`` confirms what came before it, so the cursor is the last update's id.
"""

from collections.abc import Mapping
from typing import Any

from casare_robot.domain.errors import TriggerError
from casare_robot.domain.policy import Policy
from casare_robot.triggers.event import Event, Look, names_in

PATIENCE = 60.0
LISTENING = 20
"""Seconds that the server may keep a question open."""
BASE = "https://api.telegram.org"
_MEDIA = ("photo", "document", "audio", "video", "voice", "sticker", "location", "contact")


class Telegram:
    """Asks for updates.

    Args:
        settings: Of the trigger, secrets revealed; ``base_url`` stands for the public address.

    Raises:
        TriggerError: There is no token, or it wants a webhook.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        if not settings["bot_token"]:
            raise TriggerError("bot_token is empty: a bot's token is needed, as {{$secret:name}}")
        if settings["mode"] == "webhook":
            raise TriggerError(
                "mode webhook needs an address that Telegram reaches from the Internet, which this "
                "robot does not open; mode polling needs none"
            )
        base = settings["base_url"] or BASE
        self._url = f"{base.rstrip('/')}/bot{settings['bot_token']}/getUpdates"
        self._kinds = list(names_in(settings["allowed_updates"])) or ["message"]
        self._chats = frozenset(names_in(settings["filter_chat_ids"]))
        self._users = frozenset(names_in(settings["filter_user_ids"]))
        self._commands = frozenset(
            name.removeprefix("/") for name in names_in(settings["filter_commands"])
        )
        self._only_commands = settings["commands_only"]
        self._wait = float(max(1, settings["polling_interval"]))

    async def look(self, cursor: Any, policy: Policy) -> Look:
        """Ask once.

        Raises:
            NodeFailure: The server cannot be reached.
            TriggerError: It refuses.
        """
        import httpx

        from casare_robot.nodes.web_client import exchange, telling, web_client

        asked = {"timeout": LISTENING, "allowed_updates": self._kinds, "limit": 50}
        asked |= {"offset": -1, "timeout": 0} if cursor is None else {"offset": cursor + 1}
        async with telling(PATIENCE), web_client(policy, seconds=PATIENCE) as client:
            request = httpx.Request("POST", self._url, json=asked)
            answer = await exchange(client, request, policy)
        said = answer.outputs["response_json"]
        if not isinstance(said, dict) or not said.get("ok"):
            why = said.get("description") if isinstance(said, dict) else f"HTTP {answer.status}"
            raise TriggerError(f"the Telegram interface refuses: {why}")
        return self.news(cursor, said["result"])

    def news(self, cursor: Any, updates: list[dict[str, Any]]) -> Look:
        """What of the updates is wanted. Pure."""
        last = max((update["update_id"] for update in updates), default=cursor or 0)
        if cursor is None:
            return Look((), last, self._wait)
        events = []
        for update in updates:
            payload = _payload(update)
            if update["update_id"] > cursor and payload is not None and self._wants(payload):
                events.append(Event(key=str(update["update_id"]), payload=payload))
        return Look(events, last, self._wait)

    def _wants(self, payload: Mapping[str, Any]) -> bool:
        return (
            (not self._chats or str(payload["chat_id"]) in self._chats)
            and (not self._users or str(payload["user_id"]) in self._users)
            and (not self._only_commands or payload["is_command"])
            and (not self._commands or payload["command"] in self._commands)
        )


def _payload(update: Mapping[str, Any]) -> dict[str, Any] | None:
    """An update as the ports carry it; None for one without a message."""
    called = update.get("callback_query")
    message = next(
        (update[key] for key in update if key.endswith(("message", "channel_post"))),
        called.get("message") if called else None,
    )
    if message is None:
        return None
    sender = (called or message).get("from") or {}
    text = called.get("data", "") if called else message.get("text") or message.get("caption") or ""
    is_command = text.startswith("/")
    command, _, rest = text.removeprefix("/").partition(" ") if is_command else ("", "", "")
    kind = "callback_query" if called else next((k for k in _MEDIA if k in message), "text")
    return {
        "message_id": message.get("message_id", 0),
        "chat_id": (message.get("chat") or {}).get("id", 0),
        "user_id": sender.get("id", 0),
        "username": sender.get("username", ""),
        "first_name": sender.get("first_name", ""),
        "text": text,
        "is_command": is_command,
        "command": command.partition("@")[0],
        "command_args": rest.strip(),
        "message_type": kind,
        "raw_update": dict(update),
    }
