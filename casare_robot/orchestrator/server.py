"""The orchestrator as a whole: its parts put together, and served."""

import asyncio
import logging
import os
import random
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import msgspec
import uvicorn
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from casare_robot.domain.errors import RobotError, StoreError, StoreUnavailableError
from casare_robot.link.native.reading import LARGEST_FRAME
from casare_robot.link.native.server_session import SessionBook
from casare_robot.orchestrator.audit_heads import AuditHeads
from casare_robot.orchestrator.chaos import Chaos, ChaoticSocket
from casare_robot.orchestrator.dealing import USUAL
from casare_robot.orchestrator.dispatcher import Dispatcher
from casare_robot.orchestrator.feed import Feed
from casare_robot.orchestrator.fleet_view import FleetView
from casare_robot.orchestrator.http_api import HttpApi
from casare_robot.orchestrator.job_board import KEPT, JobBoard
from casare_robot.orchestrator.keys import Holder, Keys
from casare_robot.orchestrator.mandate import TIMES, Mandate
from casare_robot.orchestrator.robot_line import RobotLine, Socket
from casare_robot.orchestrator.robot_socket import RobotSocket
from casare_robot.orchestrator.roster import Roster
from casare_robot.orchestrator.trace import Trace, Traces
from casare_robot.store.held_lease import LeaseTimes
from casare_robot.store.opening import open_store

log = logging.getLogger(__name__)

TRACE = "trace"
KEPT_EVERY = 1.0
"""Seconds between writings of what running jobs tell: a crash may cost so much of it."""


class CertificateError(RobotError):
    """A TLS certificate or its key is missing or no good."""

    code = "E-ORC-406"


class Orchestrator:
    """A running orchestrator, without its network; made by `Orchestrator.open`.

    Attributes:
        board, roster, keys, heads, feed: Its parts, for the page and for tests.
    """

    def __init__(
        self,
        *,
        board: JobBoard,
        roster: Roster,
        keys: Keys,
        heads: AuditHeads,
        feed: Feed,
        traces: Traces,
        dispatcher: Dispatcher,
        api: HttpApi,
        running: Sequence["asyncio.Task[None]"],
    ) -> None:
        self.board = board
        self.roster = roster
        self.keys = keys
        self.heads = heads
        self.feed = feed
        self.traces = traces
        self.dispatcher = dispatcher
        self.app = api.app()
        self._running = running

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        store_url: str,
        *,
        heartbeat_interval: float = 10.0,
        strategy: str = USUAL,
        chaos: Chaos | None = None,
        lease_times: LeaseTimes = TIMES,
        kept: float = KEPT,
        clock: Callable[[], float] = time.time,
    ) -> AsyncIterator["Orchestrator"]:
        """Open the store and work on it until the end of the ``async with``.

        Args:
            store_url: Where its state is; see `open_store`.
            heartbeat_interval: Seconds between robots' signs of life.
            strategy: Who gets a job that several robots could do.
            chaos: Behave badly towards robots.
            lease_times: Of the lease in whose name it writes.
            kept: Seconds that jobs which have ended are kept.
            clock: Wall clock.

        Raises:
            OrchestratorBusyError: Another one works on this store.
            StoreError: The store cannot be used.
        """
        async with (
            await open_store(store_url) as store,
            await Mandate.take(store, lease_times) as mandate,
        ):
            feed = Feed()
            board = JobBoard(store, mandate=mandate, feed=feed, clock=clock, kept=kept)
            roster = Roster(store, feed=feed, clock=clock)
            await roster.load()
            traces = Traces()
            heads = AuditHeads(store)
            fleet = FleetView(store, clock=clock)
            dispatcher = Dispatcher(
                board,
                roster,
                now=asyncio.get_running_loop().time,
                strategy=strategy,
                priorities=fleet.priorities,
            )
            keys = Keys(store, clock=clock)
            book = SessionBook()
            dice = random.Random(chaos.seed if chaos else None)  # noqa: S311 - not a secret

            async def serve_robot(websocket: WebSocket, holder: Holder) -> None:
                await websocket.accept()
                line: Socket = _StarletteSocket(websocket)
                if chaos is not None:
                    line = ChaoticSocket(line, chaos, dice)
                await RobotLine(
                    line,
                    holder=holder,
                    board=board,
                    roster=roster,
                    traces=traces,
                    heads=heads,
                    dispatcher=dispatcher,
                    book=book,
                    interval=heartbeat_interval,
                ).run()

            async def kept_trace(job_id: str) -> Trace | None:
                row = await store.get(TRACE, job_id)
                return None if row is None else msgspec.convert(row.record, Trace)

            async def keep_traces() -> None:
                for job_id, shown in traces.changed().items():
                    try:
                        await store.put(TRACE, job_id, shown, ttl=kept)
                    except StoreUnavailableError:  # the dispatcher says so
                        traces.keep_later(job_id)
                    except StoreError as error:
                        log.warning("what job %s tells is not kept: %s", job_id, error)

            async def go_on_keeping_traces() -> None:
                while True:
                    await asyncio.sleep(KEPT_EVERY)
                    await keep_traces()

            api = HttpApi(
                board=board,
                roster=roster,
                traces=traces,
                kept_trace=kept_trace,
                keys=keys,
                heads=heads,
                feed=feed,
                fleet=fleet,
                dispatcher=dispatcher,
                serve_robot=serve_robot,
                clock=clock,
            )
            running = [
                asyncio.create_task(mandate.keep(), name="mandate"),
                asyncio.create_task(dispatcher.run(), name="dispatcher"),
                asyncio.create_task(go_on_keeping_traces(), name="keeping traces"),
            ]
            try:
                yield cls(
                    board=board,
                    roster=roster,
                    keys=keys,
                    heads=heads,
                    feed=feed,
                    traces=traces,
                    dispatcher=dispatcher,
                    api=api,
                    running=running,
                )
            finally:
                for task in running:
                    task.cancel()
                await asyncio.wait(running)
                await keep_traces()

    async def run(self) -> None:
        """Wait for what should not happen: that a part of it cannot go on.

        Raises:
            OrchestratorBusyError: Another one has taken over its store.
        """
        await asyncio.gather(*self._running)


