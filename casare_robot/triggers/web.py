"""Where events are brought to: webhooks, forms, chats and calls, over HTTP."""

import fnmatch
import html
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from casare_robot.domain.errors import JobRefusedError, RobotError, TriggerError
from casare_robot.domain.job import Job, JobResult, JobStatus
from casare_robot.domain.plain_json import plain
from casare_robot.triggers.definition import CALLED, Definition
from casare_robot.triggers.event import Event
from casare_robot.triggers.place import place_of
from casare_robot.triggers.web_rules import (
    Refused,
    check_address,
    check_caller,
    check_token,
    fields_of,
    form_values,
    key_of,
    payload_of,
    same,
    whatsapp_messages,
)

SMALL = 1 << 20
"""Bytes of what is brought, where the trigger has no limit of its own."""


class Desk(NamedTuple):
    """What the server uses of the robot.

    ``served`` are the triggers that are on, by id; ``bring`` starts a job;
    ``ended`` waits for its end.
    """

    served: Callable[[], Sequence[tuple[str, Definition]]]
    bring: Callable[[str, Event], Awaitable[tuple[Job, bool]]]
    ended: Callable[[Job], Awaitable[JobResult]]
    token: str
    clock: Callable[[], datetime]


def web_app(desk: Desk) -> Starlette:
    """The server's application."""
    pages = _Pages(desk)
    every = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    return Starlette(
        routes=[
            Route("/hook/{name:path}", pages.told(pages.hook), methods=every),
            Route("/form/{name}", pages.told(pages.form), methods=["GET", "POST"]),
            Route("/chat/{name}", pages.told(pages.chat), methods=["GET", "POST"]),
            Route("/call/{name}", pages.told(pages.call), methods=["POST"]),
            Route("/{name:path}", pages.told(pages.whatsapp), methods=["GET", "POST"]),
        ]
    )


class _Pages:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def told(
        self, answer: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """Make what goes wrong an answer."""

        async def answered(request: Request) -> Response:
            try:
                return await answer(request)
            except Refused as refused:
                return _problem(refused.status, str(refused))
            except TriggerError as error:
                return _problem(429, str(error), wait=1)
            except JobRefusedError as error:
                return _problem(503, str(error), wait=30)
            except RobotError as error:
                return _problem(503, str(error), wait=30)

        return answered

    async def hook(self, request: Request) -> Response:
        trigger_id, given = self._find(request, "WebhookTriggerNode")
        cors = {}
        if given["cors_enabled"]:
            cors["Access-Control-Allow-Origin"] = given["cors_origins"]
            if request.method == "OPTIONS":
                cors["Access-Control-Allow-Methods"] = given["methods"]
                cors["Access-Control-Allow-Headers"] = "*"
                return Response(status_code=204, headers=cors)
        methods = {name.strip().upper() for name in given["methods"].split(",")}
        if request.method not in methods:
            raise Refused(405, f"only {given['methods']} is taken here")
        client = request.client.host if request.client else ""
        check_address(given, client)
        check_caller(given, request.headers, request.query_params, self._desk.token)
        body = await _body(request, given["max_payload_size"])
        payload = payload_of(
            body, request.headers.get("content-type", ""), binary=given["binary_data_enabled"]
        )
        hidden = {"authorization", "cookie", given["auth_header_name"].lower()}
        event = Event(
            key=key_of(request.headers, uuid.uuid4().hex),
            payload={
                "payload": payload,
                "headers": {k: v for k, v in request.headers.items() if k not in hidden},
                "query_params": {k: v for k, v in request.query_params.items() if k != "token"},
                "method": request.method,
                "path": request.url.path,
                "client_ip": client,
            },
        )
        job, _ = await self._desk.bring(trigger_id, event)
        if given["response_mode"] == "wait_for_workflow":
            return await self._end_of(job, cors)
        headers = {**cors, "X-Job-Id": job.id, "Content-Type": "application/json"}
        return Response(given["response_body"], given["response_code"], headers)

    async def form(self, request: Request) -> Response:
        trigger_id, given = self._find(request, "FormTriggerNode")
        fields = fields_of(given)
        if request.method == "GET":
            check_token(request.headers, request.query_params, self._desk.token)
            return _page(given["form_title"], _form(given, fields, self._desk.token))
        body = payload_of(
            await _body(request, SMALL), "application/x-www-form-urlencoded", binary=False
        )
        check_token(request.headers, {"token": body.get("token", "")}, self._desk.token)
        event = Event(
            key=key_of(request.headers, body.get("sheet") or uuid.uuid4().hex),
            payload={
                "form_data": form_values(fields, body),
                "submitted_at": self._desk.clock().isoformat(),
                "user_id": "",
                "ip_address": request.client.host if request.client else "",
            },
        )
        await self._desk.bring(trigger_id, event)
        return _page(given["form_title"], f"<p>{html.escape(given['success_message'])}</p>")

    async def chat(self, request: Request) -> Response:
        trigger_id, given = self._find(request, "ChatTriggerNode")
        if request.method == "GET":
            check_token(request.headers, request.query_params, self._desk.token)
            return _page("Chat", _chat(given, self._desk.token))
        kind = request.headers.get("content-type", "")
        body = payload_of(await _body(request, SMALL), kind, binary=False)
        token = str(body.get("token", request.query_params.get("token", "")))
        check_token(request.headers, {"token": token}, self._desk.token)
        message = str(body.get("message", ""))
        pattern = f"*{given['message_pattern']}*".casefold()
        if not message.strip() or not fnmatch.fnmatchcase(message.casefold(), pattern):
            raise Refused(422, "the message is empty, or not one that starts anything")
        event = Event(
            key=key_of(request.headers, str(body.get("sheet") or uuid.uuid4().hex)),
            payload={
                "message": message,
                "user_id": str(body.get("user_id", "")),
                "user_name": str(body.get("user_name", "")),
                "channel_id": str(body.get("channel_id", given["channel_id"])),
                "platform": given["platform"],
                "timestamp": self._desk.clock().isoformat(),
                "reply_to": str(body.get("reply_to", "")),
            },
        )
        job, _ = await self._desk.bring(trigger_id, event)
        if kind.startswith("application/json"):
            return JSONResponse({"job_id": job.id}, 202)
        return _page("Chat", _chat(given, self._desk.token, said=message))

    async def call(self, request: Request) -> Response:
        trigger_id, given = self._find(request, CALLED)
        check_token(request.headers, request.query_params, self._desk.token)
        params = payload_of(await _body(request, SMALL), "application/json", binary=False)
        call_id = request.headers.get("idempotency-key") or uuid.uuid4().hex
        event = Event(
            key=key_of(request.headers, call_id),
            payload={
                "params": params,
                "caller_workflow_id": request.headers.get("x-caller-workflow", ""),
                "caller_node_id": request.headers.get("x-caller-node", ""),
                "call_id": call_id,
            },
        )
        job, _ = await self._desk.bring(trigger_id, event)
        if given["wait_for_completion"]:
            return await self._end_of(job, {})
        return JSONResponse({"job_id": job.id}, 202)

    async def whatsapp(self, request: Request) -> Response:
        trigger_id, given = self._find(request, "WhatsAppTriggerNode")
        if request.method == "GET":
            query = request.query_params
            if not same(query.get("hub.verify_token", ""), given["verify_token"]):
                raise Refused(403, "the verify token is wrong")
            return PlainTextResponse(query.get("hub.challenge", ""))
        check_token(request.headers, request.query_params, self._desk.token)
        body = payload_of(await _body(request, SMALL), "application/json", binary=False)
        for key, payload in whatsapp_messages(given, body):
            await self._desk.bring(trigger_id, Event(key=key, payload=payload))
        return JSONResponse({"status": "received"})

    def _find(self, request: Request, kind: str) -> tuple[str, Mapping[str, Any]]:
        for trigger_id, found in self._desk.served():
            if found.type == kind and place_of(trigger_id, found) == request.url.path:
                return trigger_id, found.settings
        raise Refused(404, "no trigger that is on has this address")

    async def _end_of(self, job: Job, headers: Mapping[str, str]) -> Response:
        result = await self._desk.ended(job)
        is_well = result.status is JobStatus.COMPLETED
        answer = {
            "job_id": job.id,
            "status": result.status.value,
            "error": None if result.error is None else result.error.message,
            "variables": plain(result.variables),
        }
        return JSONResponse(answer, 200 if is_well else 500, dict(headers))


async def _body(request: Request, most: int) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise Refused(413, f"more than {most} bytes are not taken")
    return bytes(body)


def _problem(status: int, message: str, *, wait: int = 0) -> Response:
    headers = {"Retry-After": str(wait)} if wait else {}
    return JSONResponse({"error": message}, status, headers)


_STYLE = (
    "body{font:16px sans-serif;max-width:36em;margin:2em auto}label{display:block;margin:1em 0}"
)
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
)


