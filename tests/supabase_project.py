"""A Supabase project for the tests: real PostgreSQL and PostgREST, its Auth and Realtime emulated.

Everything is behind one port of this machine, as in a project.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import subprocess
import threading
import time
import uuid
from contextlib import suppress
from pathlib import Path

import httpx
import psycopg
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute

from casare_robot.domain.web_token import claims
from casare_robot.store.supabase.project import Project
from casare_robot.store.supabase.schema import initialize
from tests.node import postgrest
from tests.replicas.realtime import Realtime
from tests.servers import PostgresServer

SECRET = "a-secret-of-the-tests-that-is-long-enough"
ROLES = """
do $$ begin
    create role anon nologin; create role authenticated nologin;
    create role service_role nologin bypassrls;
    create role authenticator noinherit login;
    grant anon, authenticated, service_role to authenticator;
exception when duplicate_object then null; end $$"""
GROUND = """
create schema test; grant usage on schema test to anon, authenticated, service_role;
create publication supabase_realtime;
create function test.take_clock() returns void language sql as $$
    select set_config('casare_robot.clock', coalesce(
        nullif(current_setting('request.headers', true), '')::json ->> 'x-test-clock', ''), true)
$$;
create function test.tell() returns trigger language plpgsql as $$ begin
    perform pg_notify('realtime', json_build_object('type', tg_op, 'schema', tg_table_schema,
        'table', tg_table_name, 'record', to_jsonb(new), 'old_record', '{}'::json)::text);
    return null;
