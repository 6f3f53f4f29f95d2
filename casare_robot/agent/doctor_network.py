"""The doctor's checks of the way to the orchestrator: name, port, certificate, clock, line."""

import asyncio
import email.utils
import http.client
import socket
import ssl
import urllib.request
from contextlib import closing
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from casare_robot.agent.doctor import Check, Finding, Patient, fail, ok, warn
from casare_robot.domain.errors import RobotError
from casare_robot.link.address import is_here
from casare_robot.link.session import LineError
from casare_robot.link.websocket import open_websocket

PATIENCE = 5.0
"""Seconds for one attempt at the network."""
OFF, FAR_OFF = 30.0, 300.0
"""Seconds between this clock and the server's: worth a warning, and too much for tokens."""
EXPIRES_SOON = 14


class Target(NamedTuple):
    """Where the orchestrator is, and the proxy on the way, if there is one."""

    host: str
    port: int
    is_secure: bool
    proxy: str

    @property
    def next_hop(self) -> tuple[str, int]:
        """Whom this machine itself connects to."""
        if not self.proxy:
            return self.host, self.port
        parts = urlsplit(self.proxy if "//" in self.proxy else f"//{self.proxy}")
        return parts.hostname or "", parts.port or 8080


def orchestrator(patient: Patient) -> Finding | None:
    """Whether there is anything to reach."""
    if patient.address:
        return ok("orchestrator", patient.address)
    if not patient.config.orchestrator_url:
        told = "none is set: unless `run` is told one, the robot works for this desk only"
        return ok("orchestrator", told)
    if patient.config.orchestrator_url.startswith(("postgres://", "postgresql://")):
        return ok("orchestrator", str(patient.config.shown()["orchestrator_url"]))
    mend = "set it: casare-robot config set orchestrator_url wss://HOST"
    return fail("orchestrator", f"{patient.config.orchestrator_url} is no address", mend)


def proxy(patient: Patient) -> Finding | None:
    """What stands between."""
    target = _target(patient)
    if target is None:
        return None
    if not target.proxy:
        return ok("proxy", "none on the way")
    host, port = target.next_hop
    return ok("proxy", f"{host}:{port}, as the system says")


def dns(patient: Patient) -> Finding | None:
    """Whether the name is known."""
    target = _target(patient)
    if target is None:
        return None
    host, port = target.next_hop
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        mend = "check the name in orchestrator_url, the network, and whether a VPN is needed"
        return fail("dns", f"{host}: {getattr(error, 'strerror', None) or error}", mend)
    addresses = sorted({str(entry[4][0]) for entry in found})
    return ok("dns", f"{host} is {', '.join(addresses[:4])}")


def tcp(patient: Patient) -> Finding | None:
    """Whether somebody listens."""
    target = _target(patient)
    if target is None:
        return None
    host, port = target.next_hop
    try:
        with socket.create_connection((host, port), timeout=PATIENCE):
            return ok("tcp", f"{host}:{port} answers")
    except OSError as error:
        mend = "see whether the orchestrator runs, its port is right and no firewall is in between"
        return fail("tcp", f"{host}:{port}: {error.strerror or error}", mend)


def tls(patient: Patient) -> Finding | None:
    """Who vouches for the orchestrator."""
    target = _target(patient)
    if target is None:
        return None
    if not target.is_secure:
        return ok("tls", "none is needed: ws:// goes to this machine only")
    try:
        connection = _http(target)
        connection.connect()
        with closing(connection):
            secured = connection.sock
            if not isinstance(secured, ssl.SSLSocket):
                return fail("tls", "it was not secured", "tell the robot's developers")
            certificate = secured.getpeercert(binary_form=True)
    except ssl.SSLCertVerificationError as error:
        issuer = f"; its certificate is by {_issuer_unverified(target)}"
        mend = (
            "if that is your company, have its root certificate put into the system's trust "
            "store; else do not trust this network"
        )
        return fail("tls", f"{error.verify_message}{issuer}", mend)
    except OSError as error:
        mend = "see whether this port speaks TLS and what stands in between"
        return fail("tls", str(error), mend)
    issuer, until = _facts(certificate or b"")
    left = (until - datetime.fromtimestamp(patient.clock(), UTC)).days
    told = f"certificate by {issuer}, until {until:%Y-%m-%d}"
    if left < EXPIRES_SOON:
        return warn("tls", told, f"have it renewed; it ends in {left} days")
    return ok("tls", told)


