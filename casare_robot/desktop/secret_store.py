"""Secrets by name, from the system's own store."""

import os
import re

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
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(SERVICE, name)
    except KeyringError:
        return None


def keep_secret(name: str, value: str) -> bool:
    """Keep a secret in the system's store; False where there is none that is safe."""
    import keyring
    from keyring.errors import KeyringError

    if type(keyring.get_keyring()).__module__.startswith("keyrings.alt"):
        return False  # files in plain text
    try:
        keyring.set_password(SERVICE, name, value)
        return keyring.get_password(SERVICE, name) == value
    except KeyringError:
        return False


def store_name() -> str:
    """The system's store for secrets, for people; empty where there is none that is safe."""
    import keyring

    kind = type(keyring.get_keyring())
    if kind.__module__.startswith(
        ("keyrings.alt", "keyring.backends.fail", "keyring.backends.null")
    ):
        return ""
    return str(getattr(keyring.get_keyring(), "name", kind.__name__))
