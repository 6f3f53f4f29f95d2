"""Carries questions over HTTP and their answers back: several at once, but in order on a path."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import msgspec

from casare_robot.link.address import is_here
from casare_robot.link.exchange import HttpAnswer, HttpQuestion, frame, parted
from casare_robot.link.session import LineError
from casare_robot.link.websocket import LARGEST_RECEIVED, retry_after, trusting

if TYPE_CHECKING:
    import httpx

PATIENCE = 15.0
"""Seconds for a question and its answer."""


class HttpLine:
    """A `Transport` whose frames are HTTP questions and answers.

    Certificates are checked by the system's trust store, its proxy is respected,
    redirections are answers: the key in the headers is for this host only.

    Args:
        base: Where it is, without a path.
        headers: Sent with every question; never logged.
        timeout: Seconds for each of them.
    """

    def __init__(self, base: str, headers: Mapping[str, str], *, timeout: float = PATIENCE) -> None:
        import httpx

        logging.getLogger("httpx").setLevel(logging.WARNING)  # at INFO it tells every question
        local = is_here(base)
        self._client = httpx.AsyncClient(
            base_url=base,
            headers=dict(headers),
            timeout=timeout,
            verify=False if base.startswith("http:") else trusting(),
            trust_env=not local,
        )
        self._answers: asyncio.Queue[bytes | LineError] = asyncio.Queue()
        self._asking: set[asyncio.Task[None]] = set()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._closing: asyncio.Task[None] | None = None

    async def send(self, frame: bytes) -> None:
        """Begin to ask; the answer is received."""
        task = asyncio.create_task(self._ask(frame), name="link question")
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def receive(self) -> bytes:
        """The next answer.

        Raises:
            LineError: A question could not be asked, or got no answer.
        """
        answer = await self._answers.get()
        if isinstance(answer, LineError):
            raise answer
        return answer

    async def close(self, reason: str) -> None:
        """Wait for what is under way, and close."""
        if self._asking:
            await asyncio.wait(self._asking)
        await self._client.aclose()

    def abort(self) -> None:
        """Let go of what is under way."""
        for task in self._asking:
            task.cancel()
        self._answers.put_nowait(LineError("the line was dropped"))
        if self._closing is None:
            self._closing = asyncio.create_task(self._client.aclose(), name="link close")

    async def _ask(self, question: bytes) -> None:
        import httpx

        head, body = parted(question)
        told = msgspec.json.decode(head, type=HttpQuestion)
        headers = {"Content-Type": "application/json"} if body else {}
        turn = self._turns.setdefault(told.path, asyncio.Lock())
        asking = self._client.stream(
            told.method, told.path, content=body or None, headers={**headers, **told.headers}
        )
        try:
            async with turn, asking as answer:
                self._answers.put_nowait(await _framed(told.n, answer))
        except LineError as error:
            self._answers.put_nowait(error)
        except httpx.TimeoutException:
            self._answers.put_nowait(LineError("the orchestrator did not answer in time"))
        except httpx.HTTPError as error:
            why = str(error) or type(error).__name__
            self._answers.put_nowait(LineError(f"no connection: {why}"))


async def open_http(base: str, headers: Mapping[str, str]) -> HttpLine:
    """A line to a server; it is made when the first question is asked.

    Raises:
        LineError: A header holds what no header can.
    """
    if not all(value.isascii() and value.isprintable() for value in headers.values()):
        raise LineError("the key holds characters that no key has", is_refusal=True)
    return HttpLine(base, headers)


OpenHttp = Callable[[str, Mapping[str, str]], Awaitable[HttpLine]]


async def _framed(number: int, answer: "httpx.Response") -> bytes:
    wait = retry_after(answer.headers.get("Retry-After", ""), time.time())
    body = bytearray()
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > LARGEST_RECEIVED:
            raise LineError(f"an answer was larger than {LARGEST_RECEIVED >> 20} MB")
    return frame(HttpAnswer(number, answer.status_code, wait), bytes(body))
