import asyncio
import datetime
import logging
import socket
import ssl
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import serve

from casare_robot.domain.robot_status import LinkState
from casare_robot.link.connection import REFUSED_WAIT
from casare_robot.link.deflate import SMALLEST, thrifty_client_deflate
from casare_robot.link.native.messages import JobAssignment
from casare_robot.link.session import LineError
from casare_robot.link.websocket import open_websocket, retry_after
from tests.ports import free_port
from tests.small_orchestrator import QUIET, SmallOrchestrator
from tests.small_robot import SmallRobot, link_to, running

SECRET = "crpa_0123456789_SECRET"


def noticing_a_problem():
    """An event, and a listener of the link that sets it."""
    noticed = asyncio.Event()
    return noticed, lambda status: noticed.set() if status.problem else None


@asynccontextmanager
async def echoing(**options):
    async def echo(websocket):
        async for message in websocket:
            await websocket.send(message)

    async with serve(echo, "127.0.0.1", 0, logger=QUIET, **options) as server:
        yield server.sockets[0].getsockname()[1]


async def test_a_job_comes_and_its_result_goes_over_a_real_socket():
    import msgspec

    robot = SmallRobot()
    async with SmallOrchestrator() as server, running(link_to(server.url), robot) as link:
        work = asyncio.create_task(robot.work(link))
        workflow = msgspec.Raw(b'{"nodes": {}}')
        server.submit(JobAssignment(job_id="j1", workflow=workflow, variables={"a": 1}))
        await server.until(lambda: "j1" in server.results)
        work.cancel()

    assert server.results["j1"].outputs == {"answer": {"a": 1}}
    assert server.results["j1"].execution_time == 0.0125


async def test_a_large_frame_travels_there_and_back():
    async with echoing(max_size=None) as port:
        line = await open_websocket(f"ws://127.0.0.1:{port}/", {})
        frame = b'{"a":"' + b"x" * 3_000_000 + b'"}'
        await line.send(frame)
        assert await line.receive() == frame
        await line.close("done")


async def test_a_line_that_the_other_side_closes_says_how():
    async def leave(websocket):
        await websocket.close(1012, "restart")

    async with serve(leave, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        line = await open_websocket(f"ws://127.0.0.1:{port}/", {})
        with pytest.raises(LineError, match=r"closed the line \(1012\): restart"):
            await line.receive()
        with pytest.raises(LineError):
            await line.send(b"{}")


@pytest.mark.parametrize(
    ("status", "headers", "is_refusal", "retry_after", "says"),
    [
        (401, {}, True, None, "refuses this robot's key"),
        (403, {}, True, None, "refuses this robot's key"),
        (429, {"Retry-After": "17"}, False, 17.0, "HTTP 429"),
        (503, {"Retry-After": "999999999"}, False, 3600.0, "HTTP 503"),
        (503, {"Retry-After": "soon"}, False, None, "HTTP 503"),
        (500, {"Retry-After": "17"}, False, None, "HTTP 500"),
        (307, {"Location": "ws://elsewhere.test/"}, True, None, "ws://elsewhere.test/"),
    ],
)
async def test_a_refused_handshake_says_what_may_help(
    status, headers, is_refusal, retry_after, says
):
    async with SmallOrchestrator() as server:
        server.refuse_with = status, headers
        with pytest.raises(LineError, match=says) as refused:
            await open_websocket(f"{server.url}/robot", {"Authorization": f"Bearer {SECRET}"})

    assert refused.value.is_refusal is is_refusal
    assert refused.value.retry_after == retry_after
    assert refused.value.__cause__ is None


def test_a_date_to_come_back_is_understood():
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT", 1445412380.0) == 100
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT", 1945412380.0) == 0
    assert retry_after("", 0.0) is None


async def test_nobody_there_is_said_in_a_sentence():
    with pytest.raises(LineError, match="no connection"):
        await open_websocket(f"ws://127.0.0.1:{free_port()}/", {})


async def test_a_server_that_says_nothing_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(LineError, match=r"no connection within 0\.1 s"):
            await open_websocket(f"ws://127.0.0.1:{port}/", {}, timeout=0.1)


@asynccontextmanager
async def answering(answer):
    async def answer_it(_reader, writer):
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer_it, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_what_is_no_websocket_is_said_to_be_none():
    async with answering(b"SSH-2.0-OpenSSH_9\r\n\r\n") as port:
        with pytest.raises(LineError, match="no websocket"):
            await open_websocket(f"ws://127.0.0.1:{port}/", {})


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 302 Found\r\nLocation: http://portal.test/f\xfcr-alle\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\nConnection: Upgr\xffade\r\n\r\n",
    ],
)
async def test_a_header_that_is_no_text_is_told_as_text(answer):
    async with answering(answer) as port:
        with pytest.raises(LineError) as refused:
            await open_websocket(f"ws://127.0.0.1:{port}/", {})

    assert "\\udc" in str(refused.value)
    assert str(refused.value).encode()


