import asyncio
import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path

import pytest

from casare_robot.desktop import local_socket
from casare_robot.desktop.local_socket import LocalServer, NotOurUserError, connect

unix_only = pytest.mark.skipif(sys.platform == "win32", reason="pipes have no files there")
root_only = pytest.mark.skipif(
    sys.platform == "win32" or os.getuid() != 0, reason="only root can be somebody else too"
)


async def echo(reader, writer):
    while line := await reader.readline():
        writer.write(line)
        await writer.drain()


async def said(folder, text=b"hello\n"):
    reader, writer = await connect(folder)
    try:
        writer.write(text)
        return await reader.readline()
    finally:
        writer.close()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "control"


@pytest.fixture
async def server(folder):
    server = LocalServer(folder, echo)
    await server.start()
    yield server
    await server.close()


def sockets(folder):
    from casare_robot.desktop.local_socket_unix import address

    return address(folder)


async def test_programs_of_the_user_are_served(server, folder) -> None:
    assert await said(folder) == b"hello\n"


@unix_only
async def test_nobody_else_may_enter_folder_socket_or_key(server, folder) -> None:
    modes = [stat.S_IMODE(path.lstat().st_mode) for path in (folder, sockets(folder))]

    assert modes == [0o700, 0o600]
    assert stat.S_IMODE((folder / "key").stat().st_mode) == 0o600


@unix_only
async def test_a_folder_that_others_could_enter_is_closed_to_them(folder) -> None:
    folder.mkdir()
    folder.chmod(0o777)
    server = LocalServer(folder, echo)
    await server.start()
    mode = stat.S_IMODE(folder.stat().st_mode)
    await server.close()

    assert mode == 0o700


@unix_only
async def test_a_folder_with_a_long_path_has_its_socket_where_paths_are_short(
    tmp_path, monkeypatch
) -> None:
    runtime = tempfile.mkdtemp(dir="/tmp")
    monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
    folder = tmp_path / ("x" * 120)
    server = LocalServer(folder, echo)
    await server.start()

    answer = await said(folder)
    path = sockets(folder)
    mode = stat.S_IMODE(path.parent.stat().st_mode)
    await server.close()
    shutil.rmtree(runtime)

    assert answer == b"hello\n"
    assert len(os.fsencode(path)) <= 100
    assert mode == 0o700
    assert not path.exists()


@unix_only
async def test_a_runtime_folder_with_a_long_path_is_passed_over(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / ("r" * 120)))
    folder = tmp_path / ("x" * 120)
    server = LocalServer(folder, echo)
    await server.start()

    answer = await said(folder)
    await server.close()

    assert answer == b"hello\n"


async def test_a_living_server_is_not_replaced(server, folder) -> None:
    with pytest.raises(BlockingIOError):
        await LocalServer(folder, echo).start()

    assert await said(folder) == b"hello\n"


async def test_a_dead_servers_place_is_taken(folder) -> None:
    program = (
        "import asyncio, os, sys, pathlib\n"
        "from casare_robot.desktop.local_socket import LocalServer\n"
        "async def main():\n"
        "    await LocalServer(pathlib.Path(sys.argv[1]), None).start()\n"
        "    os._exit(9)\n"
        "asyncio.run(main())\n"
    )
    root = Path(local_socket.__file__).parents[2]
    dead = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(folder), env={**os.environ, "PYTHONPATH": str(root)}
    )
    await dead.wait()
    left_behind = (folder / "key").exists()
    with pytest.raises(ConnectionRefusedError if sys.platform != "win32" else OSError):
        await said(folder)
    server = LocalServer(folder, echo)
    await server.start()

    answer = await said(folder)
    await server.close()

    assert (dead.returncode, left_behind) == (9, True)
    assert answer == b"hello\n"


async def test_who_does_not_have_the_key_is_not_served(server, folder) -> None:
    right = (folder / "key").read_bytes()
    (folder / "key").write_bytes(bytes(32))
    with pytest.raises(NotOurUserError):
        await said(folder)
    (folder / "key").write_bytes(right)

    assert await said(folder) == b"hello\n"


@unix_only
async def test_a_caller_that_proves_nothing_gets_nothing_but_the_challenge(server, folder) -> None:
    reader, writer = await asyncio.open_unix_connection(str(sockets(folder)))
    writer.write(bytes(64) + b"hello\n")
    answer = await reader.read()
    writer.close()

    assert len(answer) == 64
    assert b"hello" not in answer


@unix_only
async def test_a_client_tells_nothing_to_a_server_without_the_key(server, folder) -> None:
    await server.close()
    (folder / "key").write_bytes(b"k" * 32)
    heard = asyncio.get_running_loop().create_future()

    async def impostor(reader, writer):
        writer.write(bytes(64))
        heard.set_result(await reader.read())
        writer.close()

    async with await asyncio.start_unix_server(impostor, str(sockets(folder))):
        with pytest.raises(NotOurUserError):
            await said(folder)
        told = await heard

    assert len(told) == 32


@root_only
async def test_another_user_is_refused_even_where_the_files_let_him_in(tmp_path, server, folder):
    """Everything but the system's word on who calls is out of the way."""
    for path in (folder, *folder.parents):
        if path.is_relative_to("/tmp") and path != Path("/tmp"):
            path.chmod(0o777)
    sockets(folder).chmod(0o777)
    program = (
        "import socket, sys\n"
        "s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(bytes(32))\n"
        "sys.stdout.write(str(len(s.recv(100))))\n"
    )
    child = await asyncio.create_subprocess_exec(
        "/usr/bin/python3", "-c", program, str(sockets(folder)), stdout=-1, user=65534
    )
    out, _ = await child.communicate()

    assert out in (b"0", b"")


@unix_only
async def test_a_folder_that_is_a_link_is_not_trusted(tmp_path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "control").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(PermissionError):
        await LocalServer(tmp_path / "control", echo).start()


async def test_more_callers_than_allowed_are_turned_away(server, folder, monkeypatch) -> None:
    monkeypatch.setattr(local_socket, "MOST_CONNECTIONS", 2)
    held = [await connect(folder) for _ in range(2)]

    with pytest.raises(ConnectionError):
        await said(folder)
    for _, writer in held:
        writer.close()


@unix_only
async def test_closing_ends_connections_and_leaves_no_trace(folder) -> None:
    server = LocalServer(folder, echo)
    await server.start()
    reader, writer = await connect(folder)
    writer.write(b"hello\n")
    await reader.readline()

    await server.close()
    rest = await reader.read()
    writer.close()

    assert rest == b""
    assert not local_socket.may_be_served(folder)
    assert not sockets(folder).exists()


@pytest.mark.skipif(sys.platform != "win32", reason="pipes have descriptors there")
async def test_the_pipe_lets_in_this_user_and_nobody_over_the_network(server, folder) -> None:
    from casare_robot.desktop.pipe_windows import descriptor_of, user_sid

    _, writer = await connect(folder)
    said = descriptor_of(writer.get_extra_info("pipe").fileno())
    writer.close()

    allowed = [entry for entry in said.split("(") if entry.startswith("A;")]
    assert [entry.rstrip(")").rpartition(";")[2] for entry in allowed] == [user_sid()]
    assert "(D;" in said
    assert "NU)" in said


@pytest.mark.skipif(sys.platform != "win32", reason="pipes have instances there")
async def test_one_who_leaves_at_once_stops_nobody_else(server, folder) -> None:
    from casare_robot.desktop.local_socket_windows import open_connection

    for _ in range(5):
        _, writer = await open_connection(folder)
        writer.close()

    assert await said(folder) == b"hello\n"
