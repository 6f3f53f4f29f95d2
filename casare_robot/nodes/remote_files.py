"""Files on another machine, spoken to in one way; what servers refuse, said in a sentence."""

import ftplib
import ssl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from casare_robot.domain.errors import NodeFailure


class RemoteFiles(Protocol):
    """An open connection, used inside ``speaking``. Its methods wait."""

    def speaking(self) -> AbstractContextManager[None]:
        """Make `NodeFailure` of what the server refuses, in its words, and of a broken line.

        A line break in a path is refused.
        """
        ...

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


@contextmanager
def told(where: str) -> Iterator[None]:
    """Make what a server or the network refuses a `NodeFailure` in one sentence."""
    try:
        yield
    except ftplib.error_perm as error:
        if str(error)[:3] == "530":
            raise refused_login(where, str(error)) from error
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


def refused_login(where: str, said: str) -> NodeFailure:
    """The failure of a login, which trying again does not help."""
    message = f"{where} refuses the user name or password: {said}"
    return NodeFailure(message, error_type="AuthenticationError", retryable=False)
