"""An orchestrator in a test: the server's session over a dict, on a real socket.

It keeps what it knows over `stop` and `start`, as a store would.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from http import HTTPStatus

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from casare_robot.link.connection import utc_now
from casare_robot.link.native import messages
from casare_robot.link.native.messages import JobAssignment
from casare_robot.link.native.server_session import ServerSession, SessionBook, reconcile
from casare_robot.link.websocket import LARGEST_RECEIVED

QUIET = logging.getLogger("tests.small_orchestrator")
QUIET.setLevel(logging.CRITICAL + 1)  # broken connections are what it is for


class SmallOrchestrator:
    """Takes robots in, gives them jobs, keeps their results.

    Attributes:
        results: Every result by job, as it was first received.
        times: How often each job's result came.
        log: (job, status) in the order in which results first came.
        heard: Every message that a session handed on.
        key: Robots must know it; None lets everybody in.
        refuse_with: HTTP status and headers that every handshake gets; None takes them.
    """

    def __init__(self, *, interval=30.0, key=None):
        self.interval = interval
        self.key = key
        self.refuse_with = None
        self.jobs = {}
        self.accepted = set()
        self.cancels = {}
        self.results = {}
        self.times = Counter()
        self.log = []
        self.heard = []
        self.refused = {}
        self.connections = 0
        self.port = 0
        self.sessions = {}
        self._book = SessionBook()
        self._sockets = set()
        self._closing = set()
        self._server = None
        self._changed = asyncio.Condition()

    async def start(self):
        self._server = await serve(
            self._talk,
            "127.0.0.1",
            self.port,
            process_request=self._check,
            compression=None,
            ping_interval=None,
            close_timeout=0.2,
            logger=QUIET,
            max_size=LARGEST_RECEIVED,
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self):
        self._server.close()
        await self._server.wait_closed()

    async def __aenter__(self):
        await self.start()
        return self

    async def __aexit__(self, *_):
        await self.stop()

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}"

    def submit(self, assignment: JobAssignment):
        """Give a job to every robot that is or comes."""
        self.jobs[assignment.job_id] = assignment
        for session, bell in self.sessions.values():
            session.assign(assignment, now())
            bell.set()

    def cancel(self, job_id, reason):
        self.cancels[job_id] = reason
        for session, bell in self.sessions.values():
            session.cancel(job_id, reason, now())
            bell.set()

    def close_all(self, code):
        """Close every connection with a code; those that cannot be sent break it off."""
        for websocket in tuple(self._sockets):
            if code in (1004, 1005, 1006):
                websocket.transport.abort()
            else:
                closing = asyncio.create_task(websocket.close(code))
                self._closing.add(closing)
                closing.add_done_callback(self._closing.discard)

    async def until(self, claim, timeout=60):
        """Wait until ``claim()`` holds."""
        async with asyncio.timeout(timeout), self._changed:
            await self._changed.wait_for(claim)

    def _check(self, connection, request):
        if request.path == "/health" and "Upgrade" not in request.headers:
            return connection.respond(HTTPStatus.OK, '{"status": "ok"}')
        if self.refuse_with is not None:
            status, headers = self.refuse_with
            answer = connection.respond(HTTPStatus(status), "no\n")
            answer.headers.update(headers)
            return answer
        if self.key is not None and request.headers.get("Authorization") != f"Bearer {self.key}":
            return connection.respond(HTTPStatus.UNAUTHORIZED, "no\n")
        return None

    async def _talk(self, websocket):
        self.connections += 1
        self._sockets.add(websocket)
        session = ServerSession(interval=self.interval, now=now(), wall=utc_now)
        bell = asyncio.Event()
        tasks = [
            asyncio.create_task(self._listen(websocket, session, bell)),
            asyncio.create_task(self._speak(websocket, session, bell)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._sockets.discard(websocket)
            for task in tasks:
                task.cancel()
            answers = await asyncio.gather(*tasks, return_exceptions=True)
            if session.hello is not None:
                self._book.left(session.hello)
                if self.sessions.get(session.hello.robot_id, (None,))[0] is session:
                    del self.sessions[session.hello.robot_id]
            await self._tell()
        for answer in answers:
            if isinstance(answer, Exception) and not isinstance(answer, ConnectionClosed):
                raise answer

    async def _listen(self, websocket, session, bell):
        while True:
            said = session.received(session.read(await websocket.recv(decode=False)), now())
            if said is not None:
                self._act(session, bell, said)
                await self._tell()
            bell.set()

    async def _speak(self, websocket, session, bell):
        while True:
            frame = session.next_frame(now())
            if frame is not None:
                await websocket.send(frame, text=True)
            elif session.is_ending:
                await websocket.close(session.close_code)
                return
            elif session.tick(now()):
                return
            else:
                bell.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(max(session.wake_at() - now(), 0.001)):
                        await bell.wait()

    def _act(self, session, bell, said):
        self.heard.append(said)
        match said:
            case messages.Hello():
                self._greet(session, bell, said)
            case messages.JobAccepted():
                self.accepted.add(said.job_id)
            case messages.JobRefused() if not said.is_temporary:
                self.refused[said.job_id] = said.error
                self.jobs.pop(said.job_id, None)
            case messages.JobResult():
                self.times[said.job_id] += 1
                if said.job_id not in self.results:
                    self.results[said.job_id] = said
                    self.log.append((said.job_id, str(said.status)))
                self.jobs.pop(said.job_id, None)
                self.cancels.pop(said.job_id, None)
                session.acknowledge(said.job_id)

    def _greet(self, session, bell, hello):
        loses_to, over = self._book.claim(hello)
        if loses_to is not None:
            session.supersede(loses_to)
            return
        if over is not None and hello.robot_id in self.sessions:
            old, old_bell = self.sessions[hello.robot_id]
            old.supersede(hello.session)
            old_bell.set()
        session.welcome(self.accepted & self.jobs.keys())
        self.sessions[hello.robot_id] = session, bell
        both = reconcile(hello.jobs, list(self.jobs))
        for job_id in both.missing:
            session.assign(self.jobs[job_id], now())
        for job_id, reason in self.cancels.items():
            session.cancel(job_id, reason, now())

    async def _tell(self):
        async with self._changed:
            self._changed.notify_all()


def now():
    return asyncio.get_running_loop().time()
