"""Files of a Google Drive that were made, changed or deleted, from Drive's own list of changes."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from casare_robot.triggers.event import Event, Look, Surroundings, names_in
from casare_robot.triggers.google import google_api

if TYPE_CHECKING:
    from casare_robot.nodes.account_api import AccountApi

_CHANGES = "/drive/v3/changes"
_FIELDS = (
    "nextPageToken,newStartPageToken,changes(fileId,removed,time,file(id,name,mimeType,createdTime,"
    "modifiedTime,size,parents,trashed,webViewLink,webContentLink,"
    "lastModifyingUser(displayName,emailAddress,me)))"
)
_SHARED = {"supportsAllDrives": True, "includeItemsFromAllDrives": True}
_DEEPEST = 40
"""Folders above a file that are looked at."""


class DriveChanges:
    """Looks at the changes of a Drive.

    Args:
        settings: Of the trigger.
        around: What it may use.
    """

    def __init__(self, settings: Mapping[str, Any], around: Surroundings) -> None:
        self._settings = settings
        self._around = around
        self._wait = float(max(5, settings["polling_interval"]))
        self._types = frozenset(names_in(settings["event_types"]))
        self._endings = tuple(
            f".{name.lower().lstrip('.')}" for name in names_in(settings["file_types"])
        )
        self._kinds = frozenset(names_in(settings["mime_types"]))

    async def look(self, cursor: Any) -> Look:
        """Find what has changed since: one page of the list.

        Args:
            cursor: ``[token, time]``: where the list goes on, and when it was looked at last.

        Raises:
            NodeFailure: Google refuses, or cannot be reached.
        """
        from casare_robot.nodes.google_account import DRIVE

        async with google_api(DRIVE, self._settings, self._around) as api:
            now = self._around.clock().isoformat()
            if cursor is None:
                first = await api.get(_CHANGES + "/startPageToken", query=_SHARED)
                return Look((), [str(first["startPageToken"]), now], self._wait)
            token, before = cursor
            page = await api.get(
                _CHANGES, query={"pageToken": token, "fields": _FIELDS, "pageSize": 100, **_SHARED}
            )
            folders = _Folders(api)
            events = []
            for change in page.get("changes") or ():
                payload = await self._payload(folders, change, before)
                if payload is not None:
                    key = f"{change.get('fileId')} {change.get('time')}"
                    events.append(Event(key=key, payload=payload))
            if page.get("nextPageToken"):
                return Look(events, [str(page["nextPageToken"]), before], 1.0)
            return Look(events, [str(page.get("newStartPageToken") or token), now], self._wait)

    async def _payload(
        self, folders: "_Folders", change: Mapping[str, Any], before: str
    ) -> dict[str, Any] | None:
        """A change as the ports carry it; None for one that is not wanted."""
        file: Mapping[str, Any] = change.get("file") or {}
        kind = _kind(change, file, before)
        user: Mapping[str, Any] = file.get("lastModifyingUser") or {}
        is_own = self._settings["ignore_own_changes"] and bool(user.get("me"))
        if kind not in self._types or is_own or not self._fits(file):
            return None
        parents = [str(parent) for parent in file.get("parents") or ()]
        if not await self._is_below(folders, parents):
            return None
        parent = parents[0] if parents else ""
        return {
            "file_id": str(change.get("fileId") or ""),
            "file_name": str(file.get("name") or ""),
            "mime_type": str(file.get("mimeType") or ""),
            "event_type": kind,
            "modified_time": str(file.get("modifiedTime") or change.get("time") or ""),
            "size": int(file.get("size") or 0),
            "parent_id": parent,
            "parent_name": (await folders.about(parent))[0] if parent else "",
            "web_view_link": str(file.get("webViewLink") or ""),
            "download_url": str(file.get("webContentLink") or ""),
            "changed_by": str(user.get("emailAddress") or user.get("displayName") or ""),
            "raw_change": dict(change),
        }

    def _fits(self, file: Mapping[str, Any]) -> bool:
        """Whether name and type are wanted; what is gone for good has neither."""
        name = str(file.get("name") or "").lower()
        pattern = self._settings["name_pattern"].lower()
        return (
            (not self._endings or name.endswith(self._endings))
            and (not self._kinds or file.get("mimeType") in self._kinds)
            and (not pattern or fnmatchcase(name, pattern))
        )

    async def _is_below(self, folders: "_Folders", parents: list[str]) -> bool:
        wanted = self._settings["folder_id"]
        if not wanted or wanted in parents:
            return True
        if not self._settings["include_subfolders"]:
            return False
        above = parents
        for _ in range(_DEEPEST):
            above = [one for parent in above for one in (await folders.about(parent))[1]]
            if wanted in above or not above:
                return wanted in above
        return False


class _Folders:
    """Names and parents of folders, each asked for once in a look."""

    def __init__(self, api: "AccountApi") -> None:
        self._api = api
        self._known: dict[str, tuple[str, list[str]]] = {}

    async def about(self, folder: str) -> tuple[str, list[str]]:
        if folder not in self._known:
            query = {"fields": "name,parents", "supportsAllDrives": True}
            found = await self._api.get("/drive/v3/files/{}", folder, query=query)
            above = [str(parent) for parent in found.get("parents") or ()]
            self._known[folder] = (str(found.get("name") or ""), above)
        return self._known[folder]


def _kind(change: Mapping[str, Any], file: Mapping[str, Any], before: str) -> str:
    """What happened to a file, seen from the time of the last look. Pure."""
    from datetime import datetime

    if change.get("removed") or file.get("trashed"):
        return "deleted"
    made = str(file.get("createdTime") or "")
    is_new = made and datetime.fromisoformat(made) >= datetime.fromisoformat(before)
    return "created" if is_new else "modified"
