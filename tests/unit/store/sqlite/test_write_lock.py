"""Who holds the write lock of a file, and what others are told while it is not given back."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE

import psutil
import pytest

from casare_robot.domain.errors import StoreBusyError, StoreUnavailableError
from casare_robot.store.opening import open_store
from casare_robot.store.sqlite import worker, write_lock

LOCKS = """\
1: POSIX  ADVISORY  READ 11 fe:00:77 124 124
2: FLOCK  ADVISORY  WRITE 12 fe:00:77 120 EOF
3: POSIX  ADVISORY  WRITE 13 fe:00:78 120 120
4: POSIX  ADVISORY  WRITE 14 fe:00:77 121 121
4: -> POSIX  ADVISORY  WRITE 15 fe:00:77 120 120
""".splitlines()
WRITER = """
import sys, apsw
connection = apsw.Connection(sys.argv[1])
connection.execute("BEGIN IMMEDIATE")
print("writes", flush=True)
sys.stdin.readline()
connection.execute("ROLLBACK")
print("wrote", flush=True)
sys.stdin.readline()
"""


def test_only_the_lock_of_the_writer_of_this_file_counts() -> None:
    assert write_lock.holder(LOCKS, 77) is None
    assert write_lock.holder([*LOCKS, "5: POSIX ADVISORY WRITE 16 fe:00:77 120 120"], 77) == 16


@pytest.fixture
def file(tmp_path):
    return tmp_path / "shared.db"


@pytest.fixture
async def store(file):
    async with await open_store(f"sqlite:{file}") as opened:
        yield opened


@pytest.fixture
async def other(store, file):
    """Another process, in the middle of a write."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WRITER, file), stdin=PIPE, stdout=PIPE
    )
    assert await process.stdout.readline() == b"writes\n"
    yield process
    process.kill()
    await process.communicate()


async def ends(process):
    """Let it come to the end of its write."""
    process.stdin.write(b"\n")
    await process.stdin.drain()
    assert await process.stdout.readline() == b"wrote\n"


async def test_a_store_that_another_keeps_busy_says_so_and_goes_on_afterwards(
    store, file, other, monkeypatch
) -> None:
    monkeypatch.setattr(worker, "LONGEST_WAIT", 0.1)

    with pytest.raises(StoreBusyError, match=r"busy for 0\.1 s") as caught:
        await store.put("job", "a", {})
    assert await store.get("job", "a") is None
    assert caught.value.code == "E-STORE-504"
    assert isinstance(caught.value, StoreUnavailableError)

    await ends(other)
    await store.put("job", "a", {})


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who it is")
async def test_a_writer_that_is_suspended_is_named(store, file, other, monkeypatch) -> None:
    monkeypatch.setattr(worker, "LONGEST_WAIT", 0.1)
    assert f"process {other.pid} " in write_lock.told(file)
    other.send_signal(signal.SIGSTOP)
    while psutil.Process(other.pid).status() != psutil.STATUS_STOPPED:
        await asyncio.sleep(0.01)

    with pytest.raises(StoreBusyError, match=rf"{other.pid} .* was suspended while it writes"):
        await store.put("job", "a", {})

    other.send_signal(signal.SIGCONT)
    await ends(other)
    await store.put("job", "a", {})
    assert write_lock.writer(file) is None


async def test_where_nobody_tells_it_is_said_what_to_look_for(store, file, monkeypatch) -> None:
    monkeypatch.setattr(write_lock, "KNOWN_LOCKS", file.with_name("nothing"))

    assert write_lock.writer(file) is None
    assert "suspended" in write_lock.told(file)
