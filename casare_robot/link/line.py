"""One connection: carries frames between a transport and a session."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from casare_robot.link.session import Ask, Instead, LineError, Part, Session, Transport, Whole

LARGE = 256 << 10
"""Bytes of a frame from which it is read in a thread, so that nothing else waits for it."""
STALLED_LOOK = 0.25
"""Seconds between looks at the time while a frame is under way."""
SHORTEST = 0.001
FAREWELL = 1.0
"""Seconds that saying goodbye may take."""


class Line:
    """Pumps frames until the connection breaks or the session wants no more of it.

    Args:
        transport: An open connection.
        session: What to say and to make of what is said.
        clock: Monotonic seconds.
        act: Does what the session asks for; may wait, which holds up what comes after.
    """

    def __init__(
        self,
        transport: Transport,
        session: Session,
        clock: Callable[[], float],
        act: Callable[["Line", Ask], Awaitable[None]],
    ) -> None:
        self.session = session
        self._transport = transport
        self._clock = clock
        self._act = act
        self._to_send = asyncio.Event()
        self._to_time = asyncio.Event()
        self._is_sending = False
        self._dropped: LineError | None = None

    def ring(self) -> None:
        """The session may have something to send."""
        self._to_send.set()
        self._to_time.set()

    def drop(self, problem: str) -> None:
        """End the connection at once."""
        self._dropped = LineError(problem)
        self._transport.abort()

    async def run(self) -> None:
        """Carry frames. A cancellation says goodbye first.

        Raises:
            LineError: Always, unless cancelled: why the connection ended.
        """
        tasks = [
            asyncio.create_task(work(), name=f"link {work.__name__.strip('_')}")
            for work in (self._receive, self._send, self._time)
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await self._stop(tasks)
            await self._say_goodbye()
            raise
        finally:
            self._transport.abort()
            await self._stop(tasks)
        raise self._dropped or _cause(tasks)

    async def _stop(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _say_goodbye(self) -> None:
        """Leave in good form, if the line is free and the other side quick enough."""
        if self._is_sending:
            return
        self.session.leave("the robot stops")
        try:
            async with asyncio.timeout(FAREWELL):
                while (frame := self.session.next_frame(self._clock())) is not None:
                    await self._transport.send(frame)
                await self._transport.close("the robot stops")
        except (LineError, TimeoutError):
            return

    async def _receive(self) -> None:
        while True:
            await self._take_in(await self._transport.receive())
            self.ring()

    async def _take_in(self, frame: bytes) -> None:
        session = self.session
        if len(frame) < LARGE:
            said = session.read(frame)
        else:
            said = await asyncio.to_thread(session.read, frame)
        await self._do(session.received(said, self._clock()))

    async def _send(self) -> None:
        while True:
            frame = self.session.next_frame(self._clock())
            if frame is None:
                await self._to_send.wait()
                self._to_send.clear()
                continue
            self._is_sending = True
            await self._transport.send(frame)
            self._is_sending = False

    async def _time(self) -> None:
        while True:
            self._to_time.clear()
            await self._do(self.session.tick(self._clock()))
            self._to_send.set()
            shortest = STALLED_LOOK if self._is_sending else SHORTEST
            delay = max(self.session.wake_at() - self._clock(), shortest)
            try:
                async with asyncio.timeout(delay):
                    await self._to_time.wait()
            except TimeoutError:
                continue

    async def _do(self, asks: Sequence[Ask]) -> None:
        for ask in asks:
            if isinstance(ask, Part):
                raise LineError(
                    ask.problem, is_refusal=ask.is_refusal, superseded_by=ask.superseded_by
                )
            if isinstance(ask, Whole):
                await self._take_in(ask.frame)
            elif isinstance(ask, Instead):
                self.session, self._transport = ask.session, ask.carry(self._transport)
                await self._do(self.session.received(ask.said, self._clock()))
            else:
                await self._act(self, ask)


def _cause(tasks: Sequence[asyncio.Task[None]]) -> BaseException:
    """Why the first task ended; what the receiver knows says most."""
    causes = [
        error for task in tasks if not task.cancelled() and (error := task.exception()) is not None
    ]
    return causes[0] if causes else LineError("the line broke")
