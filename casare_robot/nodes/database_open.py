"""Opening a database a workflow names, as far as the robot's policy lets it."""

from typing import TYPE_CHECKING, Any

from casare_robot.domain.errors import MissingExtraError, NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.nodes.addresses import checked_addresses
from casare_robot.nodes.paths import writable
from casare_robot.nodes.server_connection import ServerDatabase
from casare_robot.nodes.sql_connection import Database
from casare_robot.nodes.sqlite_connection import SqliteDatabase

if TYPE_CHECKING:
    from sqlalchemy import URL

_PORTS = {"postgresql": 5432, "mysql": 3306}
_DRIVERS = {"postgresql": "psycopg", "mysql": "pymysql"}
_ALLOWED_OPTIONS = frozenset({"application_name", "charset", "connect_timeout", "sslmode"})
"""Options of a connection string; others could name another host, a socket or a file."""


def open_sqlite(ctx: NodeContext, database: str, *, timeout: float, auto_commit: bool) -> Database:
    """Open a SQLite file, made if it is not there; without a name, one in memory.

    Raises:
        PolicyError: The file lies where the robot may not write.
        NodeFailure: It cannot be opened, or is no database.
    """

    def may_attach(name: str) -> bool:
        try:
            return name == ":memory:" or bool(writable(ctx, name))
        except NodeFailure:
            return False

    name = database.removeprefix("sqlite:///")
    path = ":memory:" if name in ("", ":memory:") else str(writable(ctx, name))
    return SqliteDatabase(path, timeout=timeout, auto_commit=auto_commit, may_attach=may_attach)


def open_server(
    ctx: NodeContext,
    url: "URL",
    *,
    timeout: float,
    ssl: bool,
    ssl_ca: str,
    pool_size: int,
    auto_commit: bool,
    charset: str,
) -> Database:
    """Connect to PostgreSQL or MySQL at an address that was checked.

    Raises:
        PolicyError: The robot may not connect there.
        MissingExtraError: The driver is not installed.
        NodeFailure: No connection can be made.
    """
    from sqlalchemy import create_engine

    db_type = url.get_backend_name()
    foreign = set(url.query) - _ALLOWED_OPTIONS
    if foreign:
        raise NodeFailure(
            f"the connection string has options that are not taken: {', '.join(sorted(foreign))}",
            retryable=False,
        )
    host, port = url.host or "localhost", url.port or _PORTS[db_type]
    address = checked_addresses(ctx.policy, host, port)[0]
    options: dict[str, Any] = {"connect_timeout": max(1, round(timeout))}
    if db_type == "postgresql":
        options["hostaddr"] = address
        if ssl or ssl_ca:
            options["sslmode"] = "verify-full" if ssl_ca else "require"
        if ssl_ca:
            options["sslrootcert"] = ssl_ca
    else:
        options["charset"] = charset
        if ssl_ca:
            options["ssl"] = {"ca": ssl_ca, "check_hostname": True}
        else:
            host = address  # where a name is verified, the certificate holds it instead
            if ssl:
                options["ssl"] = {"check_hostname": False}
    try:
        engine = create_engine(
            url.set(drivername=f"{db_type}+{_DRIVERS[db_type]}", host=host, port=port),
            connect_args=options,
            pool_size=pool_size,
            pool_timeout=timeout,
        )
    except ModuleNotFoundError as error:
        raise MissingExtraError(_DRIVERS[db_type], "databases") from error
    try:
        return ServerDatabase(engine, auto_commit=auto_commit)
    except NodeFailure:
        engine.dispose()
        raise


def server_url(
    db_type: str,
    *,
    host: str,
    port: int,
    database: str,
    username: str,
    password: str,
    connection_string: str,
) -> "URL":
    """The address of a server database, from a connection string or from its parts.

    Raises:
        MissingExtraError: SQLAlchemy is not installed.
        NodeFailure: The string is no such address, or ``db_type`` is not known.
    """
    if db_type not in _PORTS:
        raise NodeFailure(f"{db_type!r} is none of sqlite, postgresql, mysql", retryable=False)
    try:
        from sqlalchemy.engine import URL, make_url
        from sqlalchemy.exc import ArgumentError
    except ModuleNotFoundError as error:
        raise MissingExtraError("SQLAlchemy", "databases") from error
    if not connection_string:
        return URL.create(
            db_type,
            username=username or None,
            password=password or None,
            host=host or None,
            port=_PORTS[db_type] if db_type == "mysql" and port == _PORTS["postgresql"] else port,
            database=database or None,
        )
    scheme, separator, rest = connection_string.partition("://")
    backend = {"postgres": "postgresql"}.get(scheme, scheme).partition("+")[0]
    if not separator or backend != db_type:
        raise NodeFailure(
            f"the connection string must begin with {db_type}://",
            retryable=False,
        )
    try:
        return make_url(f"{backend}://{rest}")
    except (ArgumentError, ValueError) as error:
        raise NodeFailure("the connection string cannot be read", retryable=False) from error
