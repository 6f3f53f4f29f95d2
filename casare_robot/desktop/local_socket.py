"""Streams between programs of one user on one machine, and nobody else.

A Unix socket or a Windows named pipe. Both sides prove that they can read a key
in the server's folder, which only this user can; where the system tells who
calls, it must be the same user.

Source: reliability, 3.3, "Local IPC".
"""

import asyncio
import hmac
import os
import secrets
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from casare_robot.desktop.file_lock import FileLock
from casare_robot.desktop.private_folder import make_private
from casare_robot.desktop.replacing import put_in_place

if sys.platform == "win32":
    from casare_robot.desktop import local_socket_windows as transport
else:
    from casare_robot.desktop import local_socket_unix as transport

HANDSHAKE_TIMEOUT = 5.0
"""Seconds for both sides to prove who they are."""
MOST_CONNECTIONS = 64
_SIZE = 32

Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class NotOurUserError(ConnectionError):
    """The other side is somebody else's program, or none of ours."""


class LocalServer:
    """Serves programs of this user while it is started.

    A dead server's address is taken over; that of a living one is not.

    Args:
        folder: Holds key and socket; one server per folder. Made if missing.
        handle: Serves one connection; cancelled when the server closes.
    """

    def __init__(self, folder: Path, handle: Handle) -> None:
        self._folder = folder
        self._handle = handle
        self._lock = FileLock(folder / "lock")
        self._key = b""
        self._listener: transport.Listener | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to serve.

        Raises:
            BlockingIOError: A living server has this folder.
            OSError: The folder or the address cannot be used.
        """
        make_private(self._folder)
        if not self._lock.acquire():
            raise BlockingIOError(f"{self._folder} is served by another program")
        try:
            self._key = secrets.token_bytes(_SIZE)
            self._listener = await transport.listen(self._folder, self._connected)
            _write_key(self._folder, self._key)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Stop serving; every connection ends."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
            _key_file(self._folder).unlink(missing_ok=True)
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self._lock.release()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._listener is None or len(self._connections) >= MOST_CONNECTIONS:
            writer.close()
            return
        task = asyncio.create_task(self._serve(reader, writer), name="local connection")
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(HANDSHAKE_TIMEOUT):
                await _admit(reader, writer, self._key)
            await self._handle(reader, writer)
        except (OSError, EOFError):
            return  # the other side is gone, or was none of ours
        finally:
            writer.close()


async def connect(folder: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Reach the server of a folder; give up with `asyncio.timeout`.

    Raises:
        NotOurUserError: Whoever serves there does not have this user's key.
        OSError: Nobody serves there.
    """
    key = _key_file(folder).read_bytes()
    reader, writer = await transport.open_connection(folder)
    try:
        await _introduce(reader, writer, key)
    except BaseException:
        writer.close()
        raise
    return reader, writer


def may_be_served(folder: Path) -> bool:
    """Whether a server was started in this folder and has not closed; it may be dead."""
    return _key_file(folder).exists()


async def _introduce(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: bytes
) -> None:
    if not transport.peer_is_this_user(writer):
        raise NotOurUserError("another user serves at this robot's address")
    ours = secrets.token_bytes(_SIZE)
    writer.write(ours)
    try:
        answer = await reader.readexactly(2 * _SIZE)
    except EOFError as error:
        raise NotOurUserError("the other side hung up") from error
    theirs, proof = answer[:_SIZE], answer[_SIZE:]
    if not hmac.compare_digest(proof, _proof(key, b"server", ours, theirs)):
        raise NotOurUserError("whoever serves at this robot's address does not have its key")
    writer.write(_proof(key, b"client", ours, theirs))
    await writer.drain()


async def _admit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: bytes) -> None:
    if not transport.peer_is_this_user(writer):
        raise NotOurUserError("another user called")
    theirs = await reader.readexactly(_SIZE)
    ours = secrets.token_bytes(_SIZE)
    writer.write(ours + _proof(key, b"server", theirs, ours))
    await writer.drain()
    proof = await reader.readexactly(_SIZE)
    if not hmac.compare_digest(proof, _proof(key, b"client", theirs, ours)):
        raise NotOurUserError("whoever called does not have the key")


def _proof(key: bytes, side: bytes, client: bytes, server: bytes) -> bytes:
    return hmac.digest(key, side + client + server, "sha256")


def _key_file(folder: Path) -> Path:
    return folder / "key"


def _write_key(folder: Path, key: bytes) -> None:
    draft = folder / "key.new"
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key)
    put_in_place(draft, _key_file(folder))
