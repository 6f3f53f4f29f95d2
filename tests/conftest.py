"""What every test needs."""

import asyncio
import signal

import pytest
from hypothesis import settings

from casare_robot.domain.plain_json import readable
from tests.servers import MissingError, PostgresServer, RedisServer, running

# pytest-asyncio asks for the current loop before each test, which makes one that nobody closes.
asyncio.set_event_loop(None)

# A suite that a shell runs in its background would hand its deafness to Ctrl+C on to programs.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A slow machine is no fault of a property.
settings.register_profile("calm", deadline=None)
settings.load_profile("calm")


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable():
    """Reports travel as text; what a broken line left in a log may be none."""
    return readable((yield))


def _server(kind: type) -> object:
    try:
        yield from running(kind)
    except MissingError as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def postgres_server():
    """PostgreSQL, started once."""
    yield from _server(PostgresServer)


@pytest.fixture(scope="session")
def redis_server():
    """Redis, started once."""
    yield from _server(RedisServer)


@pytest.fixture(scope="session")
def supabase_project(postgres_server):
    """A Supabase project, started once."""
    from tests.supabase_project import SupabaseProject

    try:
        project = SupabaseProject(postgres_server)
    except MissingError as reason:
        pytest.skip(str(reason))
    yield project
    project.stop()


@pytest.fixture
def web_server():
    """A web server on 127.0.0.1: `web_server.answers["/path"] = (status, headers, body)`.

    ``seen`` lists the requests as (method, path with query, headers, body).
    """
    import threading
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            server.seen.append((self.command, self.path, self.headers, body))
            status, headers, content = server.answers.get(self.path.split("?")[0], (404, {}, b""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = answer  # noqa: N815

        def log_message(self, *_):
            """Keep the test output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.answers, server.seen = {}, []
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
