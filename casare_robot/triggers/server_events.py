"""Server-sent events: a line that stays open, taken up again where it broke."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from casare_robot.domain.errors import TriggerError
from casare_robot.domain.json_guard import JsonRefusedError, read_json
from casare_robot.triggers.event import Deliver, Event, Surroundings, names_in

CONNECTING = 30.0
"""Seconds until the server answers."""


class ServerEvents:
    """Listens to a server.

    What has an id is handed over once, also over a restart: the server is asked
    for what came after the last. What has none can only be taken as it comes.

    Args:
        settings: Of the trigger.
        around: What it may use.

    Raises:
        TriggerError: No address is named, or the headers make no sense.
    """

    def __init__(self, settings: Mapping[str, Any], around: Surroundings) -> None:
        if not settings["sse_url"]:
            raise TriggerError("sse_url names no server")
        self._url = settings["sse_url"]
        self._kinds = frozenset(names_in(settings["event_types"]))
        self._headers = _headers(settings["headers"])
        self._delay = max(1, settings["reconnect_delay_seconds"])
        self._most = settings["max_reconnect_attempts"]
        self._silence = settings["timeout_seconds"] or None
        self._around = around

    async def run(self, cursor: Any, deliver: Deliver) -> None:
        """Listen until cancelled.

        Raises:
            TriggerError: The server could not be reached so often in a row.
        """
        failures = 0
        while True:
            before = cursor
            try:
                cursor = await self._listen(cursor, deliver)
                failures = 0
            except _BrokenError as broken:
                cursor = broken.cursor
                failures = 1 if cursor != before else failures + 1
                if self._most and failures >= self._most:
                    raise TriggerError(f"{self._url}: {broken}") from broken
            await self._around.sleep(self._delay)

    async def _listen(self, cursor: Any, deliver: Deliver) -> Any:
        import httpx
        from httpx_sse import EventSource, SSEError

        from casare_robot.domain.errors import NodeFailure
        from casare_robot.nodes.web_client import web_client

        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store", **self._headers}
        if cursor:
            headers["Last-Event-ID"] = str(cursor)
        timeout = httpx.Timeout(CONNECTING, read=self._silence)
        try:
            async with (
                web_client(self._around.policy(), seconds=CONNECTING) as client,
                client.stream("GET", self._url, headers=headers, timeout=timeout) as response,
            ):
                if response.is_error:
                    raise _BrokenError(f"it answered HTTP {response.status_code}", cursor)
                last = ""
                async for one in EventSource(response).aiter_sse():
                    is_named, last = one.id not in ("", last), one.id
                    if one.retry is not None:
                        self._delay = max(1, one.retry / 1000)
                    kind = one.event or "message"
                    if self._kinds and kind not in self._kinds:
                        continue
                    event = Event(
                        key=one.id if is_named else uuid.uuid4().hex,
                        payload={
                            "event_type": kind,
                            "data": _value(one.data),
                            "raw_data": one.data,
                            "event_id": one.id if is_named else "",
                            "retry": one.retry or 0,
                            "timestamp": self._around.clock().isoformat(),
                        },
                    )
                    await deliver((event,), one.id or cursor or "")
                    cursor = one.id or cursor or ""
        except (httpx.HTTPError, httpx.InvalidURL, SSEError, NodeFailure) as error:
            raise _BrokenError(str(error) or type(error).__name__, cursor) from error
        return cursor


class _BrokenError(Exception):
    """The line is gone; so far it had come."""

    def __init__(self, message: str, cursor: Any) -> None:
        super().__init__(message)
        self.cursor = cursor


def _headers(written: Any) -> dict[str, str]:
    try:
        given = json.loads(written) if isinstance(written, str) else written or {}
        return {str(name): str(value) for name, value in given.items()}
    except (ValueError, AttributeError) as error:
        raise TriggerError(f"headers are no JSON object: {written!r:.100}") from error


def _value(text: str) -> Any:
    try:
        return read_json(text)
    except JsonRefusedError:
        return text
