"""Gmail: find, read, label, move and delete emails. Source: Google's Gmail API, version 1."""

import base64
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs
from casare_robot.nodes.file_writing import write_whole
from casare_robot.nodes.gmail import ME
from casare_robot.nodes.gmail_content import described, unpacked
from casare_robot.nodes.google_account import (
    CALLED_GOOGLE,
    GMAIL,
    Field,
    google_node,
    items,
    needed,
)
from casare_robot.nodes.mail_message import file_names
from casare_robot.nodes.paths import told_plainly, writable

if TYPE_CHECKING:
    from casare_robot.nodes.account_api import AccountApi

_STRING, _INTEGER, _LIST = DataType.STRING, DataType.INTEGER, DataType.LIST
_BOOLEAN, _OBJECT = DataType.BOOLEAN, DataType.OBJECT
_FORMAT = Field(
    "format",
    default="full",
    written=DataType.CHOICE,
    choices=("minimal", "metadata", "full", "raw"),
)
_MESSAGE = (needed("message_id", default=None), CALLED_GOOGLE)
_MESSAGES = (needed("message_ids", _LIST, None), CALLED_GOOGLE)
_CHANGES = (Field("add_labels", _LIST), Field("remove_labels", _LIST))
_MOST_AT_ONCE = 1000
"""Messages that Gmail changes in one request."""


@google_node(
    GMAIL,
    "GmailGetEmailNode",
    needed("message_id"),
    _FORMAT,
    gives={
        "message_id": _STRING,
        "thread_id": _STRING,
        "subject": _STRING,
        "from_address": _STRING,
        "to_addresses": _LIST,
        "cc_addresses": _LIST,
        "date": _STRING,
        "snippet": _STRING,
        "body_plain": _STRING,
        "body_html": _STRING,
        "label_ids": _LIST,
        "has_attachments": _BOOLEAN,
        "attachment_count": _INTEGER,
        "attachments": _LIST,
        "raw_message": _OBJECT,
    },
    synonyms={
        "body": "body_plain",
        "from": "from_address",
        "labels": "label_ids",
        "to": "to_addresses",
    },
)
async def get_email(api: "AccountApi", *, message_id: str, format: str) -> Outputs:
    """An email; how much of it is known depends on the format."""
    found = await api.get(ME + "/messages/{}", message_id, query={"format": format})
    return {**described(found), "raw_message": found}


async def _listed(api: "AccountApi", most: int, **query: Any) -> tuple[list[Any], str]:
    found = await api.get(ME + "/messages", query={"maxResults": most, **query})
    messages = [
        {"id": one.get("id", ""), "thread_id": one.get("threadId", "")}
        for one in found.get("messages") or []
    ]
    return messages, str(found.get("nextPageToken") or "")


@google_node(
    GMAIL,
    "GmailListEmailsNode",
    Field("max_results", _INTEGER, 10, low=1, high=500),
    Field("label_ids", _LIST, ["INBOX"]),
    Field("page_token", wire=False),
    Field("query", default=""),
    CALLED_GOOGLE,
    gives={"messages": _LIST, "count": _INTEGER, "next_page_token": _STRING},
)
async def list_emails(
    api: "AccountApi", *, max_results: int, label_ids: Any, page_token: str | None, query: str
) -> Outputs:
    """The ids of the newest emails that have all of some labels, and that a query finds."""
    labels = items(label_ids, "label_ids")
    messages, token = await _listed(
        api, max_results, labelIds=labels, pageToken=page_token, q=query
    )
    return {"messages": messages, "count": len(messages), "next_page_token": token}


@google_node(
    GMAIL,
    "GmailSearchEmailsNode",
    Field("query", default=""),
    Field("max_results", _INTEGER, 10, low=1, high=500),
    Field("label_ids", default=""),
    Field("include_spam_trash", _BOOLEAN, False),
    Field("page_token", setting=False),
    gives={
        "messages": _LIST,
        "message_count": _INTEGER,
        "message_ids": _LIST,
        "next_page_token": _STRING,
    },
    synonyms={"count": "message_count"},
)
async def search_emails(
    api: "AccountApi",
    *,
    query: str,
    max_results: int,
    label_ids: Any,
    include_spam_trash: bool,
    page_token: str | None,
) -> Outputs:
    """The ids of the emails that Gmail finds, in its own search language."""
    messages, token = await _listed(
        api,
        max_results,
        q=query,
        labelIds=items(label_ids, "label_ids"),
        includeSpamTrash=include_spam_trash,
        pageToken=page_token,
    )
    return {
        "messages": messages,
        "message_count": len(messages),
        "message_ids": [message["id"] for message in messages],
        "next_page_token": token,
    }


