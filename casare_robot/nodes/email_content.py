"""Emails that were read already: their parts, and choosing among them."""

from typing import Any

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.nested import as_list

_TEXTS = ("subject", "from", "to", "date", "body_text", "body_html")


@node(
    "GetEmailContentNode",
    category="email",
    inputs=(Port("email", DataType.DICT, required=True),),
    outputs=(
        *(Port(name, DataType.STRING) for name in _TEXTS),
        Port("attachments", DataType.LIST),
    ),
    properties=(Property("email", DataType.JSON),),
)
def get_email_content(*, email: Any) -> Outputs:
    """The parts of an email, empty where it has none."""
    if not isinstance(email, dict) or not email:
        raise NodeFailure("No email data provided", retryable=False)
    texts = {name: _text(email.get(name)) for name in _TEXTS}
    return {**texts, "attachments": [*(email.get("attachments") or [])]}


@node(
    "FilterEmailsNode",
    category="email",
    inputs=(
        Port("emails", DataType.LIST, required=True),
        Port("subject_contains", DataType.STRING),
        Port("from_contains", DataType.STRING),
        Port("has_attachments", DataType.BOOLEAN),
    ),
    outputs=(Port("filtered", DataType.LIST), Port("count", DataType.INTEGER)),
    properties=(
        Property("emails", DataType.LIST),
        Property("subject_contains", DataType.STRING),
        Property("from_contains", DataType.STRING),
        Property("has_attachments", DataType.BOOLEAN),
    ),
)
def filter_emails(
    *,
    emails: Any,
    subject_contains: str | None,
    from_contains: str | None,
    has_attachments: bool | None,
) -> Outputs:
    """The emails that meet every condition that is set; the case of letters does not count.

    ``has_attachments`` false asks for emails without any; unset, it asks nothing.
    """
    kept = [
        email
        for email in as_list(emails)
        if isinstance(email, dict)
        and _has(email.get("subject"), subject_contains)
        and _has(email.get("from"), from_contains)
        and has_attachments in (None, _is_with_attachments(email))
    ]
    return {"filtered": kept, "count": len(kept)}


def _has(text: Any, part: Any) -> bool:
    return _text(part).casefold() in _text(text).casefold()


def _is_with_attachments(email: dict[Any, Any]) -> bool:
    return bool(email.get("has_attachments", email.get("attachments")))


def _text(value: Any) -> str:
    return "" if value is None else str(value)
