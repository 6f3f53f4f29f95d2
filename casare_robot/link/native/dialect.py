"""How the native protocol finds its orchestrator and introduces itself to it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from casare_robot.domain.job_source import JobTaker
from casare_robot.link.address import websocket_address
from casare_robot.link.echoing import EchoingTransport
from casare_robot.link.identity import Identity
from casare_robot.link.native.reference_session import ReferenceSession
from casare_robot.link.native.robot_session import AuditSource, RobotSession
from casare_robot.link.session import LineError, Session, Transport, WallClock
from casare_robot.link.telemetry import Telemetry
from casare_robot.link.websocket import open_websocket

PATH = "/robot"
KeySource = Callable[[str | None], Awaitable[str]]
"""Gives the key to introduce the robot with, asked anew for each connection. The argument
is a key that has just been refused, or None: whoever can renew it gives another one."""
Opener = Callable[[str, Mapping[str, str]], Awaitable[Transport]]


class NativeDialect:
    """The native protocol over a websocket.

    Args:
        url: The orchestrator's address; without a path, ``/robot`` is meant.
        identity: Who the robot is.
        key: Gives the key by which the orchestrator knows it.
        origin: Name of the job source this is for.
        interval: Seconds between heartbeats.
        wall: The time of day.
        audit: The newest signed end of the robot's audit, told with the heartbeat.
        connect: Opens the transport.

    Raises:
        ConfigError: The address is none, or not encrypted and not on this machine.
    """

    def __init__(
        self,
        url: str,
        identity: Identity,
        key: KeySource,
        *,
        origin: str,
        interval: float,
        wall: WallClock,
        audit: AuditSource = lambda: None,
        connect: Opener = open_websocket,
    ) -> None:
        self.address = websocket_address(url, path=PATH)
        self._identity = identity
        self._key = key
        self._origin = origin
        self._interval = interval
        self._wall = wall
        self._audit = audit
        self._connect = connect

    async def open(self) -> Transport:
        """Make a connection; a refused key is renewed, if it can be, and tried once more.

        Raises:
            LineError: It cannot be made.
        """
        key = await self._key(None)
        try:
            return await self._connect(self.address, _introduction(key))
        except LineError as error:
            if not error.is_refusal:
                raise
            fresh = await self._key(key)
            if fresh == key:
                raise
        return await self._connect(self.address, _introduction(fresh))

    def session(
        self, robot: JobTaker, telemetry: Telemetry, now: float, *, insists: bool
    ) -> Session:
        """A session for a connection that has just been made."""
        return RobotSession(
            self._identity,
            robot,
            telemetry,
            origin=self._origin,
            interval=self._interval,
            now=now,
            wall=self._wall,
            audit=self._audit,
            insists=insists,
        )


class ReferenceDialect(NativeDialect):
    """The robot reference's three messages over a websocket, for orchestrators that know no more.

    The arguments are those of `NativeDialect`; ``connect`` must open transports that ping.
    """

    async def open(self) -> EchoingTransport:
        """Make a connection.

        Raises:
            LineError: It cannot be made.
        """
        transport: Any = await super().open()
        return EchoingTransport(transport)

    def session(
        self, robot: JobTaker, telemetry: Telemetry, now: float, *, insists: bool
    ) -> Session:
        """A session for a connection that has just been made; there is nobody to insist to."""
        return ReferenceSession(
            self._identity.robot_id,
            robot,
            telemetry,
            origin=self._origin,
            interval=self._interval,
            now=now,
        )


def _introduction(key: str) -> dict[str, str]:
    if not (key.isascii() and key.isprintable()):
        raise LineError("the key holds characters that no key has; enrol again", is_refusal=True)
    return {"Authorization": f"Bearer {key}"} if key else {}
