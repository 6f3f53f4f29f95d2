"""The one way from a node to a web server: guarded, limited in size and time.

Imports httpx, so nodes import this module inside the functions that need it.
"""

import asyncio
import functools
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import IO, Any, NamedTuple

import httpx

from casare_robot.domain.errors import NodeFailure, PolicyError
from casare_robot.domain.node_type import Outputs
from casare_robot.domain.policy import Policy
from casare_robot.nodes.addresses import (
    SCHEME_REFUSED,
    TLS_REFUSED,
    Resolver,
    check_host,
    checked_addresses,
    system_resolver,
)

_PORTS = {"http": 80, "https": 443}
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class GuardedTransport(httpx.AsyncBaseTransport):
    """Sends each request, redirects included, to an address that was checked.

    The ``Host`` header and the name that TLS asks for and verifies stay those of
    the URL.

    Args:
        policy: Allow-lists of the robot.
        inner: What really sends.
        resolve: How names are looked up; called in a thread.
        by_proxy: ``inner`` sends through a proxy, which looks the host up again
            itself: it must be given the name. Then only the names are pinned.
    """

    def __init__(
        self,
        policy: Policy,
        inner: httpx.AsyncBaseTransport,
        resolve: Resolver = system_resolver,
        *,
        by_proxy: bool = False,
    ) -> None:
        self._policy = policy
        self._inner = inner
        self._resolve = resolve
        self._by_proxy = by_proxy

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Check where a request goes, then send it there.

        Raises:
            PolicyError: The robot may not connect there.
            NodeFailure: The host is not known.
            httpx.TransportError: The exchange failed.
        """
        if self._by_proxy and self._policy.allow_private_addresses:
            check_host(self._policy, _host(request.url))
            return await self._inner.handle_async_request(request)
        host, addresses = await _checked(self._policy, request.url, self._resolve)
        if self._by_proxy:
            return await self._inner.handle_async_request(request)
        for place, address in enumerate(addresses):
            pinned = httpx.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": host},
            )
            try:
                return await self._inner.handle_async_request(pinned)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if place == len(addresses) - 1:
                    raise
        raise httpx.ConnectError(f"{host} has no address", request=request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


async def _checked(policy: Policy, url: httpx.URL, resolve: Resolver) -> tuple[str, list[str]]:
    host = _host(url)
    port = url.port or _PORTS[url.scheme]
    return host, await asyncio.to_thread(checked_addresses, policy, host, port, resolve)


def _host(url: httpx.URL) -> str:
    if url.scheme not in _PORTS:
        raise PolicyError(
            f"only http and https addresses are opened, not {str(url)!r}", code=SCHEME_REFUSED
        )
    host = url.raw_host.decode("ascii")
    if not host:
        raise NodeFailure(f"{str(url)!r} names no host")
    return host


@functools.cache
def _system_trust() -> ssl.SSLContext:
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@asynccontextmanager
async def web_client(
    policy: Policy,
    *,
    seconds: float,
    verify_ssl: bool = True,
    follow_redirects: bool = True,
    max_redirects: int = 10,
    proxy: str = "",
    resolve: Resolver = system_resolver,
    trust: ssl.SSLContext | None = None,
) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose every connection is checked; used inside `telling`.

    Args:
        policy: Allow-lists of the robot.
        seconds: Limit for each read and write.
        verify_ssl: False is honoured under the local profile only.
        follow_redirects: Whether to go where an answer points.
        max_redirects: How often.
        proxy: ``http://host:port``; its address is checked like any other.
        resolve: How names are looked up.
        trust: Who vouches for servers; None: the system's trust store.

    Raises:
        PolicyError: The policy does not let certificates go unverified, or the
            proxy be used.
    """
    verify = trust or _system_trust() if verify_ssl else _no_trust(policy)
    inner = httpx.AsyncHTTPTransport(
        verify=verify, trust_env=False, proxy=await _pinned_proxy(policy, proxy, resolve)
    )
    async with httpx.AsyncClient(
        transport=GuardedTransport(policy, inner, resolve, by_proxy=bool(proxy)),
        follow_redirects=follow_redirects,
        max_redirects=max_redirects,
        timeout=seconds,
        trust_env=False,
    ) as client:
        yield client


