"""Small real servers."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class PageServer:
    """Answers each request with ``body``, or with what ``answer`` makes of it."""

    def __init__(self):
        self.status, self.body, self.kind = 200, b"", "text/xml"
        self.requests = []
        self.answer = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                size = int(self.headers.get("Content-Length", 0))
                given = self.rfile.read(size)
                outer.requests.append((self.path, dict(self.headers), given))
                body = outer.answer(given) if outer.answer else outer.body
                self.send_response(outer.status)
                self.send_header("Content-Type", outer.kind)
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # noqa: N815

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def page_server():
    server = PageServer()
    yield server
    server.close()
