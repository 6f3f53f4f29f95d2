"""The server to which events are brought: open while a trigger needs it, on this machine only."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from typing import Any

import msgspec

from casare_robot.agent.trigger_host import Memory, TriggerHost
from casare_robot.domain.errors import MissingExtraError, TriggerError
from casare_robot.domain.trigger_status import TriggerState, TriggerStatus
from casare_robot.triggers.definition import CALLED, SERVED, Definition

log = logging.getLogger(__name__)

_NOTE = "trigger door"
HERE = "127.0.0.1"
PORT = 8720
RETRY = 10.0
"""Seconds until an address that was taken is tried again."""


class TriggerDoor:
    """Opens when a trigger is on to which events are brought, and closes after the last.

    Args:
        memory: Keeps address and token.
        app: The application, for a token.
        served: The triggers that are on.
    """

    def __init__(
        self,
        memory: Memory,
        *,
        app: Callable[[str], Any],
        served: Callable[[], list[tuple[str, Definition]]],
    ) -> None:
        self._memory = memory
        self._app = app
        self._served = served
        self._changed = asyncio.Event()
        self.problem = ""
        self.host, self.port, self.token = HERE, PORT, ""

    def ring(self) -> None:
        """Look again whether it is needed."""
        self._changed.set()

    async def move(self, address: str) -> None:
        """Serve at another address from now on: ``host:port``.

        Raises:
            TriggerError: It is none.
        """
        host, _, port = address.rpartition(":")
        if not port.isdecimal() or not 0 < int(port) < 65536:
            raise TriggerError(f"{address!r} is no address such as {HERE}:{PORT}")
        self._recall()
        self.host, self.port = host.strip("[]") or HERE, int(port)
        await self._keep()
        self.ring()

    async def run(self) -> None:
        """Serve until cancelled."""
        self._recall()
        if not self.token:
            self.token = secrets.token_urlsafe(24)
            await self._keep()
        while True:
            self._changed.clear()
            if self._is_needed():
                await self._serve()
            else:
                await self._changed.wait()

    def address(self, place: str) -> str:
        """Where something is found, with the token."""
        host = {"0.0.0.0": HERE, "::": "::1"}.get(self.host, self.host)  # noqa: S104
        shown = f"[{host}]" if ":" in host else host
        return f"http://{shown}:{self.port}{place}?token={self.token}"

    def _is_needed(self) -> bool:
        return any(found.type in (*SERVED, CALLED) for _, found in self._served())

    async def _serve(self) -> None:
        try:
            from casare_robot.triggers.web_server import opened

            server, bound = opened(self._app(self.token), self.host, self.port)
        except ModuleNotFoundError as error:
            self.problem = str(MissingExtraError(error.name or "starlette", "server"))
            log.warning("%s", self.problem)
            await self._wait(RETRY)
            return
        except OSError as error:
            self.problem = f"nothing can be brought to {self.host}:{self.port}: {error}"
            log.warning("%s", self.problem)
            await self._wait(RETRY)
            return
        self.problem = ""
        at = self.host, self.port
        serving = asyncio.create_task(server.serve([bound]), name="trigger door")
        try:
            while self._is_needed() and (self.host, self.port) == at:
                await self._changed.wait()
                self._changed.clear()
        finally:
            server.should_exit = True
            await asyncio.wait((serving,), timeout=5.0)
            bound.close()

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    def _recall(self) -> None:
        kept = self._memory.recalled(_NOTE)
        if kept is not None:
            self.host, self.port, self.token = kept

    async def _keep(self) -> None:
        await self._memory.aremember(_NOTE, [self.host, self.port, self.token])


def addressed(host: TriggerHost, door: TriggerDoor) -> tuple[TriggerStatus, ...]:
    """All triggers that are on, those to which events are brought with their address."""
    from casare_robot.triggers.place import place_of

    served = {
        name: place_of(name, found)
        for name, found in host.served()
        if found.type in (*SERVED, CALLED)
    }
    return tuple(
        msgspec.structs.replace(
            status,
            address=door.address(served[status.id]),
            problem=status.problem or door.problem,
            state=TriggerState.TROUBLE if door.problem else status.state,
        )
        if status.id in served
        else status
        for status in host.look()
    )
