"""Asks an orchestrator over HTTP: submit a job, look at it, exchange a code for a key."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlsplit

import httpx
import msgspec

from casare_robot.domain.audit_head import AuditHead
from casare_robot.domain.errors import ConfigError, Fault, RobotError
from casare_robot.link.address import websocket_address

_TO_HTTP = {"ws": "http", "wss": "https"}


class OrchestratorError(RobotError):
    """The orchestrator refused, with its own code, or cannot be reached (E-LINK-503).

    Attributes:
        status: HTTP status; 0 if there was no answer.
    """

    def __init__(self, message: str, *, code: str, status: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class OrchestratorClient:
    """One orchestrator's HTTP interface. For ``async with``.

    Args:
        url: ``https://`` or ``wss://`` and a host; unencrypted only to this machine.
        key: What lets its holder in; never shown.

    Raises:
        ConfigError: The address is none, or not encrypted.
    """

    def __init__(self, url: str, key: str = "") -> None:
        import ssl

        import truststore

        parts = urlsplit(websocket_address(url, path="/"))
        base = f"{_TO_HTTP[parts.scheme]}://{parts.netloc}"
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        if not key.isascii() or any(letter.isspace() for letter in key):
            fault = Fault(code="E-CFG-911", message="a key has no spaces", key="api_key")
            raise ConfigError([fault])
        self.url = base
        self._http = httpx.AsyncClient(
            base_url=f"{base}/api/v1/",
            headers=headers,
            timeout=30.0,
            verify=truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        )

    async def __aenter__(self) -> Self:
        """Itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def submit(self, job: Mapping[str, Any]) -> dict[str, Any]:
        """Submit a job; what the orchestrator says of it."""
        return await self._ask("POST", "jobs", job)

    async def job(self, job_id: str) -> dict[str, Any]:
        """A job as it is now."""
        return await self._ask("GET", f"jobs/{quote(job_id, safe='')}")

    async def jobs(self, limit: int = 100) -> list[dict[str, Any]]:
        """The newest jobs first."""
        found: list[dict[str, Any]] = (await self._ask("GET", f"jobs?limit={limit}"))["jobs"]
        return found

    async def robots(self) -> list[dict[str, Any]]:
        """Every robot it knows."""
        found: list[dict[str, Any]] = (await self._ask("GET", "robots"))["robots"]
        return found

    async def audit_heads(self, robot_id: str) -> list[AuditHead]:
        """Ends of a robot's audit that it keeps, in the order in which they came."""
        told = await self._ask("GET", f"robots/{quote(robot_id, safe='')}/audit-heads")
        return msgspec.convert(told.get("heads"), list[AuditHead])

    async def cancel(self, job_id: str, reason: str) -> dict[str, Any]:
        """Ask for a job's end."""
        return await self._ask("POST", f"jobs/{quote(job_id, safe='')}/cancel", {"reason": reason})

    async def enroll(self, code: str, *, robot_name: str, machine: str) -> dict[str, Any]:
        """Exchange a code for a robot's id and key."""
        said = {"code": code, "robot_name": robot_name, "machine": machine}
        return await self._ask("POST", "enroll", said)

    async def make_code(self, *, robot_id: str | None = None, **place: str) -> dict[str, Any]:
        """A code for `enroll`, good once: ``code`` and ``expires_at``.

        ``place``: ``group`` and ``group_role`` of the robot that uses it.
        """
        return await self._ask("POST", "enrollment-codes", {"robot_id": robot_id, **place})

    async def _ask(self, method: str, path: str, said: Any = None) -> dict[str, Any]:
        """Ask; a cancellation leaves it open whether the orchestrator did it.

        Raises:
            OrchestratorError: It refused or gave no answer.
        """
        try:
            answer = await self._http.request(method, path, json=said)
        except httpx.HTTPError as error:
            why = str(error) or type(error).__name__
            raise OrchestratorError(
                f"{self.url} cannot be reached: {why}", code="E-LINK-503"
            ) from error
        try:
            body = answer.json()
        except ValueError:
            body = None
        if answer.is_success and isinstance(body, dict):
            return body
        told = body.get("error") if isinstance(body, dict) else None
        told = told if isinstance(told, dict) else {}
        message = told.get("message") or f"{self.url} answered HTTP {answer.status_code}"
        code = told.get("code") or f"E-HTTP-{answer.status_code}"
        raise OrchestratorError(str(message), code=str(code), status=answer.status_code)
