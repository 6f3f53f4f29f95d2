"""The transport of `local_socket` on Windows: named pipes, for this machine only."""

import asyncio
import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

Connected = Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]

if sys.platform == "win32":
    import ctypes
    from asyncio.windows_events import PipeServer, ProactorEventLoop
    from asyncio.windows_utils import PipeHandle

    from casare_robot.desktop.pipe_windows import OwnPipeServer

    class Listener:
        """A pipe with instances for whoever calls."""

        def __init__(self, servers: list[PipeServer]) -> None:
            self._servers = servers

        def close(self) -> None:
            """Take no more connections."""
            for server in self._servers:
                server.close()

    async def listen(folder: Path, connected: Connected) -> Listener:
        """Listen; fails if somebody has made this pipe before us.

        Raises:
            OSError: The pipe cannot be made.
        """
        loop = _loop()

        def protocol() -> asyncio.StreamReaderProtocol:
            reader = asyncio.StreamReader(loop=loop)
            return asyncio.StreamReaderProtocol(reader, connected, loop=loop)

        server = OwnPipeServer(address(folder))
        _accept(loop, server, protocol)
        return Listener([server])

    def _accept(
        loop: ProactorEventLoop,
        server: OwnPipeServer,
        protocol: Callable[[], asyncio.StreamReaderProtocol],
        ended: asyncio.Future[PipeHandle] | None = None,
    ) -> None:
        """Take the client that came, and wait for the next, as asyncio's own servers do."""
        pipe: PipeHandle | None = None
        try:
            if ended is not None:
                pipe = ended.result()
                server.taken(pipe)
                if server.closed():
                    pipe.close()
                    return
                loop._make_duplex_pipe_transport(pipe, protocol(), extra={"addr": pipe})
            pipe = server.next_instance()
            if pipe is None:
                return
            accepting = loop._proactor.accept_pipe(pipe)
        except asyncio.CancelledError:  # it was closed
            if pipe is not None:
                pipe.close()
        except OSError:  # the client went before it was taken
            if pipe is not None and pipe.fileno() != -1:
                pipe.close()
            loop.call_soon(_accept, loop, server, protocol)
        else:
            server.waits(accepting)
            accepting.add_done_callback(lambda done: _accept(loop, server, protocol, done))

    async def open_connection(
        folder: Path,
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to whoever listens.

        Raises:
            OSError: Nobody does.
        """
        loop = _loop()
        reader = asyncio.StreamReader(loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        transport, _ = await loop.create_pipe_connection(lambda: protocol, address(folder))
        return reader, asyncio.StreamWriter(transport, protocol, reader, loop)

    def peer_is_this_user(writer: asyncio.StreamWriter) -> bool:
        """Whether the other side is on this machine; the key tells whose it is.

        For a client's end the system names no client, so it counts as local.
        """
        name = ctypes.create_unicode_buffer(256)
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        handle = ctypes.c_void_p(writer.get_extra_info("pipe").fileno())
        ask = getattr(kernel, "GetNamedPipeClientComputerNameW", None)
        if ask is None:
            return True  # wine 8 has no such question, and no pipes to other machines
        return not ask(handle, name, ctypes.sizeof(name))

    def address(folder: Path) -> str:
        """The pipe of a folder."""
        path = os.path.normcase(folder.absolute())
        name = hashlib.blake2b(os.fsencode(path), digest_size=16).hexdigest()
        return rf"\\.\pipe\CasareRobot-{name}"

    def _loop() -> ProactorEventLoop:
        loop = asyncio.get_running_loop()
        if not isinstance(loop, ProactorEventLoop):
            raise OSError("named pipes need the Proactor event loop")
        return loop
