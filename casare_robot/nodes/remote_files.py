"""Files on another machine, over FTP, FTPS or SFTP, spoken to in one way."""

import ftplib
import posixpath
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from casare_robot.domain.errors import MissingExtraError, NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.nodes.addresses import checked_addresses

if TYPE_CHECKING:
    from paramiko import MissingHostKeyPolicy, PKey, SFTPClient, SSHClient

SFTP_PORT = 22


class RemoteFiles(Protocol):
    """An open connection. Its methods wait; a line break in a path is refused.

    All raise `NodeFailure` with the server's own words when it refuses.
    """

    @property
    def welcome(self) -> str:
        """What the server said at first."""
        ...

    def upload(self, local: Path, remote: str, *, binary: bool) -> int:
        """Put a file there, in place of one of the same name; bytes sent."""
        ...

    def download(self, remote: str, local: Path, *, binary: bool) -> int:
        """Get a file; bytes received."""
        ...

    def names(self, remote: str) -> list[str]:
        """What is in a folder, without ``.`` and ``..``."""
        ...

    def lines(self, remote: str) -> list[str]:
        """What is in a folder, as ``ls -l`` shows it."""
        ...

    def delete(self, remote: str) -> None:
        """Delete a file."""
        ...

    def make_dir(self, remote: str) -> None:
        """Make a folder."""
        ...

    def remove_dir(self, remote: str) -> None:
        """Remove an empty folder."""
        ...

    def rename(self, old: str, new: str) -> None:
        """Rename or move a file or folder."""
        ...

    def size(self, remote: str) -> int | None:
        """Bytes of a file; None if there is none."""
        ...

    def is_dir(self, remote: str) -> bool:
        """Whether there is a folder of this name."""
        ...

    def close(self) -> None:
        """Say good-bye."""
        ...


class FtpFiles:
    """FTP, encrypted (FTPS, both lines) if asked for.

    Args:
        ctx: Whose policy holds.
        host: Name or address of the server.
        port: Its port.
        username: Who signs in; nobody: ``anonymous``.
        password: With what.
        passive: The server says where data goes, not this machine.
        timeout: Seconds to wait for an answer.
        use_tls: Encrypt, or fail.
    """

    def __init__(
        self,
        ctx: NodeContext,
        *,
        host: str,
        port: int,
        username: str,
        password: str,
        passive: bool,
        timeout: float,
        use_tls: bool,
    ) -> None:
        with _plainly(f"{host}:{port}"):
            address = checked_addresses(ctx.policy, host, port)[0]
            self._client = _Ftps(address) if use_tls else _Ftp(address)
            try:
                self.welcome = self._client.connect(host, port, timeout)
                self._client.login(username or "anonymous", password)
                if isinstance(self._client, ftplib.FTP_TLS):
                    self._client.prot_p()
                self._client.set_pasv(passive)
            except BaseException:
                self._client.close()
                raise
        self._where = f"{host}:{port}"

    def upload(self, local: Path, remote: str, *, binary: bool) -> int:
        """See `RemoteFiles`; as text, line ends become those of the network."""
        with self._speaking(), local.open("rb") as file:
            if binary:
                self._client.storbinary(f"STOR {remote}", file)
            else:
                self._client.storlines(f"STOR {remote}", file)
        return local.stat().st_size

    def download(self, remote: str, local: Path, *, binary: bool) -> int:
        """See `RemoteFiles`; as text, line ends become those of this machine."""
        with self._speaking():
            if binary:
                with local.open("wb") as file:
                    self._client.retrbinary(f"RETR {remote}", file.write)
            else:
                with local.open("w", encoding="utf-8") as text:
                    self._client.retrlines(f"RETR {remote}", lambda line: text.write(f"{line}\n"))
        return local.stat().st_size

    def names(self, remote: str) -> list[str]:
        """See `RemoteFiles`."""
        with self._speaking():
            try:
                found = self._client.nlst(remote) if remote else self._client.nlst()
            except ftplib.error_perm as error:
                if str(error).startswith("550") and "no files" in str(error).lower():
                    return []
                raise
        return [name for name in found if posixpath.basename(name) not in (".", "..")]

    def lines(self, remote: str) -> list[str]:
        """See `RemoteFiles`."""
        lines: list[str] = []
        with self._speaking():
            self._client.dir(remote or ".", lines.append)
        return lines

    def delete(self, remote: str) -> None:
        """See `RemoteFiles`."""
        with self._speaking():
            self._client.delete(remote)

    def make_dir(self, remote: str) -> None:
        """See `RemoteFiles`."""
        with self._speaking():
            self._client.mkd(remote)

    def remove_dir(self, remote: str) -> None:
        """See `RemoteFiles`."""
        with self._speaking():
            self._client.rmd(remote)

    def rename(self, old: str, new: str) -> None:
        """See `RemoteFiles`."""
        with self._speaking():
            self._client.rename(old, new)

    def size(self, remote: str) -> int | None:
        """See `RemoteFiles`."""
        with self._speaking():
            self._client.voidcmd("TYPE I")  # many servers tell sizes of nothing else
            try:
                return self._client.size(remote)
            except ftplib.error_perm:
                return None

    def is_dir(self, remote: str) -> bool:
        """See `RemoteFiles`."""
        with self._speaking():
            here = self._client.pwd()
            try:
                self._client.cwd(remote)
            except ftplib.error_perm:
                return False
            self._client.cwd(here)
        return True

    def close(self) -> None:
        """See `RemoteFiles`."""
        with suppress(*ftplib.all_errors):
            self._client.quit()
        self._client.close()

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        with _plainly(self._where):
            yield


