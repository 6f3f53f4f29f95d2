"""The key that signs audit heads, in a file of this user only.

Not in the keyring: programs of this user may ask that too, and one that waits
for a password would keep the robot from starting.
"""

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from casare_robot.desktop.replacing import put_in_place

FILE = "audit.key"


def load_key(folder: Path) -> Ed25519PrivateKey:
    """The robot's signing key; made at the first call.

    Raises:
        OSError: It can be neither read nor made.
    """
    file = folder / FILE
    if file.exists():
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(file.read_text("ascii")))
    key = Ed25519PrivateKey.generate()
    _write_for_us_only(file, key.private_bytes_raw().hex())
    return key


def _write_for_us_only(file: Path, text: str) -> None:
    unfinished = file.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    opened = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "w", encoding="ascii") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    put_in_place(unfinished, file)
