"""How a robot gets to an orchestrator of CasareRPA that pushes jobs."""

from collections.abc import Awaitable, Callable, Mapping

from casare_robot.domain.job_source import JobTaker
from casare_robot.link.casarerpa.access import Access
from casare_robot.link.casarerpa.push_session import PushSession, Words
from casare_robot.link.finding import Find, find_names
from casare_robot.link.session import LineError, Transport
from casare_robot.link.telemetry import Telemetry
from casare_robot.link.websocket import open_websocket

_ALSO = {"flat": "rest"}
"""Who speaks the second is the newer server of the first, and speaks both."""

Connect = Callable[[str, Mapping[str, str]], Awaitable[Transport]]


class PushDialect:
    """A websocket over which jobs are pushed.

    Args:
        name: How the dialect is called.
        address: Where it is, as people may see it.
        access: Who comes.
        words: How it is spoken with; for each connection.
        whole_address: Where it is, with the key if that belongs there.
        connect: Opens the transport.
        find: Finds out how somebody speaks who did not let us in.
    """

    def __init__(
        self,
        name: str,
        address: str,
        access: Access,
        words: Callable[[], Words],
        *,
        whole_address: Callable[[], str],
        connect: Connect = open_websocket,
        find: Find = find_names,
    ) -> None:
        self.address = address
        self._name = name
        self._find = find
        self._access = access
        self._words = words
        self._whole_address = whole_address
        self._connect = connect

    async def open(self) -> Transport:
        """Make a connection.

        Raises:
            LineError: It cannot be made.
        """
        try:
            return await self._connect(self._whole_address(), {})
        except LineError as error:
            if error.status is None:  # nobody answered, so nobody can be asked
                raise
            spoken = await self._find(self.address)
            if not spoken or {self._name, _ALSO.get(self._name)} & set(spoken):
                raise
            told = f"{error}; it does not speak {self._name!r}: try `--dialect {spoken[0]}`"
            raise LineError(
                told, is_refusal=error.is_refusal, retry_after=error.retry_after
            ) from None

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
