"""The agent's side: answers faces out of whatever has RobotControl's methods."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import msgspec

from casare_robot.control import messages
from casare_robot.control.event_buffer import EventBuffer
from casare_robot.control.lines import Lines, LineTooLongError
from casare_robot.desktop.diagnostics import warn
from casare_robot.desktop.local_socket import LocalServer
from casare_robot.domain.errors import ControlError, JournalBusyError, RobotError
from casare_robot.domain.face_events import FaceEvent
from casare_robot.domain.robot_control import RobotControl
from casare_robot.domain.robot_events import RobotEvent

LEAVING = 1.0
"""Seconds that faces get to take what is meant for them when the robot leaves."""


class ControlServer:
    """Serves a robot to the faces of its user.

    Args:
        control: The robot. Its ``stop`` must return before the server is closed.
        folder: Of the journal; faces look for the robot there.
    """

    def __init__(self, control: RobotControl, folder: Path) -> None:
        self._control = control
        self._server = LocalServer(folder / "control", self._serve)
        self._is_leaving = asyncio.Event()
        self._busy: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to serve.

        Raises:
            JournalBusyError: Another robot serves this folder.
            OSError: The folder cannot hold the address.
        """
        try:
            await self._server.start()
        except BlockingIOError as error:
            raise JournalBusyError(str(error)) from error

    async def close(self) -> None:
        """Tell what is still to be told, for a moment, and hang up."""
        self._is_leaving.set()
        if self._busy:
            await asyncio.wait(self._busy, timeout=LEAVING)
        await self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Connection(self._control, reader, writer, self._is_leaving)
        while await connection.is_asked():
            answering = asyncio.create_task(connection.answer_next(), name="control answer")
            self._busy.add(answering)
            answering.add_done_callback(self._busy.discard)
            try:
                await answering
            finally:
                answering.cancel()


class _Connection:
    """One face: its requests, one after the other."""

    def __init__(
        self,
        control: RobotControl,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        is_leaving: asyncio.Event,
    ) -> None:
        self._control = control
        self._lines = Lines(reader, messages.LARGEST_LINE)
        self._writer = writer
        self._is_leaving = is_leaving
        self._is_greeted = False

    async def is_asked(self) -> bool:
        """Wait for a request; False when the face is gone."""
        await self._lines.wait()
        return self._lines.has_line

    async def answer_next(self) -> None:
        """Answer one request or refuse it; only a lost connection is an error."""
        try:
            line = await self._lines.next()
            if line is None:
                return
            await self._answer(messages.read_request(line))
        except LineTooLongError as error:
            await self._say(messages.Refusal(code="E-MSG-107", message=str(error)))
        except RobotError as error:
            await self._say(messages.refusal(error))
        except (ConnectionError, EOFError):
            raise
        except Exception as error:  # noqa: BLE001 - a face's wish must not end the robot
            warn("control", "a request failed", error=repr(error))
            message = f"the robot failed at this: {type(error).__name__}: {error}"
            await self._say(messages.refusal(ControlError(message)))

    async def _answer(self, request: messages.Asked) -> None:
        if isinstance(request, messages.Hello):
            await self._greet(request)
            return
        if not self._is_greeted:
            raise ControlError("say hello first", code=messages.NO_HELLO)
        arguments = {name: getattr(request, name) for name in request.__struct_fields__}
        if isinstance(request, messages.Submit):
            arguments = {"job": msgspec.structs.replace(request.job, origin="desk")}
        method = getattr(self._control, str(request.__struct_config__.tag))
        if isinstance(request, messages.Streamed):
            await self._stream(method(**arguments))
        else:
            await self._say(messages.answer(await method(**arguments)))

    async def _greet(self, hello: messages.Hello) -> None:
        if hello.protocol != messages.PROTOCOL:
            older = "this program" if hello.protocol < messages.PROTOCOL else "the running robot"
            message = (
                f"the running robot speaks version {messages.PROTOCOL} of this protocol, "
                f"not {hello.protocol}: {older} is older; restart it after an update"
            )
            raise ControlError(message, code=messages.OTHER_VERSION)
        self._is_greeted = True
        await self._say(messages.Welcome(protocol=messages.PROTOCOL))

    async def _stream(self, events: AsyncIterator[RobotEvent | FaceEvent]) -> None:
        """Tell events until they end, the face says something or the robot leaves."""
        buffer = EventBuffer()
        is_changed = asyncio.Event()
        filling = asyncio.create_task(_fill(buffer, events, is_changed), name="control events")
        ends = [
            asyncio.create_task(self._lines.wait(), name="control face"),
            asyncio.create_task(self._is_leaving.wait(), name="control leaving"),
        ]
        for end in ends:
            end.add_done_callback(lambda _: filling.cancel())
        filling.add_done_callback(lambda _: is_changed.set())
        try:
            while True:
                is_changed.clear()
                while (event := buffer.take()) is not None:
                    await self._say(messages.told(event))
                if filling.done() and not len(buffer):
                    break
                await is_changed.wait()
        finally:
            for task in (filling, *ends):
                task.cancel()
            await asyncio.gather(filling, *ends, return_exceptions=True)
        if not filling.cancelled() and (error := filling.exception()) is not None:
            raise error
        await self._say(messages.End(missed=buffer.missed))

    async def _say(self, message: messages.Said) -> None:
        self._writer.write(messages.as_line(message))
        await self._writer.drain()


async def _fill(
    buffer: EventBuffer, events: AsyncIterator[RobotEvent | FaceEvent], is_changed: asyncio.Event
) -> None:
    try:
        async for event in events:
            buffer.put(event)
            is_changed.set()
    finally:
        if isinstance(events, AsyncGenerator):
            await events.aclose()