def _no_trust(policy: Policy) -> ssl.SSLContext:
    if policy.profile != "local":
        raise PolicyError(
            "verify_ssl is off, but jobs from the network must verify certificates",
            code=TLS_REFUSED,
        )
    return httpx.create_ssl_context(verify=False)


async def _pinned_proxy(policy: Policy, proxy: str, resolve: Resolver) -> httpx.URL | None:
    if not proxy:
        return None
    url = httpx.URL(proxy)
    if url.scheme != "http":
        raise NodeFailure(f"the proxy must be http://host:port, not {proxy!r}", retryable=False)
    _, addresses = await _checked(policy, url, resolve)
    return url.copy_with(host=addresses[0])


@asynccontextmanager
async def telling(seconds: float, outputs: Mapping[str, Any] = _NOTHING) -> AsyncIterator[None]:
    """Limit a block in time and make what goes wrong in it a failure with outputs.

    Args:
        seconds: The limit.
        outputs: What the node's ports carry when it fails, beside ``success`` and ``error``.

    Raises:
        NodeFailure: The exchange failed or took too long.
        PolicyError: As raised in the block.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except NodeFailure as failure:
        _tell(failure, outputs)
        raise
    except (TimeoutError, httpx.TimeoutException) as error:
        late = NodeFailure(
            f"no answer within {seconds:g} s", error_type="TimeoutError", code="E-NODE-408"
        )
        raise _tell(late, outputs) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        broken = NodeFailure(
            f"HTTP request failed: {str(error) or type(error).__name__}",
            error_type="ConnectionError",
        )
        raise _tell(broken, outputs) from error


def _tell(failure: NodeFailure, outputs: Mapping[str, Any]) -> NodeFailure:
    failure.outputs = {"success": False, "error": str(failure), **outputs, **failure.outputs}
    return failure


class Answer(NamedTuple):
    """What a server answered; ``headers`` with their names as sent."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def outputs(self) -> Outputs:
        """The answer as the ports of the HTTP nodes carry it."""
        import json

        try:
            parsed = json.loads(self.text) if self.text else None
        except ValueError:
            parsed = None
        return {
            "response_body": self.text,
            "response_json": parsed,
            "status_code": self.status,
            "response_headers": self.headers,
            "success": self.is_success,
            "error": "" if self.is_success else f"HTTP {self.status}",
        }


async def exchange(
    client: httpx.AsyncClient, request: httpx.Request, policy: Policy, *, encoding: str = ""
) -> Answer:
    """Send a request and read the whole answer.

    Raises:
        NodeFailure: The answer is too large, or ``encoding`` is not known.
    """
    response = await client.send(request, stream=True)
    try:
        body = bytearray()
        async for part in limited(response, policy.max_download_bytes):
            body += part
    finally:
        await response.aclose()
    codec = encoding or response.charset_encoding or "utf-8"
    try:
        text = body.decode(codec, errors="replace")
    except LookupError as error:
        if encoding:
            raise NodeFailure(f"there is no encoding {encoding!r}") from error
        text = body.decode(errors="replace")
    return Answer(response.status_code, _headers(response), text)


async def save(response: httpx.Response, file: IO[bytes], limit: int, chunk_size: int) -> int:
    """Write the body of a response to a file; returns how many bytes.

    Raises:
        NodeFailure: It is larger than ``limit``.
    """
    size = 0
    async for part in limited(response, limit, chunk_size):
        await asyncio.to_thread(file.write, part)
        size += len(part)
    return size


async def limited(
    response: httpx.Response, limit: int, chunk_size: int | None = None
) -> AsyncIterator[bytes]:
    """The unpacked body, part by part.

    Raises:
        NodeFailure: More than ``limit`` bytes are announced or come.
    """
    announced = response.headers.get("Content-Length", "")
    size = 0
    if announced.isdecimal():
        _limit(int(announced), limit)
    async for part in response.aiter_bytes(chunk_size):
        size += len(part)
        _limit(size, limit)
        yield part


def _limit(size: int, limit: int) -> None:
    if size > limit:
        raise NodeFailure(
            f"the answer is larger than the {limit} bytes this robot may download",
            retryable=False,
        )


def _headers(response: httpx.Response) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in response.headers.raw:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
