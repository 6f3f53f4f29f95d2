"""The dialects by name, and the one an orchestrator is spoken with."""

from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

from casare_robot.domain.job_source import JobTaker
from casare_robot.link.casarerpa.access import Access
from casare_robot.link.finding import Find, find_names
from casare_robot.link.session import Dialect, Session, Transport
from casare_robot.link.telemetry import Telemetry

Make = Callable[[], Dialect]


def dialect_of(
    name: str,
    url: str,
    access: Access,
    native: Make,
    reference: Make,
    *,
    find: Find = find_names,
) -> Dialect:
    """The dialect of a name; of ``auto``, the one that is found out when it is needed.

    Args:
        name: As `RobotConfig.orchestrator_dialect` has it.
        url: The orchestrator's address.
        access: Who the robot is.
        native: Makes the native dialect.
        reference: Makes the robot reference's.
        find: Finds the names of likely dialects out.

    Raises:
        ConfigError: The address is none, or none for this dialect.
    """
    make: dict[str, Make] = {
        "native": native,
        "reference": reference,
        "flat": partial(_flat, url, access),
        "envelope": partial(_envelope, url, access),
        "rest": partial(_rest, url, access),
        "postgres": partial(_postgres, url, access),
        "supabase-tables": partial(_tables, url, access),
    }
    if name != "auto":
        return make[name]()
    if urlsplit(url).scheme in ("postgres", "postgresql"):
        return make["postgres"]()
    return FoundDialect(url, make, find)


# What is not spoken is not loaded.


def _flat(url: str, access: Access) -> Dialect:
    from casare_robot.link.casarerpa.flat import flat_dialect

    return flat_dialect(url, access)


def _envelope(url: str, access: Access) -> Dialect:
    from casare_robot.link.casarerpa.envelope import envelope_dialect

    return envelope_dialect(url, access)


def _rest(url: str, access: Access) -> Dialect:
    from casare_robot.link.casarerpa.poll_dialect import rest_dialect

    return rest_dialect(url, access)


def _postgres(url: str, access: Access) -> Dialect:
    from casare_robot.link.casarerpa.poll_dialect import queue_table_dialect

    return queue_table_dialect(url, access)


def _tables(url: str, access: Access) -> Dialect:
    from casare_robot.link.casarerpa.poll_dialect import tables_dialect

    return tables_dialect(url, access)


class FoundDialect:
    """Whatever the other side turns out to speak; the native one as long as nobody knows.

    Of several that are likely the next is tried as long as none was understood.

    Args:
        url: The orchestrator's address.
        make: Makes each dialect, by name.
        find: Finds the names of likely ones out.

    Attributes:
        address: Where it is, as people may see it.
    """

    def __init__(self, url: str, make: dict[str, Make], find: Find) -> None:
        self._url = url
        self._make = make
        self._find = find
        self._is_known = False
        self._tries = 0
        self._session: Session | None = None
        self._dialect = make["native"]()
        self.address = self._dialect.address

    async def open(self) -> Transport:
        """Make a connection.

        Raises:
            LineError: It cannot be made.
        """
        self._is_known = self._is_known or (
            self._session is not None and self._session.is_established
        )
        if not self._is_known and (names := await self._find(self._url)):
            self._dialect = self._make[names[self._tries % len(names)]]()
            self._tries += 1
            self.address = self._dialect.address
        return await self._dialect.open()

    def session(
        self, robot: JobTaker, telemetry: Telemetry, now: float, *, insists: bool
    ) -> Session:
        """A session for a connection that has just been made."""
        self._session = self._dialect.session(robot, telemetry, now, insists=insists)
        return self._session
