"""The key that opens sealed secrets: in the system's keyring, else in a file of this user only."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from casare_robot.desktop.private_file import write_private
from casare_robot.domain.errors import SecretStoreError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "CasareRobot"
_KEYS = "CasareRobot keys"  # apart from what a workflow may ask for by name
_BYTES = 32


def safe_keyring() -> "KeyringBackend | None":
    """The system's keyring; None where there is none.

    Raises:
        SecretStoreError: There is one, but it keeps secrets in plain text or asks
            for a password at a terminal (E-SEC-902).
    """
    import keyring
    from keyring.backends.chainer import ChainerBackend
    from keyring.backends.fail import Keyring as Missing
    from keyring.backends.null import Keyring as Disabled

    chosen = keyring.get_keyring()
    found = chosen.backends if isinstance(chosen, ChainerBackend) else [chosen]
    usable = [one for one in found if not isinstance(one, Missing | Disabled)]
    for one in usable:
        if not type(one).__module__.startswith("keyrings.alt."):
            return one
    if usable:
        raise SecretStoreError(
            f"the keyring {usable[0].name} keeps secrets in plain text or behind a terminal; remove"
            " the package keyrings.alt, or give secrets as CASARE_SECRET_ variables",
            code="E-SEC-902",
        )
    return None


def make_key(id_: str, folder: Path) -> tuple[bytes, bool]:
    """A new key, kept under an id; and whether the keyring keeps it.

    Where there is no keyring, as on many servers, it is kept in a file that only
    this user can read.

    Raises:
        SecretStoreError: See `safe_keyring`; or the keyring refuses (E-SEC-904).
        OSError: The file cannot be written.
    """
    key = os.urandom(_BYTES)
    keyring = safe_keyring()
    if keyring is None:
        write_private(_file(id_, folder), key.hex().encode())
        return key, False
    from keyring.errors import KeyringError

    try:
        keyring.set_password(_KEYS, id_, key.hex())
        kept = keyring.get_password(_KEYS, id_)
    except KeyringError as error:
        raise _refused(error) from error
    if kept != key.hex():
        raise SecretStoreError(f"the keyring {keyring.name} does not keep what it is given")
    return key, True


def read_key(id_: str, folder: Path, *, in_keyring: bool) -> bytes | None:
    """The key kept under an id; None if it is not there any more.

    Raises:
        SecretStoreError: The keyring, or the file, cannot be read now.
    """
    if in_keyring:
        return _from_keyring(id_)
    try:
        return bytes.fromhex(_file(id_, folder).read_text("ascii"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise SecretStoreError(f"the key to the secrets cannot be read: {error}") from error


def forget_key(id_: str, folder: Path, *, in_keyring: bool) -> None:
    """Remove a key that nothing is sealed with any more.

    Raises:
        SecretStoreError: The keyring refuses.
        OSError: The file cannot be removed.
    """
    if not in_keyring:
        _file(id_, folder).unlink(missing_ok=True)
        return
    from keyring.errors import KeyringError, PasswordDeleteError

    keyring = safe_keyring()
    try:
        if keyring is not None:
            keyring.delete_password(_KEYS, id_)
    except PasswordDeleteError:
        return  # it is not there
    except KeyringError as error:
        raise _refused(error) from error


def _from_keyring(id_: str) -> bytes | None:
    from keyring.errors import KeyringError

    keyring = safe_keyring()
    if keyring is None:
        raise SecretStoreError("the key to the secrets is in a keyring, and none answers here")
    try:
        kept = keyring.get_password(_KEYS, id_)
    except KeyringError as error:
        raise _refused(error) from error
    return None if kept is None else bytes.fromhex(kept)


def _file(id_: str, folder: Path) -> Path:
    return folder / f"{id_}.key"


def _refused(error: Exception) -> SecretStoreError:
    why = str(error) or type(error).__name__
    return SecretStoreError(f"the system's keyring refuses: {why}")
