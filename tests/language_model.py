"""A language model as the public documentation says it answers, on this machine."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Model:
    """A chat completions endpoint that says what the test wants."""

    def __init__(self):
        self.says = '{"agentId": "reviewer", "confidence": 0.9, "reasoning": "asked for quality"}'
        self.status = 200
        self.body = None
        self.go_on = threading.Event()
        self.go_on.set()
        self.asked = []
        model = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                model.asked.append((self.path, self.headers.get("Authorization"), body))
                model.go_on.wait(60)
                answer = json.dumps(model.completion()) if model.body is None else model.body
                self.send_response(model.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer.encode())))
                self.end_headers()
                self.wfile.write(answer.encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def completion(self):
        message = {"role": "assistant", "content": self.says, "refusal": None}
        return {
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1741569952,
            "model": "small-model",
            "choices": [
                {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
            ],
            "usage": {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29},
        }  # fmt: skip

    def end(self):
        self.go_on.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
