"""A signed feed on a server of this machine, and an installation that only notes what it starts."""

import http.server
import importlib
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from casare_robot.config.robot_config import RobotConfig
from casare_robot.updates.installation import Installation
from casare_robot.updates.updates import Updates

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SETUP = b"a newer robot" * 1000


class FeedServer:
    """Serves a folder; counts what was asked for. ``may_answer``: gates for first answers."""

    def __init__(self, folder: Path) -> None:
        asked = self.asked = []
        may_answer = self.may_answer = {}

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments):
                super().__init__(*arguments, directory=str(folder))

            def do_GET(self):
                asked.append(self.path)
                if gate := may_answer.pop(self.path, None):
                    gate.wait(60)
                super().do_GET()

            def log_message(self, *_):
                pass

        self.folder = folder
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/feed.json"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def make_feed(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3] / "installer"))
    yield importlib.import_module("make_feed")
    for name in ("make_feed", "wheels"):
        sys.modules.pop(name, None)


class Publisher:
    """Whoever makes releases."""

    def __init__(self, make_feed, folder: Path) -> None:
        self._make_feed = make_feed
        self.key = Ed25519PrivateKey.generate()
        self.folder = folder
        self.folder.mkdir()

    @property
    def public(self) -> str:
        return self._make_feed.public(self.key)

    def publish(self, version="0.2.0", *, key=None, expires=NOW + timedelta(days=1), kinds=None):
        setup = self.folder / f"setup-{version}.exe"
        setup.write_bytes(SETUP)
        files = dict.fromkeys(kinds or ("windows", "debian"), setup)
        text = self._make_feed.feed(version, files, notes="It is quicker.", expires=expires)
        (self.folder / "feed.json").write_text(self._make_feed.sign(text, key or self.key))
        return setup


@pytest.fixture
def publisher(make_feed, tmp_path):
    return Publisher(make_feed, tmp_path / "published")


@pytest.fixture
def server(publisher):
    server = FeedServer(publisher.folder)
    yield server
    server.close()


class Robot:
    """A robot with an installation of version 0.1.0; what it starts is only noted."""

    def __init__(self, folder: Path, publisher, server) -> None:
        self.folder = folder
        self.config = {"update_feed": server.url, "update_keys": (publisher.public,)}
        self.kind = "windows"
        self.version = "0.1.0"
        self.now = NOW
        self.started = []

    def updates(self, **changed) -> Updates:
        return Updates(
            RobotConfig(checkpoint_dir=self.folder, **{**self.config, **changed}),
            self.folder / "data",
            installed=Installation(kind=self.kind, folder=self.folder / "installed"),
            version=self.version,
            start=lambda command, *, output: self.started.append(command),
            clock=lambda: self.now,
        )

    def has_previous(self, version: str) -> None:
        (self.folder / "installed" / "previous").mkdir(parents=True)
        (self.folder / "installed" / "previous" / "VERSION").write_text(version)


@pytest.fixture
def robot(tmp_path, publisher, server):
    return Robot(tmp_path / "robot", publisher, server)
