"""OAuth 2.0: ask for consent, wait for the answer, get and check tokens."""

import asyncio
import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.web_modules import WEB_MODULES

_TIMEOUT = 30.0
"""Seconds that an identity provider may take; the nodes have no property for it."""


@node(
    "OAuth2AuthorizeNode",
    category="http",
    effect=Effect.READS,
    inputs=(
        Port("client_id", DataType.STRING, required=True),
        Port("auth_url", DataType.STRING, required=True),
        Port("scope", DataType.STRING),
        Port("redirect_uri", DataType.STRING),
        Port("extra_params", DataType.DICT),
    ),
    outputs=(
        Port("auth_url", DataType.STRING),
        Port("state", DataType.STRING),
        Port("code_verifier", DataType.STRING),
        Port("code_challenge", DataType.STRING),
    ),
    properties=(
        Property("client_id", DataType.STRING, ""),
        Property("auth_url", DataType.STRING, ""),
        Property("scope", DataType.STRING, ""),
        Property("redirect_uri", DataType.STRING, "http://localhost:8080/callback"),
        Property("state", DataType.STRING, ""),
        Property("response_type", DataType.CHOICE, "code", choices=("code", "token")),
        Property("pkce_enabled", DataType.BOOLEAN, True),
        Property("extra_params", DataType.JSON),
    ),
)
def oauth2_authorize(
    *,
    client_id: str,
    auth_url: str,
    scope: str,
    redirect_uri: str,
    state: str,
    response_type: str,
    pkce_enabled: bool,
    extra_params: Any,
) -> Outputs:
    """The address a person opens to give consent, with PKCE (RFC 7636, S256) for codes.

    The state and the verifier come from the system's dice: who could guess them
    could answer in the person's place.
    """
    from urllib.parse import urlencode, urlsplit, urlunsplit

    _need(client_id=client_id, auth_url=auth_url)
    state = state or secrets.token_urlsafe(32)
    parameters = {
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "response_type": response_type,
        "state": state,
    }
    if scope:
        parameters["scope"] = scope
    verifier = challenge = ""
    if pkce_enabled and response_type == "code":
        verifier = secrets.token_urlsafe(64)
        challenge = code_challenge(verifier)
        parameters |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    if isinstance(extra_params, Mapping):
        parameters |= {str(name): str(value) for name, value in extra_params.items()}
    parts = urlsplit(auth_url)
    query = "&".join(part for part in (parts.query, urlencode(parameters)) if part)
    return {
        "auth_url": urlunsplit(parts._replace(query=query)),
        "state": state,
        "code_verifier": verifier,
        "code_challenge": challenge,
    }


def code_challenge(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636, 4.2). Pure."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@node(
    "OAuth2CallbackServerNode",
    category="http",
    effect=Effect.READS,
    inputs=(Port("expected_state", DataType.STRING),),
    outputs=(
        Port("code", DataType.STRING),
        Port("state", DataType.STRING),
        Port("access_token", DataType.STRING),
        Port("error", DataType.STRING),
        Port("error_description", DataType.STRING),
    ),
    properties=(
        Property("port", DataType.INTEGER, 8080, low=1024, high=65535),
        Property("timeout", DataType.INTEGER, 120, low=10, high=600),
        Property("path", DataType.STRING, "/callback"),
        Property("expected_state", DataType.STRING),
    ),
)
async def oauth2_callback(
    ctx: NodeContext, *, port: int, timeout: float, path: str, expected_state: str | None
) -> Outputs:
    """Wait on this machine's loopback address for the browser to bring the answer.

    A request with another state than the expected one is turned away and the
    wait goes on: any page can make a browser send one.
    """
    from casare_robot.nodes.oauth_callback import callback_server

    def broken() -> None:
        ctx.log("debug", "a broken request came to the callback address")

    async with AsyncExitStack() as stack:
        try:
            serving = callback_server(port, path=path, state=expected_state, broken=broken)
            _, answer = await stack.enter_async_context(serving)
        except OSError as error:
            message = f"the callback address 127.0.0.1:{port} is not free: {error}"
            raise NodeFailure(message) from error
        try:
            async with asyncio.timeout(timeout):
                found = await answer
        except TimeoutError:
            raise NodeFailure(
                f"OAuth callback not received within {timeout:g} seconds",
                error_type="TimeoutError",
                code="E-NODE-408",
            ) from None
    outputs = {
        name: found.get(name, "")
        for name in ("code", "state", "access_token", "error", "error_description")
    }
    if outputs["error"]:
        raise NodeFailure(
            f"OAuth error: {outputs['error']} - {outputs['error_description']}",
            outputs=outputs,
            retryable=False,
        )
    return outputs


def _exchange_effect(parameters: Mapping[str, Any]) -> Effect:
    """A code and most refresh tokens can be used once; the other grants only ask. Pure."""
    asks = parameters.get("grant_type") in ("client_credentials", "password")
    return Effect.READS if asks else Effect.ONCE


