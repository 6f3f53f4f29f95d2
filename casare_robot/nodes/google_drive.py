"""Google Drive: find and describe files. Source: Google's Drive API, version 3."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from casare_robot.domain.node_type import DataType, Outputs
from casare_robot.nodes.google_account import DRIVE, Field, google_node, needed

if TYPE_CHECKING:
    from casare_robot.nodes.account_api import AccountApi

FILES = "/drive/v3/files"
FILE = FILES + "/{}"
FOLDER_TYPE = "application/vnd.google-apps.folder"
ABOUT = (
    "id,name,mimeType,size,createdTime,modifiedTime,webViewLink,webContentLink,parents,"
    "description,starred,trashed,shared"
)
_PAGE = 1000
"""Files that Drive lists in one answer."""
_STRING, _INTEGER, _LIST, _BOOLEAN = (
    DataType.STRING,
    DataType.INTEGER,
    DataType.LIST,
    DataType.BOOLEAN,
)
FILE_ID = needed("file_id")
_TYPES = (
    "",
    FOLDER_TYPE,
    "application/vnd.google-apps.document",
    "application/vnd.google-apps.spreadsheet",
    "application/vnd.google-apps.presentation",
    "application/pdf",
    "image/jpeg",
    "image/png",
    "application/zip",
)
_TYPE = Field("mime_type", default="", written=DataType.CHOICE, choices=_TYPES)
_MOST = Field("max_results", _INTEGER, 100)
_TRASHED = Field("include_trashed", _BOOLEAN, False)
_ORDERS = tuple(
    f"{name}{way}" for name in ("name", "modifiedTime", "createdTime") for way in ("", " desc")
)
SHARED_TOO = {"supportsAllDrives": True}


def quoted(text: str) -> str:
    """A text in Drive's search language. Pure."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def described(file: Mapping[str, Any]) -> dict[str, Any]:
    """A file under the names of the nodes. Pure."""
    return {
        "file_id": file.get("id", ""),
        "name": file.get("name", ""),
        "mime_type": file.get("mimeType", ""),
        "size": int(file.get("size") or 0),
        "created_time": file.get("createdTime", ""),
        "modified_time": file.get("modifiedTime", ""),
        "web_view_link": file.get("webViewLink", ""),
        "web_content_link": file.get("webContentLink", ""),
        "parents": list(file.get("parents") or []),
        "description": file.get("description", ""),
        "starred": bool(file.get("starred")),
        "trashed": bool(file.get("trashed")),
        "shared": bool(file.get("shared")),
    }


async def about_file(api: "AccountApi", file_id: str, fields: str = ABOUT) -> Mapping[str, Any]:
    """What Drive knows of a file."""
    return dict(await api.get(FILE, file_id, query={"fields": fields, **SHARED_TOO}))


async def listed(
    api: "AccountApi", query: str, most: int, order: str = "", token: str = ""
) -> tuple[list[dict[str, Any]], str]:
    """The files that a query finds, at most so many, and the token of what comes after."""
    found: list[dict[str, Any]] = []
    while len(found) < most:
        page = await api.get(
            FILES,
            query={
                "q": query,
                "pageSize": min(most - len(found), _PAGE),
                "orderBy": order,
                "pageToken": token,
                "fields": f"nextPageToken,files({ABOUT})",
                "includeItemsFromAllDrives": True,
                **SHARED_TOO,
            },
        )
        found += [dict(file) for file in page.get("files") or []]
        token = str(page.get("nextPageToken") or "")
        if not token:
            break
    return found[:most], token


def _query(*conditions: str, mime_type: str, include_trashed: bool) -> str:
    wanted = [f"({condition})" for condition in conditions if condition]
    if mime_type:
        wanted.append(f"mimeType = {quoted(mime_type)}")
    if not include_trashed:
        wanted.append("trashed = false")
    return " and ".join(wanted)


@google_node(
    DRIVE,
    "DriveGetFileNode",
    FILE_ID,
    gives={
        "file_id": _STRING,
        "name": _STRING,
        "mime_type": _STRING,
        "size": _INTEGER,
        "created_time": _STRING,
        "modified_time": _STRING,
        "web_view_link": _STRING,
        "web_content_link": _STRING,
        "parents": _LIST,
        "description": _STRING,
        "starred": _BOOLEAN,
        "trashed": _BOOLEAN,
        "shared": _BOOLEAN,
    },
)
async def get_file(api: "AccountApi", *, file_id: str) -> Outputs:
    """What Drive knows of a file; sizes in bytes."""
    return described(await about_file(api, file_id))


@google_node(
    DRIVE,
    "DriveListFilesNode",
    Field("folder_id", default=""),
    Field("query", default="", written=DataType.TEXT),
    _TYPE,
    _MOST,
    Field("order_by", default="name", written=DataType.CHOICE, choices=_ORDERS),
    _TRASHED,
    gives={"files": _LIST, "file_count": _INTEGER, "has_more": _BOOLEAN, "folder_id": _STRING},
)
async def list_files(
    api: "AccountApi",
    *,
    folder_id: str,
    query: str,
    mime_type: str,
    max_results: int,
    order_by: str,
    include_trashed: bool,
) -> Outputs:
    """The files of a folder, or of the whole Drive; ``query`` in Drive's own language."""
    inside = f"{quoted(folder_id)} in parents" if folder_id else ""
    whole = _query(inside, query, mime_type=mime_type, include_trashed=include_trashed)
    files, more = await listed(api, whole, max_results, order_by)
    return {
        "files": [described(file) for file in files],
        "file_count": len(files),
        "has_more": bool(more),
        "folder_id": folder_id,
    }


@google_node(
    DRIVE,
    "DriveSearchFilesNode",
    needed("query", written=DataType.TEXT),
    _TYPE,
    _MOST,
    _TRASHED,
    Field("page_token", default=""),
    gives={"files": _LIST, "file_count": _INTEGER, "next_page_token": _STRING},
    synonyms={"count": "file_count", "page_size": "max_results"},
)
async def search_files(
    api: "AccountApi",
    *,
    query: str,
    mime_type: str,
    max_results: int,
    include_trashed: bool,
    page_token: str,
) -> Outputs:
    """The files that a query in Drive's own language finds, such as ``name contains 'x'``.

    ``page_token`` goes on where ``next_page_token`` of an earlier search says.
    """
    whole = _query(query, mime_type=mime_type, include_trashed=include_trashed)
    files, more = await listed(api, whole, max_results, token=page_token)
    return {
        "files": [described(file) for file in files],
        "file_count": len(files),
        "next_page_token": more,
    }
