"""Channels of a project's Realtime, kept by a supervisor that believes nothing it has not heard.

The official client for Python stops without a word on a clean close, after five failed
attempts and when heartbeats stay unanswered (reliability, fact 1). Here every doubt ends
the line, and a new one is made with a new token, for ever.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any

import msgspec

from casare_robot.domain.errors import StoreError, StoreUnavailableError
from casare_robot.resilience.backoff import Backoff
from casare_robot.store.supabase.socket import Socket

log = logging.getLogger(__name__)

Hear = Callable[[str, Mapping[str, Any]], None]


class RealtimeTimes(msgspec.Struct, frozen=True, kw_only=True):
    """How the line is watched, in seconds.

    Args:
        echo: From one heartbeat to the next.
        patience: For the answer to a heartbeat, a join or a push; then the line is ended.
        renewal: From one look at the token to the next.
    """

    echo: float = 20.0
    patience: float = 10.0
    renewal: float = 30.0


class RefusedError(StoreError):
    """Realtime answered that it does not do this; asking again would not help."""


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """One channel that is wanted.

    Attributes:
        topic: Its name, without ``realtime:``; names a space, and only who may see it joins.
        hear: Called with each event's name and payload; ``""`` when it was joined anew and
            something may have been missed, and when it is not heard any more.
        presence: Under which key others see the robot, if they do.
        changes: Changes of tables to hear of, as Realtime takes them.
    """

    topic: str
    hear: Hear
    presence: str = ""
    changes: tuple[Mapping[str, str], ...] = ()


class Realtime:
    """Keeps some channels joined while `run` runs.

    Args:
        open_socket: Makes a connection.
        token: Gives a token that is good for a while.
        channels: What is wanted.
        times: How the line is watched.
        backoff: Between attempts; begins anew after each line on which all was joined.

    Attributes:
        is_joined: Whether every channel is joined, as far as is known.
        problem: Why not, in a sentence.
        lines: How many connections were made so far.
    """

    def __init__(
        self,
        open_socket: Callable[[], Awaitable[Socket]],
        token: Callable[[], Awaitable[str]],
        *channels: Channel,
        times: RealtimeTimes | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self._open_socket = open_socket
        self._fresh_token = token
        self._channels = {f"realtime:{channel.topic}": channel for channel in channels}
        self._times = times or RealtimeTimes()
        self._backoff = backoff or Backoff(base_delay=1.0, max_delay=30.0)
        self._socket: Socket | None = None
        self._token = ""
        self._ref = 0
        self._waiting: dict[str, asyncio.Future[Mapping[str, Any]]] = {}
        self._shown: dict[str, Mapping[str, Any]] = {}
        self._joined = asyncio.Event()
        self.problem = "not connected yet"
        self.lines = 0

    @property
    def is_joined(self) -> bool:
        """Whether every channel is joined, as far as is known."""
        return self._joined.is_set()

    async def joined(self) -> None:
        """Wait until every channel is joined."""
        await self._joined.wait()

    async def run(self) -> None:
        """Keep the line, until cancelled."""
        delays = self._backoff.delays()
        while True:
            try:
                await self._one_line()
            except StoreError as error:
                self.problem = str(error)
                log.info("Realtime: %s", self.problem)
            was_joined = self._joined.is_set()
            self._joined.clear()
            if was_joined:
                delays = self._backoff.delays()
                self._tell_all()
            await asyncio.sleep(next(delays))

    async def push(self, topic: str, event: str, payload: Mapping[str, Any]) -> None:
        """Say something on a channel; returns when Realtime has acknowledged it.

        Keeps nothing: who must not lose it keeps it until this returns.

        Raises:
            RefusedError: Realtime does not take it.
            StoreUnavailableError: There is no line, or it broke; unknown whether it was heard.
        """
        if not self._joined.is_set():
            raise StoreUnavailableError(f"Realtime: {self.problem}")
        told = {"type": "broadcast", "event": event, "payload": payload}
        await self._ask(f"realtime:{topic}", "broadcast", told)

    async def show(self, topic: str, facts: Mapping[str, Any]) -> None:
        """Let others on a channel see this of the robot, from now on and after each new join."""
        self._shown[f"realtime:{topic}"] = facts
        if self._joined.is_set():
            await self._show(f"realtime:{topic}")

    async def _one_line(self) -> None:
        """Connect, join, and go on until there is a doubt."""
        self._token = await self._fresh_token()
        self._socket = await self._open_socket()
        self.lines += 1
        try:
            await _first_of(self._receive(), self._keep())
        finally:
            socket, self._socket = self._socket, None
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(StoreUnavailableError("the line broke"))
                    future.exception()  # who waited may be gone
            self._waiting.clear()
            with suppress(StoreError):
                await socket.close()

    async def _keep(self) -> None:
        for topic, channel in self._channels.items():
            await self._join(topic, channel)
        self._joined.set()
        self.problem = ""
        for topic in self._channels:
            if topic in self._shown:
                await self._show(topic)
        self._tell_all()
        await _first_of(self._beat(), self._renew())

    async def _join(self, topic: str, channel: Channel) -> None:
        config: dict[str, Any] = {
            "broadcast": {"ack": True, "self": False},
            "presence": {"key": channel.presence, "enabled": bool(channel.presence)},
            "postgres_changes": list(channel.changes),
            "private": True,
        }
        told = {"config": config, "access_token": self._token}
        try:
            await self._ask(topic, "phx_join", told)
        except RefusedError as error:
            raise StoreUnavailableError(
                f"it does not let us into {channel.topic}: {error}"
            ) from None

    def _tell_all(self) -> None:
        for channel in self._channels.values():
            channel.hear("", {})

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._times.echo)
            await self._ask("phoenix", "heartbeat", {})

    async def _renew(self) -> None:
        """Give channels a new token in time."""
        while True:
            await asyncio.sleep(self._times.renewal)
            token = await self._fresh_token()
            if token != self._token:
                self._token = token
                for topic in self._channels:
                    await self._send(topic, "access_token", {"access_token": token}, None)

    async def _show(self, topic: str) -> None:
        told = {"type": "presence", "event": "track", "payload": self._shown[topic]}
        await self._ask(topic, "presence", told)

    async def _ask(self, topic: str, event: str, payload: Mapping[str, Any]) -> None:
        """Send something and wait for the answer; without one the line is in doubt.

        Raises:
            RefusedError: The answer is no.
            StoreUnavailableError: There is none.
        """
        self._ref += 1
        ref = str(self._ref)
        future: asyncio.Future[Mapping[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[ref] = future
        try:
            async with asyncio.timeout(self._times.patience):
                await self._send(topic, event, payload, ref)
                answer = await future
        except TimeoutError:
            if self._socket is not None:
                await self._socket.close()
            raise StoreUnavailableError(f"no answer to {event} in time") from None
        finally:
            self._waiting.pop(ref, None)
        if answer.get("status") != "ok":
            response = answer.get("response")
            reason = response.get("reason") if isinstance(response, Mapping) else response
            raise RefusedError(f"Realtime refuses {event}: {str(reason)[:300]}")

    async def _send(
        self, topic: str, event: str, payload: Mapping[str, Any], ref: str | None
    ) -> None:
        if self._socket is None:
            raise StoreUnavailableError("there is no line to Realtime")
        told = {"topic": topic, "event": event, "payload": payload, "ref": ref, "join_ref": "1"}
        await self._socket.send(json.dumps(told, ensure_ascii=False, separators=(",", ":")))

    async def _receive(self) -> None:
        while self._socket is not None:
            told = _read(await self._socket.receive())
            topic, event, payload = told.get("topic"), told.get("event"), told.get("payload")
            if not isinstance(topic, str) or not isinstance(payload, Mapping):
                continue
            if event == "phx_reply":
                future = self._waiting.get(str(told.get("ref")))
                if future is not None and not future.done():
                    future.set_result(payload)
            elif topic in self._channels:
                if event in ("phx_close", "phx_error") or _is_bad(event, payload):
                    raise StoreUnavailableError(f"Realtime closed {topic}: {str(payload)[:200]}")
                self._tell(self._channels[topic], str(event), payload)

    @staticmethod
    def _tell(channel: Channel, event: str, payload: Mapping[str, Any]) -> None:
        if event == "broadcast":
            inner = payload.get("payload")
            told = inner if isinstance(inner, Mapping) else {}
            channel.hear(str(payload.get("event")), told)
        elif event != "system":
            channel.hear(event, payload)


async def _first_of(*works: Coroutine[Any, Any, None]) -> None:
    """Do these until one ends, and raise what it raised; the others are stopped.

    Not a task group: before Python 3.13 one forgets that it was cancelled if a task of its
    own fails at the same moment, and a robot that stops would wait for ever.
    """
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _read(text: str | bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _is_bad(event: Any, payload: Mapping[str, Any]) -> bool:
    """Whether Realtime says that something that was asked for does not work any more."""
    return event == "system" and payload.get("status") == "error"
