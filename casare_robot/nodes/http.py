"""Web requests: any method, download and upload."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.paths import existing_file, told_plainly, writable
from casare_robot.nodes.web_modules import WEB_MODULES

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_EFFECTS = {
    "GET": Effect.READS,
    "HEAD": Effect.READS,
    "OPTIONS": Effect.READS,
    "PUT": Effect.IDEMPOTENT,
}
_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})

RESPONSE = (
    Port("response_body", DataType.STRING),
    Port("response_json"),
    Port("status_code", DataType.INTEGER),
    Port("response_headers", DataType.DICT),
    Port("success", DataType.BOOLEAN),
    Port("error", DataType.STRING),
)
UPLOAD_RESPONSE = tuple(port for port in RESPONSE if port.name != "response_headers")
DOWNLOADED = (
    Port("file_path", DataType.STRING),
    Port("file_size", DataType.INTEGER),
    Port("success", DataType.BOOLEAN),
    Port("error", DataType.STRING),
)


def method_effect(parameters: Mapping[str, Any]) -> Effect:
    """Effect of a request by its method (RFC 9110, 9.2). Pure.

    DELETE is ``once``: a second one leaves the same world but answers 404.
    """
    return _EFFECTS.get(str(parameters.get("method") or "GET").upper(), Effect.ONCE)


def download_effect(parameters: Mapping[str, Any]) -> Effect:
    """Effect of a download: where it may not overwrite, a second one fails. Pure."""
    return Effect.IDEMPOTENT if parameters.get("overwrite") else Effect.ONCE


@node(
    "HttpRequestNode",
    category="http",
    effect=method_effect,
    uses=WEB_MODULES,
    inputs=(
        Port("url", DataType.STRING, required=True),
        Port("method", DataType.STRING),
        Port("headers", DataType.DICT),
        Port("body"),
        Port("params", DataType.DICT),
        Port("timeout", DataType.FLOAT),
    ),
    outputs=RESPONSE,
    properties=(
        Property("url", DataType.STRING, required=True),
        Property("method", DataType.CHOICE, "GET", choices=METHODS),
        Property("headers", DataType.JSON, {}),
        Property("body", DataType.STRING, ""),
        Property("params", DataType.JSON, {}),
        Property("timeout", DataType.FLOAT, 30.0, low=0.1),
        Property("verify_ssl", DataType.BOOLEAN, True),
        Property("follow_redirects", DataType.BOOLEAN, True),
        Property("max_redirects", DataType.INTEGER, 10, low=0),
        Property("content_type", DataType.STRING, "application/json"),
        Property("proxy", DataType.STRING, ""),
        Property("retry_count", DataType.INTEGER, 0, low=0),
        Property("retry_delay", DataType.FLOAT, 1.0, low=0.0),
        Property("response_encoding", DataType.STRING, ""),
    ),
    synonyms={"response": "response_body"},
)
async def http_request(
    ctx: NodeContext,
    *,
    url: str,
    method: str = "GET",
    headers: Any,
    body: Any = "",
    params: Any = None,
    timeout: float,
    verify_ssl: bool,
    follow_redirects: bool = True,
    max_redirects: int = 10,
    content_type: str = "application/json",
    proxy: str = "",
    response_encoding: str = "",
) -> Outputs:
    """Send a request; a status other than 2xx is an answer, with ``success`` False.

    Text, lists and dicts can be bodies. ``content_type`` says what a body is,
    unless a header does.
    """
    from casare_robot.nodes.web_client import exchange, telling, web_client

    method = method.upper()
    if method not in METHODS:
        raise NodeFailure(f"{method!r} is none of the methods {', '.join(METHODS)}")
    async with (
        telling(timeout, {"status_code": 0}),
        web_client(
            ctx.policy,
            seconds=timeout,
            verify_ssl=verify_ssl,
            follow_redirects=follow_redirects,
            max_redirects=max_redirects,
            proxy=proxy,
        ) as client,
    ):
        sent_headers = header_dict(headers)
        content = b""
        if body not in ("", None) and method in _WITH_BODY:
            content = _content(body, content_type)
            if content_type and "content-type" not in map(str.lower, sent_headers):
                sent_headers["Content-Type"] = content_type
        request = client.build_request(
            method, _with_params(url, params), headers=_encoded(sent_headers), content=content
        )
        answer = await exchange(client, request, ctx.policy, encoding=response_encoding)
    return answer.outputs


@node(
    "HttpDownloadFileNode",
    category="http",
    effect=download_effect,
    uses=WEB_MODULES,
    inputs=(
        Port("url", DataType.STRING, required=True),
        Port("save_path", DataType.STRING, required=True),
        Port("headers", DataType.DICT),
        Port("timeout", DataType.FLOAT),
        Port("allow_internal_urls", DataType.BOOLEAN),
    ),
    outputs=DOWNLOADED,
    properties=(
        Property("url", DataType.STRING, required=True),
        Property("save_path", DataType.FILE_PATH, required=True),
        Property("headers", DataType.JSON, {}),
        Property("timeout", DataType.FLOAT, 300.0, low=0.1),
        Property("overwrite", DataType.BOOLEAN, True),
        Property("verify_ssl", DataType.BOOLEAN, True),
        Property("proxy", DataType.STRING, ""),
        Property("retry_count", DataType.INTEGER, 0, low=0),
        Property("retry_delay", DataType.FLOAT, 2.0, low=0.0),
        Property("chunk_size", DataType.INTEGER, 8192, low=512),
    ),
)
async def http_download(
    ctx: NodeContext,
    *,
    url: str,
    save_path: str,
    headers: Any,
    timeout: float,
    overwrite: bool,
    verify_ssl: bool,
    proxy: str = "",
    chunk_size: int = 64 * 1024,
    create_dirs: bool = True,
) -> Outputs:
    """Save what a URL answers; the file is there whole or not at all.

    ``allow_internal_urls`` is accepted and changes nothing: what the robot may
    reach is its policy's to say, not the workflow's.
    """
    from casare_robot.nodes.file_writing import replacing
    from casare_robot.nodes.web_client import save, telling, web_client

    with told_plainly():
        target = writable(ctx, save_path)
        _check_target(target, overwrite=overwrite, create_dirs=create_dirs)
        async with (
            telling(timeout, {"file_path": "", "file_size": 0}),
            web_client(ctx.policy, seconds=timeout, verify_ssl=verify_ssl, proxy=proxy) as client,
            client.stream("GET", url, headers=_encoded(header_dict(headers))) as response,
        ):
            if not response.is_success:
                raise NodeFailure(
                    f"HTTP {response.status_code}", outputs={"status_code": response.status_code}
                )
            with replacing(ctx, target) as file:
                size = await save(response, file, ctx.policy.max_download_bytes, chunk_size)
    return {
        "file_path": str(target),
        "file_size": size,
        "status_code": response.status_code,
        "success": True,
        "error": "",
    }


@node(
    "HttpUploadFileNode",
    category="http",
    effect=Effect.ONCE,
    uses=WEB_MODULES,
    inputs=(
        Port("url", DataType.STRING, required=True),
        Port("file_path", DataType.STRING, required=True),
        Port("field_name", DataType.STRING),
        Port("headers", DataType.DICT),
        Port("extra_fields", DataType.DICT),
        Port("timeout", DataType.FLOAT),
        Port("allow_internal_urls", DataType.BOOLEAN),
    ),
    outputs=UPLOAD_RESPONSE,
    properties=(
        Property("url", DataType.STRING, required=True),
        Property("file_path", DataType.FILE_PATH, required=True),
        Property("field_name", DataType.STRING, "file"),
        Property("headers", DataType.JSON, {}),
        Property("extra_fields", DataType.JSON, {}),
        Property("timeout", DataType.FLOAT, 300.0, low=0.1),
        Property("verify_ssl", DataType.BOOLEAN, True),
        Property("retry_count", DataType.INTEGER, 0, low=0),
        Property("retry_delay", DataType.FLOAT, 2.0, low=0.0),
    ),
)
async def http_upload(
    ctx: NodeContext,
    *,
    url: str,
    file_path: str,
    field_name: str,
    headers: Any,
    extra_fields: Any,
    timeout: float,
    verify_ssl: bool,
) -> Outputs:
    """Post a file as ``multipart/form-data``, with further fields."""
    from casare_robot.nodes.web_client import exchange, telling, web_client

    with told_plainly():
        source = existing_file(ctx, file_path)
        async with (
            telling(timeout, {"status_code": 0}),
            web_client(ctx.policy, seconds=timeout, verify_ssl=verify_ssl) as client,
        ):
            with source.open("rb") as file:
                request = client.build_request(
                    "POST",
                    url,
                    headers=_encoded(header_dict(headers)),
                    files={field_name: (source.name, file)},
                    data={k: _text(v) for k, v in _dict(extra_fields, "extra_fields").items()},
                )
                answer = await exchange(client, request, ctx.policy)
    return answer.outputs


def header_dict(headers: Any) -> dict[str, str]:
    """Header names to text; accepts None and JSON text as well as a dict.

    Raises:
        NodeFailure: It is something else.
    """
    return {name: _text(value) for name, value in _dict(headers, "headers").items()}


def _dict(value: Any, what: str) -> dict[str, Any]:
    if isinstance(value, str) and value.strip():
        try:
            value = json.loads(value)
        except ValueError as error:
            raise NodeFailure(f"{what} is not JSON: {error}") from error
    if value is None or value == "":
        return {}
    if not isinstance(value, Mapping):
        raise NodeFailure(f"{what} must be a dict, not {type(value).__name__}")
    return {str(name): part for name, part in value.items() if part is not None}


def _encoded(headers: Mapping[str, str]) -> dict[bytes, bytes]:
    return {name.encode(): value.encode() for name, value in headers.items()}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _content(body: Any, content_type: str) -> bytes:
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    if isinstance(body, Mapping) and content_type.startswith("application/x-www-form-urlencoded"):
        from urllib.parse import urlencode

        return urlencode(dict(body), doseq=True).encode()
    return _text(body).encode()


def _with_params(url: str, params: Any) -> Any:
    import httpx

    values = _dict(params, "params")
    whole = httpx.URL(url.strip())
    return whole.copy_merge_params(values) if values else whole


def _check_target(target: Path, *, overwrite: bool, create_dirs: bool) -> None:
    if target.exists() and not overwrite:
        raise NodeFailure(f"the file {target} is there already", error_type="FileExistsError")
    if not create_dirs and not target.parent.is_dir():
        raise NodeFailure(f"there is no folder {target.parent}", error_type="FileNotFoundError")
