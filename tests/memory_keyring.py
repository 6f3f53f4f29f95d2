"""A keyring that holds what Windows Credential Manager does, until the process ends."""

from collections.abc import Iterator
from contextlib import contextmanager

import keyring
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError, PasswordSetError

CREDENTIAL_MANAGER = 1280
"""Characters."""


class MemoryKeyring(KeyringBackend):
    """May be locked."""

    priority = 1

    def __init__(self):
        super().__init__()
        self.kept = {}
        self.is_locked = False

    def get_password(self, service, username):
        if self.is_locked:
            raise KeyringLocked("locked")
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        if len(password) > CREDENTIAL_MANAGER:
            raise PasswordSetError("stub received bad data")
        self.kept[service, username] = password

    def delete_password(self, service, username):
        if (service, username) not in self.kept:
            raise PasswordDeleteError("not there")
        del self.kept[service, username]


@contextmanager
def in_use(one: KeyringBackend) -> Iterator[KeyringBackend]:
    """As the system's keyring; the one that was there comes back."""
    before = keyring.get_keyring()
    keyring.set_keyring(one)
    try:
        yield one
    finally:
        keyring.set_keyring(before)
