"""New entries of an RSS or Atom feed."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from casare_robot.domain.errors import TriggerError
from casare_robot.domain.policy import Policy
from casare_robot.triggers.event import Event, Look, names_in

if TYPE_CHECKING:
    from lxml.etree import _Element

PATIENCE = 30.0
"""Seconds for an answer."""
MOST_KEPT = 1_000
"""Keys of entries that are remembered when a feed no longer names them."""


class Feed:
    """Looks at a feed.

    Args:
        settings: Of the trigger.

    Raises:
        TriggerError: No feed is named.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        if not settings["feed_url"]:
            raise TriggerError("feed_url names no feed")
        self._url = settings["feed_url"]
        self._wait = max(1, settings["poll_interval_minutes"]) * 60.0
        self._words = tuple(word.casefold() for word in names_in(settings["filter_keywords"]))
        self._mode = settings["filter_mode"]
        self._most = max(1, settings["max_items_per_check"])
        self._with_text = settings["include_description"]

    async def look(self, cursor: Any, policy: Policy) -> Look:
        """Fetch it, and find what is new in it.

        Raises:
            NodeFailure: It cannot be fetched.
            TriggerError: It is no feed.
        """
        import httpx

        from casare_robot.nodes.web_client import exchange, telling, web_client

        async with telling(PATIENCE), web_client(policy, seconds=PATIENCE) as client:
            answer = await exchange(client, httpx.Request("GET", self._url), policy)
        if not answer.is_success:
            raise TriggerError(f"{self._url} answered HTTP {answer.status}")
        return self.news(cursor, entries_of(answer.text.encode()))

    def news(self, cursor: Any, entries: Sequence[Mapping[str, Any]]) -> Look:
        """What of a feed has not been seen. Pure.

        More than ``max_items_per_check`` new entries wait for the next look; those
        that the filter leaves out are seen all the same.
        """
        keys = [entry["id"] for entry in entries]
        if cursor is None:
            return Look((), keys, self._wait)
        seen = set(cursor)
        fresh = [entry for entry in entries[::-1] if entry["id"] not in seen]
        wanted = [entry for entry in fresh if self._wants(entry)]
        now, later = wanted[: self._most], {entry["id"] for entry in wanted[self._most :]}
        gone = [key for key in cursor if key not in set(keys)][:MOST_KEPT]
        kept = [key for key in dict.fromkeys(keys) if key not in later] + gone
        events = tuple(Event(key=entry["id"], payload=self._payload(entry)) for entry in now)
        return Look(events, kept, 1.0 if later else self._wait)

    def _wants(self, entry: Mapping[str, Any]) -> bool:
        if not self._words:
            return True
        text = f"{entry['title']} {entry['description']}".casefold()
        found = [word in text for word in self._words]
        return {"any": any(found), "all": all(found)}.get(self._mode, not any(found))

    def _payload(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        item = dict(entry)
        if not self._with_text:
            item["description"] = ""
        return {"item": item} | {name: item[name] for name in _PORTS}


_PORTS = ("title", "link", "description", "published", "author", "categories")


def entries_of(document: bytes) -> list[dict[str, Any]]:
    """The entries of a feed, in its order; ``id`` is what tells them apart.

    Raises:
        TriggerError: It is no feed.
    """
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, recover=True)
    # what was decoded is UTF-8 now, whatever the declaration says
    root = etree.fromstring(re.sub(rb"^\s*<\?xml[^>]*\?>", b"", document), parser)
    if root is None or etree.QName(root).localname.lower() not in ("rss", "feed", "rdf"):
        raise TriggerError("the answer is no RSS or Atom feed")
    return [_entry(one) for one in root.iter("{*}item", "{*}entry")]


def _entry(one: "_Element") -> dict[str, Any]:
    entry = {
        "title": _text(one, "title"),
        "link": _link(one),
        "description": _text(one, "description", "summary", "encoded", "content"),
        "published": _text(one, "pubDate", "published", "updated", "date"),
        "author": _text(one, "author", "creator"),
        "categories": [
            found
            for each in one.iterfind("{*}category")
            if (found := (each.get("term") or each.text or "").strip())
        ],
    }
    key = _text(one, "guid", "id") or entry["link"] or f"{entry['title']} {entry['published']}"
    return {"id": key, **entry}


def _text(one: "_Element", *names: str) -> str:
    for name in names:
        for found in one.iterfind(f"{{*}}{name}"):
            text = "".join(str(piece) for piece in found.itertext()).strip()
            if text:
                return text
    return ""


def _link(one: "_Element") -> str:
    for found in one.iterfind("{*}link"):
        if found.get("rel", "alternate") == "alternate":
            return (found.get("href") or found.text or "").strip()
    return ""
