"""The key that signs audit heads: in the system's keyring, else in a file of this user only."""

import os
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NAME = "audit-key"


def load_key(
    folder: Path,
    *,
    find: Callable[[str], str | None],
    keep: Callable[[str, str], bool],
) -> Ed25519PrivateKey:
    """The robot's signing key; made at the first call. May wait for the keyring.

    Args:
        folder: Where the file is, if there is one.
        find: Gives a secret by name.
        keep: Keeps a secret under a name; False where there is no place for it.

    Raises:
        OSError: The file can be neither read nor made.
    """
    file = folder / "audit.key"
    if file.exists():
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(file.read_text("ascii")))
    name = f"{NAME}-{folder}"
    kept = find(name)
    if kept is not None:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(kept))
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes_raw().hex()
    if not keep(name, text):
        _write_for_us_only(file, text)
    return key


def _write_for_us_only(file: Path, text: str) -> None:
    unfinished = file.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    opened = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "w", encoding="ascii") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    unfinished.replace(file)
