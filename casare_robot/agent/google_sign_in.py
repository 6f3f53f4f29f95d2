"""Signs a person in to Google for the robot: what comes of it is kept as a secret of workflows.

Two ways, as Google documents them. With a device code the person says yes on any device
with a browser; Google gives it for few kinds of access and only to clients of the type
"TVs and limited input devices". Where it refuses that, the browser of this machine brings
the answer to a loopback address, guarded by PKCE (client type "Desktop app").
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from casare_robot.domain.account import ACCESS, Consent
from casare_robot.domain.errors import AccountError, NodeFailure
from casare_robot.domain.policy import Policy
from casare_robot.nodes.google_account import TOKEN_URL
from casare_robot.nodes.oauth import oauth2_authorize
from casare_robot.nodes.oauth_callback import callback_server

AUTH_URL = "https://accounts.google.com/o/oauth2/v2/auth"
_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_NOT_BY_DEVICE = frozenset(("invalid_scope", "invalid_client", "unauthorized_client"))
"""Google's words for: this access, or this client, gets no device code."""
_SLOWER = 5.0
"""Seconds that ``slow_down`` adds to the time between two looks (RFC 8628)."""
_PATIENCE = 600.0
"""Seconds that a person may take in the browser of this machine."""
_SECONDS = 30.0

Sleep = Callable[[float], Awaitable[None]]


class GoogleClient(NamedTuple):
    """An OAuth client, as Google's console gives it out."""

    client_id: str
    client_secret: str = ""
    auth_uri: str = AUTH_URL
    token_uri: str = TOKEN_URL

    @property
    def device_uri(self) -> str:
        """Where device codes are given out: beside the tokens."""
        return urljoin(self.token_uri, "/device/code")

    @property
    def revoke_uri(self) -> str:
        """Where consent is taken back."""
        return urljoin(self.token_uri, "/revoke")


def read_client(text: str) -> GoogleClient:
    """A client out of the JSON that Google's console lets one download.

    Raises:
        AccountError: It is none.
    """
    try:
        found = json.loads(text)
    except ValueError as error:
        raise AccountError(f"the client's file is not JSON: {error}") from error
    for kind in ("installed", "web"):
        if isinstance(found, dict) and isinstance(found.get(kind), dict):
            found = found[kind]
    if not isinstance(found, dict) or not found.get("client_id"):
        raise AccountError(
            "the client's file has no client_id; download it in the Google Cloud console under "
            "APIs & Services, Credentials: an OAuth client of the type Desktop app"
        )
    known = {name: str(found[name]) for name in GoogleClient._fields if found.get(name)}
    return GoogleClient(**known)


async def sign_in(
    client: GoogleClient,
    access: Sequence[str],
    *,
    show: Callable[[Consent], object],
    sleep: Sleep = asyncio.sleep,
) -> Mapping[str, Any]:
    """Ask a person for consent, and wait for it.

    Args:
        client: Whom the person lets in.
        access: Words of `ACCESS`.
        show: Told what the person is to do.
        sleep: Waits.

    Returns:
        What Google calls authorized user credentials, as the nodes take them;
        ``scopes`` are those that the person granted.

    Raises:
        AccountError: The person or Google said no, or nobody said anything.
    """
    unknown = [word for word in access if word not in ACCESS]
    if unknown or not access:
        raise AccountError(f"access is some of {', '.join(ACCESS)}, not {', '.join(unknown)!r}")
    scope = " ".join(ACCESS[word] for word in access)
    found = await _by_device(client, scope, show, sleep)
    if found is None:
        found = await _by_browser(client, scope, show)
    if not found.get("refresh_token"):
        raise AccountError(
            "Google gave no refresh token, so the robot could not come back later; take the "
            "robot's access away at myaccount.google.com/permissions and sign in again"
        )
    return {
        "type": "authorized_user",
        "client_id": client.client_id,
        "client_secret": client.client_secret,
        "refresh_token": found["refresh_token"],
        "auth_uri": client.auth_uri,
        "token_uri": client.token_uri,
        "scopes": str(found.get("scope") or scope).split(),
    }


