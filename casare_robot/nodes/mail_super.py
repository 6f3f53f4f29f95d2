"""All email work in one node."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_type import Action, DataType, Outputs, Port, Property, node
from casare_robot.nodes import mail, mailbox

_OUTPUTS = (
    Port("success", DataType.BOOLEAN),
    Port("message_id", DataType.STRING),
    Port("emails", DataType.LIST),
    Port("count", DataType.INTEGER),
    Port("saved_files", DataType.LIST),
    Port("error", DataType.STRING),
)
_ACCOUNT = (Port("username", DataType.STRING), Port("password", DataType.STRING))
_MAILBOX = (
    *_ACCOUNT,
    Port("imap_server", DataType.STRING),
    Port("imap_port", DataType.INTEGER),
    Port("folder", DataType.STRING),
)
_MESSAGE = (
    Port("smtp_server", DataType.STRING),
    Port("smtp_port", DataType.INTEGER),
    Port("from_email", DataType.STRING),
    Port("to_email", DataType.STRING),
    Port("subject", DataType.STRING),
    Port("body", DataType.STRING),
    Port("cc", DataType.STRING),
    Port("bcc", DataType.STRING),
    Port("attachments", DataType.LIST),
)
_UID = Port("email_uid", DataType.STRING)
_TARGET = Port("target_folder", DataType.STRING)
_SAVE = Port("save_path", DataType.STRING)


def _saying(run: Callable[..., Outputs]) -> Callable[..., Outputs]:
    """The same function, that also says whether it worked, on ports."""

    @wraps(run)
    def told(*given: Any, **arguments: Any) -> Outputs:
        try:
            return {**run(*given, **arguments), "success": True, "error": ""}
        except NodeFailure as failure:
            failure.outputs = {**failure.outputs, "success": False, "error": str(failure)}
            raise

    return told


_ACTIONS = {
    "Send Email": Action(
        _saying(mail.send_email),
        inputs=(*_ACCOUNT, *_MESSAGE),
        effect=Effect.ONCE,
        renames={"use_smtp_ssl": "use_ssl"},
    ),
    "Read Emails": Action(
        _saying(mailbox.read_emails),
        inputs=_MAILBOX,
        effect=mailbox.reading_effect,
        renames={"use_imap_ssl": "use_ssl"},
    ),
    "Mark Email": Action(
        _saying(mailbox.mark_email),
        inputs=(*_MAILBOX, _UID),
        effect=Effect.IDEMPOTENT,
        renames={"use_imap_ssl": "use_ssl"},
    ),
    "Delete Email": Action(
        _saying(mailbox.delete_email),
        inputs=(*_MAILBOX, _UID),
        effect=Effect.ONCE,
        renames={"use_imap_ssl": "use_ssl", "permanent_delete": "permanent"},
    ),
    "Move Email": Action(
        _saying(mailbox.move_email),
        inputs=(*_MAILBOX, _UID, _TARGET),
        effect=Effect.ONCE,
        renames={"use_imap_ssl": "use_ssl", "folder": "source_folder"},
    ),
    "Save Attachment": Action(
        _saying(mailbox.save_attachment),
        inputs=(*_MAILBOX, _UID, _SAVE),
        effect=Effect.IDEMPOTENT,
        renames={"use_imap_ssl": "use_ssl"},
    ),
}


@node(
    "EmailSuperNode",
    category="email",
    effect=Effect.ONCE,
    blocking=True,
    uses=mailbox.USES,
    exec_out=("exec_out", "exec_error"),
    failure_port="exec_error",
    inputs=(
        Port("action", DataType.STRING),
        *_ACCOUNT,
        *_MESSAGE,
        *_MAILBOX[2:],
        _UID,
        _TARGET,
        _SAVE,
    ),
    outputs=_OUTPUTS,
    properties=(
        Property("action", DataType.CHOICE, "Send Email", choices=tuple(_ACTIONS)),
        Property("credential_name", DataType.STRING, ""),
        Property("username", DataType.STRING, ""),
        Property("password", DataType.STRING, ""),
        Property("smtp_server", DataType.STRING, "smtp.gmail.com"),
        Property("smtp_port", DataType.INTEGER, 587, low=1, high=65535),
        Property("from_email", DataType.STRING, ""),
        Property("to_email", DataType.STRING, ""),
        Property("subject", DataType.STRING, ""),
        Property("body", DataType.TEXT, ""),
        Property("cc", DataType.STRING, ""),
        Property("bcc", DataType.STRING, ""),
        Property("is_html", DataType.BOOLEAN, False),
        Property("use_tls", DataType.BOOLEAN, True),
        Property("use_smtp_ssl", DataType.BOOLEAN, False),
        Property("priority", DataType.CHOICE, "normal", choices=("high", "normal", "low")),
        Property("imap_server", DataType.STRING, "imap.gmail.com"),
        Property("imap_port", DataType.INTEGER, 993, low=1, high=65535),
        Property("use_imap_ssl", DataType.BOOLEAN, True),
        Property("folder", DataType.STRING, "INBOX"),
        Property("limit", DataType.INTEGER, 10, low=0),
        Property("search_criteria", DataType.STRING, "ALL"),
        Property("newest_first", DataType.BOOLEAN, True),
        Property("mark_as", DataType.CHOICE, "read", choices=tuple(mailbox.FLAGS)),
        Property("permanent_delete", DataType.BOOLEAN, False),
        Property("target_folder", DataType.STRING, ""),
        Property("save_path", DataType.STRING, "."),
        Property("timeout", DataType.INTEGER, 30, low=1),
        Property("retry_count", DataType.INTEGER, 0, low=0),
        Property("retry_interval", DataType.INTEGER, 2000, low=0),
    ),
    actions=_ACTIONS,
)
def email_super() -> None:
    """The chosen action's function runs in place of this one."""
