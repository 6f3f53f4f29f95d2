"""Real servers for files on this machine for the tests: FTP, FTPS and SFTP."""

import logging
import os
import socket
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
from paramiko.sftp import SFTP_OK

with warnings.catch_warnings():  # of asyncore, which it uses
    warnings.simplefilter("ignore", DeprecationWarning)
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
    from pyftpdlib.servers import ThreadedFTPServer

USER, PASSWORD = "ada", "lovelace-1843"
logging.getLogger("pyftpdlib").setLevel(logging.CRITICAL)
logging.getLogger("paramiko").setLevel(logging.CRITICAL)


@contextmanager
def ftp_server(home: Path, *, certificate: Path | None = None) -> Iterator[int]:
    """Serves a folder; the port. With a certificate (and its key in the same file) as FTPS only."""
    users = DummyAuthorizer()
    users.add_user(USER, PASSWORD, str(home), perm="elradfmwMT")
    base = TLS_FTPHandler if certificate else FTPHandler
    options = {"authorizer": users, "use_sendfile": False}
    if certificate:
        options |= {
            "certfile": str(certificate),
            "tls_control_required": True,
            "tls_data_required": True,
        }
    server = ThreadedFTPServer(("127.0.0.1", 0), type("Handler", (base,), options))
    over = threading.Event()

    def serve():
        while not over.is_set():
            server.serve_forever(timeout=0.02, blocking=False)
        server.close_all()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server.address[1]
    finally:
        over.set()
        thread.join(30)


class _Door(paramiko.ServerInterface):
    def check_auth_password(self, username, password):
        fits = (username, password) == (USER, PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if fits else paramiko.AUTH_FAILED

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED

    def get_allowed_auths(self, username):
        return "password"


class _Folder(paramiko.SFTPServerInterface):
    """A folder of this machine; paths are inside it."""

    home = Path()

    def _real(self, path):
        return self.home / self.canonicalize(path).lstrip("/")

    def _told(self, work):
        try:
            return work()
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    def list_folder(self, path):
        def work():
            entries = []
            for entry in sorted(self._real(path).iterdir()):
                attributes = paramiko.SFTPAttributes.from_stat(entry.stat())
                attributes.filename = entry.name
                entries.append(attributes)
            return entries

        return self._told(work)

    def stat(self, path):
        return self._told(lambda: paramiko.SFTPAttributes.from_stat(self._real(path).stat()))

    lstat = stat

    def open(self, path, flags, attr):
        def work():
            number = os.open(self._real(path), flags, 0o666)
            mode = "r+b" if flags & (os.O_WRONLY | os.O_RDWR) else "rb"
            if flags & os.O_WRONLY:
                mode = "wb"
            file = os.fdopen(number, mode)
            handle = paramiko.SFTPHandle(flags)
            handle.readfile = handle.writefile = file
            return handle

        return self._told(work)

    def remove(self, path):
        return self._told(lambda: self._real(path).unlink()) or SFTP_OK

    def rename(self, old, new):
        return self._told(lambda: self._real(old).rename(self._real(new)) and None) or SFTP_OK

    def mkdir(self, path, attr):
        return self._told(lambda: self._real(path).mkdir()) or SFTP_OK

    def rmdir(self, path):
        return self._told(lambda: self._real(path).rmdir()) or SFTP_OK


@contextmanager
def sftp_server(home: Path) -> Iterator[tuple[int, str]]:
    """Serves a folder; the port and the fingerprint of the host's key."""
    key = paramiko.ECDSAKey.generate()
    folder = type("Folder", (_Folder,), {"home": home})
    door = socket.create_server(("127.0.0.1", 0))
    transports = []

    def serve():
        while True:
            try:
                line, _ = door.accept()
            except OSError:
                return
            transport = paramiko.Transport(line)
            transports.append(transport)
            transport.add_server_key(key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, folder)
            try:
                transport.start_server(server=_Door())
            except (paramiko.SSHException, EOFError, OSError):  # it hung up: the key is not known
                transport.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield door.getsockname()[1], key.fingerprint
    finally:
        door.shutdown(socket.SHUT_RDWR)
        door.close()
        thread.join(30)
        for transport in transports:
            transport.close()
            transport.join(30)
