"""The accounts that the robot is signed in to, and a sign-in under way, as a value. Pure."""

from collections.abc import Sequence

import msgspec

from casare_robot.domain.account import Account, Consent
from casare_robot.tray.texts import tr
from casare_robot.tray.views.spans import lasting


class AccountLine(msgspec.Struct, frozen=True, kw_only=True):
    """An account and what the robot may use of it."""

    name: str
    title: str
    access: str


class AskedConsent(msgspec.Struct, frozen=True, kw_only=True):
    """What the person is to do: open ``url``, and type ``code`` there if there is one."""

    words: str
    url: str
    code: str


class AccountsView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the window says; ``told`` is how the last thing went."""

    lines: tuple[AccountLine, ...] = ()
    asked: AskedConsent | None = None
    told: str = ""
    is_bad: bool = False
    is_busy: bool = False


def accounts_view(
    accounts: Sequence[Account],
    *,
    asked: Consent | None = None,
    told: str = "",
    is_bad: bool = False,
    is_busy: bool = False,
) -> AccountsView:
    """What the window says.

    Args:
        accounts: Those that are kept.
        asked: What a sign-in that is under way asks of the person.
        told: How the last thing went.
        is_bad: Whether it went wrong.
        is_busy: Whether a sign-in is under way.
    """
    return AccountsView(
        lines=tuple(
            AccountLine(
                name=one.name,
                title=tr("{service} as {name}", service=one.service, name=one.name),
                access=" · ".join(access_words().get(word, word) for word in one.access),
            )
            for one in accounts
        ),
        asked=None if asked is None else _asked(asked),
        told=told,
        is_bad=is_bad,
        is_busy=is_busy,
    )


def access_words() -> dict[str, str]:
    """What a robot may be let into, in words."""
    return {
        "gmail": tr("Gmail: read, send, delete"),
        "sheets": tr("Sheets: read and write"),
        "drive": tr("Drive: all files"),
        "drive-file": tr("Drive: only files the robot made"),
    }


def _asked(consent: Consent) -> AskedConsent:
    span = lasting(consent.seconds)
    if consent.code:
        words = tr("Open this page on any device within {span}, and enter the code:", span=span)
    else:
        words = tr("Answer in the browser that has opened, within {span}.", span=span)
    return AskedConsent(words=words, url=consent.url, code=consent.code)