@google_node(
    GMAIL,
    "GmailGetThreadNode",
    needed("thread_id"),
    _FORMAT,
    gives={
        "thread_id": _STRING,
        "snippet": _STRING,
        "messages": _LIST,
        "message_count": _INTEGER,
        "first_message": _OBJECT,
        "last_message": _OBJECT,
        "participants": _LIST,
    },
    synonyms={"count": "message_count"},
)
async def get_thread(api: "AccountApi", *, thread_id: str, format: str) -> Outputs:
    """A conversation with its emails, oldest first, and who wrote them."""
    if format == "raw":
        raise NodeFailure("Gmail has no conversations in the format raw", retryable=False)
    found = await api.get(ME + "/threads/{}", thread_id, query={"format": format})
    messages = [described(message) for message in found.get("messages") or []]
    writers = [message["from_address"] for message in messages if message["from_address"]]
    return {
        "thread_id": found.get("id", thread_id),
        "snippet": found.get("snippet") or (messages[-1]["snippet"] if messages else ""),
        "messages": messages,
        "message_count": len(messages),
        "first_message": messages[0] if messages else None,
        "last_message": messages[-1] if messages else None,
        "participants": list(dict.fromkeys(writers)),
    }


@google_node(
    GMAIL,
    "GmailGetAttachmentNode",
    needed("message_id"),
    needed("attachment_id"),
    Field("save_path", default="", written=DataType.FILE_PATH),
    Field("filename", default=""),
    gives={
        "attachment_data": _STRING,
        "save_path": _STRING,
        "filename": _STRING,
        "size": _INTEGER,
        "saved": _BOOLEAN,
    },
    effect=Effect.IDEMPOTENT,
    synonyms={"file_path": "save_path", "file_size": "size"},
)
async def get_attachment(
    api: "AccountApi",
    ctx: NodeContext,
    *,
    message_id: str,
    attachment_id: str,
    save_path: str,
    filename: str,
) -> Outputs:
    """An attachment, in base64 (``attachment_data``), and as a file if a path says where.

    A path that is a folder gets the file under ``filename``.
    """
    found = await api.get(ME + "/messages/{}/attachments/{}", message_id, attachment_id)
    content = unpacked(str(found.get("data") or ""))
    name = file_names([filename])[0] if filename else ""
    where = ""
    if save_path:
        with told_plainly():
            target = writable(ctx, save_path)
            if target.is_dir():
                target = writable(ctx, str(target / (name or "attachment")))
            write_whole(ctx, target, content)
        where, name = str(target), target.name
    return {
        "attachment_data": base64.b64encode(content).decode(),
        "save_path": where,
        "filename": name,
        "size": len(content),
        "saved": bool(where),
    }


async def _relabel(
    api: "AccountApi", message_id: str, add: list[Any], remove: list[Any]
) -> Mapping[str, Any]:
    body = {"addLabelIds": add, "removeLabelIds": remove}
    found = await api.post(ME + "/messages/{}/modify", message_id, body=body)
    return {"labels": list(found.get("labelIds") or [])}


@google_node(
    GMAIL,
    "GmailModifyLabelsNode",
    *_MESSAGE,
    *_CHANGES,
    gives={"labels": _LIST},
    effect=Effect.IDEMPOTENT,
)
async def modify_labels(
    api: "AccountApi", *, message_id: str, add_labels: Any, remove_labels: Any
) -> Outputs:
    """Put labels on an email and take labels off, by their ids."""
    add, remove = items(add_labels, "add_labels"), items(remove_labels, "remove_labels")
    return dict(await _relabel(api, message_id, add, remove))


@google_node(
    GMAIL,
    "GmailAddLabelNode",
    *_MESSAGE,
    needed("label_ids", _LIST, None),
    gives={"labels": _LIST},
    effect=Effect.IDEMPOTENT,
)
async def add_label(api: "AccountApi", *, message_id: str, label_ids: Any) -> Outputs:
    """Put labels on an email."""
    return dict(await _relabel(api, message_id, items(label_ids, "label_ids"), []))


