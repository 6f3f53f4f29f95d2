"""Mailboxes: read emails, save what is attached, and keep folders in order."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict, Unpack

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.credentials import login
from casare_robot.nodes.paths import told_plainly, writable

if TYPE_CHECKING:
    from imap_tools import BaseMailBox

USES = ("imap_tools", "truststore")
FLAGS = {
    "read": ("\\Seen", True),
    "unread": ("\\Seen", False),
    "flagged": ("\\Flagged", True),
    "unflagged": ("\\Flagged", False),
}
_DELETED = "\\Deleted"
_ACCOUNT_PORTS = (Port("username", DataType.STRING), Port("password", DataType.STRING))
_ACCOUNT = (
    Property("username", DataType.STRING, ""),
    Property("password", DataType.STRING, ""),
)
_IMAP = (
    Property("imap_server", DataType.STRING, "imap.gmail.com"),
    Property("imap_port", DataType.INTEGER, 993, low=1, high=65535),
    *_ACCOUNT,
)
_RETRIES = (
    Property("retry_count", DataType.INTEGER, 0, low=0),
    Property("retry_interval", DataType.INTEGER, 2000, low=0),
)
_UID = Property("email_uid", DataType.STRING)
_UID_PORT = Port("email_uid", DataType.STRING)


class MailAccount(TypedDict):
    """Whose mailbox it is and how it is reached: arguments of every node here."""

    imap_server: str
    imap_port: int
    username: str
    password: str
    credential_name: NotRequired[str]
    """Of a secret that stands for the password."""
    use_ssl: NotRequired[bool]
    """Without it: except on port 143."""
    timeout: NotRequired[int]
    """In seconds."""


def reading_effect(parameters: Mapping[str, Any]) -> Effect:
    """Effect of reading: done again, what was marked as read may not be found. Pure."""
    return Effect.ONCE if parameters.get("mark_as_read") else Effect.READS


@node(
    "ReadEmailsNode",
    category="email",
    effect=reading_effect,
    blocking=True,
    uses=USES,
    inputs=(
        Port("imap_server", DataType.STRING),
        Port("imap_port", DataType.INTEGER),
        *_ACCOUNT_PORTS,
        Port("folder", DataType.STRING),
        Port("limit", DataType.INTEGER),
        Port("search_criteria", DataType.STRING),
    ),
    outputs=(Port("emails", DataType.LIST), Port("count", DataType.INTEGER)),
    properties=(
        Property("credential_name", DataType.STRING, ""),
        *_IMAP,
        Property("folder", DataType.STRING, "INBOX"),
        Property("limit", DataType.INTEGER, 10, low=0),
        Property("search_criteria", DataType.STRING, "ALL"),
        Property("use_ssl", DataType.BOOLEAN, True),
        Property("timeout", DataType.INTEGER, 30, low=1),
        Property("mark_as_read", DataType.BOOLEAN, False),
        Property("include_body", DataType.BOOLEAN, True),
        Property("newest_first", DataType.BOOLEAN, True),
        *_RETRIES,
    ),
)
def read_emails(
    ctx: NodeContext,
    *,
    folder: str,
    limit: int,
    search_criteria: str,
    mark_as_read: bool = False,
    include_body: bool = True,
    newest_first: bool,
    **account: Unpack[MailAccount],
) -> Outputs:
    """Emails that meet IMAP search criteria (``ALL``, ``UNSEEN``, ``FROM "x"``); 0: all of them."""
    from casare_robot.nodes.mail_message import described

    criteria = search_criteria.strip() or "ALL"
    if not criteria.isprintable():
        raise NodeFailure("the search criteria are one line of text", retryable=False)
    with _opened(ctx, account, folder) as box:
        found = box.fetch(
            criteria if criteria.isascii() else criteria.encode(),
            charset="US-ASCII" if criteria.isascii() else "UTF-8",
            limit=limit or None,
            mark_seen=mark_as_read,
            reverse=newest_first,
            headers_only=not include_body,
            bulk=20,
        )
        emails = [described(message, include_body=include_body) for message in found]
    return {"emails": emails, "count": len(emails)}


@node(
    "SaveAttachmentNode",
    category="email",
    effect=Effect.IDEMPOTENT,
    blocking=True,
    uses=USES,
    inputs=(
        Port("imap_server", DataType.STRING),
        *_ACCOUNT_PORTS,
        _UID_PORT,
        Port("save_path", DataType.STRING),
        Port("folder", DataType.STRING),
    ),
    outputs=(Port("saved_files", DataType.LIST), Port("count", DataType.INTEGER)),
    properties=(
        *_IMAP,
        _UID,
        Property("folder", DataType.STRING, "INBOX"),
        Property("save_path", DataType.STRING, "."),
    ),
)
def save_attachment(
    ctx: NodeContext,
    *,
    email_uid: str | None,
    folder: str,
    save_path: str,
    **account: Unpack[MailAccount],
) -> Outputs:
    """Write the attachments of one email into a folder, which is made if it is not there."""
    from imap_tools import AND

    from casare_robot.nodes.mail_message import file_names

    uid = _uid(email_uid)
    with _opened(ctx, account, folder) as box:
        message = next(iter(box.fetch(AND(uid=uid), mark_seen=False)), None)
        if message is None:
            raise _no_email(uid, folder)
        parts = [part for part in message.attachments if part.filename]
        contents = [part.payload for part in parts]
    saved: list[str] = []
    with told_plainly():
        target = writable(ctx, save_path)
        for name, content in zip(file_names([p.filename for p in parts]), contents, strict=True):
            path: Path = writable(ctx, str(target / name))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            saved.append(str(path))
    return {"saved_files": saved, "count": len(saved)}


@node(
    "MarkEmailNode",
    category="email",
    effect=Effect.IDEMPOTENT,
    blocking=True,
    uses=USES,
    inputs=(
        Port("imap_server", DataType.STRING),
        *_ACCOUNT_PORTS,
        _UID_PORT,
        Port("folder", DataType.STRING),
        Port("mark_as", DataType.STRING),
    ),
    outputs=(Port("success", DataType.BOOLEAN),),
    properties=(
        *_IMAP,
        _UID,
        Property("folder", DataType.STRING, "INBOX"),
        Property("mark_as", DataType.CHOICE, "read", choices=tuple(FLAGS)),
    ),
)
def mark_email(
    ctx: NodeContext,
    *,
    email_uid: str | None,
    folder: str,
    mark_as: str,
    **account: Unpack[MailAccount],
) -> Outputs:
    """Mark an email as read, unread, flagged or unflagged."""
    if mark_as not in FLAGS:
        raise NodeFailure(f"{mark_as!r} is none of {', '.join(FLAGS)}", retryable=False)
    uid = _uid(email_uid)
    with _opened(ctx, account, folder) as box:
        _expect(box, uid, folder)
        _flag(box, uid, *FLAGS[mark_as])
    return {"success": True}


@node(
    "DeleteEmailNode",
    category="email",
    effect=Effect.ONCE,
    blocking=True,
    uses=USES,
    inputs=(
        Port("imap_server", DataType.STRING),
        *_ACCOUNT_PORTS,
        _UID_PORT,
        Port("folder", DataType.STRING),
    ),
    outputs=(Port("success", DataType.BOOLEAN),),
    properties=(
        *_IMAP,
        _UID,
        Property("folder", DataType.STRING, "INBOX"),
        Property("permanent", DataType.BOOLEAN, False),
    ),
)
def delete_email(
    ctx: NodeContext,
    *,
    email_uid: str | None,
    folder: str,
    permanent: bool,
    **account: Unpack[MailAccount],
) -> Outputs:
    """Mark an email as deleted; ``permanent`` removes it, and no other."""
    uid = _uid(email_uid)
    with _opened(ctx, account, folder) as box:
        _expect(box, uid, folder)
        _flag(box, uid, _DELETED, True)
        if permanent:
            _expunge(box, uid)
    return {"success": True}


@node(
    "MoveEmailNode",
    category="email",
    effect=Effect.ONCE,
    blocking=True,
    uses=USES,
    inputs=(
        Port("imap_server", DataType.STRING),
        *_ACCOUNT_PORTS,
        _UID_PORT,
        Port("source_folder", DataType.STRING),
        Port("target_folder", DataType.STRING),
    ),
    outputs=(Port("success", DataType.BOOLEAN),),
    properties=(
        Property("imap_server", DataType.STRING, "imap.gmail.com"),
        Property("imap_port", DataType.INTEGER, 993, low=1, high=65535),
        _UID,
        *_ACCOUNT,
        Property("source_folder", DataType.STRING, "INBOX"),
        Property("target_folder", DataType.STRING, ""),
    ),
)
def move_email(
    ctx: NodeContext,
    *,
    email_uid: str | None,
    source_folder: str,
    target_folder: str,
    **account: Unpack[MailAccount],
) -> Outputs:
    """Move an email to another folder of the same mailbox."""
    uid = _uid(email_uid)
    if not target_folder:
        raise NodeFailure("Target folder is required", retryable=False)
    with _opened(ctx, account, source_folder) as box:
        _expect(box, uid, source_folder)
        box.copy(uid, target_folder)
        _flag(box, uid, _DELETED, True)
        _expunge(box, uid)
    return {"success": True}


@contextmanager
def _opened(ctx: NodeContext, account: MailAccount, folder: str) -> "Iterator[BaseMailBox]":
    from casare_robot.nodes.mail_server import mailbox

    username, password = login(
        ctx, account.get("credential_name", ""), account["username"], account["password"]
    )
    with mailbox(
        ctx,
        server=account["imap_server"],
        port=account["imap_port"],
        username=username,
        password=password,
        folder=folder or "INBOX",
        use_ssl=account.get("use_ssl"),
        timeout=account.get("timeout", 30),
    ) as box:
        yield box


def _expect(box: "BaseMailBox", uid: str, folder: str) -> None:
    from imap_tools import AND

    if uid not in box.uids(AND(uid=uid)):
        raise _no_email(uid, folder)


def _flag(box: "BaseMailBox", uid: str, flag: str, is_set: bool) -> None:
    """Set one flag of one email; the library's own way also removes what is marked as deleted."""
    from imap_tools.errors import MailboxFlagError
    from imap_tools.utils import check_command_status

    change = "+FLAGS.SILENT" if is_set else "-FLAGS.SILENT"
    check_command_status(box.client.uid("STORE", uid, change, f"({flag})"), MailboxFlagError)


def _expunge(box: "BaseMailBox", uid: str) -> None:
    """Remove one email that is marked as deleted, and where the server can no other."""
    _, (able, *_) = box.client.capability()  # what was said before the login is not all
    if b"UIDPLUS" in able.upper().split():
        box.client.uid("EXPUNGE", uid)
    else:
        box.expunge()


def _no_email(uid: str, folder: str) -> NodeFailure:
    return NodeFailure(f"there is no email {uid} in {folder or 'INBOX'}", retryable=False)


def _uid(value: Any) -> str:
    uid = "" if value is None else str(value).strip()
    if not uid:
        raise NodeFailure("Email UID is required", retryable=False)
    if not (uid.isascii() and uid.isdigit()):
        raise NodeFailure(f"{uid!r} is no email UID, which is a number", retryable=False)
    return uid
