"""Secrets by name: sealed in a file of this user, the key to it in the system's keyring.

The file is there because Windows Credential Manager holds 1,280 characters and
tokens are longer, and because a keyring cannot tell which secrets it has.
"""

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from casare_robot.desktop.diagnostics import warn
from casare_robot.desktop.file_lock import FileLock
from casare_robot.desktop.places import find_places
from casare_robot.desktop.private_file import write_private
from casare_robot.desktop.private_folder import make_private
from casare_robot.desktop.replacing import put_in_place
from casare_robot.desktop.secret_key import SERVICE, forget_key, make_key, read_key, safe_keyring
from casare_robot.domain.errors import SecretStoreError

_VARIABLE = "CASARE_SECRET_"
_NONCE = 12
_PATIENCE = 5.0


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """A secret that only its store can open, and when it ends, if that is known."""

    data: bytes
    expires_at: datetime | None = None


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    key_id: str = msgspec.field(default_factory=lambda: os.urandom(16).hex())
    in_keyring: bool = True
    secrets: dict[str, Sealed] = {}


class SecretStore:
    """Named secrets of any length; which there are can be told without opening them.

    Args:
        file: Where they are; its folder becomes this user's alone.
        sleep: Waits, in seconds, for another process that changes them.
    """

    def __init__(self, file: Path, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.file = file
        self._folder = file.parent
        self._sleep = sleep

    def names(self) -> tuple[str, ...]:
        """The secrets there are, in order.

        Raises:
            SecretStoreError: The file is damaged (E-SEC-903).
        """
        return tuple(sorted(self._read().secrets))

    @property
    def is_guarded(self) -> bool:
        """Whether the key is in the system's keyring and not in a file."""
        return self._read().in_keyring

    def expiries(self) -> Mapping[str, datetime]:
        """When secrets end, for those of which it is known."""
        kept = self._read().secrets
        return {name: one.expires_at for name, one in kept.items() if one.expires_at is not None}

    def find(self, name: str) -> str | None:
        """A secret's value; None if there is none of this name.

        Raises:
            SecretStoreError: There is one, and it cannot be opened.
        """
        kept = self._read()
        sealed = kept.secrets.get(name)
        if sealed is None:
            return None
        key = read_key(kept.key_id, self._folder, in_keyring=kept.in_keyring)
        if key is None:
            raise SecretStoreError(
                f"the key to {self.file} is gone; give the secret {name!r} again", code="E-SEC-905"
            )
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce, text = sealed.data[:_NONCE], sealed.data[_NONCE:]
        try:
            return AESGCM(key).decrypt(nonce, text, name.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise self._damaged(f"{name!r} was changed") from error

    def keep(self, name: str, value: str, *, expires_at: datetime | None = None) -> bool:
        """Keep a secret, in place of an older one of this name.

        Where the key to older secrets is gone they are lost, and are set aside.

        Returns:
            Whether the system's keyring guards it; else a file does that only
            this user can read.

        Raises:
            SecretStoreError: It cannot be kept; what was kept stays.
            OSError: The file cannot be written.
        """
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if not name or not value:
            raise SecretStoreError("a secret has a name and is not empty", code="E-SEC-901")
        with self._alone():
            kept, key = self._opened()
            nonce = os.urandom(_NONCE)
            data = nonce + AESGCM(key).encrypt(nonce, value.encode(), name.encode())
            self._write(kept, {**kept.secrets, name: Sealed(data=data, expires_at=expires_at)})
        return kept.in_keyring

    def delete(self, name: str) -> bool:
        """Forget a secret; False if there is none of this name. The last takes the key along."""
        with self._alone():
            kept = self._read()
            if name not in kept.secrets:
                return False
            self._write(kept, {key: one for key, one in kept.secrets.items() if key != name})
            if len(kept.secrets) == 1:
                self.file.unlink()
                forget_key(kept.key_id, self._folder, in_keyring=kept.in_keyring)
        return True

    def sealed(self, name: str) -> Sealed | None:
        """A secret as it is kept, for `put_back`; None if there is none of this name."""
        return self._read().secrets.get(name)

    def put_back(self, name: str, sealed: Sealed) -> None:
        """Make a secret what it was when `sealed` gave it.

        Raises:
            SecretStoreError: The file is damaged.
            OSError: It cannot be written.
        """
        with self._alone():
            kept = self._read()
            self._write(kept, {**kept.secrets, name: sealed})

    def prepare(self) -> bool:
        """Make sure that a secret could be kept now; whether the keyring would guard it.

        Raises:
            SecretStoreError: It could not.
            OSError: The file cannot be written.
        """
        with self._alone():
            kept, _ = self._opened()
            self._write(kept, kept.secrets)
        return kept.in_keyring

    def _opened(self) -> tuple[_Kept, bytes]:
        kept = self._read()
        if self.file.exists():
            key = read_key(kept.key_id, self._folder, in_keyring=kept.in_keyring)
            if key is not None:
                return kept, key
            aside = self.file.with_suffix(".lost")
            put_in_place(self.file, aside)
            warn("secrets", "the key to older secrets is gone", set_aside=str(aside))
        key_id = _Kept().key_id
        key, in_keyring = make_key(key_id, self._folder)
        return _Kept(key_id=key_id, in_keyring=in_keyring), key

    def _read(self) -> _Kept:
        try:
            return msgspec.json.decode(self.file.read_bytes(), type=_Kept)
        except FileNotFoundError:
            return _Kept()
        except (msgspec.MsgspecError, UnicodeDecodeError, OSError) as error:
            raise self._damaged(str(error)) from error

    def _write(self, kept: _Kept, secrets: dict[str, Sealed]) -> None:
        content = msgspec.json.encode(msgspec.structs.replace(kept, secrets=secrets))
        write_private(self.file, msgspec.json.format(content))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        make_private(self._folder)
        lock = FileLock(self.file.with_suffix(".lock"))
        waited = 0.0
        while not lock.acquire():
            if waited >= _PATIENCE:
                raise SecretStoreError(f"another program holds {self.file}")
            self._sleep(0.05)
            waited += 0.05
        try:
            yield
        finally:
            lock.release()

    def _damaged(self, why: str) -> SecretStoreError:
        return SecretStoreError(f"{self.file} is damaged: {why}", code="E-SEC-903")


def workflow_secrets(data: Path) -> SecretStore:
    """What workflows of a home may ask for by name.

    Args:
        data: The home's data folder.
    """
    return SecretStore(data / "secrets" / "workflows.json")


def robot_secrets(data: Path) -> SecretStore:
    """What the robot of a home needs for itself; no workflow can ask for it.

    Args:
        data: The home's data folder.
    """
    return SecretStore(data / "secrets" / "robot.json")


def find_secret(name: str, data: Path | None = None) -> str | None:
    """What a workflow gets that asks for a secret; None if there is none, or none can be had now.

    An environment variable ``CASARE_SECRET_<NAME>`` (letters, digits and
    underscores; others become underscores) comes first, for machines without a
    keyring; then what `workflow_secrets` keeps; then what another program put
    into the keyring for the service ``CasareRobot``.

    Args:
        name: As in ``{{$secret:name}}``.
        data: The home's data folder; by default that of this user.
    """
    value = os.environ.get(_VARIABLE + re.sub(r"\W", "_", name).upper())
    if value is not None:
        return value
    from keyring.errors import KeyringError

    try:
        kept = workflow_secrets(data or find_places().data).find(name)
        keyring = None if kept is not None else safe_keyring()
        return kept if keyring is None else keyring.get_password(SERVICE, name)
    except (SecretStoreError, KeyringError) as error:
        warn("secrets", "a secret cannot be read", name=name, error=str(error))
        return None


def store_name() -> str:
    """The system's keyring, for people; empty where there is none that is safe."""
    try:
        keyring = safe_keyring()
    except SecretStoreError:
        return ""
    return "" if keyring is None else str(keyring.name)
