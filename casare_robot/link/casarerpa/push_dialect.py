"""How a robot gets to an orchestrator of CasareRPA that pushes jobs."""

from collections.abc import Awaitable, Callable, Mapping

from casare_robot.domain.job_source import JobTaker
from casare_robot.link.casarerpa.access import Access
from casare_robot.link.casarerpa.push_session import PushSession, Words
from casare_robot.link.session import Transport
from casare_robot.link.telemetry import Telemetry
from casare_robot.link.websocket import open_websocket

Connect = Callable[[str, Mapping[str, str]], Awaitable[Transport]]


class PushDialect:
    """A websocket over which jobs are pushed.

    Args:
        address: Where it is, as people may see it.
        access: Who comes.
        words: How it is spoken with; for each connection.
        whole_address: Where it is, with the key if that belongs there.
        connect: Opens the transport.
    """

    def __init__(
        self,
        address: str,
        access: Access,
        words: Callable[[], Words],
        *,
        whole_address: Callable[[], str],
        connect: Connect = open_websocket,
    ) -> None:
        self.address = address
        self._access = access
        self._words = words
        self._whole_address = whole_address
        self._connect = connect

    async def open(self) -> Transport:
        """Make a connection.

        Raises:
            LineError: It cannot be made.
        """
        return await self._connect(self._whole_address(), {})

    def session(
        self, robot: JobTaker, telemetry: Telemetry, now: float, *, insists: bool
    ) -> PushSession:
        """A session for a connection that has just been made."""
        return PushSession(
            self._words(),
            robot,
            telemetry,
            origin=self._access.origin,
            session_id=self._access.identity.session,
            interval=self._access.interval,
            now=now,
        )
