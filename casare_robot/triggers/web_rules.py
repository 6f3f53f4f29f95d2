"""Who may bring an event, and what of it a workflow gets. Pure."""

import base64
import hashlib
import hmac
import ipaddress
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from casare_robot.domain.json_guard import JsonRefusedError, read_json
from casare_robot.triggers.event import names_in


class Refused(Exception):  # noqa: N818 - an answer, as HTTP knows it
    """An event is not taken; ``status`` is HTTP's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def same(given: str, wanted: str) -> bool:
    """Whether two secrets are one, in a time that tells nothing; an empty one fits nothing."""
    return bool(wanted) and hmac.compare_digest(given.encode(), wanted.encode())


def check_token(headers: Mapping[str, str], query: Mapping[str, str], token: str) -> None:
    """Hold a request to the robot's token.

    Raises:
        Refused: 401.
    """
    bearer = headers.get("authorization", "").removeprefix("Bearer ").strip()
    if not (same(bearer, token) or same(query.get("token", ""), token)):
        raise Refused(401, "the token is missing or wrong: see casare-robot triggers list")


def check_caller(
    settings: Mapping[str, Any], headers: Mapping[str, str], query: Mapping[str, str], token: str
) -> None:
    """Hold a request to a webhook's own rules, or to the robot's token if it has none.

    Raises:
        Refused: 401.
    """
    kind = settings["auth_type"]
    given = headers.get("authorization", "")
    if kind == "none":
        check_token(headers, query, token)
    elif kind == "basic":
        wanted = f"{settings['basic_username']}:{settings['basic_password']}".encode()
        right = settings["basic_password"] and same(
            given.removeprefix("Basic ").strip(), base64.b64encode(wanted).decode()
        )
        if not right:
            raise Refused(401, "user name or password is wrong")
    elif kind == "header":
        name = settings["auth_header_name"].lower()
        if not same(headers.get(name, ""), settings["auth_header_value"]):
            raise Refused(401, f"the header {settings['auth_header_name']} is missing or wrong")
    else:
        _check_jwt(given.removeprefix("Bearer ").strip(), settings["jwt_secret"])


def _check_jwt(given: str, secret: str) -> None:
    import jwt

    if not secret:
        raise Refused(401, "no jwt_secret is set, so no token is valid")
    allowed = ["HS256", "HS384", "HS512"]
    try:
        jwt.decode(given, secret, algorithms=allowed, options={"verify_aud": False})
    except jwt.InvalidTokenError as error:
        raise Refused(401, f"the JSON web token is not valid: {error}") from error


def check_address(settings: Mapping[str, Any], client: str) -> None:
    """Hold the caller's address to the lists of a webhook.

    Raises:
        Refused: 403.
    """
    allowed, denied = names_in(settings["ip_whitelist"]), names_in(settings["ip_blacklist"])
    if (allowed and not _is_among(client, allowed)) or _is_among(client, denied):
        raise Refused(403, f"{client} may not call this")


def _is_among(client: str, networks: tuple[str, ...]) -> bool:
    try:
        address = ipaddress.ip_address(client)
        return any(address in ipaddress.ip_network(one, strict=False) for one in networks)
    except ValueError as error:
        raise Refused(500, f"a list of addresses makes no sense: {error}") from error


def payload_of(body: bytes, content_type: str, *, binary: bool) -> dict[str, Any]:
    """A body as a workflow gets it.

    Raises:
        Refused: 400 it is no JSON though it says so, 415 it is binary.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if not body:
        return {}
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        value = read_json(body)
    except JsonRefusedError as error:
        if kind.endswith("json"):
            raise Refused(400, f"the body is no JSON: {error}") from error
    else:
        return value if isinstance(value, dict) else {"data": value}
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        if not binary:
            raise Refused(415, "the body is binary, and binary_data_enabled is off") from None
        return {"base64": base64.b64encode(body).decode(), "content_type": kind}


def fields_of(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The fields of a form: ``name``, ``type``, ``label``, ``required``, ``options``.

    Raises:
        Refused: 500 they make no sense.
    """
    written = settings["form_fields"]
    try:
        fields = json.loads(written) if isinstance(written, str) else written
        return [{"type": "text", "label": each["name"], **each} for each in fields]
    except (ValueError, TypeError, KeyError) as error:
        raise Refused(500, "form_fields is no list of fields") from error


def form_values(fields: list[dict[str, Any]], given: Mapping[str, str]) -> dict[str, Any]:
    """What somebody has filled in, by field.

    Raises:
        Refused: 422 something is missing, or is no number.
    """
    values: dict[str, Any] = {}
    for field in fields:
        text = given.get(field["name"], "")
        if field.get("required") and not text.strip():
            raise Refused(422, f"{field['label']} is missing")
        if field["type"] == "number" and text:
            try:
                values[field["name"]] = float(text) if "." in text else int(text)
            except ValueError as error:
                raise Refused(422, f"{field['label']} is no number") from error
        elif field["type"] == "checkbox":
            values[field["name"]] = bool(text)
        else:
            values[field["name"]] = text
    return values


def whatsapp_messages(
    settings: Mapping[str, Any], body: Mapping[str, Any]
) -> list[tuple[str, dict[str, Any]]]:
    """Messages in what WhatsApp's interface calls back with: id and payload of each.

    Source: the Cloud API's documentation, webhooks payload.
    """
    found = []
    values = [
        change.get("value", {})
        for entry in body.get("entry", ())
        for change in entry.get("changes", ())
    ]
    wanted = names_in(settings["message_types"])
    numbers = names_in(settings["filter_phone_numbers"])
    for value in values:
        about = value.get("metadata", {})
        names = {
            c.get("wa_id"): c.get("profile", {}).get("name", "") for c in value.get("contacts", ())
        }
        said = list(value.get("messages", ()))
        if settings["include_status_updates"]:
            said += [{**status, "type": "status"} for status in value.get("statuses", ())]
        for message in said:
            kind = message.get("type", "")
            sender = str(message.get("from") or message.get("recipient_id") or "")
            phone = settings["phone_number_id"]
            if (
                (kind not in (*wanted, "status"))
                or (numbers and sender not in numbers)
                or (phone and about.get("phone_number_id") not in (None, phone))
            ):
                continue
            media = message.get(kind) if isinstance(message.get(kind), dict) else {}
            payload = {
                "message_id": message.get("id", ""),
                "from_number": sender,
                "to_number": about.get("display_phone_number", ""),
                "timestamp": str(message.get("timestamp", "")),
                "text": message.get("text", {}).get("body", "") or message.get("status", ""),
                "message_type": kind,
                "media_id": media.get("id", ""),
                "media_url": media.get("url", ""),
                "caption": media.get("caption", ""),
                "contact_name": names.get(sender, ""),
                "raw_message": dict(message),
            }
            key = f"{message.get('id', '')} {message.get('status', '')}"
            found.append((key, payload))
    return found


def key_of(headers: Mapping[str, str], other: str) -> str:
    """What makes an event the same if it is brought again: the caller says so in a header."""
    given = headers.get("idempotency-key") or headers.get("x-github-delivery") or other
    return hashlib.sha256(given.encode()).hexdigest()
