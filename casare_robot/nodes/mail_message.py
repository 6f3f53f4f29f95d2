"""Emails as messages on the way out, and as plain data on the way in."""

import mimetypes
from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from casare_robot.domain.errors import NodeFailure
from casare_robot.nodes.paths import name_fault

if TYPE_CHECKING:
    from imap_tools import MailMessage

_PRIORITIES = {"high": ("1", "High"), "low": ("5", "Low")}


def compose(
    *,
    message_id: str,
    at: datetime,
    sender: str,
    sender_name: str,
    to: str,
    cc: str,
    subject: str,
    body: str,
    is_html: bool,
    reply_to: str,
    priority: str,
    read_receipt: bool,
    attachments: Sequence[Path],
) -> EmailMessage:
    """A message ready to be sent. Reads the attachments.

    Raises:
        NodeFailure: A header holds a line break, or an address is none.
        OSError: An attachment cannot be read.
    """
    message = EmailMessage()
    try:
        message["From"] = _named(sender, sender_name)
        message["To"] = to
        if cc:
            message["Cc"] = cc
        if reply_to:
            message["Reply-To"] = reply_to
        message["Subject"] = subject
        message["Date"] = format_datetime(at)
        message["Message-ID"] = message_id
        if priority in _PRIORITIES:
            message["X-Priority"], message["Importance"] = _PRIORITIES[priority]
        if read_receipt:
            message["Disposition-Notification-To"] = sender
    except (ValueError, IndexError) as error:
        raise NodeFailure(f"the email cannot be written: {error}", retryable=False) from error
    message.set_content(body, subtype="html" if is_html else "plain")
    attach(message, attachments)
    return message


def attach(message: EmailMessage, paths: Sequence[Path]) -> None:
    """Put files into a message, of the kind that their names say.

    Raises:
        OSError: One cannot be read.
    """
    for path in paths:
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        main, _, sub = kind.partition("/")
        message.add_attachment(path.read_bytes(), maintype=main, subtype=sub, filename=path.name)


def recipients(*lists: str) -> list[str]:
    """The bare addresses of comma-separated lists, each once, in order. Pure.

    Raises:
        NodeFailure: One of them is no address.
    """
    found = [address for _, address in getaddresses([text for text in lists if text.strip()])]
    wrong = [address for address in found if "@" not in address or any(map(str.isspace, address))]
    if wrong:
        raise NodeFailure(f"{wrong[0]!r} is no email address", retryable=False)
    return list(dict.fromkeys(found))


def described(message: "MailMessage", *, include_body: bool = True) -> dict[str, Any]:
    """An email of a mailbox as wires carry it. Pure.

    Source: the reference's emails: ``message_id, subject, from, to, cc, date, body_text,
    body_html, attachments {filename, content_type, size}, has_attachments``, and ``uid``.
    """
    attachments = [
        {"filename": one.filename, "content_type": one.content_type, "size": one.size}
        for one in message.attachments
        if one.filename
    ]
    about = {
        "uid": message.uid or "",
        "message_id": str(message.obj.get("Message-ID", "")).strip(),
        "subject": message.subject,
        "from": _written(message.from_values),
        "to": ", ".join(map(_written, message.to_values)),
        "cc": ", ".join(map(_written, message.cc_values)),
        "date": message.date.isoformat() if message.date_str else "",
        "flags": list(message.flags),
    }
    if not include_body:
        return about
    return about | {
        "body_text": message.text,
        "body_html": message.html,
        "attachments": attachments,
        "has_attachments": bool(attachments),
    }


def file_names(given: Sequence[str]) -> list[str]:
    """Plain and different names for attachments, whatever their senders called them. Pure."""
    names: list[str] = []
    for number, text in enumerate(given, 1):
        name = text.replace("\\", "/").rpartition("/")[2].strip()
        if not name or name in (".", "..") or "\0" in name or name_fault(name):
            name = f"attachment-{number}{Path(name).suffix if name.isprintable() else ''}"
        stem, suffix, same = Path(name).stem, Path(name).suffix, 2
        while name.casefold() in {one.casefold() for one in names}:
            name, same = f"{stem} ({same}){suffix}", same + 1
        names.append(name)
    return names


def _named(address: str, name: str) -> str | Address:
    return Address(display_name=name, addr_spec=address) if name else address


def _written(value: Any) -> str:
    return "" if value is None else value.full
