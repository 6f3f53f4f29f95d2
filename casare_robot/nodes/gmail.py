"""Gmail: write, send, answer and forward emails. Source: Google's Gmail API, version 1."""

import asyncio
from collections.abc import Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs
from casare_robot.nodes.gmail_content import header, raw, unpacked, written
from casare_robot.nodes.google_account import (
    CALLED_GOOGLE,
    GMAIL,
    Field,
    google_node,
    items,
    needed,
)
from casare_robot.nodes.paths import existing_file, told_plainly

if TYPE_CHECKING:
    from casare_robot.nodes.account_api import AccountApi

ME = "/gmail/v1/users/me"
_STRING, _INTEGER, _LIST = DataType.STRING, DataType.INTEGER, DataType.LIST
_COPIES = (Field("cc", default=""), Field("bcc", default=""))
_BODY = (
    Field("body", default="", written=DataType.TEXT),
    Field("body_type", default="plain", written=DataType.CHOICE, choices=("plain", "html")),
)
_EMAIL = (needed("to"), *_COPIES, Field("subject", default=""), *_BODY)
_SENT = {"message_id": _STRING, "thread_id": _STRING}


def _files(ctx: NodeContext, *given: Any) -> list[Path]:
    return [existing_file(ctx, path) for some in given for path in items(some, "attachments")]


async def _written(ctx: NodeContext, files: tuple[Any, ...] = (), **parts: Any) -> EmailMessage:
    with told_plainly():
        paths = _files(ctx, *files)
        return await asyncio.to_thread(lambda: written(attachments=paths, **parts))


async def _send(api: "AccountApi", message: EmailMessage, thread_id: str = "") -> Outputs:
    body = {"raw": raw(message), **({"threadId": thread_id} if thread_id else {})}
    return _sent(await api.post(ME + "/messages/send", body=body))


def _sent(found: Mapping[str, Any]) -> Outputs:
    return {"message_id": found.get("id", ""), "thread_id": found.get("threadId", "")}


@google_node(GMAIL, "GmailSendEmailNode", *_EMAIL, gives=_SENT, effect=Effect.ONCE)
async def send_email(
    api: "AccountApi",
    ctx: NodeContext,
    *,
    to: str,
    cc: str,
    bcc: str,
    subject: str,
    body: str,
    body_type: str,
) -> Outputs:
    """Send an email."""
    about = {"to": to, "cc": cc, "bcc": bcc, "subject": subject, "body": body}
    return await _send(api, await _written(ctx, (), **about, is_html=body_type == "html"))


@google_node(
    GMAIL,
    "GmailSendWithAttachmentNode",
    *_EMAIL,
    Field("attachments", default=""),
    Field("attachment_list", _LIST, setting=False),
    gives={**_SENT, "attachment_count": _INTEGER},
    effect=Effect.ONCE,
)
async def send_with_attachment(
    api: "AccountApi",
    ctx: NodeContext,
    *,
    to: str,
    cc: str,
    bcc: str,
    subject: str,
    body: str,
    body_type: str,
    attachments: Any,
    attachment_list: Any,
) -> Outputs:
    """Send an email with files: paths with commas between them, and a list of paths."""
    about = {"to": to, "cc": cc, "bcc": bcc, "subject": subject, "body": body}
    files = (attachments, attachment_list)
    message = await _written(ctx, files, **about, is_html=body_type == "html")
    count = len(list(message.iter_attachments()))
    return {**await _send(api, message), "attachment_count": count}


@google_node(
    GMAIL,
    "GmailCreateDraftNode",
    *_EMAIL,
    Field("attachments", default=""),
    gives={"draft_id": _STRING, "message_id": _STRING},
    effect=Effect.ONCE,
)
async def create_draft(
    api: "AccountApi",
    ctx: NodeContext,
    *,
    to: str,
    cc: str,
    bcc: str,
    subject: str,
    body: str,
    body_type: str,
    attachments: Any,
) -> Outputs:
    """Write an email and keep it as a draft."""
    about = {"to": to, "cc": cc, "bcc": bcc, "subject": subject, "body": body}
    message = await _written(ctx, (attachments,), **about, is_html=body_type == "html")
    found = await api.post(ME + "/drafts", body={"message": {"raw": raw(message)}})
    inner = found.get("message") or {}
    return {"draft_id": found.get("id", ""), "message_id": inner.get("id", "")}


