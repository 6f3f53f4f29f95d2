"""Email: send."""

import uuid
from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.credentials import login
from casare_robot.nodes.paths import existing_file, told_plainly


@node(
    "SendEmailNode",
    category="email",
    effect=Effect.ONCE,
    blocking=True,
    uses=("truststore",),
    inputs=(
        Port("smtp_server", DataType.STRING),
        Port("smtp_port", DataType.INTEGER),
        Port("username", DataType.STRING),
        Port("password", DataType.STRING),
        Port("from_email", DataType.STRING),
        Port("to_email", DataType.STRING),
        Port("subject", DataType.STRING),
        Port("body", DataType.STRING),
        Port("cc", DataType.STRING),
        Port("bcc", DataType.STRING),
        Port("attachments", DataType.LIST),
    ),
    outputs=(Port("success", DataType.BOOLEAN), Port("message_id", DataType.STRING)),
    properties=(
        Property("credential_name", DataType.STRING, ""),
        Property("smtp_server", DataType.STRING, "smtp.gmail.com"),
        Property("smtp_port", DataType.INTEGER, 587, low=1, high=65535),
        Property("username", DataType.STRING, ""),
        Property("password", DataType.STRING, ""),
        Property("from_email", DataType.STRING, ""),
        Property("to_email", DataType.STRING, ""),
        Property("subject", DataType.STRING, ""),
        Property("body", DataType.STRING, ""),
        Property("cc", DataType.STRING, ""),
        Property("bcc", DataType.STRING, ""),
        Property("use_tls", DataType.BOOLEAN, True),
        Property("use_ssl", DataType.BOOLEAN, False),
        Property("is_html", DataType.BOOLEAN, False),
        Property("timeout", DataType.INTEGER, 30, low=1),
        Property("reply_to", DataType.STRING, ""),
        Property("priority", DataType.CHOICE, "normal", choices=("high", "normal", "low")),
        Property("read_receipt", DataType.BOOLEAN, False),
        Property("sender_name", DataType.STRING, ""),
        Property("retry_count", DataType.INTEGER, 0, low=0),
        Property("retry_interval", DataType.INTEGER, 2000, low=0),
    ),
)
def send_email(
    ctx: NodeContext,
    *,
    credential_name: str = "",
    smtp_server: str,
    smtp_port: int,
    username: str,
    password: str,
    from_email: str,
    to_email: str,
    subject: str,
    body: str,
    cc: str,
    bcc: str,
    attachments: Any = None,
    use_tls: bool,
    use_ssl: bool = False,
    is_html: bool,
    timeout: int,
    reply_to: str = "",
    priority: str = "normal",
    read_receipt: bool = False,
    sender_name: str = "",
) -> Outputs:
    """Send an email to all its recipients, or to none.

    Encrypted from the start (``use_ssl``) or by STARTTLS (``use_tls``), and
    never in the clear when one of them is asked for.
    """
    from casare_robot.nodes.mail_message import compose, recipients
    from casare_robot.nodes.mail_server import smtp_session

    username, password = login(ctx, credential_name, username, password)
    sender = from_email or username
    if not to_email.strip():
        raise NodeFailure("Recipient email address is required", retryable=False)
    if not sender:
        raise NodeFailure("the email has no sender: set from_email", retryable=False)
    everybody = recipients(to_email, cc, bcc)
    (bare,) = recipients(sender)[:1] or ("",)
    files = [existing_file(ctx, path, "Attachment") for path in _paths(attachments)]
    domain = bare.rpartition("@")[2]
    message_id = f"<{uuid.uuid5(uuid.NAMESPACE_URL, ctx.step_key)}@{domain}>"
    with told_plainly():
        message = compose(
            message_id=message_id,
            at=ctx.now(),
            sender=sender,
            sender_name=sender_name,
            to=to_email,
            cc=cc,
            subject=subject,
            body=body,
            is_html=is_html,
            reply_to=reply_to,
            priority=priority,
            read_receipt=read_receipt,
            attachments=files,
        )
    with smtp_session(
        ctx,
        server=smtp_server,
        port=smtp_port,
        username=username,
        password=password,
        use_tls=use_tls,
        use_ssl=use_ssl,
        timeout=timeout,
    ) as session:
        refused = session.send_message(message, from_addr=bare, to_addrs=everybody)
    for who, (code, words) in refused.items():
        ctx.log("warning", f"no mail for {who}: {code} {words.decode(errors='replace')}")
    return {"success": True, "message_id": message_id}


def _paths(value: Any) -> list[str]:
    """Paths of attachments: a list, or text with commas between them."""
    parts = value.split(",") if isinstance(value, str) else list(value or ())
    return [str(part).strip() for part in parts if str(part).strip()]
