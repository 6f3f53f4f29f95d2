"""Files on another machine: connect, transfer, list, and keep folders in order."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from casare_robot.desktop.replacing import put_in_place
from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.ftp_files import FtpFiles
from casare_robot.nodes.paths import existing_file, told_plainly, writable
from casare_robot.nodes.remote_files import RemoteFiles
from casare_robot.nodes.sftp_files import PORT as SFTP_PORT
from casare_robot.nodes.sftp_files import SftpFiles

KIND = "ftp connection"
_PATH = {"path": "remote_path"}
_CONNECTION = Property("connection", DataType.HANDLE, current=KIND)
_REMOTE = Property("remote_path", DataType.STRING, required=True)
_REMOTE_PORT = Port("remote_path", DataType.STRING, required=True)
_RETRIES = (
    Property("retry_count", DataType.INTEGER, 0, low=0),
    Property("retry_interval", DataType.INTEGER, 2000, low=0),
)
_USES = ("paramiko", "truststore")


@node(
    "FTPConnectNode",
    category="file",
    effect=Effect.READS,
    blocking=True,
    opens=True,
    uses=_USES,
    inputs=(
        Port("host", DataType.STRING, required=True),
        Port("port", DataType.INTEGER),
        Port("username", DataType.STRING),
        Port("password", DataType.STRING),
    ),
    outputs=(Port("connected", DataType.BOOLEAN), Port("server_message", DataType.STRING)),
    properties=(
        Property("host", DataType.STRING, required=True),
        Property("port", DataType.INTEGER, 21, low=1, high=65535),
        Property("username", DataType.STRING),
        Property("password", DataType.STRING),
        Property("passive", DataType.BOOLEAN, True),
        Property("timeout", DataType.INTEGER, 30, low=1),
        Property("use_tls", DataType.BOOLEAN, False),
        Property("protocol", DataType.CHOICE, "ftp", choices=("ftp", "sftp")),
        Property("host_key", DataType.STRING, ""),
        *_RETRIES,
    ),
)
def ftp_connect(
    ctx: NodeContext,
    *,
    host: str,
    port: int,
    username: str | None,
    password: str | None,
    passive: bool,
    timeout: int,
    use_tls: bool,
    protocol: str,
    host_key: str,
) -> Outputs:
    """Connect; the nodes after this one use the connection, until one of them ends it.

    ``protocol`` sftp, or a host that begins with ``sftp://``, is SFTP, at port 22
    unless another is given; ``host_key`` is the fingerprint its host must have.
    ``ftps://`` is the same as ``use_tls``.
    """
    scheme, separator, name = host.strip().rpartition("://")
    scheme = scheme.lower() if separator else protocol
    user, word = username or "", password or ""
    opened: RemoteFiles
    if scheme == "sftp":
        opened = SftpFiles(
            ctx,
            host=name,
            port=SFTP_PORT if port == 21 else port,
            username=user,
            password=word,
            timeout=timeout,
            host_key=host_key,
        )
    elif scheme in ("ftp", "ftps"):
        opened = FtpFiles(
            ctx,
            host=name,
            port=port,
            username=user,
            password=word,
            passive=passive,
            timeout=timeout,
            use_tls=use_tls or scheme == "ftps",
        )
    else:
        raise NodeFailure(f"{scheme!r} is none of ftp, ftps, sftp", retryable=False)
    ctx.keep_open(opened, opened.close, KIND)
    return {"connected": True, "server_message": opened.welcome}


@node(
    "FTPUploadNode",
    category="file",
    effect=Effect.IDEMPOTENT,
    blocking=True,
    uses=_USES,
    inputs=(Port("local_path", DataType.STRING, required=True), _REMOTE_PORT),
    outputs=(Port("uploaded", DataType.BOOLEAN), Port("bytes_sent", DataType.INTEGER)),
    properties=(
        Property("local_path", DataType.FILE_PATH, required=True),
        _REMOTE,
        Property("binary_mode", DataType.BOOLEAN, True),
        Property("create_dirs", DataType.BOOLEAN, False),
        _CONNECTION,
        *_RETRIES,
    ),
)
def ftp_upload(
    ctx: NodeContext,
    *,
    connection: Any,
    local_path: str,
    remote_path: str,
    binary_mode: bool,
    create_dirs: bool,
) -> Outputs:
    """Put a file there, in place of one of the same name."""
    with told_plainly(), _speaking(ctx, connection) as files:
        local = existing_file(ctx, local_path)
        if create_dirs:
            _make_dirs(files, remote_path.replace("\\", "/").rpartition("/")[0])
        sent = files.upload(local, remote_path, binary=binary_mode)
    return {"uploaded": True, "bytes_sent": sent}


def download_effect(parameters: Mapping[str, Any]) -> Effect:
    """Effect of a download: done again, it refuses what is there unless it may overwrite. Pure."""
    return Effect.IDEMPOTENT if parameters.get("overwrite") else Effect.ONCE


@node(
    "FTPDownloadNode",
    category="file",
    effect=download_effect,
    blocking=True,
    uses=_USES,
    inputs=(_REMOTE_PORT, Port("local_path", DataType.STRING, required=True)),
    outputs=(Port("downloaded", DataType.BOOLEAN), Port("bytes_received", DataType.INTEGER)),
    properties=(
        _REMOTE,
        Property("local_path", DataType.FILE_PATH, required=True),
        Property("binary_mode", DataType.BOOLEAN, True),
        Property("overwrite", DataType.BOOLEAN, False),
        _CONNECTION,
        *_RETRIES,
    ),
)
def ftp_download(
    ctx: NodeContext,
    *,
    connection: Any,
    remote_path: str,
    local_path: str,
    binary_mode: bool,
    overwrite: bool,
) -> Outputs:
    """Get a file, wholly or not at all."""
    with told_plainly(), _speaking(ctx, connection) as files:
        local = writable(ctx, local_path)
        if local.exists() and not overwrite:
            raise NodeFailure(f"{local_path} is there already", retryable=False)
        local.parent.mkdir(parents=True, exist_ok=True)
        part = writable(ctx, str(local.with_name(f".{local.name}.part")))
        try:
            received = files.download(remote_path, part, binary=binary_mode)
            put_in_place(part, local)
        finally:
            part.unlink(missing_ok=True)
    return {"downloaded": True, "bytes_received": received}


@node(
    "FTPListNode",
    category="file",
    effect=Effect.READS,
    blocking=True,
    uses=_USES,
    inputs=(Port("remote_path", DataType.STRING),),
    outputs=(Port("items", DataType.LIST), Port("count", DataType.INTEGER)),
    properties=(
        Property("remote_path", DataType.STRING, "."),
        Property("detailed", DataType.BOOLEAN, False),
        _CONNECTION,
    ),
    synonyms=_PATH,
)
def ftp_list(ctx: NodeContext, *, connection: Any, remote_path: str, detailed: bool) -> Outputs:
    """What is in a folder: names, or lines as ``ls -l`` shows them."""
    with _speaking(ctx, connection) as files:
        items = files.lines(remote_path) if detailed else files.names(remote_path)
    return {"items": items, "count": len(items)}


@node(
    "FTPDeleteNode",
    category="file",
    effect=Effect.ONCE,
    blocking=True,
    uses=_USES,
    inputs=(_REMOTE_PORT,),
    outputs=(Port("deleted", DataType.BOOLEAN),),
    properties=(_REMOTE, _CONNECTION),
    synonyms=_PATH,
)
def ftp_delete(ctx: NodeContext, *, connection: Any, remote_path: str) -> Outputs:
    """Delete a file."""
    with _speaking(ctx, connection) as files:
        files.delete(_path(remote_path))
    return {"deleted": True}


@node(
    "FTPMakeDirNode",
    category="file",
    effect=Effect.ONCE,
    blocking=True,
    uses=_USES,
    inputs=(_REMOTE_PORT,),
    outputs=(Port("created", DataType.BOOLEAN),),
    properties=(_REMOTE, Property("parents", DataType.BOOLEAN, False), _CONNECTION),
    synonyms=_PATH,
)
def ftp_make_dir(ctx: NodeContext, *, connection: Any, remote_path: str, parents: bool) -> Outputs:
    """Make a folder; with ``parents`` also those above it, and it may be there already."""
    with _speaking(ctx, connection) as files:
        if parents:
            _make_dirs(files, _path(remote_path).replace("\\", "/"))
        else:
            files.make_dir(_path(remote_path))
    return {"created": True}


@node(
    "FTPRemoveDirNode",
    category="file",
    effect=Effect.ONCE,
    blocking=True,
    uses=_USES,
    inputs=(_REMOTE_PORT,),
    outputs=(Port("removed", DataType.BOOLEAN),),
    properties=(_REMOTE, _CONNECTION),
    synonyms=_PATH,
)
def ftp_remove_dir(ctx: NodeContext, *, connection: Any, remote_path: str) -> Outputs:
    """Remove an empty folder."""
    with _speaking(ctx, connection) as files:
        files.remove_dir(_path(remote_path))
    return {"removed": True}


@node(
    "FTPRenameNode",
    category="file",
    effect=Effect.ONCE,
    blocking=True,
    uses=_USES,
    inputs=(
        Port("old_path", DataType.STRING, required=True),
        Port("new_path", DataType.STRING, required=True),
    ),
    outputs=(Port("renamed", DataType.BOOLEAN),),
    properties=(
        Property("old_path", DataType.STRING, required=True),
        Property("new_path", DataType.STRING, required=True),
        _CONNECTION,
    ),
)
def ftp_rename(ctx: NodeContext, *, connection: Any, old_path: str, new_path: str) -> Outputs:
    """Rename or move a file or folder."""
    with _speaking(ctx, connection) as files:
        files.rename(_path(old_path), _path(new_path))
    return {"renamed": True}


@node(
    "FTPDisconnectNode",
    category="file",
    effect=Effect.READS,
    blocking=True,
    outputs=(Port("disconnected", DataType.BOOLEAN),),
    properties=(_CONNECTION,),
)
def ftp_disconnect(ctx: NodeContext, *, connection: Any) -> Outputs:
    """End the connection; nothing happens without one."""
    ctx.close(connection)
    ctx.use(None, KIND)
    return {"disconnected": True}


@node(
    "FTPGetSizeNode",
    category="file",
    effect=Effect.READS,
    blocking=True,
    uses=_USES,
    inputs=(_REMOTE_PORT,),
    outputs=(Port("size", DataType.INTEGER), Port("found", DataType.BOOLEAN)),
    properties=(_REMOTE, _CONNECTION),
    synonyms=_PATH,
)
def ftp_get_size(ctx: NodeContext, *, connection: Any, remote_path: str) -> Outputs:
    """Bytes of a file; ``found`` says whether there is one."""
    with _speaking(ctx, connection) as files:
        size = files.size(_path(remote_path))
    return {"size": size or 0, "found": size is not None}


@contextmanager
def _speaking(ctx: NodeContext, connection: Any) -> Iterator[RemoteFiles]:
    if connection is None:
        raise NodeFailure("No FTP connection. Use FTP Connect node first.", retryable=False)
    files: RemoteFiles = ctx.live(connection)
    with files.speaking():
        yield files


def _path(path: str | None) -> str:
    if not path:
        raise NodeFailure("a remote path is required", retryable=False)
    return path


def _make_dirs(files: RemoteFiles, path: str) -> None:
    """Make a folder and those above it, where they are missing."""
    parts = [part for part in path.split("/") if part]
    for number in range(len(parts)):
        folder = ("/" if path.startswith("/") else "") + "/".join(parts[: number + 1])
        if not files.is_dir(folder):
            files.make_dir(folder)
