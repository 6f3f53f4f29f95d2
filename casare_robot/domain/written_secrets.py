"""Secrets that stand in a workflow file itself, in a node's settings. Pure.

They belong into the secret store; where somebody wrote them into the file all the same, they
stay there and go nowhere else.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

SECRET_KEYS = frozenset(
    {
        *("password", "basic_password", "passphrase"),
        *("api_key", "bot_token", "access_token", "refresh_token", "verify_token", "token"),
        *("client_secret", "jwt_secret", "private_key", "auth_header_value"),
        *("service_account_json", "connection_string", "headers"),
    }
)
"""Settings of the catalogue's node types that are, or hold, secrets."""

SECRET_HEADERS = frozenset(
    {
        *("authorization", "proxy-authorization", "cookie"),
        *("x-api-key", "api-key", "x-auth-token", "x-access-token"),
    }
)
"""Headers of HTTP that are secrets, in small letters."""

_REFERENCE = "{{"


def secrets_written(config: Mapping[str, Any]) -> Iterator[str]:
    """The secrets in a node's settings, each as it must not be said; references are none."""
    for key in SECRET_KEYS & config.keys():
        yield from secrets_in(key, config[key])


def secrets_in(key: str, value: Any) -> Iterator[str]:
    """The secrets in the value of one setting of `SECRET_KEYS`."""
    if key in ("headers", "service_account_json"):
        yield from _in_parts(key, value)
    elif key == "connection_string":
        yield from _in_address(value)
    elif isinstance(value, str) and value.strip() and _REFERENCE not in value:
        yield value.strip()
        scheme, _, rest = value.strip().partition(" ")
        if rest and scheme.lower() in ("bearer", "basic", "token"):
            yield rest.strip()


def _in_parts(key: str, value: Any) -> Iterator[str]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return
    for name, part in value.items() if isinstance(value, Mapping) else ():
        is_header = key == "headers" and str(name).lower() in SECRET_HEADERS
        if is_header or name in ("private_key", "client_secret", "refresh_token", "token"):
            yield from secrets_in("token", part)


def _in_address(value: Any) -> Iterator[str]:
    try:
        password = urlsplit(value).password if isinstance(value, str) else None
    except ValueError:
        return
    if password and _REFERENCE not in password:
        yield password
        if unquote(password) != password:
            yield unquote(password)