end $$;"""
TELL = """
create trigger tell after insert or update on casare_robot.streams
    for each row execute function test.tell()"""
EMPTY = """
TRUNCATE casare_robot.rows, casare_robot.streams, casare_robot.log, casare_robot.leases;
ALTER SEQUENCE casare_robot.numbers RESTART"""
HOP = ("host", "content-length", "accept-encoding", "connection", "transfer-encoding")


def token(role, **more):
    """A JSON web token of the project."""
    told = {"role": role, "iss": "tests", "exp": int(time.time()) + 86_400} | more
    parts = [{"alg": "HS256", "typ": "JWT"}, told]
    text = b".".join(_base64(json.dumps(part).encode()) for part in parts)
    seal = hmac.new(SECRET.encode(), text, hashlib.sha256).digest()
    return (text + b"." + _base64(seal)).decode()


class SupabaseProject:
    """A project until `stop`.

    Attributes:
        url: Its address.
        anon, service: Its keys.
        database: Its database's own address, with every right.
        realtime: Its Realtime, with its knobs.
        lifetime: Seconds that a token given from now on lasts.
        requests: Paths that were asked for.
        signed_up: Accounts that were made.
    """

    def __init__(self, server: PostgresServer):
        self.anon, self.service = token("anon"), token("service_role")
        self.lifetime = 3600
        self.requests = []
        self.signed_up = 0
        self.database = server.database()
        self._refreshing = {}
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute(ROLES)
            connection.execute(GROUND)
        initialize(self.database)
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute(TELL)
        self.realtime = Realtime(self.database, may=self._may)
        self._rest = _Postgrest(self.database)
        self._front = _Front(self)
        self.url = f"http://127.0.0.1:{self._front.port}"

    def stop(self):
        self._front.stop()
        self._rest.stop()

    def empty(self):
        """Nothing is kept but who is known."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute(EMPTY)

    def robot(self, robot_id, *groups):
        """The project as an enrolled robot knows it; its space is the first group's or its own."""
        key = f"{uuid.uuid4().hex}{uuid.uuid4().hex}"
        spaces = [f"robot:{robot_id}", *(f"group:{group}" for group in groups)]
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute(
                "insert into casare_robot.robots (robot, key_hash, spaces) "
                "values (%s, casare_robot.digest(%s), %s) on conflict (robot) do update "
                "set key_hash = excluded.key_hash, spaces = excluded.spaces",
                (robot_id, key, spaces),
            )
        return Project(self.url, self.anon, key, spaces[-1])

    def invite(self, robot_id, *groups):
        """A code for one robot."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            told = connection.execute(
                "select casare_robot.invite(%s, %s)", (robot_id, list(groups))
            ).fetchone()
        return told[0]

    def person(self, *spaces):
        """The token of somebody who may see these spaces."""
        account = str(uuid.uuid4())
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute("select casare_robot.admit(%s, %s)", (account, list(spaces)))
        return token("authenticated", sub=account)

    def _may(self, bearer, topic):
        """Whether the policies let the holder of a token into a channel."""
        sub = claims(bearer).get("sub")
        if sub is None:
            return False
        with psycopg.connect(self.database, autocommit=True) as connection:
            told = json.dumps({"sub": sub})
            connection.execute("select set_config('request.jwt.claims', %s, false)", (told,))
            spaces = connection.execute("select casare_robot.my_spaces()").fetchone()[0]
        return topic.split("/", 1)[0] in spaces

    def session(self, account):
        refresh = uuid.uuid4().hex
        self._refreshing[refresh] = account
        until = int(time.time()) + self.lifetime
        return {
            "access_token": token("authenticated", sub=account, exp=until, session_id=refresh),
            "refresh_token": refresh,
            "expires_in": self.lifetime,
            "token_type": "bearer",
            "user": {"id": account},
        }

    async def sign_up(self, request: Request):
        if request.headers.get("apikey") != self.anon:
            return JSONResponse({"msg": "Invalid API key"}, 401)
        if request.headers.get("authorization", "").startswith("Bearer sb_"):
            return JSONResponse({"msg": "Expected 3 parts in JWT; got 1"}, 401)
        self.signed_up += 1
        return JSONResponse(self.session(str(uuid.uuid4())))

    async def refresh(self, request: Request):
        account = self._refreshing.pop((await request.json()).get("refresh_token"), None)
        if account is None:
            told = {"error_code": "refresh_token_not_found", "msg": "Invalid Refresh Token"}
            return JSONResponse(told, 400)
        return JSONResponse(self.session(account))

    async def rest(self, request: Request):
        self.requests.append(request.url.path)
        headers = {k: v for k, v in request.headers.items() if k not in HOP}
        headers.setdefault("authorization", f"Bearer {headers.get('apikey', '')}")
        path = request.path_params["path"] + (f"?{request.url.query}" if request.url.query else "")
        answer = await self._rest.ask(request.method, path, headers, await request.body())
        told = {k: v for k, v in answer.headers.items() if k not in (*HOP, "content-encoding")}
        return Response(answer.content, answer.status_code, told)


class _Postgrest:
    """PostgREST at a socket beside the database."""

    def __init__(self, database):
        with psycopg.connect(database) as connection:
            folder = connection.info.host
            name = connection.info.dbname
        self._socket = f"{folder}/rest-{name}.sock"
        self._log = Path(f"{folder}/rest-{name}.log")
        output = self._log.open("w")
        told = {
            "PGRST_DB_URI": f"host={folder} user=authenticator dbname={name}",
            "PGRST_DB_SCHEMAS": "public",
            "PGRST_DB_ANON_ROLE": "anon",
            "PGRST_DB_POOL": "20",
            "PGRST_DB_PRE_REQUEST": "test.take_clock",
            "PGRST_JWT_SECRET": SECRET,
            "PGRST_SERVER_UNIX_SOCKET": self._socket,
        }
        self._process = subprocess.Popen(
            [str(postgrest())],
            env={**os.environ, **told},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        output.close()
        self._client = None
        self._wait()

    async def ask(self, method, path, headers, body):
        if self._client is None:
            transport = httpx.AsyncHTTPTransport(uds=self._socket)
            self._client = httpx.AsyncClient(
                transport=transport, base_url="http://rest", timeout=60
            )
        return await self._client.request(method, f"/{path}", headers=headers, content=body)

    def stop(self):
        self._process.kill()
        self._process.wait()

    def _wait(self):
        until = time.monotonic() + 60
        with httpx.Client(transport=httpx.HTTPTransport(uds=self._socket)) as client:
            while time.monotonic() < until:
                with suppress(httpx.HTTPError):
                    answer = client.post(
                        "http://rest/rpc/casare_robot_about",
                        headers={"Authorization": f"Bearer {token('authenticated')}"},
                        json={},
                    )
                    if answer.is_success:
                        return
                time.sleep(0.05)
        raise AssertionError(f"PostgREST does not answer: {self._log.read_text()[-2000:]}")


class _Front:
    """The one port, in a thread."""

    def __init__(self, project):
        routes = [
            Route("/auth/v1/signup", project.sign_up, methods=["POST"]),
            Route("/auth/v1/token", project.refresh, methods=["POST"]),
            Route("/rest/v1/{path:path}", project.rest, methods=["GET", "POST", "PATCH", "DELETE"]),
            WebSocketRoute("/realtime/v1/websocket", project.realtime.websocket),
        ]
        config = uvicorn.Config(
            Starlette(routes=routes),
            host="127.0.0.1",
            port=0,
            log_level="error",
            lifespan="off",
            ws="websockets-sansio",
            ws_max_size=1 << 26,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, args=(project,), daemon=True)
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive()
            time.sleep(0.01)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]

    def stop(self):
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(60)

    def _run(self, project):
        async def serve():
            async with project.realtime:
                await self._server.serve()
            if project._rest._client is not None:
                await project._rest._client.aclose()

        asyncio.run(serve())


def _base64(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=")
