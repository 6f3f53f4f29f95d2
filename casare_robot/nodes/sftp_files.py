"""Files on another machine over SSH (SFTP), to hosts whose key is known."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from casare_robot.domain.errors import MissingExtraError, NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.nodes.addresses import checked_addresses
from casare_robot.nodes.remote_files import refused_login, told

if TYPE_CHECKING:
    from paramiko import MissingHostKeyPolicy, PKey, SFTPClient, SSHClient

PORT = 22


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
        with self.speaking():
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
        return self._files.put(str(local), remote).st_size or 0

    def download(self, remote: str, local: Path, *, binary: bool) -> int:
        """See `RemoteFiles`; SFTP knows no text."""
        self._files.get(remote, str(local))
        return local.stat().st_size

    def names(self, remote: str) -> list[str]:
        """See `RemoteFiles`."""
        return self._files.listdir(remote or ".")

    def lines(self, remote: str) -> list[str]:
        """See `RemoteFiles`."""
        return [str(entry) for entry in self._files.listdir_attr(remote or ".")]

    def delete(self, remote: str) -> None:
        """See `RemoteFiles`."""
        self._files.remove(remote)

    def make_dir(self, remote: str) -> None:
        """See `RemoteFiles`."""
        self._files.mkdir(remote)

    def remove_dir(self, remote: str) -> None:
        """See `RemoteFiles`."""
        self._files.rmdir(remote)

    def rename(self, old: str, new: str) -> None:
        """See `RemoteFiles`."""
        self._files.rename(old, new)

    def size(self, remote: str) -> int | None:
        """See `RemoteFiles`."""
        try:
            return self._files.stat(remote).st_size
        except FileNotFoundError:
            return None

    def is_dir(self, remote: str) -> bool:
        """See `RemoteFiles`."""
        import stat

        try:
            return stat.S_ISDIR(self._files.stat(remote).st_mode or 0)
        except FileNotFoundError:
            return False

    def close(self) -> None:
        """See `RemoteFiles`."""
        self._client.close()

    @contextmanager
    def speaking(self) -> Iterator[None]:
        """See `RemoteFiles`."""
        from paramiko import AuthenticationException, SSHException

        with told(self._where):
            try:
                yield
            except AuthenticationException as error:
                raise refused_login(self._where, str(error)) from error
            except SSHException as error:
                raise NodeFailure(
                    f"{self._where} answered: {error}", error_type="SSHError"
                ) from error


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