class _StarletteSocket:
    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    async def receive(self) -> bytes:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise ConnectionError(f"closed with {message.get('code')}")
        text = message.get("text")
        data: bytes = message.get("bytes") or b"" if text is None else text.encode()
        return data

    async def send(self, frame: bytes) -> None:
        try:
            await self._socket.send_text(frame.decode())
        except (WebSocketDisconnect, RuntimeError) as error:
            raise ConnectionError("closed") from error

    async def close(self, code: int) -> None:
        if self._socket.application_state is WebSocketState.CONNECTED:
            try:
                await self._socket.close(code)
            except (WebSocketDisconnect, RuntimeError) as error:
                log.debug("the socket was closed already: %s", error)


class Listener:
    """An orchestrator on a port.

    Args:
        orchestrator: What to serve.
        host: Address to listen at.
        port: 0 for any that is free.
        certificate: Its TLS certificate and key; without it connections are not encrypted.
    """

    def __init__(
        self,
        orchestrator: Orchestrator,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        certificate: tuple[Path, Path] | None = None,
    ) -> None:
        self._server = _Server(
            uvicorn.Config(
                orchestrator.app,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                ws=RobotSocket,
                ws_max_size=LARGEST_FRAME,
                ws_per_message_deflate=False,
                timeout_graceful_shutdown=2,
                ssl_certfile=certificate and str(certificate[0]),
                ssl_keyfile=certificate and str(certificate[1]),
            )
        )
        self._feed = orchestrator.feed
        self._scheme = "https" if certificate else "http"
        self._address = host, port
        self.url = ""

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Listener"]:
        """Serve until the end of the ``async with``; ``url`` is where it is reached.

        Raises:
            CertificateError: The certificate or its key cannot be used.
            OSError: The address is taken or is not this machine's.
        """
        try:
            self._server.config.load()
        except OSError as error:  # an SSLError is one
            raise CertificateError(f"the certificate cannot be used: {error}") from error
        bound = _bound(self._address)
        host, port = bound.getsockname()[:2]
        reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
        self.url = f"{self._scheme}://{f'[{reached}]' if ':' in reached else reached}:{port}"
        serving = asyncio.create_task(self._server.serve([bound]), name="http server")
        try:
            yield self
        finally:
            self._feed.close()
            self._server.should_exit = True
            await asyncio.wait((serving,))
            bound.close()


def _bound(address: tuple[str, int]) -> socket.socket:
    """A listening socket that asyncio knows to be TCP: only then it sends small answers at once."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen()
    except OSError:
        made.close()
        raise
    return made


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield
