"""Supabase Realtime, emulated: Phoenix channels in both versions of the protocol.

Source: recorded frames of both official clients. Version 1.0.0 is an object a frame, 2.0.0 an
array, and bytes for broadcasts.
"""

import asyncio
import json
import threading
from contextlib import suppress

import psycopg
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

LARGEST = 3_000_000
"""Bytes of a broadcast on the Pro plan."""


class Realtime:
    """The server of one project; runs in the loop that entered it.

    Knobs, set from any thread: ``refuses`` connections, ``is_mute`` (answers no
    heartbeat and no push, but keeps the line), ``close`` and ``reset`` what is open.

    Attributes:
        pushed: ``(when, topic, event, payload, bytes)`` of every broadcast that came.
        joins: ``(topic, token)`` of every join.
        connections: How many were opened so far.
    """

    def __init__(self, database, *, may):
        self._database = database
        self._may = may
        self._socks = set()
        self._loop = None
        self._listening = None
        self._bind = 1000
        self.refuses = False
        self.is_mute = False
        self.largest = LARGEST
        self.pushed = []
        self.joins = []
        self.connections = 0
        self.changed = threading.Condition()

    async def __aenter__(self):
        self._loop = asyncio.get_running_loop()
        self._listening = asyncio.create_task(self._changes())
        return self

    async def __aexit__(self, *_):
        self._listening.cancel()
        with suppress(asyncio.CancelledError):
            await self._listening

    def close(self, code=1000):
        """End every connection in good order."""
        self._each(lambda sock: sock.ws.close(code))

    def settle(self):
        """Forget what was seen, and turn every knob back."""
        self.refuses = self.is_mute = False
        self.largest = LARGEST
        self.close()
        self.pushed.clear()
        self.joins.clear()

    def broadcast(self, topic, event, payload):
        """Say something on a channel, as the server."""
        told = {"type": "broadcast", "event": event, "payload": payload}
        self._each(lambda sock: sock.tell(f"realtime:{topic}", "broadcast", told))

    def wait_for(self, claim, seconds=60.0):
        """Wait until a claim about this server is true; from another thread."""
        with self.changed:
            assert self.changed.wait_for(lambda: claim(self), seconds), "it did not come about"

    def events(self, topic):
        """Names of the events that came on a channel."""
        return [event for _, on, event, _, _ in list(self.pushed) if on == topic]

    def present(self, topic):
        """Who is seen on a channel, and as what."""
        channels = [sock.channels.get(f"realtime:{topic}") for sock in list(self._socks)]
        seen = [channel["presence"] for channel in channels if channel and channel["presence"]]
        return {key: told["metas"][0] for one in seen for key, told in one.items()}

    async def websocket(self, ws: WebSocket):
        if self.refuses or not ws.query_params.get("apikey"):
            await ws.close(1013)
            return
        await ws.accept()
        sock = _Sock(ws, ws.query_params.get("vsn", "1.0.0"))
        self._socks.add(sock)
        self._note(lambda: setattr(self, "connections", self.connections + 1))
        try:
            while True:
                frame = await ws.receive()
                if frame["type"] == "websocket.disconnect":
                    break
                content = frame.get("bytes") or frame.get("text")
                if self.is_mute:
                    continue
                await self._heard(sock, *_decoded(content), size=len(content))
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            self._socks.discard(sock)
            for topic, channel in sock.channels.items():
                if channel["presence"] is not None:
                    await self._present(topic, {}, channel["presence"])

    async def _heard(self, sock, join_ref, ref, topic, event, payload, *, size):
        async def reply(response=None, status="ok"):
            told = {"status": status, "response": response or {}}
            await sock.tell(topic, "phx_reply", told, ref, join_ref)

        channel = sock.channels.get(topic)
        if topic == "phoenix":
            await reply()
        elif event == "phx_join":
            await self._join(sock, topic, payload, join_ref or ref, reply)
        elif event == "access_token" and channel is not None:
            channel["token"] = payload.get("access_token")
        elif channel is None:
            await reply({"reason": "unmatched topic"}, "error")
        elif event == "phx_leave":
            del sock.channels[topic]
            await reply()
            await sock.tell(topic, "phx_close", {}, ref, join_ref)
        elif event == "broadcast":
            if size > self.largest:
                await reply({"reason": "payload size exceeds the limit"}, "error")
                return
            at = asyncio.get_running_loop().time()
            name = topic.removeprefix("realtime:")
            came = (at, name, payload["event"], payload.get("payload"), size)
            self._note(lambda: self.pushed.append(came))
            config = channel["config"].get("broadcast") or {}
            for other in list(self._socks):
                if topic in other.channels and (other is not sock or config.get("self")):
                    await other.tell(topic, "broadcast", payload)
            if config.get("ack"):
                await reply()
        elif event == "presence":
            key = (channel["config"].get("presence") or {}).get("key") or str(id(sock))
            told = {key: {"metas": [{**payload.get("payload", {}), "phx_ref": f"F{ref}"}]}}
            is_here = payload.get("event", "").lower() == "track"
            left, channel["presence"] = channel["presence"], told if is_here else None
            await reply()
            await self._present(topic, told if is_here else {}, left or {})

    async def _join(self, sock, topic, payload, join_ref, reply):
        config = payload.get("config") or {}
        bearer = payload.get("access_token") or ""
        name = topic.removeprefix("realtime:")
        self._note(lambda: self.joins.append((name, bearer)))
        if config.get("private") and not await asyncio.to_thread(self._may, bearer, name):
            await reply({"reason": "Unauthorized: You do not have permissions"}, "error")
            return
        changes = []
        for wanted in config.get("postgres_changes") or []:
            self._bind += 1
            changes.append({**wanted, "id": self._bind})
        sock.channels[topic] = {
            "config": config,
            "changes": changes,
            "token": bearer,
            "presence": None,
        }
        await reply({"postgres_changes": changes})
        if changes:
            told = {"channel": name, "extension": "postgres_changes", "status": "ok"}
            await sock.tell(topic, "system", {**told, "message": "Subscribed to PostgreSQL"})
        if (config.get("presence") or {}).get("enabled"):
            here = {}
            for other in self._socks:
                here |= other.channels.get(topic, {}).get("presence") or {}
            await sock.tell(topic, "presence_state", here, None, join_ref)

    async def _present(self, topic, joins, leaves):
        for other in list(self._socks):
            if topic in other.channels:
                told = {"joins": joins, "leaves": leaves}
                await other.tell(topic, "presence_diff", told)

    async def _changes(self):
        """Listen to the database, also after other tests have had it restarted."""
        while True:
            with suppress(psycopg.OperationalError):
                await self._listen()
            await asyncio.sleep(0.1)

    async def _listen(self):
        """What the database's trigger tells, to those who may see it."""
        connection = await psycopg.AsyncConnection.connect(self._database, autocommit=True)
        async with connection:
            await connection.execute("listen realtime")
            async for notice in connection.notifies():
                told = json.loads(notice.payload) | {"errors": None, "columns": []}
                for sock in list(self._socks):
                    for topic, channel in list(sock.channels.items()):
                        ids = [
                            wanted["id"]
                            for wanted in channel["changes"]
                            if wanted["event"] in ("*", told["type"])
                            and wanted.get("table") in (None, "*", told["table"])
                        ]
                        name = told["record"].get("name", "")
                        if ids and await asyncio.to_thread(self._may, channel["token"], name):
                            said = {"ids": ids, "data": told}
                            await sock.tell(topic, "postgres_changes", said)

    def _each(self, what):
        async def do():
            for sock in list(self._socks):
                with suppress(RuntimeError, WebSocketDisconnect):
                    await what(sock)

        asyncio.run_coroutine_threadsafe(do(), self._loop).result(30)

    def _note(self, what):
        with self.changed:
            what()
            self.changed.notify_all()