def clock(patient: Patient) -> Finding | None:
    """How far this machine's clock is from the orchestrator's."""
    target = _target(patient)
    if target is None:
        return None
    mend = "let the system set its clock by the network"
    try:
        connection = _http(target)
        connection.request("GET", "/")
        date = connection.getresponse().getheader("Date", "")
        connection.close()
    except (OSError, http.client.HTTPException) as error:
        return warn("clock", f"no answer to compare with: {error}", mend)
    try:
        theirs = email.utils.parsedate_to_datetime(date).timestamp()
    except ValueError:
        return warn("clock", "the orchestrator does not tell its time", mend)
    off = abs(patient.clock() - theirs)
    told = f"{off:.0f} s from the orchestrator's"
    if off > FAR_OFF:
        return fail("clock", told, mend)
    return warn("clock", told, mend) if off > OFF else ok("clock", told)


def websocket(patient: Patient) -> Finding | None:
    """Whether the line itself can be opened; a refused key is none of its business."""
    if not patient.is_native:
        return None
    problem = _handshake(patient)
    if problem is None or problem.is_refusal:
        return ok("websocket", "the handshake works") if patient.address else None
    mend = "see whether the address is right and nothing in between breaks websockets"
    return fail("websocket", str(problem), mend)


def credentials(patient: Patient) -> Finding | None:
    """Whether the orchestrator knows this robot."""
    if not patient.address or not patient.is_native:
        return None
    problem = _handshake(patient)
    if not patient.config.api_key:
        mend = "enrol this robot, or set CASARE_ROBOT_API_KEY"
        told = f"; {problem}" if problem else ""
        return warn("credentials", f"there is no key to introduce the robot with{told}", mend)
    if problem is None:
        return ok("credentials", "the orchestrator takes this robot's key")
    mend = "enrol this robot again, or set the right key"
    return fail("credentials", str(problem), mend)


def _handshake(patient: Patient) -> LineError | None:
    """Why the line cannot be opened, if so."""
    if not patient.address:
        return None
    key = patient.config.api_key
    headers = {"Authorization": f"Bearer {key}"} if key else {}

    async def visit() -> None:
        line = await open_websocket(patient.address, headers, timeout=PATIENCE)
        await line.close("only looked")

    try:
        asyncio.run(visit())
    except LineError as error:
        return error
    except RobotError as error:
        return LineError(str(error))
    return None


def _target(patient: Patient) -> Target | None:
    if not patient.address:
        return None
    parts = urlsplit(patient.address)
    is_secure = parts.scheme == "wss"
    host = parts.hostname or ""
    port = parts.port or (443 if is_secure else 80)
    by_system = ""
    if not is_here(patient.address) and not urllib.request.proxy_bypass(host):
        proxies = urllib.request.getproxies()
        by_system = proxies.get("https" if is_secure else "http", "")
    return Target(host, port, is_secure, by_system)


def _http(target: Target) -> http.client.HTTPConnection:
    host, port = target.next_hop
    if not target.is_secure:
        return http.client.HTTPConnection(host, port, timeout=PATIENCE)
    import truststore

    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    connection = http.client.HTTPSConnection(host, port, timeout=PATIENCE, context=context)
    if target.proxy:
        connection.set_tunnel(target.host, target.port)
    return connection


def _issuer_unverified(target: Target) -> str:
    """Who signed the certificate that is not trusted; only looked at, nothing is sent."""
    try:
        pem = ssl.get_server_certificate(target.next_hop, timeout=PATIENCE)
    except OSError:
        return "nobody knows whom"
    return _facts(ssl.PEM_cert_to_DER_cert(pem))[0]


def _facts(certificate: bytes) -> tuple[str, datetime]:
    from cryptography import x509

    read = x509.load_der_x509_certificate(certificate)
    return read.issuer.rfc4514_string(), read.not_valid_after_utc


CHECKS = (
    Check("orchestrator", orchestrator),
    Check("proxy", proxy, ("orchestrator",)),
    Check("dns", dns, ("proxy",)),
    Check("tcp", tcp, ("dns",)),
    Check("tls", tls, ("tcp",)),
    Check("clock", clock, ("tls",)),
    Check("websocket", websocket, ("tls",)),
    Check("credentials", credentials, ("websocket",)),
)
