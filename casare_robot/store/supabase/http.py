"""Asks a project's HTTP interfaces: Auth and PostgREST."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from casare_robot.domain.errors import StoreError, StoreUnavailableError
from casare_robot.store import wire
from casare_robot.store.supabase.project import Project, check_key

PATIENCE = 15.0
"""Seconds for an answer."""
KEPT_OPEN = 15.0
"""Seconds that an idle connection is used again; servers close theirs later."""
NEWER = "sb_"
"""How a project's newer keys begin; they are no tokens, and stand in ``apikey`` only."""
CLOCK = "x-test-clock"
"""Header with the time in tests that have a clock of their own; a project does not know it."""
AUTH_WORDS = ("CR401", "PGRST301", "PGRST303")
"""Codes that say: sign in again."""

_encode = msgspec.json.Encoder().encode


class SignInError(StoreError):
    """The project does not know this robot, or not any more."""

    code = "E-STORE-401"


class ProjectHttp:
    """One project's HTTP.

    Args:
        project: Where.
        clock: For tests: instead of the database's clock.

    Raises:
        StoreError: Its key is one for servers only.
    """

    def __init__(self, project: Project, clock: Callable[[], float] | None = None) -> None:
        import ssl

        import httpx
        import truststore

        check_key(project.key)
        self._project = project
        self._clock = clock
        self._error = httpx.HTTPError
        verify = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if "https" in project.url else False
        self._http = httpx.AsyncClient(
            base_url=project.url,
            headers={"apikey": project.key, "content-type": "application/json"},
            timeout=PATIENCE,
            limits=httpx.Limits(max_connections=10, keepalive_expiry=KEPT_OPEN),
            verify=verify,
            trust_env=verify is not False,
        )

    async def rpc(self, name: str, told: bytes | Mapping[str, Any], token: str) -> Any:
        """Call a function of ``public``.

        Raises:
            SignInError: The token is not taken, or the function says who is not known.
            StoreError: It refused, or cannot be reached.
        """
        body = told if isinstance(told, bytes) else _encode(told)
        return await self._post(f"/rest/v1/rpc/{name}", body, token)

    async def auth(self, path: str, told: Mapping[str, Any]) -> Any:
        """Ask Auth.

        Raises:
            SignInError: It refused.
            StoreError: It cannot be reached.
        """
        return await self._post(f"/auth/v1/{path}", _encode(told), self._project.key)

    async def close(self) -> None:
        """Let go."""
        await self._http.aclose()

    async def _post(self, path: str, body: bytes, token: str) -> Any:
        headers = {} if token.startswith(NEWER) else {"Authorization": f"Bearer {token}"}
        if self._clock is not None:
            headers[CLOCK] = repr(self._clock())
        try:
            answer = await self._http.post(path, content=body, headers=headers)
        except self._error as error:
            why = str(error) or type(error).__name__
            raise StoreUnavailableError(f"the project cannot be reached: {why}") from error
        content = _decoded(answer.content)
        if answer.is_success:
            return content
        raise _refusal(answer.status_code, content if isinstance(content, dict) else {})


def _decoded(content: bytes) -> Any:
    try:
        return msgspec.json.decode(content) if content else None
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None


def _refusal(status: int, told: Mapping[str, Any]) -> StoreError:
    code = str(told.get("code") or told.get("error_code") or "")
    message = str(told.get("message") or told.get("msg") or f"HTTP {status}")[:300]
    if status == HTTPStatus.UNAUTHORIZED or code in AUTH_WORDS:
        return SignInError(f"the project refuses this robot: {message}")
    if code == "PGRST202":
        return StoreError(
            "the project has not the robots' functions; its owner runs `casare-robot supabase init`"
        )
    if code == "42501":
        return StoreError(f"the project's rules forbid this: {message}")
    if code == "anonymous_provider_disabled":
        return StoreError(
            "the project lets no robots sign in: its owner turns on anonymous sign-ins "
            "(Authentication, Sign In / Providers)"
        )
    is_later = status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
    if code[:2] in ("40", "53", "57", "08") or code[:6] == "PGRST0":
        return StoreUnavailableError(f"the project cannot do this now: {message} ({code})")
    if is_later or (status >= 500 and len(code) != 5):
        return StoreUnavailableError(f"the project cannot do this now: {message}")
    return wire.refusal(code or str(status), message, told.get("details"))
