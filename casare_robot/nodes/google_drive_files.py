"""Google Drive: files up, files down, exports. Source: Google's Drive API, version 3."""

import asyncio
import json
import mimetypes
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
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
    FOLDER_TYPE,
    about_file,
    listed,
    quoted,
)
from casare_robot.nodes.google_drive_changes import made_once
from casare_robot.nodes.mail_message import file_names
from casare_robot.nodes.paths import existing_file, told_plainly, writable

if TYPE_CHECKING:
    from casare_robot.nodes.account_api import AccountApi

_STRING, _INTEGER, _LIST = DataType.STRING, DataType.INTEGER, DataType.LIST
_BOUNDARY = "casare-robot-6f1d2c8e5b"
_CHUNK = 256 * 1024
_UPLOAD_SECONDS = 3600.0
_GOOGLES = "application/vnd.google-apps."
"""Beginning of the types of Google's own documents, and of folders."""
_MOST_FILES = 10_000
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
_EXPORTS = {
    "pdf": "application/pdf",
    "docx": f"{_OFFICE}wordprocessingml.document",
    "xlsx": f"{_OFFICE}spreadsheetml.sheet",
    "pptx": f"{_OFFICE}presentationml.presentation",
    "csv": "text/csv",
    "txt": "text/plain",
    "html": "text/html",
    "odt": f"{_OPEN}text",
    "ods": f"{_OPEN}spreadsheet",
    "odp": f"{_OPEN}presentation",
    "rtf": "application/rtf",
    "epub": "application/epub+zip",
    "png": "image/png",
    "jpg": "image/jpeg",
    "svg": "image/svg+xml",
    "tsv": "text/tab-separated-values",
}


class _Upload:
    """What is known of a file and then the file, read while it is sent; may be sent again."""

    def __init__(self, path: Path, about: Mapping[str, Any], mime_type: str) -> None:
        self._path = path
        self._head = (
            f"--{_BOUNDARY}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n"
            f"{json.dumps(about)}\r\n--{_BOUNDARY}\r\nContent-Type: {mime_type}\r\n\r\n"
        ).encode()
        self._tail = f"\r\n--{_BOUNDARY}--\r\n".encode()
        self.headers = {
            "Content-Type": f"multipart/related; boundary={_BOUNDARY}",
            "Content-Length": str(len(self._head) + path.stat().st_size + len(self._tail)),
        }

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._head
        with self._path.open("rb") as file:
            while chunk := await asyncio.to_thread(file.read, _CHUNK):
                yield chunk
        yield self._tail


def _is_converted(mime_type: str) -> bool:
    """Whether Drive makes one of Google's own documents of it; its id cannot be given before."""
    return mime_type.startswith(_GOOGLES)


def _of_upload(values: Mapping[str, Any]) -> Effect:
    return Effect.ONCE if _is_converted(str(values.get("mime_type") or "")) else Effect.KEYED


@google_node(
    DRIVE,
    "DriveUploadFileNode",
    needed("file_path"),
    Field("folder_id", default=""),
    Field("file_name", default=""),
    Field("mime_type", default=""),
    Field("description", default="", written=DataType.TEXT),
    gives={"file_id": _STRING, "name": _STRING, "web_view_link": _STRING},
    effect=_of_upload,
)
async def upload_file(
    api: "AccountApi",
    ctx: NodeContext,
    *,
    file_path: str,
    folder_id: str,
    file_name: str,
    mime_type: str,
    description: str,
) -> Outputs:
    """Put a file of this machine into Drive; Drive lets several have one name."""
    with told_plainly():
        path = existing_file(ctx, file_path)
        kind = mime_type or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        about = {
            "name": file_name or path.name,
            "mimeType": kind,
            **({"parents": [folder_id]} if folder_id else {}),
            **({"description": description} if description else {}),
        }

        async def send(file_id: str = "") -> Any:
            upload = _Upload(path, {**about, "id": file_id} if file_id else about, kind)
            return await api.send(
                "POST",
                "/upload/drive/v3/files",
                query={"uploadType": "multipart", "fields": ABOUT, "supportsAllDrives": True},
                content=upload,
                headers=upload.headers,
                seconds=_UPLOAD_SECONDS,
            )

        made = await (send() if _is_converted(kind) else made_once(api, ctx, send))
    return {
        "file_id": made.get("id", ""),
        "name": made.get("name", about["name"]),
        "web_view_link": made.get("webViewLink", ""),
    }


async def _download(api: "AccountApi", file_id: str, target: Path) -> None:
    query = {"alt": "media", "supportsAllDrives": True}
    await api.save(FILE, file_id, target=target, query=query)


@google_node(
    DRIVE,
    "DriveDownloadFileNode",
    FILE_ID,
    needed("destination_path"),
    gives={"file_path": _STRING},
    effect=Effect.IDEMPOTENT,
    synonyms={"destination": "destination_path"},
)
async def download_file(
    api: "AccountApi", ctx: NodeContext, *, file_id: str, destination_path: str
) -> Outputs:
    """Save a file of Drive; into a folder under its own name."""
    with told_plainly():
        target = writable(ctx, destination_path)
        if target.is_dir():
            name = str((await about_file(api, file_id, "name")).get("name", ""))
            target = writable(ctx, str(target / file_names([name])[0]))
        await _download(api, file_id, target)
    return {"file_path": str(target)}