@node(
    "OAuth2TokenExchangeNode",
    category="http",
    effect=_exchange_effect,
    uses=WEB_MODULES,
    inputs=(
        Port("code", DataType.STRING),
        Port("code_verifier", DataType.STRING),
        Port("refresh_token", DataType.STRING),
        Port("username", DataType.STRING),
        Port("password", DataType.STRING),
        Port("scope", DataType.STRING),
    ),
    outputs=(
        Port("access_token", DataType.STRING),
        Port("refresh_token", DataType.STRING),
        Port("token_type", DataType.STRING),
        Port("expires_in", DataType.INTEGER),
        Port("scope", DataType.STRING),
        Port("id_token", DataType.STRING),
        Port("full_response", DataType.DICT),
    ),
    properties=(
        Property("client_id", DataType.STRING, ""),
        Property("client_secret", DataType.STRING, ""),
        Property("token_url", DataType.STRING, ""),
        Property("redirect_uri", DataType.STRING, "http://localhost:8080/callback"),
        Property(
            "grant_type",
            DataType.CHOICE,
            "authorization_code",
            choices=("authorization_code", "client_credentials", "refresh_token", "password"),
        ),
        Property("code", DataType.STRING),
        Property("code_verifier", DataType.STRING),
        Property("refresh_token", DataType.STRING),
        Property("username", DataType.STRING),
        Property("password", DataType.STRING),
        Property("scope", DataType.STRING),
    ),
)
async def oauth2_token_exchange(
    ctx: NodeContext,
    *,
    client_id: str,
    client_secret: str,
    token_url: str,
    redirect_uri: str,
    grant_type: str,
    code: str | None,
    code_verifier: str | None,
    refresh_token: str | None,
    username: str | None,
    password: str | None,
    scope: str | None,
) -> Outputs:
    """Get tokens for a code, a refresh token, a client or a person (RFC 6749)."""
    _need(client_id=client_id, token_url=token_url)
    wanted: dict[str, dict[str, str | None]] = {
        "authorization_code": {"code": code},
        "client_credentials": {"client_secret": client_secret},
        "refresh_token": {"refresh_token": refresh_token},
        "password": {"username": username, "password": password},
    }
    _need(**wanted[grant_type])
    form = {"grant_type": grant_type, "client_id": client_id, **wanted[grant_type]}
    form |= {"client_secret": client_secret, "scope": scope}
    if grant_type == "authorization_code":
        form |= {"redirect_uri": redirect_uri, "code_verifier": code_verifier}
    found = await _posted(ctx, token_url, form)
    return {
        "access_token": found.get("access_token", ""),
        "refresh_token": found.get("refresh_token", ""),
        "token_type": found.get("token_type", "Bearer"),
        "expires_in": found.get("expires_in", 0),
        "scope": found.get("scope", ""),
        "id_token": found.get("id_token", ""),
        "full_response": found,
    }


@node(
    "OAuth2TokenValidateNode",
    category="http",
    effect=Effect.READS,
    inputs=(Port("token", DataType.STRING, required=True),),
    outputs=(
        Port("active", DataType.BOOLEAN),
        Port("client_id", DataType.STRING),
        Port("username", DataType.STRING),
        Port("scope", DataType.STRING),
        Port("expires_at", DataType.INTEGER),
        Port("token_type", DataType.STRING),
        Port("full_response", DataType.DICT),
    ),
    properties=(
        Property("introspection_url", DataType.STRING, ""),
        Property("client_id", DataType.STRING, ""),
        Property("client_secret", DataType.STRING, ""),
        Property("token", DataType.STRING, required=True),
    ),
)
async def oauth2_token_validate(
    ctx: NodeContext, *, introspection_url: str, client_id: str, client_secret: str, token: str
) -> Outputs:
    """Ask the provider about a token (RFC 7662); ``expires_at`` is in seconds since 1970."""
    _need(introspection_url=introspection_url, token=token)
    auth = (client_id, client_secret) if client_secret else None
    form = {"token": token, "client_id": "" if auth else client_id}
    found = await _posted(ctx, introspection_url, form, auth=auth)
    return {
        "active": found.get("active") is True,
        "client_id": found.get("client_id", ""),
        "username": found.get("username", ""),
        "scope": found.get("scope", ""),
        "expires_at": found.get("exp", 0),
        "token_type": found.get("token_type", ""),
        "full_response": found,
    }


async def _posted(
    ctx: NodeContext,
    url: str,
    form: Mapping[str, str | None],
    *,
    auth: tuple[str, str] | None = None,
) -> dict[str, Any]:
    """Post a form, empty fields left out, and read the JSON object that comes back."""
    from casare_robot.nodes.web_client import exchange, telling, web_client

    headers = {"Accept": "application/json"}
    if auth:
        pair = base64.b64encode(":".join(auth).encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    async with (
        telling(_TIMEOUT),
        web_client(ctx.policy, seconds=_TIMEOUT, follow_redirects=False) as client,
    ):
        filled = {name: value for name, value in form.items() if value}
        request = client.build_request("POST", url, data=filled, headers=headers)
        answer = await exchange(client, request, ctx.policy)
    try:
        found = json.loads(answer.text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise NodeFailure(f"the provider answered HTTP {answer.status} without a JSON object")
    if not answer.is_success or "error" in found:
        raise NodeFailure(
            f"OAuth error: {found.get('error', f'HTTP {answer.status}')}"
            f" - {found.get('error_description', 'no description')}",
            outputs={"full_response": found},
        )
    return found


def _need(**values: str | None) -> None:
    for name, value in values.items():
        if not value:
            raise NodeFailure(f"{name} is required", retryable=False)
