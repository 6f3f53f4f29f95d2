"""New emails in a Gmail account that a search finds.

A look asks for what came since a little before the newest email that was seen, so that
nothing is lost that arrives out of turn; the ids of what was seen keep it from coming twice.
"""

from collections.abc import Mapping
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any

from casare_robot.domain.errors import TriggerError
from casare_robot.triggers.event import Event, Look, Surroundings, names_in
from casare_robot.triggers.google import google_api

if TYPE_CHECKING:
    from casare_robot.nodes.account_api import AccountApi

_ME = "/gmail/v1/users/me"
_OVERLAP = 3600
"""Seconds before the newest email that a look goes back."""
_MOST_KEPT = 1000
"""Ids of emails that are remembered."""
_MOST_PAGES = 20


class GmailBox:
    """Looks into an account.

    Args:
        settings: Of the trigger.
        around: What it may use.
    """

    def __init__(self, settings: Mapping[str, Any], around: Surroundings) -> None:
        self._settings = settings
        self._around = around
        self._wait = float(max(5, settings["polling_interval"]))
        self._most = max(1, settings["max_results"])

    async def look(self, cursor: Any) -> Look:
        """Find what has come since.

        Args:
            cursor: ``[since, ids, unread]``: seconds since 1970, what was seen from then on,
                and what has its jobs and is marked as read now.

        Raises:
            NodeFailure: Google refuses, or cannot be reached.
        """
        from casare_robot.nodes.google_account import GMAIL

        async with google_api(GMAIL, self._settings, self._around) as api:
            if cursor is None:
                since = int(self._around.clock().timestamp()) - _OVERLAP
                return Look((), [since, await self._ids(api, since), []], self._wait)
            since, seen, unread = cursor
            if unread:
                body = {"ids": unread, "removeLabelIds": ["UNREAD"]}
                await api.post(_ME + "/messages/batchModify", body=body)
            known = set(seen)
            fresh = [id_ for id_ in await self._ids(api, since) if id_ not in known]
            events: list[Event] = []
            newest = since
            for id_ in fresh[: self._most]:
                found = await api.get(_ME + "/messages/{}", id_, query={"format": "full"})
                newest = max(newest, int(found.get("internalDate") or 0) // 1000 - _OVERLAP)
                payload = self._payload(found)
                if self._wants(payload):
                    events.append(Event(key=id_, payload=payload))
            kept = [*seen, *fresh[: self._most]][-_MOST_KEPT:]
            read = [event.key for event in events] if self._settings["mark_as_read"] else []
            is_more = len(fresh) > self._most or bool(read)
            return Look(events, [newest, kept, read], 1.0 if is_more else self._wait)

    async def _ids(self, api: "AccountApi", since: int) -> list[str]:
        """What the search finds from then on, the oldest first."""
        query = f"{self._settings['query']} after:{since}".strip()
        labels = list(names_in(self._settings["label_ids"]))
        found: list[str] = []
        token = ""
        for _ in range(_MOST_PAGES):
            page = await api.get(
                _ME + "/messages",
                query={"q": query, "labelIds": labels, "maxResults": 100, "pageToken": token},
            )
            found += [str(one["id"]) for one in page.get("messages") or ()]
            token = str(page.get("nextPageToken") or "")
            if not token:
                return found[::-1]
        raise TriggerError(f"the search finds more than {len(found)} new emails at once")

    def _wants(self, payload: Mapping[str, Any]) -> bool:
        given = self._settings
        sender = f"{payload['from_name']} {payload['from_email']}".casefold()
        return (
            given["from_filter"].casefold() in sender
            and given["subject_contains"].casefold() in payload["subject"].casefold()
        )

    def _payload(self, message: Mapping[str, Any]) -> dict[str, Any]:
        from casare_robot.nodes.gmail_content import described

        email = described(message)
        name, address = parseaddr(email["from_address"])
        wants_files = self._settings["include_attachments"]
        return {
            "message_id": email["message_id"],
            "thread_id": email["thread_id"],
            "subject": email["subject"],
            "from_email": address,
            "from_name": name,
            "to_email": ", ".join(email["to_addresses"]),
            "date": email["date"],
            "snippet": email["snippet"],
            "body_text": email["body_plain"],
            "body_html": email["body_html"],
            "labels": email["label_ids"],
            "has_attachments": email["has_attachments"],
            "attachments": email["attachments"] if wants_files else [],
            "raw_message": dict(message),
        }
