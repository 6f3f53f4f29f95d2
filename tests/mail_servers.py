"""Real mail servers on this machine for the tests: one that takes mail, one that keeps it."""

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.ports import free_port

USER, PASSWORD = "ada", "lovelace-1843"
DOVECOT = shutil.which("dovecot") or (
    "/usr/sbin/dovecot" if Path("/usr/sbin/dovecot").exists() else None
)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert_file, key_file


class Received(Sink):
    """Keeps what came in; addresses that begin with ``refused`` are not taken."""

    def __init__(self) -> None:
        super().__init__()
        self.envelopes = []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address.startswith("refused"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.envelopes.append(envelope)
        return "250 kept"


def authenticated(server, session, envelope, mechanism, data):
    fits = isinstance(data, LoginPassword) and (data.login, data.password) == (
        USER.encode(),
        PASSWORD.encode(),
    )
    return AuthResult(success=fits, handled=False)


@contextmanager
def smtp_server(*, tls=None, at_once=False, must_sign_in=True) -> Iterator[Controller]:
    """A server that takes mail; ``received`` holds it.

    Args:
        tls: Context for STARTTLS, or for encryption from the start.
        at_once: Encryption from the start.
        must_sign_in: Nothing is taken from strangers.
    """
    handler = Received()
    controller = Controller(
        handler,
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=authenticated,
        auth_require_tls=tls is not None and not at_once,
        auth_required=must_sign_in,
        **({"ssl_context": tls} if at_once else {"tls_context": tls}),
    )
    controller.start()
    controller.received = handler.envelopes
    try:
        yield controller
    finally:
        controller.stop()


class ImapServer:
    """Dovecot with one mailbox, in a folder of its own."""

    def __init__(self, cert: Path, key: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="crd"))
        self.folder.chmod(0o755)
        self.port, self.plain_port = free_port(), free_port()
        owner, group = ("nobody", "nogroup") if os.geteuid() == 0 else (getpass.getuser(), "")
        home = self.folder / "home"
        home.mkdir()
        if os.geteuid() == 0:
            shutil.chown(home, owner, group)
        mine = (
            ""
            if os.geteuid() == 0
            else f"default_internal_user={owner}\ndefault_login_user={owner}\n"
        )
        config = self.folder / "dovecot.conf"
        config.write_text(
            f"""
base_dir = {self.folder}/run
log_path = {self.folder}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{cert}
ssl_key = <{key}
disable_plaintext_auth = no
first_valid_uid = 0
mail_uid = {owner}
mail_gid = {group}
first_valid_gid = 0
mail_location = maildir:{home}/mail
{mine}passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={owner} gid={group} home={home}
}}
namespace inbox {{
  inbox = yes
  mailbox Archive {{
    auto = create
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {self.plain_port}
  }}
  inet_listener imaps {{
    port = {self.port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
"""
        )
        self._process = subprocess.Popen(
            [DOVECOT, "-F", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    said = self._process.stderr.read().decode()
                    raise RuntimeError(f"dovecot does not serve: {said}") from None
                time.sleep(0.02)
            else:
                return

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._process.stderr.close()
        shutil.rmtree(self.folder, ignore_errors=True)