async def revoke(kept: Mapping[str, Any]) -> None:
    """Take consent back.

    Raises:
        AccountError: Google does not know it, or cannot be asked.
    """
    client = client_of(kept)
    status, said = await _post(client.revoke_uri, {"token": str(kept["refresh_token"])})
    if status >= 400:
        raise AccountError(f"Google did not take the consent back (HTTP {status}): {_why(said)}")


def client_of(kept: Mapping[str, Any]) -> GoogleClient:
    """The client that credentials were given to."""
    return GoogleClient(**{name: str(kept[name]) for name in GoogleClient._fields if name in kept})


async def _by_device(
    client: GoogleClient, scope: str, show: Callable[[Consent], object], sleep: Sleep
) -> Mapping[str, Any] | None:
    """Tokens by a device code; None: Google gives none for this."""
    status, said = await _post(client.device_uri, {"client_id": client.client_id, "scope": scope})
    if said.get("error") in _NOT_BY_DEVICE:
        return None
    if status >= 400 or "device_code" not in said:
        raise AccountError(f"Google gave no device code (HTTP {status}): {_why(said)}")
    left = float(said.get("expires_in") or _PATIENCE)
    pause = float(said.get("interval") or 5)
    url = str(said.get("verification_url") or said.get("verification_uri") or "")
    show(Consent(url, str(said.get("user_code")), left))
    form = {
        "client_id": client.client_id,
        "client_secret": client.client_secret,
        "device_code": str(said["device_code"]),
        "grant_type": _DEVICE_GRANT,
    }
    while left > 0:
        await sleep(pause)
        left -= pause
        status, said = await _post(client.token_uri, form)
        error = said.get("error")
        if error == "slow_down":
            pause += _SLOWER
        elif error and error != "authorization_pending":
            raise AccountError(f"Google let nobody in: {_why(said)}")
        elif not error and status < 400:
            return said
    raise AccountError("nobody entered the code in time; begin again")


async def _by_browser(
    client: GoogleClient, scope: str, show: Callable[[Consent], object]
) -> Mapping[str, Any]:
    """Tokens by the browser of this machine."""
    import secrets

    state = secrets.token_urlsafe(32)
    async with callback_server(0, path="/", state=state) as (port, answer):
        redirect_uri = f"http://127.0.0.1:{port}/"
        asked = oauth2_authorize(
            client_id=client.client_id,
            auth_url=client.auth_uri,
            scope=scope,
            redirect_uri=redirect_uri,
            state=state,
            response_type="code",
            pkce_enabled=True,
            extra_params={"access_type": "offline", "prompt": "consent"},
        )
        show(Consent(asked["auth_url"], "", _PATIENCE))
        try:
            async with asyncio.timeout(_PATIENCE):
                brought = await answer
        except TimeoutError:
            raise AccountError("nobody answered in the browser in time; begin again") from None
    if not brought.get("code"):
        raise AccountError(f"Google let nobody in: {_why(brought)}")
    status, said = await _post(
        client.token_uri,
        {
            "client_id": client.client_id,
            "client_secret": client.client_secret,
            "code": brought["code"],
            "code_verifier": asked["code_verifier"],
            "grant_type": "authorization_code",
            "redirect_uri": redirect_uri,
        },
    )
    if status >= 400 or "access_token" not in said:
        raise AccountError(f"Google gives no token (HTTP {status}): {_why(said)}")
    return said


async def _post(url: str, form: Mapping[str, str]) -> tuple[int, Mapping[str, Any]]:
    from casare_robot.nodes.web_client import exchange, telling, web_client

    policy = Policy()
    filled = {name: value for name, value in form.items() if value}
    try:
        async with (
            telling(_SECONDS),
            web_client(policy, seconds=_SECONDS, follow_redirects=False) as client,
        ):
            answer = await exchange(client, client.build_request("POST", url, data=filled), policy)
    except NodeFailure as failure:
        raise AccountError(f"{urlsplit(url).netloc} cannot be asked: {failure}") from failure
    said = answer.outputs["response_json"]
    return answer.status, said if isinstance(said, Mapping) else {}


def _why(said: Mapping[str, Any]) -> str:
    words = (str(said[name]) for name in ("error", "error_description") if said.get(name))
    return ": ".join(words) or "no reason given"
