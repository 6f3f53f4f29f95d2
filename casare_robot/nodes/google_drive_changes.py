"""Google Drive: make, copy, move, rename and delete files. Source: Google's Drive API, version 3.

A copy is ``once``: of Google's own documents Drive makes no copy under an id given before.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs
from casare_robot.nodes.google_account import DRIVE, Field, google_node, items, needed
from casare_robot.nodes.google_drive import (
    ABOUT,
    FILE,
    FILE_ID,
    FILES,
    FOLDER_TYPE,
    SHARED_TOO,
    about_file,
)

if TYPE_CHECKING:
    from casare_robot.nodes.account_api import AccountApi

_STRING, _INTEGER, _LIST, _BOOLEAN = (
    DataType.STRING,
    DataType.INTEGER,
    DataType.LIST,
    DataType.BOOLEAN,
)
_FILE_IDS = needed("file_ids", _LIST, [])
_GO_ON = Field("continue_on_error", _BOOLEAN, True, wire=False)
_TAKEN = 409
"""Status for an id under which there is a file."""


async def made_once(
    api: "AccountApi", ctx: NodeContext, make: Callable[[str], Awaitable[Any]]
) -> Mapping[str, Any]:
    """A file under an id that Drive gives before, so that it is made once however often asked for.

    Args:
        api: Drive.
        ctx: Keeps the id for a resume.
        make: Makes it under an id; what Drive says of it.
    """

    async def reserve() -> str:
        given = await api.get(FILES + "/generateIds", query={"count": 1})
        ids = given.get("ids")
        if not ids:
            raise NodeFailure("Google Drive gave no id for a new file")
        return str(ids[0])

    file_id = await ctx.agreed_key(reserve)
    try:
        return dict(await make(file_id))
    except NodeFailure as failure:
        if failure.outputs.get("error_code") != _TAKEN:
            raise
        return await about_file(api, file_id)


@google_node(
    DRIVE,
    "DriveCreateFolderNode",
    needed("folder_name"),
    Field("parent_id", default=""),
    Field("description", default="", written=DataType.TEXT),
    gives={"folder_id": _STRING, "folder_name": _STRING, "web_view_link": _STRING},
    effect=Effect.KEYED,
)
async def create_folder(
    api: "AccountApi", ctx: NodeContext, *, folder_name: str, parent_id: str, description: str
) -> Outputs:
    """Make a folder; Drive lets several have one name."""
    wanted = {
        "name": folder_name,
        "mimeType": FOLDER_TYPE,
        **({"parents": [parent_id]} if parent_id else {}),
        **({"description": description} if description else {}),
    }
    query = {"fields": ABOUT, **SHARED_TOO}
    made = await made_once(
        api, ctx, lambda file_id: api.post(FILES, body={**wanted, "id": file_id}, query=query)
    )
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
    query = {"fields": ABOUT, **SHARED_TOO}
    return dict(await api.post(FILE + "/copy", file_id, body=wanted, query=query))


async def _change(
    api: "AccountApi", file_id: str, body: Mapping[str, Any], **query: Any
) -> Mapping[str, Any]:
    whole = {**query, "fields": ABOUT, **SHARED_TOO}
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
        await api.send("DELETE", FILE, file_id, query=SHARED_TOO)
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
        await api.send("DELETE", FILE, file_id, query=SHARED_TOO)
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
