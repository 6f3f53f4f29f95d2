"""What holds when the server restarts, connections die, and a pooler is between."""

import asyncio
import contextlib
import json
import socket
import struct
import sys
import threading
from pathlib import Path

import psycopg
import pytest

from casare_robot.domain.errors import StaleLeaseError, StoreError, StoreUnavailableError
from casare_robot.store.opening import open_store
from casare_robot.store.postgres.connecting import connect, is_direct
from casare_robot.store.records import Append


@pytest.fixture
def url(postgres_server):
    return postgres_server.empty()


@pytest.fixture
async def store(url):
    async with await open_store(url) as opened:
        yield opened


@pytest.fixture
def admin(url):
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def backends(admin, name):
    """Of the connections with this name."""
    found = admin.execute(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
        "AND application_name = %s",
        (name,),
    )
    return [pid for (pid,) in found]


def waiting(admin):
    return admin.execute(
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
        "AND datname = current_database()"
    ).fetchone()


async def follow(store, count, seen):
    """Read a log as its bell says, until so many entries were seen."""
    async with store.watch("log") as bell:
        async for _ in bell:
            with contextlib.suppress(StoreUnavailableError):
                reading = await store.read("log", after=len(seen))
                seen += [entry.seq for entry in reading.entries]
            if len(seen) >= count:
                return


async def until(condition):
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_listener_that_is_killed_again_and_again_costs_no_entry(store, url, admin):
    seen = []
    killed = []
    async with await open_store(f"{url}&application_name=watcher") as watcher:
        following = asyncio.create_task(follow(watcher, 1000, seen))
        for n in range(1000):
            await store.append("log", n)
            if n % 100 == 50:
                for pid in backends(admin, "watcher"):
                    admin.execute("SELECT pg_terminate_backend(%s)", (pid,))
                    killed.append(pid)
        await asyncio.wait_for(following, 60)

    assert len(killed) >= 1
    assert seen == list(range(1, 1001))


async def test_a_bell_rings_again_after_its_connection_was_lost_though_nothing_is_asked(
    store, url, admin
):
    async with await open_store(f"{url}&application_name=watcher") as watcher:
        watcher._worker.stay()
        [before] = backends(admin, "watcher")
        admin.execute("SELECT pg_terminate_backend(%s)", (before,))

        await until(lambda: backends(admin, "watcher") not in ([], [before]))


async def test_a_server_that_restarts_loses_nothing_and_is_found_again(postgres_server, store):
    lease = await store.lease("fleet", "me", ttl=600)
    seen = []
    following = asyncio.create_task(follow(store, 40, seen))
    given = []
    for n in range(40):
        if n == 20:
            await asyncio.to_thread(postgres_server.restart)
        async with asyncio.timeout(60):
            while True:
                try:
                    given.append(await store.append("log", n, fence=lease.fence))
                    break
                except StoreUnavailableError:
                    await asyncio.sleep(0.05)
        await asyncio.sleep(0)

    await asyncio.wait_for(following, 60)
    assert given == sorted(given)
    assert seen[: len(given)] == list(range(1, len(given) + 1))
    assert await store.held("fleet") == {"fleet": lease}


async def test_a_server_that_is_away_is_said_to_be(tmp_path):
    with pytest.raises(StoreUnavailableError) as caught:
        await open_store(f"postgresql://me:secret@/db?host={tmp_path}")

    assert "secret" not in str(caught.value)


async def test_an_address_that_cannot_be_read_is_refused_without_telling_it():
    with pytest.raises(StoreError) as caught:
        await open_store("postgresql://me:secret@h/db?nonsense=1")

    assert "secret" not in str(caught.value)


async def test_a_takeover_waits_for_a_fenced_write_that_is_open(store, url):
    append = [{"do": "append", "stream": "log", "bodies": ["mine"]}]
    with psycopg.connect(url) as writing:
        lease = await store.lease("fleet", "old", ttl=2)
        writing.execute(
            "SELECT casare_robot.commit(%s, %s)",
            (json.dumps(append), json.dumps({"name": "fleet", "token": lease.token})),
        )
        await asyncio.sleep(2.1)  # the lease runs out by the server's clock
        taking = asyncio.create_task(store.lease("fleet", "new", ttl=5))
        done, _ = await asyncio.wait([taking], timeout=0.3)
        assert not done, "it was taken while a write in its name was open"
        writing.commit()

    assert (await taking).holder == "new"
    assert (await store.read("log")).newest == 1
    with pytest.raises(StaleLeaseError):
        await store.append("log", "late", fence=lease.fence)


