"""An account that the robot is signed in to, and what a sign-in asks of a person. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

ACCESS: Mapping[str, str] = {
    "gmail": "https://mail.google.com/",
    "sheets": "https://www.googleapis.com/auth/spreadsheets",
    "drive": "https://www.googleapis.com/auth/drive",
    "drive-file": "https://www.googleapis.com/auth/drive.file",
}
"""What a robot may be let into at Google, by a word, and the scope that it is there."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account. ``access`` are words of `ACCESS`, or scopes that have none."""

    name: str
    service: str
    access: tuple[str, ...]
    in_keyring: bool = True


class Consent(NamedTuple):
    """What a person is asked: to open ``url`` and, if there is one, to type ``code`` there."""

    url: str
    code: str
    seconds: float
