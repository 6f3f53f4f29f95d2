"""Secrets too long for the system's store: a key there, the secret sealed in a file beside.

Source: reliability, 3.3, "Secrets at rest": Windows keeps 1,280 characters.
"""

import os
import secrets
from pathlib import Path

from casare_robot.desktop.private_folder import make_private

LONGEST = 1_280
"""UTF-16 units that every system's store takes."""
_MARK = "sealed:"
_NONCE = 12


class SealBrokenError(ValueError):
    """A sealed file is missing, or not what was sealed."""


def is_too_long(value: str) -> bool:
    """Whether a value has to be sealed."""
    return len(value.encode("utf-16-le", "surrogatepass")) // 2 > LONGEST


def is_note(kept: str) -> bool:
    """Whether what the store holds is a note by `seal`."""
    return kept.startswith(_MARK)


def seal(value: str, folder: Path) -> str:
    """Write a value to a new file; the note that opens it, for the store.

    Raises:
        OSError: The file cannot be written.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    make_private(folder)
    key, name, nonce = secrets.token_bytes(32), secrets.token_hex(12), secrets.token_bytes(_NONCE)
    content = AESGCM(key).encrypt(nonce, value.encode(errors="surrogatepass"), name.encode())
    opened = os.open(
        folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600
    )
    with os.fdopen(opened, "wb") as file:
        file.write(nonce + content)
        file.flush()
        os.fsync(file.fileno())
    return f"{_MARK}{name}:{key.hex()}"


def unseal(note: str, folder: Path) -> str:
    """The value behind a note.

    Raises:
        SealBrokenError: There is none.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    name, _, key = note.removeprefix(_MARK).partition(":")
    try:
        content = (folder / _plain_name(name)).read_bytes()
        opened = AESGCM(bytes.fromhex(key)).decrypt(
            content[:_NONCE], content[_NONCE:], name.encode()
        )
        return opened.decode(errors="surrogatepass")
    except (OSError, ValueError, InvalidTag) as error:
        raise SealBrokenError(f"the sealed secret {name[:24]} cannot be opened") from error


def discard(note: str, folder: Path) -> None:
    """Forget the file behind a note."""
    name, _, _ = note.removeprefix(_MARK).partition(":")
    (folder / _plain_name(name)).unlink(missing_ok=True)


def _plain_name(name: str) -> str:
    if not name.isalnum():
        raise ValueError("a note names no file")
    return name
