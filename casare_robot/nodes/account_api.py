"""Requests to a service in the name of an account: guarded, patient where it asks for that.

Imports httpx, so nodes reach this module through `account_node`.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.nodes.account import Signed
from casare_robot.nodes.file_writing import replacing
from casare_robot.nodes.web_client import Answer, exchange, save, telling

_TRIES = 5
_FIRST_PAUSE = 1.0
"""Seconds after a refusal that names none; doubled each time."""
_MOST_PATIENCE = 60.0
"""Seconds: who asks for a longer pause is not waited for."""
_DOWNLOAD_SECONDS = 3600.0
_ERROR_TYPES = {
    401: "AuthenticationError",
    403: "PermissionError",
    404: "NotFoundError",
    429: "RateLimitError",
}
_AWAY = frozenset({502, 503, 504})
"""Statuses of a service that is away for a moment."""
_RATE_REASONS = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"})


class AccountApi:
    """A service, as one account sees it.

    Args:
        ctx: Surroundings of the node.
        client: From `web_client`.
        title: What people call the service.
        sign: Finds the account; asked before the first request.
        seconds: Limit for each request.
        sleep: How to wait.
    """

    def __init__(
        self,
        ctx: NodeContext,
        client: httpx.AsyncClient,
        *,
        title: str,
        sign: Callable[[], Awaitable[Signed]],
        seconds: float,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._ctx = ctx
        self._client = client
        self._title = title
        self._sign = sign
        self._signed: Signed | None = None
        self._seconds = seconds
        self._sleep = sleep

    async def account(self) -> Signed:
        """Where the account is and what signs in to it.

        Raises:
            NodeFailure: There is none.
        """
        if self._signed is None:
            async with telling(self._seconds):
                signed = await self._sign()
            if not all(value.isascii() for value in signed.headers.values()):
                raise NodeFailure(
                    f"the key for {self._title} holds letters that no key has", retryable=False
                )
            self._signed = signed
        return self._signed

    async def get(self, path: str, *parts: Any, query: Mapping[str, Any] | None = None) -> Any:
        """Read something; the JSON that comes back."""
        return await self.send("GET", path, *parts, query=query)

    async def post(self, path: str, *parts: Any, body: Any = None, **more: Any) -> Any:
        """Send JSON; the JSON that comes back."""
        return await self.send("POST", path, *parts, body=body, **more)

    async def send(
        self,
        method: str,
        path: str,
        *parts: Any,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        **more: Any,
    ) -> Any:
        """Send a request and read its answer.

        Only a request that was turned away unread, for being one too many, is sent
        again, and a reading one that the service cannot answer now: after the pause
        that it asks for.

        Args:
            method: Of HTTP.
            path: With ``{}`` for each part.
            *parts: Put into the path, quoted.
            query: Parameters; None and "" are left out.
            body: Sent as JSON.
            **more: ``data``, ``files``, ``content`` and ``headers`` as for httpx;
                ``seconds``, another limit.

        Returns:
            The JSON that comes back; {} for an empty answer.

        Raises:
            NodeFailure: The service refuses, or cannot be reached; ``error_code`` in
                its outputs is the status.
        """
        account = await self.account()
        address = self._address(account, path, parts)
        headers = {**account.headers, **more.pop("headers", {})}
        seconds = more.pop("seconds", self._seconds)

        async def once() -> Answer:
            async with telling(seconds):
                request = self._client.build_request(
                    method,
                    address,
                    params=_filled(query),
                    headers=headers,
                    timeout=seconds,
                    **({} if body is None else {"json": body}),
                    **more,
                )
                return await exchange(self._client, request, self._ctx.policy)

        return await self._patiently(once, reads=method == "GET")

    async def save(
        self, path: str, *parts: Any, target: Path, query: Mapping[str, Any] | None = None
    ) -> int:
        """Save what a path answers; the file is there whole or not at all. Its size.

        Raises:
            NodeFailure: As for `send`, or it is larger than the policy lets.
        """
        account = await self.account()
        size = 0

        async def once() -> Answer:
            nonlocal size
            async with (
                telling(_DOWNLOAD_SECONDS),
                self._client.stream(
                    "GET",
                    self._address(account, path, parts),
                    params=_filled(query),
                    headers=dict(account.headers),
                    follow_redirects=True,
                ) as response,
            ):
                text = ""
                if response.is_success:
                    with replacing(self._ctx, target) as file:
                        most = self._ctx.policy.max_download_bytes
                        size = await save(response, file, most, 64 * 1024)
                else:
                    await response.aread()
                    text = response.text
                return Answer(response.status_code, dict(response.headers), text)

        await self._patiently(once, reads=True)
        return size

    async def _patiently(self, once: Callable[[], Awaitable[Answer]], *, reads: bool) -> Any:
        """Ask until it is answered or finally refused, with the pauses that are asked for."""
        pause = _FIRST_PAUSE
        for attempt in range(1, _TRIES + 1):
            answer = await once()
            found = _parsed(answer)
            if answer.is_success:
                return found
            asked = _asked_pause(answer, found, self._ctx.now())
            may_pass = reads and answer.status in _AWAY
            if not (may_pass or _is_one_too_many(answer, found)) or attempt == _TRIES:
                raise self._refused(answer, found)
            if asked is not None and asked > _MOST_PATIENCE:
                raise self._refused(answer, found, f"; it asks for a pause of {asked:g} s")
            await self._sleep(pause if asked is None else asked)
            pause *= 2
        raise AssertionError("the last attempt returns or raises")

    def _address(self, account: Signed, path: str, parts: tuple[Any, ...]) -> str:
        quoted = []
        for part in parts:
            text = "" if part is None else str(part).strip()
            if text in ("", ".", ".."):
                raise NodeFailure(f"{part!r} is no id or name at {self._title}", retryable=False)
            quoted.append(quote(text, safe=":"))
        return account.base_url.rstrip("/") + path.format(*quoted)

    def _refused(self, answer: Answer, found: Any, more: str = "") -> NodeFailure:
        message = f"{self._title} answered HTTP {answer.status}: {_reason(found)}{more}"
        return NodeFailure(
            message,
            outputs={"success": False, "error": message, "error_code": answer.status},
            error_type=_ERROR_TYPES.get(answer.status, "ExecutionError"),
            retryable=answer.status == 429 or answer.status >= 500,
        )


def _filled(query: Mapping[str, Any] | None) -> dict[str, Any]:
    return {k: _plain(v) for k, v in (query or {}).items() if v not in (None, "", [])}


def _plain(value: Any) -> Any:
    return ("false", "true")[value] if isinstance(value, bool) else value


def _parsed(answer: Answer) -> Any:
    if not answer.text.strip():
        return {}
    try:
        return json.loads(answer.text)
    except ValueError:
        if answer.is_success:
            raise NodeFailure(
                f"the service answered HTTP {answer.status} with something that is not JSON"
            ) from None
        return {}


def _reason(found: Any) -> str:
    """What an error answer says, in the words of OpenAI, Google, Meta or Telegram. Pure."""
    if not isinstance(found, Mapping):
        return "no reason given"
    error = found.get("error", found)
    if isinstance(error, Mapping):
        error = error.get("message") or error.get("description")
    return str(error or found.get("error_description") or "no reason given")


def _is_one_too_many(answer: Answer, found: Any) -> bool:
    if answer.status != 403 or not isinstance(found, Mapping):
        return answer.status == 429
    error = found.get("error")
    details = error.get("errors") if isinstance(error, Mapping) else None
    return any(
        isinstance(one, Mapping) and one.get("reason") in _RATE_REASONS for one in details or ()
    )


def _asked_pause(answer: Answer, found: Any, now: datetime) -> float | None:
    """Seconds to wait, from ``Retry-After`` or, as Telegram does, from the answer. Pure."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    said = headers.get("retry-after")
    if said is None and isinstance(found, Mapping):
        parameters = found.get("parameters")
        said = parameters.get("retry_after") if isinstance(parameters, Mapping) else None
    if said is None:
        return None
    try:
        return max(0.0, float(said))
    except (TypeError, ValueError):
        return _until(str(said), now)


def _until(moment: str, now: datetime) -> float | None:
    """Seconds until a date as HTTP has it; None if it is none. Pure."""
    try:
        return max(0.0, (parsedate_to_datetime(moment) - now).total_seconds())
    except (TypeError, ValueError):
        return None
