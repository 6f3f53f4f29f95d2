"""A real MariaDB server of this machine for the tests, in a folder of its own."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVER = shutil.which("mariadbd") or next(
    (path for path in ("/usr/sbin/mariadbd",) if Path(path).exists()), None
)
INSTALLER = shutil.which("mariadb-install-db")
USER, PASSWORD = "ada", "lovelace'1843"
_SECONDS = 120


@contextmanager
def mariadb_server(folder: Path) -> Iterator[int]:
    """Serves a new database ``d`` to one user; the port."""
    data, log = folder / "data", folder / "server.log"
    own = f"--user={os.environ.get('USER') or 'root'}"
    made = [INSTALLER, "--no-defaults", f"--datadir={data}", own, "--skip-test-db"]
    made += ["--auth-root-authentication-method=normal"]
    subprocess.run(made, check=True, capture_output=True, timeout=_SECONDS)
    first = folder / "first.sql"
    quoted = PASSWORD.replace("'", "''")
    first.write_text(
        f"CREATE DATABASE d;\nCREATE USER '{USER}'@'127.0.0.1' IDENTIFIED BY '{quoted}';\n"
        f"GRANT ALL ON d.* TO '{USER}'@'127.0.0.1';\n"
    )
    for _ in range(5):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = subprocess.Popen(
            [
                *(SERVER, "--no-defaults", f"--datadir={data}", own, f"--port={port}"),
                *("--bind-address=127.0.0.1", f"--socket={folder / 's'}"),
                *(f"--init-file={first}", f"--log-error={log}", f"--pid-file={folder / 'pid'}"),
            ]
        )
        try:
            if _answers(process, port):
                yield port
                return
        finally:
            process.terminate()
            process.wait(_SECONDS)
    raise RuntimeError(log.read_text()[-2000:])


def _answers(process, port):
    """Whether it takes connections; False when it has ended, because another took its port."""
    until = time.monotonic() + _SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as connection:
                if connection.recv(1):
                    return True
        except OSError:
            time.sleep(0.05)
    return False
