"""Services with accounts, played on 127.0.0.1, and cases of the nodes that use them."""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Case:
    """One node: what it is given, what the service answers, what each must come to.

    ``answers`` are bodies, or (status, body) or (status, body, headers). ``asked`` are the
    requests wanted: "METHOD /path?query" alone or with the body.
    """

    type: str
    config: dict[str, Any] = field(default_factory=dict)
    answers: list[Any] = field(default_factory=list)
    asked: list[Any] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    port: str = "exec_out"

    def __str__(self):
        return self.type


class Request:
    """One request that a service got."""

    def __init__(self, line, headers, body):
        self.line, self.headers, self.body = line, headers, body

    @property
    def json(self):
        return json.loads(self.body) if self.body else None


class Service:
    """A web server that gives the scripted answers, one for each request."""

    def __enter__(self):
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                service.seen.append(Request(f"{self.command} {self.path}", self.headers, body))
                said = service.answers.pop(0) if service.answers else (599, "nothing is left")
                status, content, headers = (
                    (*said, {})[:3] if isinstance(said, tuple) else (200, said, {})
                )
                if not isinstance(content, bytes):
                    content = json.dumps(content).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": len(content)}.items():
                    self.send_header(name, str(value))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815

            def log_message(self, *_):
                """Keep the test output clean."""

        self.answers, self.seen = [], []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def script(self, answers):
        self.answers = list(answers)

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def says(text, tokens=7):
    """What a language model answers: text, or a JSON object among words."""
    text = text if isinstance(text, str) else f"Well:\n```json\n{json.dumps(text)}\n```"
    return {
        "id": "chatcmpl-1",
        "model": "m-1",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": tokens},
    }


def check(case, done, service):
    """See that a case came to what it should."""
    assert done.error is None, done.error
    asked = [
        request.line if isinstance(wanted, str) else (request.line, request.json)
        for wanted, request in zip(case.asked, service.seen, strict=True)
    ]
    assert asked == case.asked
    assert {name: done.outputs.get(name) for name in case.outputs} == case.outputs
    assert (done.port, done.outputs["success"], done.outputs["error"]) == (case.port, True, "")
    from casare_robot.nodes.catalogue import load_catalogue

    ports = {port.name for port in load_catalogue().get(case.type).outputs}
    assert set(done.outputs) <= ports, "an output without a port"
