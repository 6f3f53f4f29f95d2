"""Secrets by name, from the system's own store."""

import os
import re
from pathlib import Path

from casare_robot.desktop import sealed_file
from casare_robot.desktop.diagnostics import warn
from casare_robot.desktop.places import find_places

SERVICE = "CasareRobot"
_VARIABLE = "CASARE_SECRET_"
_UNSAFE = ("keyrings.alt", "keyring.backends.fail", "keyring.backends.null")


def find_secret(name: str) -> str | None:
    """The secret kept under this name, or None.

    An environment variable ``CASARE_SECRET_<NAME>`` (letters, digits and
    underscores; others become underscores) comes before the system's store,
    for machines that have none.
    """
    value = os.environ.get(_VARIABLE + re.sub(r"\W", "_", name).upper())
    if value is not None:
        return value
    kept = _kept(name)
    if kept is None or not sealed_file.is_note(kept):
        return kept
    try:
        return sealed_file.unseal(kept, _folder())
    except sealed_file.SealBrokenError as error:
        warn("desktop", "a secret is lost; set it again", name=name, error=str(error))
        return None


def keep_secret(name: str, value: str) -> bool:
    """Keep a secret in the system's store; False where there is none that is safe.

    Of one that is too long for it, the store holds the key to a sealed file.
    """
    import keyring
    from keyring.errors import KeyringError

    if type(keyring.get_keyring()).__module__.startswith("keyrings.alt"):
        return False  # files in plain text
    before = _kept(name)
    note = value
    try:
        if sealed_file.is_too_long(value) or sealed_file.is_note(value):
            note = sealed_file.seal(value, _folder())
        keyring.set_password(SERVICE, name, note)
        is_kept = _kept(name) == note
    except (KeyringError, OSError):
        is_kept = False
    gone = before if is_kept else note
    if gone is not None and gone != value and gone != _kept(name) and sealed_file.is_note(gone):
        sealed_file.discard(gone, _folder())
    return is_kept


def _kept(name: str) -> str | None:
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(SERVICE, name)
    except KeyringError:
        return None


def _folder() -> Path:
    return find_places().data / "secrets"


def store_name() -> str:
    """The system's store for secrets, for people; empty where there is none that is safe."""
    import keyring

    kind = type(keyring.get_keyring())
    if kind.__module__.startswith(
        ("keyrings.alt", "keyring.backends.fail", "keyring.backends.null")
    ):
        return ""
    return str(getattr(keyring.get_keyring(), "name", kind.__name__))
