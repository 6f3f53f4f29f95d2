"""A line without a network: a robot's frames go straight into a server's session."""

import asyncio
from datetime import UTC, datetime, timedelta

from casare_robot.link.native import messages
from casare_robot.link.native.reading import from_robot
from casare_robot.link.native.server_session import ServerSession
from casare_robot.link.session import LineError

DAY_ONE = datetime(2026, 11, 21, tzinfo=UTC)


def loop_time():
    return asyncio.get_running_loop().time()


class Wall:
    """A time of day that follows the loop's, until it jumps."""

    def __init__(self):
        self.ahead = 0.0

    def __call__(self):
        return DAY_ONE + timedelta(seconds=loop_time() + self.ahead)


class MemoryOrchestrator:
    """Takes robots in, acknowledges results, and fails as it is told.

    Attributes:
        fails: Raised by the next attempts to connect; None takes them.
        keys: Keys that are good; None takes any.
        is_deaf: It hears nothing and says nothing, though lines stay open.
        is_stuck: Lines take no frame any more.
        tries: When each attempt to connect was made.
        heard: Every message of robots.
    """

    def __init__(self):
        self.fails = None
        self.keys = None
        self.is_deaf = False
        self.is_stuck = False
        self.tries = []
        self.heard = []
        self.lines = []
        self.known = ()

    async def connect(self, address, headers):
        self.tries.append(loop_time())
        if self.fails is not None:
            raise self.fails
        if self.keys is not None and headers.get("Authorization", "")[7:] not in self.keys:
            raise LineError("the orchestrator refuses this robot's key", is_refusal=True)
        line = MemoryTransport(self)
        self.lines.append(line)
        return line

    def types(self):
        return [message.__struct_config__.tag for message in self.heard]


class MemoryTransport:
    """The robot's end of a line; ``session`` is the other."""

    def __init__(self, server):
        self.session = ServerSession(interval=3600.0, now=loop_time(), wall=lambda: DAY_ONE)
        self.frames = []
        self.is_open = True
        self._server = server
        self._queue = asyncio.Queue()

    async def send(self, frame):
        if not self.is_open:
            raise LineError("the line broke")
        if self._server.is_stuck:
            await asyncio.Event().wait()
        self.frames.append(frame)
        if self._server.is_deaf:
            return
        said = self.session.received(self.session.read(frame), loop_time())
        self._server.heard.append(from_robot.read(frame))
        if isinstance(said, messages.Hello):
            self.session.welcome(self._server.known)
        elif isinstance(said, messages.JobResult):
            self.session.acknowledge(said.job_id)
        self.flush()

    def flush(self):
        """Send what the server has to say."""
        while (frame := self.session.next_frame(loop_time())) is not None:
            self._queue.put_nowait(frame)

    async def receive(self):
        frame = await self._queue.get()
        if frame is None:
            raise LineError("the line broke")
        return frame

    def say(self, frame):
        self._queue.put_nowait(frame)

    async def close(self, reason):
        self.abort()

    def abort(self):
        if self.is_open:
            self.is_open = False
            self._queue.put_nowait(None)