async def test_a_deadlock_is_undone_and_done_again(url, admin):
    """Of the two, the store is the one that the server chooses to undo."""
    append = "SELECT casare_robot.append(%s, '[1]')"
    seen_by_store = f"{url}&options=-cdeadlock_timeout%3D3s"
    async with await open_store(seen_by_store) as store:
        with psycopg.connect(url, options="-c deadlock_timeout=60s") as other:
            await _lock_each_other(store, other, append, admin)

        assert (await store.read("a")).newest == (await store.read("b")).newest == 2


async def _lock_each_other(store, other, append, admin):
    other.execute(append, ("b",))
    changes = [Append(stream=stream, bodies=(1,)) for stream in "ab"]
    committing = asyncio.create_task(store.commit(*changes))
    await until(lambda: waiting(admin))
    await asyncio.to_thread(other.execute, append, ("a",))
    other.commit()
    await asyncio.wait_for(committing, 60)


async def test_a_process_works_and_hears_on_one_connection(store, admin):
    async with store.watch("log") as bell:
        await anext(bell)
        await asyncio.gather(*(store.append("log", n) for n in range(100)))
        found = admin.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid()"
        ).fetchone()

    assert found == (1,)


async def test_a_database_of_a_newer_release_is_refused(postgres_server):
    url = postgres_server.database()
    await (await open_store(url)).close()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE casare_robot.format SET format = 99")

    with pytest.raises(StoreError, match="newer release"):
        await open_store(url)


async def test_of_many_that_make_the_tables_one_does_and_all_can_use_them(postgres_server):
    url = postgres_server.database()

    stores = await asyncio.gather(*(open_store(url) for _ in range(5)))

    assert sorted([await store.append("log", 1) for store in stores]) == [1, 2, 3, 4, 5]
    for store in stores:
        await store.close()


async def test_without_the_driver_one_hears_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(StoreError, match=r"casare-robot\[postgres\]"):
        await open_store("postgresql://h/d")


class Pooler:
    """Between robot and server, as a pooler in transaction mode is: another process number,
    and no notification."""

    def __init__(self, to: Path) -> None:
        self._to = to
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                robot, _ = self._listening.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(self._to))
            threading.Thread(target=self._up, args=(robot, server), daemon=True).start()
            threading.Thread(target=self._down, args=(server, robot), daemon=True).start()

    def _up(self, robot: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the other direction may have closed both
            while data := robot.recv(65536):
                server.sendall(data)
            server.shutdown(socket.SHUT_RDWR)

    def _down(self, server: socket.socket, robot: socket.socket) -> None:
        with server, robot, server.makefile("rb") as messages:
            head = messages.read(1)
            if head == b"N":  # no encryption; the answer has one byte
                robot.sendall(head)
                head = messages.read(1)
            while head:
                length = messages.read(4)
                body = messages.read(struct.unpack("!I", length)[0] - 4)
                if head == b"K":
                    body = struct.pack("!I", 99999) + body[4:]
                if head != b"A":
                    robot.sendall(head + length + body)
                head = messages.read(1)


@pytest.fixture
def pooled(postgres_server, url):
    pooler = Pooler(postgres_server.folder / ".s.PGSQL.5432")
    database = url.partition("@/")[2].partition("?")[0]
    yield f"postgresql://postgres@127.0.0.1:{pooler.port}/{database}?sslmode=disable"
    pooler.close()


async def test_behind_a_pooler_without_notifications_one_looks_each_second_and_says_so(
    pooled, store
):
    async with await open_store(pooled) as watcher:
        seen = []
        following = asyncio.create_task(follow(watcher, 2, seen))
        await until(lambda: watcher._is_deaf)
        await store.append("log", 1, 2)
        await asyncio.wait_for(following, 60)
        health = await watcher.health()

    assert seen == [1, 2]
    assert any("transaction mode" in warning for warning in health.warnings)


async def test_without_a_pooler_nothing_is_said(store, pooled, url):
    async with store.watch("log") as bell:
        await anext(bell)

        assert (await store.health()).warnings == ()
    with connect(url) as direct, connect(pooled) as between:
        assert is_direct(direct)
        assert not is_direct(between)
        assert between.prepare_threshold is None