async def test_the_key_goes_in_a_header_and_nowhere_else(caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("casare_robot.link.websocket.wire").setLevel(logging.DEBUG)
    robot = SmallRobot()
    async with SmallOrchestrator(key=SECRET) as server:
        async with running(link_to(server.url, key=SECRET), robot) as link:
            await server.until(lambda: server.sessions)
            shown = repr(link.link_status())
        refused, note = noticing_a_problem()
        wrong = link_to(server.url, key=f"{SECRET}_WRONG", on_change=note)
        async with running(wrong, robot), asyncio.timeout(60):
            await refused.wait()
            shown += repr(wrong.link_status())
            assert wrong.link_status().state is LinkState.DISCONNECTED
            assert wrong.link_status().next_try_in > REFUSED_WAIT / 2

    assert SECRET not in shown
    assert SECRET not in caplog.text
    assert SECRET not in "".join(map(repr, server.heard))


@pytest.mark.parametrize("key", ["a\r\nX-Evil: 1", "ключ", "a\x00b"])
async def test_a_key_that_cannot_be_one_is_not_sent(key):
    refused, note = noticing_a_problem()
    async with (
        SmallOrchestrator() as server,
        running(link_to(server.url, key=key, on_change=note), SmallRobot()) as link,
        asyncio.timeout(60),
    ):
        await refused.wait()

        assert "characters that no key has" in link.link_status().problem
        assert key not in repr(link.link_status())


async def test_the_systems_proxy_is_asked_for_others_but_not_for_this_machine(monkeypatch):
    asked = []

    async def refuse(reader, writer):
        asked.append(await reader.readline())
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
        writer.close()

    proxy = await asyncio.start_server(refuse, "127.0.0.1", 0)
    address = f"http://user:{SECRET}@127.0.0.1:{proxy.sockets[0].getsockname()[1]}"
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, address)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    async with proxy, echoing() as port:
        with pytest.raises(LineError, match=r"proxy does not let us through.*407") as refused:
            await open_websocket("wss://orchestrator.test/robot", {})
        line = await open_websocket(f"ws://127.0.0.1:{port}/", {})
        await line.close("")
        monkeypatch.setenv("https_proxy", f"gopher://user:{SECRET}@host")
        with pytest.raises(LineError, match="proxy setting is no proxy's address") as wrong:
            await open_websocket("wss://orchestrator.test/robot", {})

    assert asked == [b"CONNECT orchestrator.test:443 HTTP/1.1\r\n"]
    assert SECRET not in str(refused.value) + str(wrong.value)


@pytest.fixture
def certificate(tmp_path):
    """A certificate for this machine that nobody knows."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    day = datetime.timedelta(days=1)
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "server.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


async def test_a_certificate_that_the_system_does_not_trust_is_refused(certificate, monkeypatch):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    async with echoing(ssl=context) as port:
        with pytest.raises(LineError, match="certificate is not trusted"):
            await open_websocket(f"wss://localhost:{port}/", {})

        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        line = await open_websocket(f"wss://localhost:{port}/", {})
        await line.send(b"{}")
        assert await line.receive() == b"{}"
        await line.close("")
        with pytest.raises(LineError, match="certificate is not trusted"):
            await open_websocket(f"wss://127.0.0.1:{port}/", {})


async def test_only_what_is_large_is_compressed():
    from websockets.asyncio.client import connect

    async with (
        echoing(compression="deflate") as port,
        connect(
            f"ws://127.0.0.1:{port}/", compression=None, extensions=[thrifty_client_deflate()]
        ) as line,
    ):
        (deflate,) = line.protocol.extensions
        flags, encode = [], deflate.encode
        deflate.encode = lambda frame: (flags.append(sent := encode(frame)), sent)[1]
        for size in (10, SMALLEST - 1, SMALLEST, 100_000):
            text = "ab" * (size // 2) + "a" * (size % 2)
            await line.send(text)
            assert await line.recv() == text
        parts = ["x" * 5_000, "y" * 10, "z" * 5_000]
        await line.send(parts)
        assert await line.recv() == "".join(parts)

    whole = flags[:4]
    assert [frame.rsv1 for frame in whole] == [False, False, True, True]
    assert len(whole[3].data) < 1_000
