"""Parts of web requests and answers: URLs, headers, credentials, values in JSON."""

import base64
import json
from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.http import header_dict

_HEADERS = (Port("headers", DataType.DICT),)


@node(
    "SetHttpHeadersNode",
    category="http",
    inputs=(
        Port("base_headers", DataType.DICT),
        Port("header_name", DataType.STRING),
        Port("header_value", DataType.STRING),
        Port("headers_json", DataType.DICT),
    ),
    outputs=_HEADERS,
    properties=(
        Property("header_name", DataType.STRING, ""),
        Property("header_value", DataType.STRING, ""),
        Property("headers_json", DataType.JSON, {}),
    ),
    synonyms={"headers": "headers_json"},
    keeps_secrets=True,
)
def set_http_headers(
    *, base_headers: Any, header_name: str, header_value: str, headers_json: Any
) -> Outputs:
    """Headers on top of others: first ``headers_json``, then the single one."""
    headers = {**header_dict(base_headers), **header_dict(headers_json)}
    if header_name:
        headers[header_name] = header_value
    return {"headers": headers}


@node(
    "HttpAuthNode",
    category="http",
    effect=Effect.PURE,
    inputs=(
        Port("credential_name", DataType.STRING),
        Port("auth_type", DataType.STRING),
        Port("token", DataType.STRING),
        Port("username", DataType.STRING),
        Port("password", DataType.STRING),
        Port("api_key_name", DataType.STRING),
        Port("base_headers", DataType.DICT),
    ),
    outputs=_HEADERS,
    properties=(
        Property("credential_name", DataType.STRING, ""),
        Property("auth_type", DataType.CHOICE, "Bearer", choices=("Bearer", "Basic", "ApiKey")),
        Property("token", DataType.STRING, ""),
        Property("username", DataType.STRING, ""),
        Property("password", DataType.STRING, ""),
        Property("api_key_name", DataType.STRING, "X-API-Key"),
    ),
)
def http_auth(
    ctx: NodeContext,
    *,
    credential_name: str,
    auth_type: str,
    token: str,
    username: str,
    password: str,
    api_key_name: str,
    base_headers: Any,
) -> Outputs:
    """The header that signs a request in, on top of others.

    A credential stands for the token or, with ``Basic``, for the password; it is
    ``user:password`` when no user name is given.
    """
    if credential_name:
        secret = ctx.secret(credential_name)
        if _plain(auth_type) != "basic":
            token = secret
        elif username:
            password = secret
        else:
            username, _, password = secret.partition(":")
    header = auth_header(auth_type, token, username, password, api_key_name)
    return {"headers": {**header_dict(base_headers), **header}}


def configure_auth(
    *, auth_type: str, token: str, username: str, password: str, header_name: str
) -> Outputs:
    """The header that signs a request in. Action of `HttpSuperNode`."""
    header = auth_header(auth_type, token, username, password, header_name)
    return {"auth_headers": header, "success": True}


def auth_header(
    auth_type: str, token: str, username: str, password: str, api_key_name: str
) -> dict[str, str]:
    """One header for ``Bearer``, ``Basic`` or ``ApiKey``, in any spelling. Pure.

    Raises:
        NodeFailure: What it needs is missing.
    """
    kind = _plain(auth_type)
    if kind == "basic":
        if not username:
            raise NodeFailure("Basic authentication needs a user name")
        pair = f"{username}:{password}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
    if kind not in {"bearer", "apikey"}:
        raise NodeFailure(f"{auth_type!r} is none of Bearer, Basic, ApiKey")
    if not token:
        raise NodeFailure(f"{auth_type} authentication needs a token")
    return {"Authorization": f"Bearer {token}"} if kind == "bearer" else {api_key_name: token}


@node(
    "BuildUrlNode",
    category="http",
    inputs=(
        Port("base_url", DataType.STRING, required=True),
        Port("path", DataType.STRING),
        Port("params", DataType.DICT),
    ),
    outputs=(Port("url", DataType.STRING),),
    properties=(
        Property("base_url", DataType.STRING, required=True),
        Property("path", DataType.STRING, ""),
        Property("params", DataType.JSON, {}),
    ),
)
def build_url(*, base_url: str, path: str, params: Any) -> Outputs:
    """Join address and path by one slash and add parameters after those already there."""
    from urllib.parse import urlencode, urlsplit, urlunsplit

    try:
        scheme, host, base_path, query, fragment = urlsplit(base_url.strip())
    except ValueError as error:
        raise NodeFailure(f"{base_url!r} is no URL: {error}") from error
    if path:
        base_path = f"{base_path.rstrip('/')}/{path.lstrip('/')}"
    added = urlencode(_as_dict(params), doseq=True)
    query = "&".join(part for part in (query, added) if part)
    return {"url": urlunsplit((scheme, host, base_path, query, fragment))}


def _as_dict(params: Any) -> dict[str, Any]:
    if isinstance(params, dict):
        return {name: value for name, value in params.items() if value is not None}
    return dict(header_dict(params))


@node(
    "ParseJsonResponseNode",
    category="http",
    inputs=(Port("json_data"), Port("path", DataType.STRING), Port("default")),
    outputs=(Port("value"), Port("success", DataType.BOOLEAN), Port("error", DataType.STRING)),
    properties=(
        Property("path", DataType.STRING, ""),
        Property("default", DataType.STRING, ""),
    ),
    synonyms={"response": "json_data", "data": "value"},
)
def parse_json_response(*, json_data: Any, path: str, default: Any) -> Outputs:
    """The value at a path such as ``data.users[0].name``; ``*`` takes every element.

    A value that is not there is the default, if that is not empty.
    """
    try:
        data = _parsed(json_data)
        try:
            value = _at(data, path.replace("[", ".").replace("]", "").split("."))
        except LookupError:
            if default in ("", None):
                raise
            value = default
    except (ValueError, LookupError) as error:
        message = f"JSON parse error: {error.args[0] if error.args else error}"
        raise NodeFailure(message, outputs={"success": False, "error": message}) from error
    return {"value": value, "success": True, "error": ""}


def _parsed(json_data: Any) -> Any:
    if json_data is None:
        raise ValueError("No JSON data provided")
    return json.loads(json_data) if isinstance(json_data, str | bytes) else json_data


def _at(value: Any, steps: list[str]) -> Any:
    for place, step in enumerate(steps):
        if not step:
            continue
        if isinstance(value, dict):
            if step not in value:
                raise LookupError(f"Key '{step}' not found")
            value = value[step]
        elif isinstance(value, list) and step == "*":
            return [_at(item, steps[place + 1 :]) for item in value]
        elif isinstance(value, list):
            try:
                value = value[int(step)]
            except (ValueError, IndexError):
                raise LookupError(f"Invalid list index '{step}'") from None
        else:
            raise LookupError(f"Cannot access '{step}' on {type(value).__name__}")
    return value


def _plain(auth_type: str) -> str:
    return auth_type.replace("_", "").replace(" ", "").lower()
