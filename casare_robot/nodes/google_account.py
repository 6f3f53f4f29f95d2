"""Google accounts: tokens for them, and the nodes that work in them.

A secret holds an access token alone, or what Google calls authorized user credentials
(``client_id``, ``client_secret``, ``refresh_token``), or a service account's key, as JSON.
"""

import asyncio
import base64
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from hashlib import blake2s
from typing import Any, NamedTuple, TypeVar

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, EffectRule, Outputs, Port, Property
from casare_robot.nodes.account import Service, Signed, account_secret
from casare_robot.nodes.account_node import account_node
from casare_robot.nodes.paths import existing_file, told_plainly

TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
SCOPES = (
    "https://www.googleapis.com/auth/gmail.modify",
    "https://mail.google.com/",
    "https://www.googleapis.com/auth/spreadsheets",
    "https://www.googleapis.com/auth/drive",
)
_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_EARLY = 60.0
"""Seconds before its end that a token is no longer used."""
_SECONDS = 30.0

_tokens: dict[bytes, tuple[float, str]] = {}
"""By credential: when a token ends, on the monotonic clock, and the token."""


async def _sign(ctx: NodeContext, given: Mapping[str, Any]) -> Signed:
    token = str(given.get("access_token") or "")
    kept: Mapping[str, Any] = {}
    if not token:
        kept = await _kept(ctx, given)
        token = await access_token(ctx, kept)
    headers = {"Authorization": f"Bearer {token}"}
    return Signed(str(kept.get("base_url") or ""), headers, {})


