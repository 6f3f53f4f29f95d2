"""The network checks, against servers of the test's own on this machine."""

import asyncio
import datetime as dt
import socket
import socketserver
import ssl
import threading
from contextlib import contextmanager

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from websockets.asyncio.server import serve

from casare_robot.agent import doctor_network
from casare_robot.agent.doctor import Patient, examine
from casare_robot.config.robot_config import RobotConfig

KEY = "key-of-this-robot"


def patient(tmp_path, url, *, api_key=KEY, **facts):
    config = RobotConfig(orchestrator_url=url, api_key=api_key)
    return Patient(config=config, folder=tmp_path, **facts)


def found(it):
    return {finding.check: finding for finding in examine(it, doctor_network.CHECKS)}


@contextmanager
def orchestrator(context=None):
    """A websocket server that takes one key; its port."""
    started, loop = threading.Event(), asyncio.new_event_loop()
    ports, stop = [], asyncio.Event()

    def check(connection, request):
        if request.headers.get("Upgrade") is None:
            return connection.respond(200, "hello\n")
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return connection.respond(401, "who are you?\n")
        return None

    async def run():
        async with serve(
            lambda ws: ws.wait_closed(), "127.0.0.1", 0, process_request=check, ssl=context
        ) as server:
            ports.append(server.sockets[0].getsockname()[1])
            started.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    started.wait()
    yield ports[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


@pytest.fixture
def authority(tmp_path):
    """A certificate authority of the test's own, and a server's context with its certificate."""

    def make(days):
        now = dt.datetime.now(dt.UTC)
        ca_key, key = (
            ec.generate_private_key(ec.SECP256R1()),
            ec.generate_private_key(ec.SECP256R1()),
        )
        ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Our Inspection")])

        def certificate(name, public, *, ca):
            return (
                x509.CertificateBuilder()
                .subject_name(name)
                .issuer_name(ca_name)
                .public_key(public)
                .serial_number(x509.random_serial_number())
                .not_valid_before(now - dt.timedelta(days=1))
                .not_valid_after(now + dt.timedelta(days=days))
                .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
                .add_extension(
                    x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False
                )
                .sign(ca_key, hashes.SHA256())
            )

        root = certificate(ca_name, ca_key.public_key(), ca=True)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        leaf = certificate(name, key.public_key(), ca=False)
        pem = serialization.Encoding.PEM
        (tmp_path / "ca.pem").write_bytes(root.public_bytes(pem))
        private = key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (tmp_path / "server.pem").write_bytes(private + leaf.public_bytes(pem))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "server.pem")
        return tmp_path / "ca.pem", context

    return make


def test_a_good_line_is_well_from_name_to_key(tmp_path) -> None:
    with orchestrator() as port:
        findings = found(patient(tmp_path, f"ws://127.0.0.1:{port}"))

    assert {name: it.state for name, it in findings.items()} == {
        "orchestrator": "ok",
        "proxy": "ok",
        "dns": "ok",
        "tcp": "ok",
        "tls": "ok",
        "clock": "ok",
        "websocket": "ok",
        "credentials": "ok",
    }


def test_a_wrong_key_is_the_keys_fault_and_not_the_lines(tmp_path) -> None:
    with orchestrator() as port:
        wrong = found(patient(tmp_path, f"ws://127.0.0.1:{port}", api_key="wrong"))
        none = found(patient(tmp_path, f"ws://127.0.0.1:{port}", api_key=""))

    assert (wrong["websocket"].state, wrong["credentials"].state) == ("ok", "fail")
    assert "401" in wrong["credentials"].message
    assert "enrol" in wrong["credentials"].mend
    assert "wrong" not in wrong["credentials"].message
    assert none["credentials"].state == "warn"


def test_nobody_at_the_port_is_told_with_host_and_port(tmp_path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        findings = found(patient(tmp_path, f"ws://127.0.0.1:{port}"))

    assert findings["tcp"].state == "fail"
    assert f"127.0.0.1:{port}" in findings["tcp"].message
    assert {findings[name].state for name in ("clock", "websocket", "credentials")} == {"skip"}


def test_a_name_that_nobody_knows_is_told(tmp_path) -> None:
    findings = found(patient(tmp_path, "wss://no-such-host.invalid"))

    assert findings["dns"].state == "fail"
    assert "no-such-host.invalid" in findings["dns"].message


@pytest.mark.parametrize(("seconds", "state"), [(0, "ok"), (-60, "warn"), (3600, "fail")])
def test_a_wrong_clock_is_noticed(tmp_path, seconds, state) -> None:
    import time

    with orchestrator() as port:
        it = patient(tmp_path, f"ws://127.0.0.1:{port}", clock=lambda: time.time() + seconds)
        finding = doctor_network.clock(it)

    assert finding.state == state


class NotFound(socketserver.BaseRequestHandler):
    def handle(self):
        if self.request.recv(4096):
            self.request.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")


def test_who_does_not_speak_websocket_is_told(tmp_path) -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), NotFound) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        port = server.server_address[1]
        finding = doctor_network.websocket(patient(tmp_path, f"ws://127.0.0.1:{port}"))
        server.shutdown()
        thread.join()

    assert finding.state == "fail"
    assert "404" in finding.message


def test_a_trusted_certificate_is_told_with_who_signed_it(tmp_path, authority, monkeypatch) -> None:
    trusted, context = authority(90)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with orchestrator(context) as port:
        findings = found(patient(tmp_path, f"wss://localhost:{port}"))

    assert findings["tls"].state == "ok", findings["tls"]
    assert "CN=Our Inspection" in findings["tls"].message
    assert findings["credentials"].state == "ok"


def test_a_certificate_that_ends_soon_is_a_warning(tmp_path, authority, monkeypatch) -> None:
    trusted, context = authority(5)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with orchestrator(context) as port:
        finding = doctor_network.tls(patient(tmp_path, f"wss://localhost:{port}"))

    assert finding.state == "warn"
    assert "renewed" in finding.mend


def test_a_certificate_that_nobody_trusts_fails_and_names_its_issuer(tmp_path, authority) -> None:
    _, context = authority(90)
    with orchestrator(context) as port:
        findings = found(patient(tmp_path, f"wss://localhost:{port}"))

    assert findings["tls"].state == "fail"
    assert "CN=Our Inspection" in findings["tls"].message
    assert findings["websocket"].state == "skip"


def test_the_systems_proxy_is_the_next_hop(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    findings = found(patient(tmp_path, "wss://desk.example"))

    assert findings["proxy"].message.startswith("127.0.0.1:9")
    assert "127.0.0.1:9" in findings["tcp"].message
    assert findings["tcp"].state == "fail"


def test_a_robot_for_this_desk_only_has_no_line_to_look_at(tmp_path) -> None:
    findings = found(patient(tmp_path, ""))

    assert [it.state for it in findings.values()] == ["ok"]
    assert "this desk only" in findings["orchestrator"].message


def test_keys_of_other_dialects_are_not_tried_in_our_own(tmp_path) -> None:
    config = RobotConfig(
        orchestrator_url="http://127.0.0.1:9", api_key=KEY, orchestrator_dialect="rest"
    )
    findings = found(Patient(config=config, folder=tmp_path))

    assert "credentials" not in findings or findings["credentials"].state == "skip"


def test_a_database_is_an_orchestrator_whose_password_is_not_told(tmp_path) -> None:
    findings = found(patient(tmp_path, "postgresql://robot:hush@db.example/jobs"))

    assert findings["orchestrator"].state == "ok"
    assert "hush" not in findings["orchestrator"].message
