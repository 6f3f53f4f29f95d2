"""What people and programs may ask over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable
from importlib.resources import files

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from casare_robot.domain.errors import NotFoundError, RobotError
from casare_robot.domain.group_place import GroupPlace
from casare_robot.domain.json_guard import JsonRefusedError
from casare_robot.orchestrator import waiting
from casare_robot.orchestrator.audit_heads import AuditHeads
from casare_robot.orchestrator.dispatcher import Dispatcher
from casare_robot.orchestrator.event_stream import event_stream
from casare_robot.orchestrator.feed import Feed
from casare_robot.orchestrator.fleet_view import FleetView
from casare_robot.orchestrator.http_edge import (
    RefusedError,
    SafeHeaders,
    bearer,
    explain,
    number,
    read_body,
    refusal,
)
from casare_robot.orchestrator.job_board import JobBoard
from casare_robot.orchestrator.job_record import Status, Submission, iso
from casare_robot.orchestrator.keys import Holder, Keys
from casare_robot.orchestrator.robot_line import RobotLine
from casare_robot.orchestrator.roster import Robot, Roster
from casare_robot.orchestrator.trace import Trace, Traces
from casare_robot.orchestrator.workflow_check import faults_of, known_nodes

API = "/api/v1"
COOKIE = "casare_orchestrator"


class _Login(msgspec.Struct, forbid_unknown_fields=True):
    key: str


class _Cancel(msgspec.Struct, forbid_unknown_fields=True):
    reason: str = "cancelled by a person"
    force: bool = False


class _Command(msgspec.Struct, forbid_unknown_fields=True):
    reason: str = ""


class _WantedCode(GroupPlace, frozen=True, forbid_unknown_fields=True):
    robot_id: str | None = None


class _Enrolment(msgspec.Struct):
    code: str
    robot_name: str = ""
    machine: str = ""


class HttpApi:
    """The routes, for an ASGI server.

    Args:
        fleet: The groups of robots that share the store.
        dispatcher: Brings them to robots, and their cancellations.
        serve_robot: Serves a robot's websocket, whose key was found good.
        clock: Wall clock.
    """

    def __init__(
        self,
        *,
        board: JobBoard,
        roster: Roster,
        traces: Traces,
        kept_trace: Callable[[str], Awaitable[Trace | None]],
        keys: Keys,
        heads: AuditHeads,
        feed: Feed,
        fleet: FleetView,
        dispatcher: Dispatcher,
        serve_robot: Callable[[WebSocket, Holder], Awaitable[None]],
        clock: Callable[[], float],
    ) -> None:
        self._board = board
        self._roster = roster
        self._traces = traces
        self._kept_trace = kept_trace
        self._keys = keys
        self._heads = heads
        self._feed = feed
        self._fleet = fleet
        self._dispatcher = dispatcher
        self._serve_robot = serve_robot
        self._clock = clock

    def app(self) -> Starlette:
        """The application."""
        page = files("casare_robot.orchestrator") / "page"
        return Starlette(
            routes=[
                WebSocketRoute("/robot", self._robot),
                Route(f"{API}/login", self._login, methods=["POST"]),
                Route(f"{API}/enroll", self._enroll, methods=["POST"]),
                Route(f"{API}/enrollment-codes", self._make_code, methods=["POST"]),
                Route(f"{API}/jobs", self._submit, methods=["POST"]),
                Route(f"{API}/jobs", self._jobs, methods=["GET"]),
                Route(f"{API}/jobs/{{job_id}}", self._job, methods=["GET"]),
                Route(f"{API}/jobs/{{job_id}}/cancel", self._cancel, methods=["POST"]),
                Route(f"{API}/jobs/{{job_id}}/retry", self._retry, methods=["POST"]),
                Route(f"{API}/robots", self._robots, methods=["GET"]),
                Route(f"{API}/robots/{{robot_id}}", self._forget, methods=["DELETE"]),
                Route(f"{API}/robots/{{robot_id}}/audit-heads", self._audit_heads, methods=["GET"]),
                Route(f"{API}/robots/{{robot_id}}/{{command}}", self._command, methods=["POST"]),
                Route(f"{API}/fleet", self._show_fleet, methods=["GET"]),
                Route(f"{API}/groups/{{group:path}}", self._show_group, methods=["GET"]),
                Route(f"{API}/nodes", self._show_nodes, methods=["GET"]),
                Route(f"{API}/events", self._events, methods=["GET"]),
                Route("/health", self._health, methods=["GET"]),
                Mount("/", StaticFiles(directory=str(page), html=True)),
            ],
            middleware=[Middleware(SafeHeaders)],
            exception_handlers={
                HTTPException: explain,
                JsonRefusedError: explain,
                RobotError: explain,
                Exception: explain,
            },
        )

    async def _robot(self, socket: WebSocket) -> None:
        holder = await self._holder(bearer(socket.headers.get("authorization", "")))
        if holder is None or holder.kind != "robot":
            no = refusal(401, "E-AUTH-401", "this key is not known here")
            await socket.send_denial_response(no)
            return
        await self._serve_robot(socket, holder)

    async def _login(self, request: Request) -> Response:
        said = await read_body(request, _Login)
        holder = await self._holder(said.key)
        if holder is None or holder.kind != "admin":
            raise RefusedError(401, "E-AUTH-401", "this key is not known here")
        answer = JSONResponse({"name": holder.name})
        answer.set_cookie(
            COOKIE,
            said.key,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
            path="/",
        )
        return answer

    async def _enroll(self, request: Request) -> Response:
        said = await read_body(request, _Enrolment)
        robot_id, key, place = await self._keys.exchange(said.code, robot_name=said.robot_name)
        scheme = "wss" if request.url.scheme == "https" else "ws"
        return JSONResponse(
            {
                "robot_id": robot_id,
                "api_key": key,
                "orchestrator_url": f"{scheme}://{request.url.netloc}",
                **place.settings,
            },
            201,
        )

    async def _make_code(self, request: Request) -> Response:
        await self._admit(request)
        said = await read_body(request, _WantedCode)
        code, ends = await self._keys.make_code(robot_id=said.robot_id, place=said)
        return JSONResponse({"code": code, "expires_at": iso(ends)}, 201)

    async def _submit(self, request: Request) -> Response:
        await self._admit(request)
        wanted = await read_body(request, Submission)
        if bytes(wanted.workflow).lstrip()[:1] != b"{":
            raise RefusedError(422, "E-WF-400", "the workflow is not a JSON object")
        if wanted.timeout is not None and not wanted.timeout > 0:
            raise RefusedError(422, "E-MSG-110", "timeout should be more than 0")
        faults = await asyncio.to_thread(faults_of, bytes(wanted.workflow))
        job_id, is_new = await self._board.submit(wanted)
        self._dispatcher.wake()
        job = await self._board.job(job_id)
        shown = job.shown(job_id) if job else {"job_id": job_id}
        warnings = msgspec.to_builtins(faults)
        return JSONResponse({**shown, "warnings": warnings}, 201 if is_new else 200)

    async def _jobs(self, request: Request) -> Response:
        await self._admit(request)
        limit = number(request.query_params.get("limit", "100"), most=1000)
        status = request.query_params.get("status")
        if status is not None and status not in set(Status):
            raise RefusedError(422, "E-MSG-110", f"status is one of {', '.join(Status)}")
        jobs = await self._board.jobs(
            limit=limit,
            status=None if status is None else Status(status),
            robot=request.query_params.get("robot_id"),
        )
        return JSONResponse({"jobs": [job.shown(job_id) for job_id, job in jobs]})

    async def _job(self, request: Request) -> Response:
        await self._admit(request)
        job_id = request.path_params["job_id"]
        job = await self._board.job(job_id)
        if job is None:
            raise NotFoundError("job", job_id)
        trace = self._traces.find(job_id) or await self._kept_trace(job_id) or Trace()
        shown = {**trace.shown(), **job.shown_whole(job_id)}
        if job.result_key:
            shown["log"] = await self._board.result_log(job_id) or shown["log"]
        else:
            shown["nodes_executed"] = trace.nodes_executed
        shown["waits_because"] = waiting.reason(job, self._roster)
        return JSONResponse(shown)

    async def _cancel(self, request: Request) -> Response:
        await self._admit(request)
        said = await read_body(request, _Cancel)
        job_id = request.path_params["job_id"]
        job = await self._dispatcher.cancel(job_id, said.reason, forced=said.force)
        return JSONResponse(job.shown(job_id))

    async def _retry(self, request: Request) -> Response:
        await self._admit(request)
        job_id = await self._board.retry(request.path_params["job_id"])
        self._dispatcher.wake()
        return JSONResponse({"job_id": job_id}, 201)

    async def _robots(self, request: Request) -> Response:
        await self._admit(request)
        now = self._clock()
        return JSONResponse({"robots": [robot.shown(now) for robot in self._roster]})

    async def _forget(self, request: Request) -> Response:
        await self._admit(request)
        robot = self._known(request)
        if not await self._roster.forget(robot.robot_id):
            raise RefusedError(409, "E-ORC-409", f"robot {robot.robot_id!r} is connected")
        await self._keys.revoke(robot.robot_id)
        return JSONResponse({"robot_id": robot.robot_id})

    async def _audit_heads(self, request: Request) -> Response:
        """Told to people and to the robot itself: they hold nothing but hashes."""
        robot_id = request.path_params["robot_id"]
        holder = await self._holder(bearer(request.headers.get("authorization", "")))
        if holder is None or holder.kind != "robot" or holder.robot_id not in (None, robot_id):
            await self._admit(request)
        heads = await self._heads.of(robot_id)
        return JSONResponse({"heads": msgspec.to_builtins(heads)})

    async def _command(self, request: Request) -> Response:
        await self._admit(request)
        command = request.path_params["command"]
        if command not in ("pause", "resume"):
            raise RefusedError(
                404, "E-ORC-404", f"a robot can be paused and resumed, not {command!r}"
            )
        robot = self._known(request)
        said = await read_body(request, _Command)
        if not isinstance(robot.line, RobotLine):
            raise RefusedError(409, "E-ORC-408", f"robot {robot.robot_id!r} is not connected")
        if command == "pause":
            robot.line.session.pause(said.reason)
        else:
            robot.line.session.resume()
        robot.line.wake()
        return JSONResponse({"robot_id": robot.robot_id})

    async def _show_fleet(self, request: Request) -> Response:
        await self._admit(request)
        return JSONResponse({"strategy": self._dispatcher.strategy, **await self._fleet.shown()})

    async def _show_group(self, request: Request) -> Response:
        await self._admit(request)
        return JSONResponse(await self._fleet.group(request.path_params["group"]))

    async def _show_nodes(self, request: Request) -> Response:
        await self._admit(request)
        return JSONResponse({"nodes": await asyncio.to_thread(known_nodes)})

    async def _events(self, request: Request) -> Response:
        await self._admit(request)
        return StreamingResponse(event_stream(self._feed), media_type="text/event-stream")

    async def _health(self, request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    def _known(self, request: Request) -> Robot:
        robot = self._roster.find(request.path_params["robot_id"])
        if robot is None:
            raise NotFoundError("robot", request.path_params["robot_id"])
        return robot

    async def _holder(self, key: str) -> Holder | None:
        return await self._keys.holder(key) if key else None

    async def _admit(self, request: Request) -> None:
        """Let in who has an administrator's key, in the header or, from the page, in a cookie."""
        key = bearer(request.headers.get("authorization", ""))
        holder = await self._holder(key or request.cookies.get(COOKIE, ""))
        if holder is None or holder.kind != "admin":
            raise RefusedError(401, "E-AUTH-401", "this needs the orchestrator's key")