@google_node(
    GMAIL,
    "GmailSendDraftNode",
    needed("draft_id", default=None),
    CALLED_GOOGLE,
    gives=_SENT,
    effect=Effect.ONCE,
)
async def send_draft(api: "AccountApi", *, draft_id: str) -> Outputs:
    """Send a draft."""
    return _sent(await api.post(ME + "/drafts/send", body={"id": draft_id}))


@google_node(
    GMAIL,
    "GmailReplyToEmailNode",
    needed("thread_id"),
    needed("message_id"),
    *_BODY,
    *_COPIES,
    gives=_SENT,
    effect=Effect.ONCE,
    synonyms={"new_message_id": "message_id"},
)
async def reply_to_email(
    api: "AccountApi",
    ctx: NodeContext,
    *,
    thread_id: str,
    message_id: str,
    body: str,
    body_type: str,
    cc: str,
    bcc: str,
) -> Outputs:
    """Answer an email, in its conversation; it goes to who wants answers to it."""
    names = ["Subject", "From", "Reply-To", "Message-ID", "References"]
    found = await api.get(
        ME + "/messages/{}", message_id, query={"format": "metadata", "metadataHeaders": names}
    )
    subject = header(found, "Subject")
    message = await _written(
        ctx,
        to=header(found, "Reply-To") or header(found, "From"),
        cc=cc,
        bcc=bcc,
        subject=subject if subject.lower().startswith("re:") else f"Re: {subject}",
        body=body,
        is_html=body_type == "html",
        replies_to=header(found, "Message-ID"),
        references=header(found, "References"),
    )
    return await _send(api, message, thread_id)


@google_node(
    GMAIL,
    "GmailForwardEmailNode",
    needed("message_id"),
    needed("to"),
    *_COPIES,
    Field("additional_body", default="", written=DataType.TEXT),
    gives=_SENT,
    effect=Effect.ONCE,
    synonyms={"new_message_id": "message_id"},
)
async def forward_email(
    api: "AccountApi",
    ctx: NodeContext,
    *,
    message_id: str,
    to: str,
    cc: str,
    bcc: str,
    additional_body: str,
) -> Outputs:
    """Send an email on, whole, as an attachment of one that says what is added."""
    found = await api.get(ME + "/messages/{}", message_id, query={"format": "raw"})
    original = message_from_bytes(unpacked(str(found.get("raw") or "")), policy=policy.default)
    subject = str(original["Subject"] or "")
    message = await _written(
        ctx,
        to=to,
        cc=cc,
        bcc=bcc,
        subject=subject if subject.lower().startswith("fwd:") else f"Fwd: {subject}",
        body=additional_body or "",
    )
    message.add_attachment(original)
    return await _send(api, message)


@google_node(
    GMAIL,
    "GmailBatchSendNode",
    needed("emails", _LIST, None),
    CALLED_GOOGLE,
    gives={"results": _LIST, "sent_count": _INTEGER, "failed_count": _INTEGER},
    effect=Effect.ONCE,
)
async def batch_send(api: "AccountApi", ctx: NodeContext, *, emails: Any) -> Outputs:
    """Send several emails: dicts with ``to``, ``subject``, ``body``, and what else one has.

    One that fails is told in its result and does not keep the others.
    """
    results: list[dict[str, Any]] = []
    for one in items(emails, "emails"):
        about = one if isinstance(one, Mapping) else {}
        try:
            message = await _written(
                ctx,
                (about.get("attachments"),),
                **{name: str(about.get(name) or "") for name in ("to", "cc", "bcc", "subject")},
                body=str(about.get("body") or ""),
                is_html=about.get("body_type") == "html",
            )
            sent = await _send(api, message)
        except NodeFailure as failure:
            results.append({"success": False, "error": str(failure), "to": about.get("to", "")})
        else:
            results.append({"success": True, "error": "", "to": about.get("to", ""), **sent})
    count = sum(result["success"] for result in results)
    return {"results": results, "sent_count": count, "failed_count": len(results) - count}