@google_node(
    GMAIL,
    "GmailRemoveLabelNode",
    *_MESSAGE,
    needed("label_ids", _LIST, None),
    gives={"labels": _LIST},
    effect=Effect.IDEMPOTENT,
)
async def remove_label(api: "AccountApi", *, message_id: str, label_ids: Any) -> Outputs:
    """Take labels off an email."""
    return dict(await _relabel(api, message_id, [], items(label_ids, "label_ids")))


def _labelled(name: str, *, add: str = "", remove: str = "") -> Callable[..., Awaitable[Outputs]]:
    """A node that always puts on or takes off the same label."""

    @google_node(GMAIL, name, *_MESSAGE, effect=Effect.IDEMPOTENT)
    async def relabel(api: "AccountApi", *, message_id: str) -> Outputs:
        await _relabel(api, message_id, [add] if add else [], [remove] if remove else [])
        return {}

    return relabel


mark_as_read = _labelled("GmailMarkAsReadNode", remove="UNREAD")
mark_as_unread = _labelled("GmailMarkAsUnreadNode", add="UNREAD")
archive = _labelled("GmailArchiveEmailNode", remove="INBOX")


@google_node(
    GMAIL,
    "GmailStarEmailNode",
    *_MESSAGE,
    Field("star", _BOOLEAN, True),
    effect=Effect.IDEMPOTENT,
)
async def star(api: "AccountApi", *, message_id: str, star: bool) -> Outputs:
    """Put a star on an email, or take it off."""
    await _relabel(api, message_id, ["STARRED"] if star else [], [] if star else ["STARRED"])
    return {}


@google_node(GMAIL, "GmailMoveToTrashNode", *_MESSAGE, effect=Effect.IDEMPOTENT)
@google_node(GMAIL, "GmailTrashEmailNode", *_MESSAGE, effect=Effect.IDEMPOTENT)
async def trash(api: "AccountApi", *, message_id: str) -> Outputs:
    """Put an email into the bin."""
    await api.post(ME + "/messages/{}/trash", message_id)
    return {}


@google_node(GMAIL, "GmailDeleteEmailNode", *_MESSAGE, effect=Effect.ONCE)
async def delete_email(api: "AccountApi", *, message_id: str) -> Outputs:
    """Delete an email for good. Once: a second time it is not there."""
    await api.send("DELETE", ME + "/messages/{}", message_id)
    return {}


@google_node(GMAIL, "GmailGetLabelsNode", gives={"labels": _LIST, "count": _INTEGER})
async def get_labels(api: "AccountApi") -> Outputs:
    """The labels there are: ``{"id", "name", "type"}`` and what else Gmail says."""
    labels = list((await api.get(ME + "/labels")).get("labels") or [])
    return {"labels": labels, "count": len(labels)}


async def _in_batches(
    api: "AccountApi", path: str, message_ids: Any, body: Mapping[str, Any]
) -> int:
    ids = items(message_ids, "message_ids")
    for start in range(0, len(ids), _MOST_AT_ONCE):
        await api.post(ME + path, body={"ids": ids[start : start + _MOST_AT_ONCE], **body})
    return len(ids)


@google_node(
    GMAIL,
    "GmailBatchModifyNode",
    *_MESSAGES,
    *_CHANGES,
    gives={"modified_count": _INTEGER},
    effect=Effect.IDEMPOTENT,
)
async def batch_modify(
    api: "AccountApi", *, message_ids: Any, add_labels: Any, remove_labels: Any
) -> Outputs:
    """Put labels on many emails and take labels off."""
    body = {
        "addLabelIds": items(add_labels, "add_labels"),
        "removeLabelIds": items(remove_labels, "remove_labels"),
    }
    done = await _in_batches(api, "/messages/batchModify", message_ids, body)
    return {"modified_count": done}


@google_node(
    GMAIL,
    "GmailBatchDeleteNode",
    *_MESSAGES,
    gives={"deleted_count": _INTEGER},
    effect=Effect.IDEMPOTENT,
)
async def batch_delete(api: "AccountApi", *, message_ids: Any) -> Outputs:
    """Delete many emails for good; one that is not there is none to Gmail's mind."""
    return {"deleted_count": await _in_batches(api, "/messages/batchDelete", message_ids, {})}
