"""Messages to chat services."""

from collections.abc import Mapping
from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.web_modules import WEB_MODULES

_DISCORD_FIELD_LIMIT = 1024
"""Characters that Discord takes in the value of a field."""
_DISCORD_FIELDS = 25


@node(
    "WebhookNotifyNode",
    category="error_handling",
    effect=Effect.ONCE,
    uses=WEB_MODULES,
    inputs=(
        Port("webhook_url", DataType.STRING, required=True),
        Port("message", DataType.STRING),
        Port("error_details", DataType.DICT),
    ),
    outputs=(Port("success", DataType.BOOLEAN), Port("response", DataType.STRING)),
    properties=(
        Property("webhook_url", DataType.STRING, required=True),
        Property("message", DataType.STRING, "Error notification from CasareRPA"),
        Property("error_details"),
        Property(
            "format",
            DataType.CHOICE,
            "generic",
            choices=("generic", "slack", "discord", "teams"),
        ),
        Property("timeout", DataType.INTEGER, 30, low=1),
        Property("retry_count", DataType.INTEGER, 0, low=0),
        Property("retry_delay", DataType.FLOAT, 2.0, low=0.0),
    ),
)
async def webhook_notify(
    ctx: NodeContext,
    *,
    webhook_url: str,
    message: str,
    error_details: Any,
    format: str,
    timeout: float,
) -> Outputs:
    """Post a message; ``success`` says whether the service took it (a status below 400)."""
    from casare_robot.nodes.web_client import exchange, telling, web_client

    async with (
        telling(timeout, {"response": ""}),
        web_client(ctx.policy, seconds=timeout) as client,
    ):
        request = client.build_request(
            "POST", webhook_url, json=payload(format, message, _details(error_details))
        )
        answer = await exchange(client, request, ctx.policy)
    return {"success": answer.status < 400, "response": answer.text}


def _details(error_details: Any) -> dict[str, Any]:
    if isinstance(error_details, Mapping):
        return {str(name): value for name, value in error_details.items()}
    return {} if error_details in (None, "") else {"details": error_details}


def payload(format: str, message: str, details: dict[str, Any]) -> dict[str, Any]:
    """The JSON that a service wants. Pure.

    Source: Slack's attachments, Discord's embeds, Teams' MessageCard; the generic
    form is the designer's own.
    """
    facts = [(name, str(value)) for name, value in details.items()]
    if format == "slack":
        fields = [{"title": name, "value": value, "short": True} for name, value in facts]
        attachment = {"color": "danger", "title": "Error Details", "fields": fields}
        return {"text": message, "attachments": [attachment] if facts else []}
    if format == "discord":
        embed = {
            "title": "Error Details",
            "color": 0xE74C3C,
            "fields": [
                {"name": name, "value": value[:_DISCORD_FIELD_LIMIT], "inline": True}
                for name, value in facts[:_DISCORD_FIELDS]
            ],
        }
        return {"content": message, "embeds": [embed] if facts else []}
    if format == "teams":
        section = {
            "activityTitle": message,
            "facts": [{"name": name, "value": value} for name, value in facts],
        }
        return {
            "@type": "MessageCard",
            "@context": "https://schema.org/extensions",
            "themeColor": "FF0000",
            "summary": message,
            "sections": [section],
        }
    return {"message": message, "details": _plain(details), "source": "CasareRPA"}


def _plain(value: Any) -> Any:
    """What JSON can carry; anything else as its text."""
    import json

    return json.loads(json.dumps(value, default=str))
