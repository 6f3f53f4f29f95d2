"""Outlook on Windows, by its own object model."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import MissingExtraError, NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.paths import existing_file, told_plainly

_SUCCESS = Port("success", DataType.BOOLEAN)
_MAIL_ITEM = 0
_INBOX = 6
"""Numbers of Outlook's own: olMailItem, olFolderInbox."""

_outlook_node = partial(node, category="desktop", needs="windows", blocking=True)


@_outlook_node(
    "OutlookSendEmailNode",
    effect=Effect.ONCE,
    inputs=(
        Port("to", DataType.STRING, required=True),
        Port("subject", DataType.STRING),
        Port("body", DataType.STRING),
        Port("cc", DataType.STRING),
        Port("bcc", DataType.STRING),
        Port("attachments"),
    ),
    outputs=(_SUCCESS,),
    properties=(
        Property("to", DataType.STRING, required=True),
        Property("subject", DataType.STRING),
        Property("body", DataType.TEXT),
        Property("cc", DataType.STRING),
        Property("bcc", DataType.STRING),
        Property("attachments", DataType.LIST),
        Property("html_body", DataType.BOOLEAN, False),
    ),
)
def outlook_send(
    ctx: NodeContext,
    *,
    to: str,
    subject: str | None,
    body: str | None,
    cc: str | None,
    bcc: str | None,
    attachments: Any,
    html_body: bool,
) -> Outputs:
    """Send an email from the account that Outlook is set up with."""
    given = [attachments] if isinstance(attachments, str) and attachments else attachments or []
    with told_plainly():
        files = [existing_file(ctx, path, "Attachment") for path in given]
    with _outlook() as application:
        mail = application.CreateItem(_MAIL_ITEM)
        mail.To, mail.CC, mail.BCC = to, cc or "", bcc or ""
        mail.Subject = subject or ""
        setattr(mail, "HTMLBody" if html_body else "Body", body or "")
        for file in files:
            mail.Attachments.Add(str(file))
        mail.Send()
    return {"success": True}


@_outlook_node(
    "OutlookReadEmailsNode",
    effect=Effect.READS,
    outputs=(Port("emails"), Port("count", DataType.INTEGER), _SUCCESS),
    properties=(
        Property("folder", DataType.STRING, "Inbox"),
        Property("count", DataType.INTEGER, 10),
        Property("unread_only", DataType.BOOLEAN, False),
    ),
)
def outlook_read(ctx: NodeContext, *, folder: str, count: int, unread_only: bool) -> Outputs:
    """The newest emails of a folder: the inbox, or one beside or below it (``Inbox/Done``)."""
    emails: list[dict[str, Any]] = []
    with _outlook() as application:
        items = _folder(application, folder).Items
        items = items.Restrict("[Unread] = True") if unread_only else items
        items.Sort("[ReceivedTime]", True)
        for place in range(1, min(count, items.Count) + 1):
            if ctx.cancelled():
                break
            item = items.Item(place)
            emails.append(
                {
                    "subject": str(item.Subject),
                    "sender": str(getattr(item, "SenderName", "")),
                    "sender_email": str(getattr(item, "SenderEmailAddress", "")),
                    "received": str(getattr(item, "ReceivedTime", "")),
                    "body": str(item.Body),
                    "unread": bool(item.UnRead),
                    "has_attachments": item.Attachments.Count > 0,
                }
            )
    return {"emails": emails, "count": len(emails), "success": True}


@_outlook_node(
    "OutlookGetInboxCountNode",
    effect=Effect.READS,
    outputs=(
        Port("total_count", DataType.INTEGER),
        Port("unread_count", DataType.INTEGER),
        _SUCCESS,
    ),
    properties=(Property("unread_only", DataType.BOOLEAN, False),),
)
def outlook_inbox_count(*, unread_only: bool) -> Outputs:
    """How many emails the inbox has; with ``unread_only`` both numbers are of unread ones."""
    with _outlook() as application:
        inbox = _folder(application, "Inbox")
        unread = int(inbox.UnReadItemCount)
        total = unread if unread_only else int(inbox.Items.Count)
    return {"total_count": total, "unread_count": unread, "success": True}


@contextmanager
def _outlook() -> Iterator[Any]:
    """Outlook, started if it is not."""
    try:
        com = import_module("comtypes")
        client = import_module("comtypes.client")
    except ImportError as error:
        raise MissingExtraError("comtypes", "windows") from error
    com.CoInitialize()
    try:
        yield client.CreateObject("Outlook.Application", dynamic=True)
    except com.COMError as error:
        raise NodeFailure(f"Outlook refuses: {error}", outputs={"success": False}) from error
    finally:
        com.CoUninitialize()


def _folder(application: Any, name: str) -> Any:
    found = application.GetNamespace("MAPI").GetDefaultFolder(_INBOX)
    names = [part for part in name.replace("\\", "/").split("/") if part]
    if names and names[0].casefold() in ("inbox", str(found.Name).casefold()):
        names = names[1:]
    elif names:
        found = found.Parent
    for part in names:
        folders = [found.Folders.Item(place) for place in range(1, found.Folders.Count + 1)]
        below = {str(one.Name).casefold(): one for one in folders}
        if part.casefold() not in below:
            raise NodeFailure(
                f"Outlook has no folder {part!r} in {found.Name}", outputs={"success": False}
            )
        found = below[part.casefold()]
    return found
