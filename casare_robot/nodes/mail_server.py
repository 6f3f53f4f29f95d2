"""Connections to mail servers: an address that was checked, and nothing in the clear unasked."""

import imaplib
import ipaddress
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Protocol

from casare_robot.domain.errors import MissingExtraError, NodeFailure
from casare_robot.domain.policy import Policy
from casare_robot.nodes.addresses import checked_addresses

if TYPE_CHECKING:
    from imap_tools import BaseMailBox

PLAIN_IMAP_PORT = 143


class Surroundings(Protocol):
    """What a session asks of whoever wants it; a `NodeContext` has it."""

    @property
    def policy(self) -> Policy:
        """What may be touched."""
        ...

    def log(self, level: str, message: str) -> None:
        """Say something."""
        ...


@contextmanager
def smtp_session(
    ctx: Surroundings,
    *,
    server: str,
    port: int,
    username: str,
    password: str,
    use_tls: bool,
    use_ssl: bool,
    timeout: float,
) -> Iterator[smtplib.SMTP]:
    """Signed in at a server that takes mail, for ``with``.

    Raises:
        PolicyError: The robot may not connect there.
        NodeFailure: It cannot be reached, offers no encryption though it is asked
            for, or refuses.
    """
    with told("SMTP", server, port):
        address = checked_addresses(ctx.policy, server, port)[0]
        client = _Smtp(server, port, address, timeout, _trust() if use_ssl else None)
        try:
            client.ehlo()
            if use_tls and not use_ssl:
                client.starttls(context=_trust())
                client.ehlo()
            if username:
                _warn_if_open(ctx, address, is_encrypted=use_ssl or use_tls)
                client.login(username, password)
            yield client
        finally:
            with suppress(smtplib.SMTPException, OSError):
                client.quit()
            client.close()


@contextmanager
def mailbox(
    ctx: Surroundings,
    *,
    server: str,
    port: int,
    username: str,
    password: str,
    folder: str,
    use_ssl: bool | None = None,
    timeout: float = 30.0,
) -> "Iterator[BaseMailBox]":
    """One folder of a mailbox, open for ``with``.

    Without ``use_ssl`` encryption begins at once, except on port 143. Where it
    does not begin at once it is asked for if the server offers it.

    Raises:
        PolicyError: The robot may not connect there.
        MissingExtraError: The library for mailboxes is not installed.
        NodeFailure: It cannot be reached, refuses, or has no such folder.
    """
    try:
        from imap_tools import BaseMailBox, ImapToolsError
    except ModuleNotFoundError as error:
        raise MissingExtraError("imap-tools", "mail") from error
    at_once = port != PLAIN_IMAP_PORT if use_ssl is None else use_ssl
    with told("IMAP", server, port, ImapToolsError):
        address = checked_addresses(ctx.policy, server, port)[0]
        client = _Imap(server, port, address, timeout, _trust() if at_once else None)
        try:
            is_encrypted = at_once
            if not at_once and "STARTTLS" in client.capabilities:
                client.starttls(_trust())
                is_encrypted = True
            _warn_if_open(ctx, address, is_encrypted=is_encrypted)

            class Box(BaseMailBox):
                def _get_mailbox_client(self) -> imaplib.IMAP4:
                    return client

            box = Box()
            box.login(username, password, initial_folder=folder)
            yield box
        finally:
            with suppress(imaplib.IMAP4.error, OSError):
                client.logout()


@contextmanager
def told(protocol: str, server: str, port: int, *others: type[Exception]) -> Iterator[None]:
    """Make what a server or the network refuses a `NodeFailure` in one sentence."""
    where = f"{server}:{port}"
    refusals: tuple[type[Exception], ...] = (imaplib.IMAP4.error, smtplib.SMTPException, *others)
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        refused = ", ".join(f"{who}: {_said(answer)}" for who, answer in error.recipients.items())
        raise NodeFailure(f"{where} takes no mail for {refused}", retryable=False) from error
    except smtplib.SMTPAuthenticationError as error:
        raise _refused_login(where, _said((error.smtp_code, error.smtp_error))) from error
    except smtplib.SMTPResponseException as error:
        is_lasting = 500 <= error.smtp_code < 600
        message = f"{where} answered: {_said((error.smtp_code, error.smtp_error))}"
        raise NodeFailure(message, error_type="SMTPError", retryable=not is_lasting) from error
    except smtplib.SMTPNotSupportedError as error:
        message = f"{where} offers no encryption (STARTTLS) or no login; nothing was sent: {error}"
        raise NodeFailure(message, retryable=False) from error
    except ssl.SSLCertVerificationError as error:
        message = f"the certificate of {where} is not trusted: {error.verify_message}"
        raise NodeFailure(message, error_type="SSLError", retryable=False) from error
    except refusals as error:
        message = f"{where} answered: {_plain(error)}"
        if "AUTHENTICATIONFAILED" in message or "LoginError" in type(error).__name__:
            raise _refused_login(where, _plain(error)) from error
        raise NodeFailure(message, error_type=f"{protocol}Error") from error
    except OSError as error:
        message = f"the {protocol} server {where} cannot be reached: {error.strerror or error}"
        raise NodeFailure(message, error_type="ConnectionError") from error


class _Smtp(smtplib.SMTP):
    """Connects to an address and expects the certificate of the name."""

    def __init__(
        self, name: str, port: int, address: str, timeout: float, trust: ssl.SSLContext | None
    ) -> None:
        self._address, self._trust = address, trust
        super().__init__(timeout=timeout)
        self._host = name  # what STARTTLS verifies
        code, message = self.connect(name, port)
        if code != 220:
            self.close()
            raise smtplib.SMTPConnectError(code, message)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return _connected(self._address, port, timeout, host, self._trust)


class _Imap(imaplib.IMAP4):
    """Connects to an address and expects the certificate of the name."""

    def __init__(
        self, name: str, port: int, address: str, timeout: float, trust: ssl.SSLContext | None
    ) -> None:
        self._address, self._trust = address, trust
        super().__init__(name, port, timeout)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return _connected(self._address, self.port, timeout, self.host, self._trust)


def _connected(
    address: str, port: int, timeout: float | None, name: str, trust: ssl.SSLContext | None
) -> socket.socket:
    plain = socket.create_connection((address, port), timeout)
    if trust is None:
        return plain
    try:
        return trust.wrap_socket(plain, server_hostname=name)
    except BaseException:
        plain.close()
        raise


def _trust() -> ssl.SSLContext:
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _warn_if_open(ctx: Surroundings, address: str, *, is_encrypted: bool) -> None:
    if not is_encrypted and not ipaddress.ip_address(address).is_loopback:
        ctx.log("warning", "the password for the mail server travels without encryption")


def _refused_login(where: str, said: str) -> NodeFailure:
    message = f"{where} refuses the user name or password: {said}"
    return NodeFailure(message, error_type="AuthenticationError", retryable=False)


def _said(answer: tuple[int, Any]) -> str:
    code, text = answer
    words = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
    return f"{code} {' '.join(words.split())}"


def _plain(error: Exception) -> str:
    result = getattr(error, "command_result", None)
    if result is not None:
        said = [
            part.decode(errors="replace") if isinstance(part, bytes) else str(part)
            for part in result[1]
        ]
        return " ".join(" ".join(said).split())
    return " ".join(str(error).split()) or type(error).__name__
