"""A server of HTTP in a test, in threads of its own; requests are handled one at a time."""

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class HttpReplica:
    """Answers by `answer`, which gives status, JSON and headers.

    Attributes:
        asked: (method, path, body) of every request, in order.
    """

    def __init__(self):
        self.asked = []
        self._lock = threading.Lock()
        replica = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                size = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(size)) if size else None
                path = urlsplit(self.path).path
                with replica._lock:
                    replica.asked.append((self.command, self.path, body))
                    status, content, headers = replica.answer(
                        self.command, self.path, path, body, self.headers
                    )
                data = json.dumps(content).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        for method in ("GET", "POST", "PUT", "PATCH"):
            setattr(Handler, f"do_{method}", Handler.handle_any)
        self._handler = Handler
        self.port = 0

    def __enter__(self):
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def answer(self, method, target, path, body, headers):
        raise NotImplementedError

    async def until(self, claim, timeout=60):
        async with asyncio.timeout(timeout):
            while not self._holds(claim):
                await asyncio.sleep(0.02)

    def _holds(self, claim):
        with self._lock:
            return claim()

    def count(self, method, ending):
        """Requests so far whose path ends so."""
        return sum(
            one == method and urlsplit(to).path.endswith(ending) for one, to, _ in self.asked
        )
