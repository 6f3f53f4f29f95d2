"""The edge of the HTTP interface: bounded bodies, safe headers, refusals as JSON with a code."""

import asyncio
from codecs import BOM_UTF8
from typing import Any, TypeVar

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from casare_robot.domain.errors import JobRefusedError, NotFoundError, RobotError, StoreError
from casare_robot.domain.json_guard import JsonRefusedError, read_json
from casare_robot.link.native.reading import LARGEST_FRAME
from casare_robot.orchestrator.keys import CodeRefusedError

LARGEST_BODY = LARGEST_FRAME
"""Bytes of a request: what is larger could not be sent to a robot either."""
_CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"
)

T = TypeVar("T")


class RefusedError(HTTPException):
    """A request is not done.

    Attributes:
        code: Stable identifier.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, message)
        self.code = code


async def read_body(request: Request, kind: type[T]) -> T:
    """The typed body of a request; an empty one is an empty object.

    Raises:
        RefusedError: It is too large, broke off or is of another kind.
        JsonRefusedError: It is no JSON that is taken.
    """
    content = bytearray()
    try:
        async for part in request.stream():
            content += part
            if len(content) > LARGEST_BODY:
                raise RefusedError(413, "E-MSG-107", f"more than {LARGEST_BODY >> 20} MB")
    except ClientDisconnect:
        raise RefusedError(400, "E-MSG-101", "the request broke off") from None
    document = bytes(content).removeprefix(BOM_UTF8) or b"{}"
    await asyncio.to_thread(read_json, document)
    try:
        return msgspec.json.decode(document, type=kind)
    except msgspec.ValidationError as error:
        raise RefusedError(422, "E-MSG-110", str(error)) from None


def bearer(header: str) -> str:
    """The key in an ``Authorization`` header; empty if there is none."""
    scheme, _, key = header.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def number(text: str, *, most: int) -> int:
    """A limit, as the query says it.

    Raises:
        RefusedError: It is no number from 1 to ``most``.
    """
    is_number = text.isascii() and text.isdigit() and len(text) < 10
    if not is_number or not 1 <= int(text) <= most:
        raise RefusedError(422, "E-MSG-110", f"limit should be a number from 1 to {most}")
    return int(text)


class SafeHeaders:
    """What every answer carries, and a look at where a request that changes things comes from."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def send_with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message["headers"],
                    (b"content-security-policy", _CONTENT_POLICY.encode()),
                    (b"x-content-type-options", b"nosniff"),
                    (b"referrer-policy", b"no-referrer"),
                    (b"cache-control", b"no-store"),
                ]
            await send(message)

        if scope["type"] == "http" and _is_foreign(scope):
            answer = refusal(403, "E-AUTH-403", "this request comes from another site")
            await answer(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)


def _is_foreign(scope: Scope) -> bool:
    """Whether a browser says that another site's page asked for a change."""
    headers = dict(scope["headers"])
    origin = headers.get(b"origin")
    if scope["method"] in ("GET", "HEAD") or origin is None:
        return False
    return bool(origin.partition(b"://")[2] != headers.get(b"host"))


async def explain(request: Request, error: Exception) -> Response:
    """Say why a request was not done."""
    match error:
        case RefusedError():
            return refusal(error.status_code, error.code, error.detail)
        case HTTPException():
            return refusal(error.status_code, f"E-HTTP-{error.status_code}", error.detail)
        case NotFoundError():
            return refusal(404, error.code, str(error))
        case JobRefusedError():
            return refusal(409, error.code, str(error))
        case CodeRefusedError():
            return refusal(403, error.code, str(error))
        case JsonRefusedError():
            return refusal(422, error.code, str(error))
        case StoreError():
            return refusal(503, error.code, str(error))
        case RobotError():
            return refusal(500, error.code, str(error))
    return refusal(500, "E-ORC-500", "something went wrong here; the server's log says what")


def refusal(status: int, code: str, message: str) -> JSONResponse:
    """An answer that says no."""
    return JSONResponse({"error": {"code": code, "message": message}}, status)