class _Sock:
    """One client."""

    def __init__(self, ws, version):
        self.ws = ws
        self.version = version
        self.channels = {}

    async def tell(self, topic, event, payload, ref=None, join_ref=None):
        if self.ws.application_state is not WebSocketState.CONNECTED:
            return
        with suppress(RuntimeError, WebSocketDisconnect):
            if self.version == "1.0.0":
                told = {"topic": topic, "event": event, "payload": payload, "ref": ref}
                await self.ws.send_text(json.dumps(told))
            elif event == "broadcast":
                await self.ws.send_bytes(_broadcast_bytes(topic, payload))
            else:
                await self.ws.send_text(json.dumps([join_ref, ref, topic, event, payload]))


def _broadcast_bytes(topic, payload):
    parts = [topic.encode(), payload["event"].encode(), b""]
    content = json.dumps(payload.get("payload", {})).encode()
    return bytes([4, *map(len, parts), 1]) + b"".join(parts) + content


def _decoded(content):
    """Join reference, reference, topic, event and payload of a frame."""
    if isinstance(content, bytes):
        lengths, rest, parts = content[1:6], content[7:], []
        for length in lengths:
            parts.append(rest[:length].decode())
            rest = rest[length:]
        told = {"type": "broadcast", "event": parts[3], "payload": json.loads(rest)}
        return parts[0], parts[1] or None, parts[2], "broadcast", told
    told = json.loads(content)
    if isinstance(told, list):
        return told
    return told.get("join_ref"), told.get("ref"), told["topic"], told["event"], told["payload"]
