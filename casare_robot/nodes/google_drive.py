"""Google Drive: find, describe, change and share files. Source: Google's Drive API, version 3."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_type import DataType, Outputs
from casare_robot.nodes.google_account import DRIVE, Field, google_node, items, needed

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
_FILE_IDS = needed("file_ids", _LIST, [])
_GO_ON = Field("continue_on_error", _BOOLEAN, True, wire=False)
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
_SHARED_TOO = {"supportsAllDrives": True}


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
    return dict(await api.get(FILE, file_id, query={"fields": fields, **_SHARED_TOO}))


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
                **_SHARED_TOO,
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


@google_node(
    DRIVE,
    "DriveCreateFolderNode",
    needed("folder_name"),
    Field("parent_id", default=""),
    Field("description", default="", written=DataType.TEXT),
    gives={"folder_id": _STRING, "folder_name": _STRING, "web_view_link": _STRING},
    effect=Effect.ONCE,
)
async def create_folder(
    api: "AccountApi", *, folder_name: str, parent_id: str, description: str
) -> Outputs:
    """Make a folder; Drive lets several have one name."""
    wanted = {
        "name": folder_name,
        "mimeType": FOLDER_TYPE,
        **({"parents": [parent_id]} if parent_id else {}),
        **({"description": description} if description else {}),
    }
    made = await api.post(FILES, body=wanted, query={"fields": ABOUT, **_SHARED_TOO})
    return {
        "folder_id": made.get("id", ""),
        "folder_name": made.get("name", folder_name),
        "web_view_link": made.get("webViewLink", ""),
    }


async def _copy(api: "AccountApi", file_id: str, name: str, folder_id: str) -> Mapping[str, Any]:
    wanted = {
        **({"name": name} if name else {}),
        **({"parents": [folder_id]} if folder_id else {}),
    }
    query = {"fields": ABOUT, **_SHARED_TOO}
    return dict(await api.post(FILE + "/copy", file_id, body=wanted, query=query))


async def _change(
    api: "AccountApi", file_id: str, body: Mapping[str, Any], **query: Any
) -> Mapping[str, Any]:
    whole = {**query, "fields": ABOUT, **_SHARED_TOO}
    return dict(await api.send("PATCH", FILE, file_id, body=dict(body), query=whole))


async def _move(api: "AccountApi", file_id: str, folder_id: str) -> Mapping[str, Any]:
    parents = (await about_file(api, file_id, "parents")).get("parents") or []
    old = ",".join(parent for parent in parents if parent != folder_id)
    return await _change(api, file_id, {}, addParents=folder_id, removeParents=old)


@google_node(
    DRIVE,
    "DriveCopyFileNode",
    FILE_ID,
    Field("new_name", default=""),
    Field("folder_id", default=""),
    gives={"new_file_id": _STRING, "name": _STRING},
    effect=Effect.ONCE,
)
async def copy_file(api: "AccountApi", *, file_id: str, new_name: str, folder_id: str) -> Outputs:
    """Copy a file, under another name and into another folder if that is wanted."""
    made = await _copy(api, file_id, new_name, folder_id)
    return {"new_file_id": made.get("id", ""), "name": made.get("name", "")}


@google_node(
    DRIVE,
    "DriveMoveFileNode",
    FILE_ID,
    needed("folder_id"),
    gives={"file_id": _STRING, "new_parents": _LIST},
    effect=Effect.IDEMPOTENT,
)
async def move_file(api: "AccountApi", *, file_id: str, folder_id: str) -> Outputs:
    """Move a file to a folder, out of those it was in."""
    moved = await _move(api, file_id, folder_id)
    return {"file_id": file_id, "new_parents": list(moved.get("parents") or [folder_id])}


@google_node(
    DRIVE,
    "DriveRenameFileNode",
    FILE_ID,
    needed("new_name"),
    gives={"file_id": _STRING, "name": _STRING},
    effect=Effect.IDEMPOTENT,
)
async def rename_file(api: "AccountApi", *, file_id: str, new_name: str) -> Outputs:
    """Give a file another name."""
    renamed = await _change(api, file_id, {"name": new_name})
    return {"file_id": file_id, "name": renamed.get("name", new_name)}


@google_node(
    DRIVE,
    "DriveDeleteFileNode",
    FILE_ID,
    Field("permanent", _BOOLEAN, False),
    gives={"file_id": _STRING},
    effect=Effect.ONCE,
)
async def delete_file(api: "AccountApi", *, file_id: str, permanent: bool) -> Outputs:
    """Put a file into the bin, or delete it for good."""
    if permanent:
        await api.send("DELETE", FILE, file_id, query=_SHARED_TOO)
    else:
        await _change(api, file_id, {"trashed": True})
    return {"file_id": file_id}


async def _each(
    file_ids: Any, go_on: bool, work: Callable[[str], Awaitable[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """What came of each file.

    Raises:
        NodeFailure: One failed and the others are not to be tried; ``results`` tells all.
    """
    results: list[dict[str, Any]] = []
    for file_id in map(str, items(file_ids, "file_ids")):
        try:
            results.append({"file_id": file_id, "success": True, **await work(file_id)})
        except NodeFailure as failure:
            results.append({"file_id": file_id, "success": False, "error": str(failure)})
            if not go_on:
                failure.outputs["results"] = results
                raise
    return results


def _counted(results: list[dict[str, Any]], count: str) -> Outputs:
    done = sum(result["success"] for result in results)
    return {count: done, "failed_count": len(results) - done, "results": results}


@google_node(
    DRIVE,
    "DriveBatchDeleteNode",
    _FILE_IDS,
    _GO_ON,
    gives={"deleted_count": _INTEGER, "failed_count": _INTEGER, "results": _LIST},
    effect=Effect.ONCE,
)
async def batch_delete(api: "AccountApi", *, file_ids: Any, continue_on_error: bool) -> Outputs:
    """Delete files for good."""

    async def delete(file_id: str) -> dict[str, Any]:
        await api.send("DELETE", FILE, file_id, query=_SHARED_TOO)
        return {}

    return _counted(await _each(file_ids, continue_on_error, delete), "deleted_count")


@google_node(
    DRIVE,
    "DriveBatchMoveNode",
    _FILE_IDS,
    needed("folder_id"),
    _GO_ON,
    gives={"moved_count": _INTEGER, "failed_count": _INTEGER, "results": _LIST},
    effect=Effect.IDEMPOTENT,
)
async def batch_move(
    api: "AccountApi", *, file_ids: Any, folder_id: str, continue_on_error: bool
) -> Outputs:
    """Move files to a folder."""

    async def move(file_id: str) -> dict[str, Any]:
        await _move(api, file_id, folder_id)
        return {}

    return _counted(await _each(file_ids, continue_on_error, move), "moved_count")


@google_node(
    DRIVE,
    "DriveBatchCopyNode",
    _FILE_IDS,
    needed("folder_id"),
    _GO_ON,
    Field("preserve_name", _BOOLEAN, True, wire=False),
    gives={
        "copied_count": _INTEGER,
        "failed_count": _INTEGER,
        "new_file_ids": _LIST,
        "results": _LIST,
    },
    effect=Effect.ONCE,
)
async def batch_copy(
    api: "AccountApi",
    *,
    file_ids: Any,
    folder_id: str,
    continue_on_error: bool,
    preserve_name: bool,
) -> Outputs:
    """Copy files to a folder, under their names or as Drive names copies."""

    async def copy(file_id: str) -> dict[str, Any]:
        name = (await about_file(api, file_id, "name")).get("name", "") if preserve_name else ""
        return {"new_file_id": (await _copy(api, file_id, name, folder_id)).get("id", "")}

    results = await _each(file_ids, continue_on_error, copy)
    new = [result["new_file_id"] for result in results if result["success"]]
    return {**_counted(results, "copied_count"), "new_file_ids": new}