def _page(title: str, content: str) -> Response:
    name = html.escape(title)
    text = (
        f"<!doctype html><html><head><meta charset=utf-8><title>{name}</title>"
        f"<style>{_STYLE}</style></head><body><h1>{name}</h1>{content}</body></html>"
    )
    headers = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"}
    return HTMLResponse(text, headers=headers)


def _hidden(token: str) -> str:
    """What goes with a page: the token, and a number that makes sending it twice one event."""
    return (
        f'<input type=hidden name=token value="{html.escape(token)}">'
        f'<input type=hidden name=sheet value="{uuid.uuid4().hex}">'
    )


def _form(given: Mapping[str, Any], fields: list[dict[str, Any]], token: str) -> str:
    lines = [f"<p>{html.escape(given['form_description'])}</p><form method=post>", _hidden(token)]
    for field in fields:
        name, label = html.escape(field["name"]), html.escape(str(field["label"]))
        must = " required" if field.get("required") else ""
        if field["type"] == "textarea":
            entry = f'<textarea name="{name}"{must}></textarea>'
        elif field["type"] == "select":
            options = "".join(f"<option>{html.escape(str(o))}" for o in field.get("options", ()))
            entry = f'<select name="{name}"{must}>{options}</select>'
        else:
            entry = f'<input type="{html.escape(str(field["type"]))}" name="{name}"{must}>'
        lines.append(f"<label>{label}<br>{entry}</label>")
    lines.append(f"<button>{html.escape(given['submit_button_text'])}</button></form>")
    return "".join(lines)


def _chat(given: Mapping[str, Any], token: str, said: str = "") -> str:
    shown = f"<p>{html.escape(said)}</p>" if said else ""
    hint = html.escape(given["input_placeholder"])
    return (
        f"<p>{html.escape(given['welcome_message'])}</p>{shown}<form method=post>{_hidden(token)}"
        f'<input name=message placeholder="{hint}" autofocus><button>Send</button></form>'
    )
