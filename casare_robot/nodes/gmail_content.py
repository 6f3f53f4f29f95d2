"""Emails as Gmail has them: written for sending, read into plain data."""

import base64
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from email.utils import getaddresses
from pathlib import Path
from typing import Any

from casare_robot.domain.errors import NodeFailure
from casare_robot.nodes.mail_message import attach, recipients


def written(
    *,
    to: str,
    cc: str = "",
    bcc: str = "",
    subject: str,
    body: str,
    is_html: bool = False,
    attachments: Sequence[Path] = (),
    replies_to: str = "",
    references: str = "",
) -> EmailMessage:
    """A message ready to be sent; Gmail puts in sender, date and id. Reads the attachments.

    Raises:
        NodeFailure: A header holds a line break, or nobody would get it.
        OSError: An attachment cannot be read.
    """
    if not recipients(to, cc, bcc):
        raise NodeFailure("an email needs somebody to go to", retryable=False)
    message = EmailMessage()
    headers = {
        "To": to,
        "Cc": cc,
        "Bcc": bcc,
        "Subject": subject,
        "In-Reply-To": replies_to,
        "References": " ".join(part for part in (references, replies_to) if part),
    }
    try:
        for name, value in headers.items():
            if value:
                message[name] = value
    except (ValueError, IndexError) as error:
        raise NodeFailure(f"the email cannot be written: {error}", retryable=False) from error
    message.set_content(body, subtype="html" if is_html else "plain")
    attach(message, attachments)
    return message


def raw(message: EmailMessage) -> str:
    """A message as Gmail takes it. Pure."""
    return base64.urlsafe_b64encode(message.as_bytes()).decode()


def unpacked(data: str) -> bytes:
    """What Gmail sends in base64url, with or without its padding. Pure.

    Raises:
        NodeFailure: It is none.
    """
    try:
        return base64.urlsafe_b64decode(data + "=" * (-len(data) % 4))
    except ValueError as error:
        raise NodeFailure("Gmail sent something that is not base64") from error


def header(message: Mapping[str, Any], name: str) -> str:
    """A header of a message; "" if it has none. Pure."""
    for one in (message.get("payload") or {}).get("headers") or []:
        if str(one.get("name", "")).casefold() == name.casefold():
            return str(one.get("value", ""))
    return ""


def described(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message under the names of the nodes. Pure."""
    parts = list(_parts(message.get("payload") or {}))
    attachments = [
        {
            "filename": part.get("filename", ""),
            "mime_type": part.get("mimeType", ""),
            "size": (part.get("body") or {}).get("size", 0),
            "attachment_id": (part.get("body") or {}).get("attachmentId", ""),
        }
        for part in parts
        if part.get("filename")
    ]
    return {
        "message_id": message.get("id", ""),
        "thread_id": message.get("threadId", ""),
        "subject": header(message, "Subject"),
        "from_address": header(message, "From"),
        "to_addresses": addresses(header(message, "To")),
        "cc_addresses": addresses(header(message, "Cc")),
        "date": header(message, "Date"),
        "snippet": message.get("snippet", ""),
        "body_plain": _text(parts, "text/plain"),
        "body_html": _text(parts, "text/html"),
        "label_ids": list(message.get("labelIds") or []),
        "has_attachments": bool(attachments),
        "attachment_count": len(attachments),
        "attachments": attachments,
    }


def addresses(text: str) -> list[str]:
    """The bare addresses of a header. Pure."""
    return [address for _, address in getaddresses([text]) if address]


def _parts(part: Mapping[str, Any]) -> Any:
    yield part
    for inner in part.get("parts") or []:
        yield from _parts(inner)


def _text(parts: Sequence[Mapping[str, Any]], kind: str) -> str:
    """The text of a kind; Gmail gives it in UTF-8, whatever the part's header says."""
    found = [
        unpacked(part["body"]["data"]).decode(errors="replace")
        for part in parts
        if part.get("mimeType") == kind
        and not part.get("filename")
        and (part.get("body") or {}).get("data")
    ]
    return "".join(found)
