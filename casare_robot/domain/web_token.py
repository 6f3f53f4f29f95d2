"""What a JSON web token says of itself, unverified. Pure."""

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def claims(token: str) -> Mapping[str, Any]:
    """Everything that it says; nothing if it is no such token."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        told = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def token_end(token: str) -> datetime | None:
    """When it ends; None if it says nothing."""
    seconds = claims(token).get("exp")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def opens_everything(key: str) -> bool:
    """Whether a Supabase key passes all of its rules: ``sb_secret_...`` or a service token."""
    return key.startswith("sb_secret_") or claims(key).get("role") == "service_role"