class SftpFiles:
    """SFTP: files over SSH, to a host whose key is known.

    Args:
        ctx: Whose policy holds.
        host: Name or address of the server.
        port: Its port.
        username: Who signs in.
        password: With what; the user's own SSH keys are tried too.
        timeout: Seconds to wait for an answer.
        host_key: ``SHA256:...`` of the host's key; empty: the user's known hosts decide.
    """

    def __init__(
        self,
        ctx: NodeContext,
        *,
        host: str,
        port: int,
        username: str,
        password: str,
        timeout: float,
        host_key: str,
    ) -> None:
        try:
            from paramiko import SSHClient
        except ModuleNotFoundError as error:
            raise MissingExtraError("paramiko", "transfer") from error
        self._where = f"{host}:{port}"
        self._client = SSHClient()
        self._client.set_missing_host_key_policy(_only_known(host_key))
        if not host_key:
            self._client.load_system_host_keys()
        with self._speaking():
            address = checked_addresses(ctx.policy, host, port)[0]
            try:
                self._client.connect(
                    host,
                    port,
                    username=username or None,
                    password=password or None,
                    timeout=timeout,
                    sock=socket.create_connection((address, port), timeout),
                )
                self._files: SFTPClient = self._client.open_sftp()
            except BaseException:
                self._client.close()
                raise
            transport = self._client.get_transport()
            self.welcome = transport.remote_version if transport else ""

    def upload(self, local: Path, remote: str, *, binary: bool) -> int:
        """See `RemoteFiles`; SFTP knows no text."""
        with self._speaking():
            return self._files.put(str(local), remote).st_size or 0

    def download(self, remote: str, local: Path, *, binary: bool) -> int:
        """See `RemoteFiles`; SFTP knows no text."""
        with self._speaking():
            self._files.get(remote, str(local))
        return local.stat().st_size

    def names(self, remote: str) -> list[str]:
        """See `RemoteFiles`."""
        with self._speaking():
            return self._files.listdir(remote or ".")

    def lines(self, remote: str) -> list[str]:
        """See `RemoteFiles`."""
        with self._speaking():
            return [str(entry) for entry in self._files.listdir_attr(remote or ".")]

    def delete(self, remote: str) -> None:
        """See `RemoteFiles`."""
        with self._speaking():
            self._files.remove(remote)

    def make_dir(self, remote: str) -> None:
        """See `RemoteFiles`."""
        with self._speaking():
            self._files.mkdir(remote)

    def remove_dir(self, remote: str) -> None:
        """See `RemoteFiles`."""
        with self._speaking():
            self._files.rmdir(remote)

    def rename(self, old: str, new: str) -> None:
        """See `RemoteFiles`."""
        with self._speaking():
            self._files.rename(old, new)

    def size(self, remote: str) -> int | None:
        """See `RemoteFiles`."""
        with self._speaking():
            try:
                return self._files.stat(remote).st_size
            except FileNotFoundError:
                return None

    def is_dir(self, remote: str) -> bool:
        """See `RemoteFiles`."""
        import stat

        with self._speaking():
            try:
                return stat.S_ISDIR(self._files.stat(remote).st_mode or 0)
            except FileNotFoundError:
                return False

    def close(self) -> None:
        """See `RemoteFiles`."""
        self._client.close()

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        from paramiko import AuthenticationException, SSHException

        with _plainly(self._where):
            try:
                yield
            except AuthenticationException as error:
                raise _refused_login(self._where, str(error)) from error
            except SSHException as error:
                raise NodeFailure(
                    f"{self._where} answered: {error}", error_type="SSHError"
                ) from error


