"""New emails in a folder of a mailbox."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from casare_robot.domain.errors import TriggerError
from casare_robot.domain.policy import Policy
from casare_robot.triggers.event import Event, Look, Surroundings

if TYPE_CHECKING:
    from imap_tools import BaseMailBox, MailMessage

SERVERS = {"gmail": "imap.gmail.com", "outlook": "outlook.office365.com"}
MOST = 20
"""Emails that one look hands over; the next look follows at once."""


class _Visitor(NamedTuple):
    policy: Policy
    around: Surroundings

    def log(self, level: str, message: str) -> None:
        self.around.log(level, message)


class Mailbox:
    """Looks into a mailbox.

    Args:
        settings: Of the trigger, secrets revealed.
        around: What it may use.

    Raises:
        TriggerError: No server is named.
    """

    def __init__(self, settings: Mapping[str, Any], around: Surroundings) -> None:
        self._settings = settings
        self._server = settings["server"] or SERVERS.get(settings["provider"], "")
        if not self._server:
            raise TriggerError("server names no mail server")
        self._wait = float(max(5, settings["poll_interval_seconds"]))
        self._around = around

    def look(self, cursor: Any) -> Look:
        """Find what has come since; blocks.

        Args:
            cursor: ``[uidvalidity, last uid, uids]``; those have their jobs, and are marked
                as read now.

        Raises:
            NodeFailure: The server cannot be reached or refuses.
        """
        from casare_robot.nodes.mail_server import mailbox

        given = self._settings
        with mailbox(
            _Visitor(self._around.policy(), self._around),
            server=self._server,
            port=given["port"],
            username=given["username"],
            password=given["password"],
            folder=given["folder"],
            use_ssl=given["use_ssl"],
        ) as box:
            status = box.folder.status(given["folder"], ("UIDVALIDITY", "UIDNEXT"))
            validity, last = status["UIDVALIDITY"], status["UIDNEXT"] - 1
            if cursor is None or cursor[0] != validity:
                return Look((), [validity, last, []], self._wait)
            if cursor[2]:
                box.flag(cursor[2], ["\\Seen"], True)
            return self._news(box, validity, cursor[1], last)

    def _news(self, box: "BaseMailBox", validity: int, seen: int, last: int) -> Look:
        from imap_tools import A, U

        if last <= seen:
            return Look((), [validity, seen, []], self._wait)
        found = sorted(int(uid) for uid in box.uids(A(uid=U(str(seen + 1), "*"))))
        events: list[Event] = []
        read: list[str] = []
        for uid in found:
            if uid <= seen:  # "n:*" names the last email even if it is older
                continue
            if len(events) == MOST:
                break
            seen = uid
            for message in box.fetch(A(uid=str(uid)), mark_seen=False):
                if self._wants(message):
                    events.append(self._event(message, f"{validity} {uid}"))
                    if self._settings["mark_as_read"]:
                        read.append(str(uid))
        rest = bool(found) and found[-1] > seen
        seen = seen if rest else max(seen, last)
        return Look(events, [validity, seen, read], 1.0 if rest or read else self._wait)

    def _wants(self, message: "MailMessage") -> bool:
        given = self._settings
        return (
            not (given["unread_only"] and "\\Seen" in message.flags)
            and given["filter_subject"].casefold() in message.subject.casefold()
            and given["filter_from"].casefold() in message.from_.casefold()
        )

    def _event(self, message: "MailMessage", key: str) -> Event:
        from casare_robot.nodes.mail_message import described

        email = described(message)
        return Event(
            key=key,
            payload={
                "email": email,
                "subject": email["subject"],
                "sender": email["from"],
                "body": email["body_text"],
                "html_body": email["body_html"],
                "attachments": self._attachments(message, email),
                "received_at": email["date"],
            },
        )

    def _attachments(self, message: "MailMessage", email: Mapping[str, Any]) -> list[Any]:
        """What the email says of them, or the paths under which they were kept."""
        from casare_robot.nodes.mail_message import file_names

        given = self._settings
        if not given["download_attachments"] or not given["attachment_dir"]:
            return list(email["attachments"])
        folder = Path(given["attachment_dir"]).expanduser() / str(message.uid)
        folder.mkdir(parents=True, exist_ok=True)
        parts = [part for part in message.attachments if part.filename]
        kept = []
        for part, name in zip(parts, file_names([p.filename for p in parts]), strict=True):
            (folder / name).write_bytes(part.payload)
            kept.append(str(folder / name))
        return kept
