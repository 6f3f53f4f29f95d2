"""Enrolment, against a server that answers as an orchestrator does."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from typer.testing import CliRunner

from casare_robot.agent.enrolment import _address
from casare_robot.agent.identity import establish_identity
from casare_robot.cli.app import app
from casare_robot.config.loading import load_config
from casare_robot.desktop.machine import machine_traits
from casare_robot.desktop.secret_store import robot_secrets

CODE = "ABCD-EFGH-JKLM"
GIVEN = {"robot_id": "robot-0a1b", "api_key": "crpa_correct-horse"}


class Server(ThreadingHTTPServer):
    """Takes a code once.

    Attributes:
        given: What it answers.
        asked: What it was told, by request.
    """

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.given = {**GIVEN, "orchestrator_url": f"ws://127.0.0.1:{self.server_port}"}
        self.asked = []
        self.codes = {CODE}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, said))
        if said["code"] in self.server.codes:
            self.server.codes.remove(said["code"])
            self.answer(201, self.server.given)
        else:
            error = {"code": "E-AUTH-410", "message": "this enrolment code is unknown"}
            self.answer(410, {"error": error})

    def answer(self, status, said):
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with Server() as one:
        Thread(target=one.serve_forever, args=(0.01,), daemon=True).start()
        yield one
        one.shutdown()


def robot(*arguments, said=""):
    return CliRunner().invoke(app, [*arguments], input=said)


def test_a_code_is_exchanged_for_id_address_and_key(home, server) -> None:
    done = robot("enroll", CODE, "--to", server.url, "--name", "Desk")

    config = load_config()
    assert done.exit_code == 0, done.output
    assert config.robot_id == "robot-0a1b"
    assert config.robot_name == "Desk"
    assert config.orchestrator_url == server.given["orchestrator_url"]
    assert (config.api_key, config.where("api_key")) == (GIVEN["api_key"], "keyring")
    [(path, asked)] = server.asked
    assert path == "/api/v1/enroll"
    assert (asked["code"], asked["robot_name"], bool(asked["machine"])) == (CODE, "Desk", True)


def test_the_key_is_shown_nowhere_and_in_no_file(home, server) -> None:
    done = robot("enroll", CODE, "--to", server.url)

    said = done.output + robot("config", "show").output
    written = [p.read_text("latin-1") for p in home.rglob("*") if p.is_file()]
    assert written
    assert not any("correct-horse" in text for text in (said, *written))


def test_a_code_is_read_from_standard_input(home, server) -> None:
    assert robot("enroll", "--to", server.url, said=f"{CODE}\n").exit_code == 0
    assert server.asked[0][1]["code"] == CODE


def test_a_refused_code_is_told_and_changes_nothing(home, server) -> None:
    refused = robot("enroll", "WRONG", "--to", server.url)

    assert refused.exit_code == 1
    assert "E-AUTH-410 this enrolment code is unknown" in refused.stderr
    assert load_config().robot_id == ""
    assert not (home / "robot_config.json").exists()


def test_an_older_enrolment_is_replaced_only_when_told_so(home, server) -> None:
    robot("enroll", CODE, "--to", server.url)
    server.codes, server.given = {"NEW"}, {**server.given, "robot_id": "robot-2"}

    unasked = robot("enroll", "NEW", "--to", server.url)

    assert unasked.exit_code == 2
    assert "robot-0a1b at ws://127.0.0.1" in unasked.stderr
    assert server.codes == {"NEW"}
    assert robot("enroll", "NEW", "--to", server.url, "--yes").exit_code == 0
    assert load_config().robot_id == "robot-2"


@pytest.mark.parametrize(
    ("to", "code"),
    [("http://orchestrator.example.com", "E-CFG-910"), ("orchestrator", "E-CFG-910")],
)
def test_a_line_that_others_can_read_is_refused_before_the_code_is_sent(home, to, code) -> None:
    refused = robot("enroll", CODE, "--to", to)

    assert refused.exit_code == 2
    assert code in refused.stderr


def test_a_key_that_could_not_be_kept_is_noticed_before_the_code_is_used(home, server, ring):
    robot_secrets(home / "data").keep("supabase_key", "k")
    ring.is_locked = True

    refused = robot("enroll", CODE, "--to", server.url)

    assert refused.exit_code == 1
    assert "E-SEC-904" in refused.stderr
    assert server.codes == {CODE}


def test_settings_that_are_broken_are_noticed_before_the_code_is_used(home, server) -> None:
    (home / "robot_config.json").write_text('{"robot_name": "Desk"}')
    assert load_config().robot_name == "Desk"
    (home / "robot_config.json").write_text("{")

    assert robot("enroll", CODE, "--to", server.url).exit_code == 2
    assert server.codes == {CODE}


@pytest.mark.parametrize(
    "given",
    [[], {}, {"robot_id": "r"}, {"robot_id": "", "api_key": "k"}, {"robot_id": 1, "api_key": "k"}],
)
def test_an_answer_that_is_no_enrolment_is_told(home, server, given) -> None:
    server.given = given

    refused = robot("enroll", CODE, "--to", server.url)

    assert refused.exit_code == 1
    assert load_config().api_key == ""


def test_nobody_there_is_told(home, server) -> None:
    server.shutdown()
    server.server_close()

    refused = robot("enroll", CODE, "--to", server.url)

    assert refused.exit_code == 1
    assert "E-LINK-503" in refused.stderr


@pytest.mark.parametrize("told", ["", "nonsense", "http://10.0.0.5:8765"])
def test_an_address_that_cannot_be_used_gives_way_to_the_typed_one(home, server, told) -> None:
    server.given["orchestrator_url"] = told

    assert robot("enroll", CODE, "--to", server.url).exit_code == 0
    assert load_config().orchestrator_url == server.url


@pytest.mark.parametrize(
    ("typed", "told", "kept"),
    [
        ("https://o.example.com", "wss://o.example.com", "wss://o.example.com"),
        ("https://o.example.com", "ws://127.0.0.1:8765", "https://o.example.com"),
        ("wss://o.example.com/robot", "ws://inner", "wss://o.example.com/robot"),
        ("http://127.0.0.1:8765", "wss://o.example.com", "wss://o.example.com"),
    ],
)
def test_a_line_never_becomes_less_safe_than_the_typed_one(typed, told, kept) -> None:
    assert _address(told, typed) == kept


def test_an_end_that_the_server_tells_is_warned_of(home, server) -> None:
    server.given["expires_at"] = "2020-01-01T00:00:00Z"
    robot("enroll", CODE, "--to", server.url)

    checked = robot("config", "validate")

    assert checked.exit_code == 0
    assert "E-CRED-602" in checked.stderr
    assert "2020-01-01" in checked.stderr


def test_a_clone_that_enrols_is_a_robot_of_its_own(home, server) -> None:
    other = {"system": "another", "card": "another", "name": "another"}
    establish_identity(home / "data", machine=other, robot_id="robot-of-the-image")
    assert establish_identity(home / "data", machine=machine_traits()).is_clone

    robot("enroll", CODE, "--to", server.url)

    identity = establish_identity(home / "data", machine=machine_traits())
    assert (identity.robot_id, identity.is_clone) == ("robot-0a1b", False)


def test_unenrol_forgets_id_address_and_key(home, server) -> None:
    robot("enroll", CODE, "--to", server.url, "--name", "Desk")

    assert robot("unenroll").exit_code == 2
    done = robot("unenroll", "--yes")

    config = load_config()
    assert done.exit_code == 0
    assert (config.robot_id, config.orchestrator_url, config.api_key) == ("", "", "")
    assert config.robot_name == "Desk"
    assert "not enrolled" in robot("unenroll").stdout