class _Ftp(ftplib.FTP):
    """Connects to an address that was checked."""

    def __init__(self, address: str) -> None:
        super().__init__(encoding="utf-8")
        self._address = address

    def connect(self, host: str, port: int, timeout: float) -> str:  # type: ignore[override]  # all is known here
        self.host, self.port, self.timeout = host, port, timeout
        self.sock = socket.create_connection((self._address, port), timeout)
        self.af = self.sock.family
        self.file = self.sock.makefile("r", encoding=self.encoding)
        self.welcome = self.getresp()
        return self.welcome


class _Ftps(_Ftp, ftplib.FTP_TLS):
    """The same, encrypted, for the name that was asked for."""

    def __init__(self, address: str) -> None:
        import truststore

        ftplib.FTP_TLS.__init__(
            self, context=truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT), encoding="utf-8"
        )
        self._address = address


def _only_known(host_key: str) -> "MissingHostKeyPolicy":
    """Refuses hosts whose key nobody has confirmed."""
    from paramiko import MissingHostKeyPolicy

    class OnlyKnown(MissingHostKeyPolicy):
        def missing_host_key(self, _client: "SSHClient", hostname: str, key: "PKey") -> None:
            found = key.fingerprint.rstrip("=")
            if found != host_key.strip().rstrip("="):
                raise NodeFailure(
                    f"the key of {hostname} is {found}, which is not known: put it into host_key "
                    "if it is right, or sign in once with ssh",
                    error_type="HostKeyError",
                    retryable=False,
                )

    return OnlyKnown()


@contextmanager
def _plainly(where: str) -> Iterator[None]:
    """Make what a server or the network refuses a `NodeFailure` in one sentence."""
    try:
        yield
    except ftplib.error_perm as error:
        if str(error)[:3] == "530":
            raise _refused_login(where, str(error)) from error
        raise NodeFailure(f"{where} answered: {error}", error_type="FTPError") from error
    except (ftplib.Error, EOFError) as error:
        said = str(error) or "it hung up"
        raise NodeFailure(f"{where} answered: {said}", error_type="FTPError") from error
    except ssl.SSLCertVerificationError as error:
        message = f"the certificate of {where} is not trusted: {error.verify_message}"
        raise NodeFailure(message, error_type="SSLError", retryable=False) from error
    except ValueError as error:  # a line break in a path
        raise NodeFailure(f"not a path: {error}", retryable=False) from error
    except OSError as error:
        if error.filename:
            raise
        message = f"{where}: {error.strerror or error}"
        raise NodeFailure(message, error_type="ConnectionError") from error


def _refused_login(where: str, said: str) -> NodeFailure:
    message = f"{where} refuses the user name or password: {said}"
    return NodeFailure(message, error_type="AuthenticationError", retryable=False)
