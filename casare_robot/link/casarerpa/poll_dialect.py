"""How a robot gets to what it has to ask for jobs."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote, urlsplit, urlunsplit

from casare_robot.domain.errors import ConfigError, Fault
from casare_robot.domain.job_source import JobTaker
from casare_robot.link.address import websocket_address
from casare_robot.link.casarerpa.access import Access
from casare_robot.link.casarerpa.poll_session import PollSession
from casare_robot.link.casarerpa.poll_words import PollWords
from casare_robot.link.casarerpa.queue_table import QueueTableWords
from casare_robot.link.casarerpa.rest import RestWords
from casare_robot.link.casarerpa.tables import TablesWords
from casare_robot.link.http_line import open_http
from casare_robot.link.session import Transport
from casare_robot.link.sql_line import open_sql
from casare_robot.link.telemetry import Telemetry

AGENT = "casare-robot"
PLACES = ("/api/v1", "/rest/v1")
"""What is added to an address anyway."""
NEWER = "sb_"
"""How Supabase's newer keys begin; they are no tokens, and PostgREST refuses them as such."""
_TO_HTTP = {"ws": "http", "wss": "https"}


class PollDialect:
    """Something that is asked for jobs.

    Args:
        address: Where it is, as people may see it.
        access: Who asks.
        words: How it is asked; kept over all connections.
        connect: Opens the transport.
    """

    def __init__(
        self,
        address: str,
        access: Access,
        words: PollWords,
        connect: Callable[[], Awaitable[Transport]],
    ) -> None:
        self.address = address
        self._access = access
        self._words = words
        self._connect = connect

    async def open(self) -> Transport:
        """Make a connection.

        Raises:
            LineError: It cannot be made.
        """
        return await self._connect()

    def session(
        self, robot: JobTaker, telemetry: Telemetry, now: float, *, insists: bool
    ) -> PollSession:
        """A session for a connection that has just been made."""
        return PollSession(self._words, robot, telemetry, origin=self._access.origin, now=now)


def rest_dialect(url: str, access: Access) -> PollDialect:
    """The orchestrator's HTTP interface.

    Raises:
        ConfigError: The address is none, or not encrypted and not on this machine.
    """
    base = http_address(url)
    words = RestWords(access.identity, access.figures)

    async def connect() -> Transport:
        key = access.key()
        introduction = {"X-Api-Key": key, "Authorization": f"Bearer {key}"} if key else {}
        return await open_http(base, {"User-Agent": AGENT, **introduction})

    return PollDialect(base, access, words, connect)


def tables_dialect(url: str, access: Access) -> PollDialect:
    """The tables of a Supabase project.

    Raises:
        ConfigError: The address is none, or not encrypted and not on this machine.
    """
    base = http_address(url)
    words = TablesWords(access.identity, access.wall)

    async def connect() -> Transport:
        key = access.key()
        introduction = {"apikey": key} if key else {}
        if key and not key.startswith(NEWER):
            introduction["Authorization"] = f"Bearer {key}"
        return await open_http(base, {"User-Agent": AGENT, **introduction})

    return PollDialect(base, access, words, connect)


def queue_table_dialect(url: str, access: Access) -> PollDialect:
    """The queue in PostgreSQL. A key is the password, where the address holds none.

    Raises:
        ConfigError: The address is none of PostgreSQL's.
    """
    try:
        parts = urlsplit(url)
        has_password = parts.password is not None
    except ValueError as error:
        raise _fault(f"no address: {error}") from None
    if parts.scheme not in ("postgresql", "postgres"):
        raise _fault("expected postgresql:// and a host")
    user, _, place = parts.netloc.rpartition("@")
    words = QueueTableWords(access.identity, access.figures)

    async def connect() -> Transport:
        key = access.key()
        if has_password or not key or not user:
            return await open_sql(url)
        secret = f"{user}:{quote(key, safe='')}@{place}"
        return await open_sql(urlunsplit(parts._replace(netloc=secret)))

    return PollDialect(f"{parts.scheme}://{place}{parts.path}", access, words, connect)


def http_address(url: str) -> str:
    """Scheme, host, port and the folder, if there is one, for HTTP.

    Raises:
        ConfigError: The address is none, or not encrypted and not on this machine.
    """
    parts = urlsplit(websocket_address(url, path=""))
    folder = parts.path
    for place in PLACES:
        folder = folder.removesuffix(place)
    return f"{_TO_HTTP[parts.scheme]}://{parts.netloc}{folder}"


def _fault(message: str) -> ConfigError:
    return ConfigError([Fault(code="E-CFG-910", message=message, key="orchestrator_url")])
