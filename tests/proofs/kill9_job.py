"""The job of the proof, and the world that counts what it does."""

import re
import sqlite3
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.drawing import write

TURNS = 3


class World:
    """A folder, a database and a web server, none of them the robot's."""

    def __init__(self, folder: Path, server: "CountingServer", tag: str) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True)
        self.tag = tag
        self._server = server
        with sqlite3.connect(folder / "rows.db") as db:
            db.execute("CREATE TABLE effects (what TEXT)")
        db.close()
        self.file = self._draw()

    def effects(self) -> Counter[str]:
        """How often each effect happened."""
        seen = Counter(self._server.seen(self.tag))
        for name in ("lines", "commands"):
            file = self.folder / name
            seen.update(file.read_text().splitlines() if file.exists() else ())
        db = sqlite3.connect(self.folder / "rows.db", timeout=30)
        seen.update(what for (what,) in db.execute("SELECT what FROM effects"))
        db.close()
        return seen

    def _draw(self) -> Path:
        here = self.folder
        url = f"{self._server.url}/{self.tag}"
        users = ("q", "lq", "begin", "t", "tt", "commit", "bq", "last", "count")
        return write(
            here / "job.json",
            {
                "start": "Start",
                "name": put("name", "kill nine"),
                "open": ("DatabaseConnect", {"database": str(here / "rows.db")}),
                "a": line(here, "a"),
                "q": row("q"),
                "c": command(here, "c"),
                "p": post(url, "p"),
                "loop": (
                    "ForLoopStart",
                    {"mode": "range", "end": TURNS, "item_var": "i"},
                ),
                "la": line(here, "la {{i}}"),
                "lq": row("lq {{i}}"),
                "sum": ("IncrementVariable", {"variable_name": "n", "increment": 2}),
                "lc": command(here, "lc {{i}}"),
                "lp": post(url, "lp {{i}}"),
                "read": ("ReadFile", {"file_path": str(here / "lines")}),
                "seen": ("SetVariable", {"variable_name": "seen"}),
                "write": ("WriteFile", {"file_path": str(here / "copy"), "content": "{{seen}}"}),
                "begin": "BeginTransaction",
                "t": row("begin"),
                "tt": row("second"),
                "commit": "CommitTransaction",
                "fork": ("Fork", {"branch_count": 2}),
                "ba": line(here, "ba 1"),
                "bp": post(url, "bp 1"),
                "bq": row("bq 2"),
                "bc": command(here, "bc 2"),
                "join": "Join",
                "last": row("last"),
                "count": ("ExecuteQuery", {"query": "SELECT count(*) AS n FROM effects"}),
                "rows": put("rows", "{{count.results}}"),
                "math": ("MathOperation", {"operation": "multiply", "a": "{{n}}", "b": 7}),
                "total": ("SetVariable", {"variable_name": "total"}),
            },
            "start > name > open > a > q > c > p > loop.body > la > lq > sum > lc > lp;"
            "loop.completed > read > seen > write > begin > t > tt > commit > fork;"
            "fork.branch_1 > ba > bp > join; fork.branch_2 > bq > bc > join;"
            "join > last > count > rows > math > total",
            "read.content > seen.value; math.result > total.value;"
            + ";".join(f"open.connection > {user}.connection" for user in users),
            variables={"n": {"type": "Integer", "default_value": 0}},
        )


def effect_of(key: str) -> str:
    """What a step leaves in the world: its node, and its turns and branch numbers."""
    place, _, node = key.partition("/")[2].rpartition("/")
    return " ".join([node, *re.findall(r"[\[.](\d+)", place)])


def put(name, value):
    return ("SetVariable", {"variable_name": name, "default_value": value})


def line(folder, text):
    return ("AppendFile", {"file_path": str(folder / "lines"), "content": f"{text}\n"})


def row(text):
    return ("ExecuteNonQuery", {"query": f"INSERT INTO effects VALUES ('{text}')"})


def command(folder, text):
    return ("RunCommand", {"command": f"echo '{text}' >> '{folder / 'commands'}'", "shell": True})


def post(url, text):
    return (
        "HttpRequest",
        {"url": url, "method": "POST", "body": text, "content_type": "text/plain"},
    )


class CountingServer:
    """Takes POSTs and keeps what they say, by path."""

    def __init__(self) -> None:
        seen: dict[str, list[str]] = {}

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length).decode()
                if len(body) < length:
                    return  # its sender died in the middle of it
                seen.setdefault(self.path.strip("/"), []).append(body)
                try:
                    self.send_response(200)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                except ConnectionError:
                    return  # who asked is dead

            def log_message(self, *_):
                """Keep the output clean."""

        self._seen = seen
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.handle_error = lambda *_: None
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def seen(self, tag: str) -> list[str]:
        """What was posted to this path."""
        return list(self._seen.get(tag, ()))

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