async def _files_of(api: "AccountApi", folder_id: str) -> list[dict[str, Any]]:
    """The files right in a folder that have content of their own: no Docs, no folders."""
    query = f"{quoted(folder_id)} in parents and trashed = false"
    found, more = await listed(api, query, _MOST_FILES)
    if more:
        raise NodeFailure(f"the folder holds more than {_MOST_FILES} files", retryable=False)
    return [file for file in found if not str(file.get("mimeType", "")).startswith(_GOOGLES)]


@google_node(
    DRIVE,
    "DriveDownloadFolderNode",
    needed("folder_id"),
    needed("destination_folder"),
    gives={"file_paths": _LIST, "downloaded_count": _INTEGER},
    effect=Effect.IDEMPOTENT,
)
async def download_folder(
    api: "AccountApi", ctx: NodeContext, *, folder_id: str, destination_folder: str
) -> Outputs:
    """Save the files of a folder. Folders in it, and Google's own documents, are left out."""
    saved = []
    with told_plainly():
        files = await _files_of(api, folder_id)
        names = file_names([str(file.get("name", "")) for file in files])
        for file, name in zip(files, names, strict=True):
            target = writable(ctx, f"{destination_folder}/{name}")
            await _download(api, str(file.get("id", "")), target)
            saved.append(str(target))
    return {"file_paths": saved, "downloaded_count": len(saved)}


@google_node(
    DRIVE,
    "DriveBatchDownloadNode",
    Field("files", _LIST, setting=False),
    Field("folder_id", default=""),
    needed("destination_folder"),
    Field("max_concurrent_downloads", _INTEGER, 8, wire=False, low=1),
    gives={"file_paths": _LIST, "downloaded_count": _INTEGER, "failed_count": _INTEGER},
    effect=Effect.IDEMPOTENT,
)
async def batch_download(
    api: "AccountApi",
    ctx: NodeContext,
    *,
    files: Any,
    folder_id: str,
    destination_folder: str,
    max_concurrent_downloads: int,
) -> Outputs:
    """Save files, several at once: ids, or dicts with ``id`` and ``name``; or a folder's.

    One that fails is counted and does not keep the others; the log says why.
    """
    wanted = items(files, "files") or (await _files_of(api, folder_id) if folder_id else [])
    known = [dict(one) if isinstance(one, Mapping) else {"id": str(one)} for one in wanted]
    ids = [str(one.get("id") or one.get("file_id") or "") for one in known]
    names = file_names([str(one.get("name") or id_) for one, id_ in zip(known, ids, strict=True)])
    few = asyncio.Semaphore(max_concurrent_downloads)

    async def save(file_id: str, name: str) -> str | None:
        async with few:
            try:
                with told_plainly():
                    target = writable(ctx, f"{destination_folder}/{name}")
                    await _download(api, file_id, target)
            except NodeFailure as failure:
                ctx.log("warning", f"{name} is not downloaded: {failure}")
                return None
            return str(target)

    saved = await asyncio.gather(*map(save, ids, names))
    paths = [path for path in saved if path is not None]
    return {
        "file_paths": paths,
        "downloaded_count": len(paths),
        "failed_count": len(saved) - len(paths),
    }


@google_node(
    DRIVE,
    "DriveExportFileNode",
    FILE_ID,
    needed("destination_path"),
    Field("export_format", default="pdf", written=DataType.CHOICE, choices=tuple(_EXPORTS)),
    gives={"file_path": _STRING, "original_name": _STRING, "original_type": _STRING},
    effect=Effect.IDEMPOTENT,
    synonyms={"destination": "destination_path"},
)
async def export_file(
    api: "AccountApi",
    ctx: NodeContext,
    *,
    file_id: str,
    destination_path: str,
    export_format: str,
) -> Outputs:
    """Save one of Google's own documents in another format; into a folder under its own name."""
    if export_format not in _EXPORTS:
        raise NodeFailure(f"{export_format!r} is none of {', '.join(_EXPORTS)}", retryable=False)
    about = await about_file(api, file_id, "name,mimeType")
    name = str(about.get("name", ""))
    if about.get("mimeType") == FOLDER_TYPE:
        raise NodeFailure(f"{name!r} is a folder: there is nothing to export", retryable=False)
    with told_plainly():
        target = writable(ctx, destination_path)
        if target.is_dir():
            target = writable(ctx, str(target / file_names([f"{name}.{export_format}"])[0]))
        query = {"mimeType": _EXPORTS[export_format]}
        await api.save(FILE + "/export", file_id, target=target, query=query)
    return {
        "file_path": str(target),
        "original_name": name,
        "original_type": about.get("mimeType", ""),
    }
