"""Files on another machine over FTP, encrypted (FTPS) if asked for."""

import ftplib
import posixpath
import socket
import ssl
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from casare_robot.domain.node_context import NodeContext
from casare_robot.nodes.addresses import checked_addresses
from casare_robot.nodes.remote_files import told


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
        self._where = f"{host}:{port}"
        with self.speaking():
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

    def upload(self, local: Path, remote: str, *, binary: bool) -> int:
        """See `RemoteFiles`; as text, line ends become those of the network."""
        with local.open("rb") as file:
            if binary:
                self._client.storbinary(f"STOR {remote}", file)
            else:
                self._client.storlines(f"STOR {remote}", file)
        return local.stat().st_size

    def download(self, remote: str, local: Path, *, binary: bool) -> int:
        """See `RemoteFiles`; as text, line ends become those of this machine."""
        if binary:
            with local.open("wb") as file:
                self._client.retrbinary(f"RETR {remote}", file.write)
        else:
            with local.open("w", encoding="utf-8") as text:
                self._client.retrlines(f"RETR {remote}", lambda line: text.write(f"{line}\n"))
        return local.stat().st_size

    def names(self, remote: str) -> list[str]:
        """See `RemoteFiles`."""
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
        self._client.dir(remote or ".", lines.append)
        return lines

    def delete(self, remote: str) -> None:
        """See `RemoteFiles`."""
        self._client.delete(remote)

    def make_dir(self, remote: str) -> None:
        """See `RemoteFiles`."""
        self._client.mkd(remote)

    def remove_dir(self, remote: str) -> None:
        """See `RemoteFiles`."""
        self._client.rmd(remote)

    def rename(self, old: str, new: str) -> None:
        """See `RemoteFiles`."""
        self._client.rename(old, new)

    def size(self, remote: str) -> int | None:
        """See `RemoteFiles`."""
        self._client.voidcmd("TYPE I")  # many servers tell sizes of nothing else
        try:
            return self._client.size(remote)
        except ftplib.error_perm:
            return None

    def is_dir(self, remote: str) -> bool:
        """See `RemoteFiles`."""
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

    def speaking(self) -> AbstractContextManager[None]:
        """See `RemoteFiles`."""
        return told(self._where)


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
