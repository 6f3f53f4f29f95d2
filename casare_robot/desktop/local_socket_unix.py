"""The transport of `local_socket` where there are Unix sockets."""

import asyncio
import hashlib
import os
import socket
import struct
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

from casare_robot.desktop.places import APPLICATION
from casare_robot.desktop.private_folder import make_private

Connected = Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]

if sys.platform != "win32":
    LONGEST_PATH = 100
    """Bytes; systems take between 103 and 107."""

    class Listener:
        """A listening socket."""

        def __init__(self, server: asyncio.Server, path: Path) -> None:
            self._server = server
            self._path = path

        def close(self) -> None:
            """Take no more connections; the socket's file goes."""
            self._server.close()
            self._path.unlink(missing_ok=True)

    async def listen(folder: Path, connected: Connected) -> Listener:
        """Listen; the caller owns the folder, so whatever lies at the address is stale.

        Raises:
            OSError: The address cannot be used.
        """
        path = address(folder)
        make_private(path.parent)
        path.unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listening.bind(str(path))
            path.chmod(0o600)
            server = await asyncio.start_unix_server(connected, sock=listening)
        except BaseException:
            listening.close()
            raise
        return Listener(server, path)

    async def open_connection(
        folder: Path,
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to whoever listens.

        Raises:
            OSError: Nobody does.
        """
        return await asyncio.open_unix_connection(str(address(folder)))

    def peer_is_this_user(writer: asyncio.StreamWriter) -> bool:
        """Whether the other side runs as this user, where the system tells."""
        if sys.platform != "linux":
            return True
        peer: socket.socket = writer.get_extra_info("socket")
        credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        _, user, _ = struct.unpack("3i", credentials)
        return bool(user == os.getuid())

    def address(folder: Path) -> Path:
        """The socket of a folder: inside, or where paths are short."""
        path = folder.absolute() / "socket"
        if len(os.fsencode(path)) <= LONGEST_PATH:
            return path
        import platformdirs

        name = hashlib.blake2b(os.fsencode(path), digest_size=12).hexdigest()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # where else the folder then is, is fine with us
            short = platformdirs.user_runtime_path(APPLICATION, appauthor=False) / name
        if len(os.fsencode(short)) <= LONGEST_PATH:
            return short
        return Path(f"/tmp/{APPLICATION}-{os.getuid()}", name)  # noqa: S108 - made private, or refused