async def _kept(ctx: NodeContext, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """A service account that the node gives, else the secret that it names, else ``google``."""
    found: Any = given.get("service_account_json")
    file = given.get("service_account_file")
    try:
        if not found and file:
            with told_plainly():
                path = existing_file(ctx, file)
                found = await asyncio.to_thread(path.read_text, "utf-8")
        found = json.loads(found) if isinstance(found, str) and found else found
    except ValueError as error:
        raise NodeFailure("the service account is not JSON", retryable=False) from error
    if isinstance(found, Mapping) and found:
        return found
    name = str(given.get("credential_id") or given.get("credential_name") or "")
    secret = account_secret(ctx, name, default="google", plain="access_token")
    if secret is None:
        raise NodeFailure(
            "no Google account: keep its credentials with `casare-robot secret set google`, or name"
            " another secret in credential_name",
            retryable=False,
        )
    return secret


async def access_token(ctx: NodeContext, kept: Mapping[str, Any]) -> str:
    """A token that holds a while yet; got from Google where the credentials are for that.

    Raises:
        NodeFailure: Google gives none, or these are no credentials.
    """
    if "refresh_token" not in kept and "private_key" not in kept:
        token = kept.get("access_token") or kept.get("token")
        if not isinstance(token, str) or not token:
            raise NodeFailure(
                "a Google secret is an access token, or JSON with a refresh_token or a"
                " service account's private_key",
                retryable=False,
            )
        return token
    key = blake2s(json.dumps(dict(kept), sort_keys=True, default=str).encode()).digest()
    end, token = _tokens.get(key, (0.0, ""))
    if time.monotonic() < end - _EARLY:
        return token
    if "refresh_token" in kept:
        form = {
            "grant_type": "refresh_token",
            **{k: str(kept.get(k) or "") for k in ("client_id", "client_secret", "refresh_token")},
        }
    else:
        form = {"grant_type": _JWT_GRANT, "assertion": _assertion(kept, ctx.now().timestamp())}
    found = await _posted(ctx, str(kept.get("token_uri") or TOKEN_URL), form)
    token = str(found["access_token"])
    _tokens[key] = (time.monotonic() + float(found.get("expires_in") or 0), token)
    return token


async def _posted(ctx: NodeContext, url: str, form: Mapping[str, str]) -> Mapping[str, Any]:
    from casare_robot.nodes.web_client import exchange, telling, web_client

    async with (
        telling(_SECONDS),
        web_client(ctx.policy, seconds=_SECONDS, follow_redirects=False) as client,
    ):
        answer = await exchange(client, client.build_request("POST", url, data=form), ctx.policy)
    found = answer.outputs["response_json"]
    if not answer.is_success or not isinstance(found, Mapping) or not found.get("access_token"):
        said = found if isinstance(found, Mapping) else {}
        reason = said.get("error_description") or said.get("error") or "no reason given"
        raise NodeFailure(
            f"Google gives no token (HTTP {answer.status}): {reason}",
            outputs={"error_code": answer.status},
            error_type="AuthenticationError",
            retryable=answer.status >= 500,
        )
    return found


def _assertion(kept: Mapping[str, Any], now: float) -> str:
    """What a service account signs itself in with (RFC 7523), good for an hour."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    claims = {
        "iss": kept.get("client_email"),
        "scope": " ".join(SCOPES),
        "aud": str(kept.get("token_uri") or TOKEN_URL),
        "iat": int(now),
        "exp": int(now) + 3600,
    }
    if kept.get("subject"):
        claims["sub"] = kept["subject"]
    header = {"alg": "RS256", "typ": "JWT", "kid": kept.get("private_key_id") or ""}
    signed = b".".join(_encoded(json.dumps(part).encode()) for part in (header, claims))
    try:
        key = load_pem_private_key(str(kept["private_key"]).encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise NodeFailure("the service account's private_key is none", retryable=False) from error
    if not isinstance(key, RSAPrivateKey):
        raise NodeFailure("the service account's private_key is no RSA key", retryable=False)
    return b".".join((signed, _encoded(key.sign(signed, PKCS1v15(), SHA256())))).decode()


def _encoded(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")


_PROPERTIES = (
    Property("credential_name", DataType.STRING, ""),
    Property("credential_id", DataType.STRING, ""),
    Property("access_token", DataType.STRING, ""),
    Property("service_account_file", DataType.FILE_PATH, ""),
    Property("service_account_json", DataType.JSON),
)


def _service(title: str, base_url: str) -> Service:
    return Service(title, "google", base_url, _sign, _PROPERTIES)


GMAIL = _service("Gmail", "https://gmail.googleapis.com")
SHEETS = _service("Google Sheets", "https://sheets.googleapis.com")
DRIVE = _service("Google Drive", "https://www.googleapis.com")


class Field(NamedTuple):
    """One thing that a node takes, by wire or as it is written in the file.

    ``written`` is the type of the property where it differs from the port's; ``wire`` and
    ``setting`` say whether there is a port, and a property. ``needed`` is as for `Port`.
    """

    name: str
    type: DataType = DataType.STRING
    default: Any = None
    needed: bool = False
    written: DataType | None = None
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    wire: bool = True
    setting: bool = True

    @property
    def port(self) -> Port:
        """As a port."""
        return Port(self.name, self.type, self.default, required=self.needed)

    @property
    def as_property(self) -> Property:
        """As a property."""
        return Property(
            self.name,
            self.written or self.type,
            self.default,
            choices=self.choices,
            low=self.low,
            high=self.high,
        )


CALLED_GOOGLE = Field("credential_name", default="google", wire=False)
"""The credential of the nodes that name one from the start."""


def needed(name: str, type: DataType = DataType.STRING, default: Any = "", **more: Any) -> Field:
    """Something that a node cannot work without."""
    return Field(name, type, default, needed=True, **more)


_F = TypeVar("_F", bound=Callable[..., Awaitable[Outputs]])


def google_node(
    service: Service,
    name: str,
    *fields: Field,
    gives: Mapping[str, DataType] | None = None,
    effect: Effect | EffectRule = Effect.READS,
    synonyms: Mapping[str, str] | None = None,
) -> Callable[[_F], _F]:
    """Declare a node of a Google account, as `account_node` does.

    Args:
        service: Whose node it is.
        name: Of the type.
        *fields: What it takes.
        gives: Its outputs, without ``success``, ``error`` and ``error_code``.
        effect: What doing it twice would mean.
        synonyms: As for `node`.
    """
    return account_node(
        service,
        name,
        effect=effect,
        inputs=tuple(field.port for field in fields if field.wire),
        outputs=tuple(Port(port, kind) for port, kind in (gives or {}).items()),
        properties=tuple(field.as_property for field in fields if field.setting),
        synonyms=synonyms or {},
    )


def items(value: Any, what: str) -> list[Any]:
    """A list as such, as JSON or as text with commas; nothing is an empty one. Pure.

    Raises:
        NodeFailure: It is something else.
    """
    if value in (None, ""):
        return []
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.lstrip()[:1] in "[{" else value.split(",")
        except ValueError as error:
            raise NodeFailure(f"{what} is not JSON: {error}", retryable=False) from error
        if isinstance(value, list):
            value = [one.strip() if isinstance(one, str) else one for one in value]
    if isinstance(value, Mapping):
        value = [value]
    if not isinstance(value, list | tuple):
        raise NodeFailure(f"{what} must be a list, not {type(value).__name__}", retryable=False)
    return [one for one in value if one != ""]
