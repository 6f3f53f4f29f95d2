import asyncio
import datetime
import ssl

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from casare_robot.domain.errors import NodeFailure, PolicyError
from casare_robot.domain.policy import Policy
from casare_robot.nodes.web_client import exchange, telling, web_client

LOCAL = Policy()
REMOTE = Policy(profile="remote", allow_private_addresses=False)


async def get(url, policy=LOCAL, **options):
    async with telling(20), web_client(policy, seconds=20, **options) as client:
        return await exchange(client, client.build_request("GET", url), policy)


def names(**addresses):
    """A resolver that knows these names, dots written as underscores, and counts."""
    known = {name.replace("_", "."): found for name, found in addresses.items()}

    def resolve(host, port):
        resolve.asked.append(host)
        if host not in known:
            raise OSError("no such name")
        return known[host]

    resolve.asked = []
    return resolve


async def test_the_connection_goes_to_the_checked_address_under_the_name_of_the_url(web_server):
    web_server.answers["/a"] = (200, {}, b"hi")
    resolve = names(robot_example=["127.0.0.1"])

    answer = await get(f"http://robot.example:{web_server.server_port}/a?b=c", resolve=resolve)

    _, path, headers, _ = web_server.seen[0]
    assert answer.text == "hi"
    assert path == "/a?b=c"
    assert headers["Host"] == f"robot.example:{web_server.server_port}"
    assert resolve.asked == ["robot.example"]


async def test_the_next_checked_address_is_tried_when_one_refuses(web_server):
    web_server.answers["/"] = (200, {}, b"hi")
    resolve = names(robot_example=["127.0.0.2", "127.0.0.1"])

    answer = await get(f"http://robot.example:{web_server.server_port}/", resolve=resolve)

    assert answer.text == "hi"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{0}/",
        "http://[::1]:{0}/",
        "http://[::ffff:127.0.0.1]:{0}/",
        "http://2130706433:{0}/",
    ],
)
async def test_private_addresses_are_refused_to_jobs_from_the_network(web_server, url):
    with pytest.raises(NodeFailure) as caught:
        await get(url.format(web_server.server_port), REMOTE)

    assert caught.value.outputs["success"] is False
    assert web_server.seen == []


async def test_a_redirect_to_a_private_address_is_refused():
    """The first server answers from a public address, as far as the guard can tell."""
    sent = []

    def answer(request):
        sent.append(str(request.url))
        return httpx.Response(302, headers={"Location": "http://inside.example/secret"})

    from casare_robot.nodes.web_client import GuardedTransport

    resolve = names(outside_example=["1.1.1.1"], inside_example=["169.254.169.254"])
    transport = GuardedTransport(REMOTE, httpx.MockTransport(answer), resolve)
    async with httpx.AsyncClient(transport=transport, follow_redirects=True) as client:
        with pytest.raises(PolicyError, match=r"169\.254\.169\.254"):
            await client.get("http://outside.example/")

    assert sent == ["http://1.1.1.1/"]


async def test_a_redirect_to_a_host_that_is_not_allowed_is_refused(web_server):
    web_server.answers["/"] = (302, {"Location": "http://other.example/"}, b"")

    with pytest.raises(PolicyError, match=r"other\.example"):
        await get(web_server.url, Policy(allowed_hosts=("127.0.0.1",)))


async def test_a_redirect_to_a_file_is_refused(web_server):
    web_server.answers["/"] = (302, {"Location": "file:///etc/passwd"}, b"")

    with pytest.raises(PolicyError, match="only http and https"):
        await get(web_server.url)


async def test_redirects_end(web_server):
    web_server.answers["/"] = (302, {"Location": "/"}, b"")

    with pytest.raises(NodeFailure, match="redirect"):
        await get(web_server.url, max_redirects=3)

    assert len(web_server.seen) == 4


@pytest.mark.parametrize(
    "url", ["ftp://a.example/", "file:///etc/passwd", "a.example/x", "http:///x"]
)
async def test_only_web_addresses_are_opened(url):
    with pytest.raises(NodeFailure):
        await get(url)


async def test_an_announced_size_above_the_limit_is_refused(web_server):
    web_server.answers["/"] = (200, {}, b"x" * 2000)

    with pytest.raises(NodeFailure, match="larger than the 1000 bytes"):
        await get(web_server.url, Policy(max_download_bytes=1000))


async def test_a_small_answer_that_unpacks_beyond_the_limit_is_refused(web_server):
    import gzip

    packed = gzip.compress(b"x" * 1_000_000)
    web_server.answers["/"] = (200, {"Content-Encoding": "gzip"}, packed)

    with pytest.raises(NodeFailure, match="larger than the 10000 bytes"):
        await get(web_server.url, Policy(max_download_bytes=10_000))


async def test_a_server_that_never_answers_is_given_up():
    release = asyncio.Event()

    async def hang(reader, writer):
        await release.wait()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    with pytest.raises(NodeFailure, match=r"no answer within 0\.05 s"):
        async with telling(0.05), web_client(LOCAL, seconds=20) as client:
            await client.get(f"http://127.0.0.1:{port}/")

    release.set()
    server.close()


async def test_the_given_proxy_is_used_and_gets_the_name(web_server):
    web_server.answers["http://far.example/x"] = (200, {}, b"by proxy")

    answer = await get("http://far.example/x", proxy=web_server.url)

    assert answer.text == "by proxy"


async def test_a_proxy_does_not_help_around_the_allow_list(web_server):
    policy = Policy(allowed_hosts=("127.0.0.1",))

    with pytest.raises(PolicyError, match=r"far\.example"):
        await get("http://far.example/x", policy, proxy=web_server.url)


async def test_jobs_from_the_network_cannot_switch_verification_off():
    with pytest.raises(PolicyError, match="verify_ssl"):
        await get("https://a.example/", REMOTE, verify_ssl=False)


@pytest.fixture
def certificate(tmp_path):
    """A certificate for robot.example only, in one file with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "robot.example")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("robot.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
async def tls_server(certificate):
    """A server that speaks TLS; ``asked`` are the names that clients asked for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    asked = []
    context.sni_callback = lambda _, name, __: asked.append(name)

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsecret")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    server.asked, server.port = asked, server.sockets[0].getsockname()[1]
    yield server
    server.close()
    await server.wait_closed()


async def test_tls_asks_for_and_verifies_the_name_of_the_url(tls_server, certificate):
    trust = ssl.create_default_context(cafile=str(certificate))
    resolve = names(robot_example=["127.0.0.1"])

    answer = await get(f"https://robot.example:{tls_server.port}/", resolve=resolve, trust=trust)

    assert answer.text == "secret"
    assert tls_server.asked == ["robot.example"]


async def test_a_certificate_for_another_name_is_refused(tls_server, certificate):
    trust = ssl.create_default_context(cafile=str(certificate))
    resolve = names(other_example=["127.0.0.1"])

    with pytest.raises(NodeFailure, match="CERTIFICATE_VERIFY_FAILED"):
        await get(f"https://other.example:{tls_server.port}/", resolve=resolve, trust=trust)


async def test_the_system_does_not_trust_just_anybody(tls_server):
    resolve = names(robot_example=["127.0.0.1"])

    with pytest.raises(NodeFailure, match="HTTP request failed"):
        await get(f"https://robot.example:{tls_server.port}/", resolve=resolve)


async def test_at_the_desk_verification_can_be_switched_off(tls_server):
    resolve = names(robot_example=["127.0.0.1"])

    answer = await get(
        f"https://robot.example:{tls_server.port}/", resolve=resolve, verify_ssl=False
    )

    assert answer.text == "secret"
