"""A robot becomes known to a real orchestrator by a code that is good for once."""

import json
import stat
import sys

import httpx
import pytest

from tests.integration.test_command_line import run, start


@pytest.fixture(scope="module")
def orchestrator(tmp_path_factory):
    """A real orchestrator: its facts, with a maker of codes."""
    data = tmp_path_factory.mktemp("orchestrator")
    process = start("orchestrator", "--port", "0", "--data", data, "--json", home=data)
    facts = json.loads(process.stdout.readline())

    def code():
        header = {"Authorization": f"Bearer {facts['admin_key']}"}
        answer = httpx.post(f"{facts['url']}/api/v1/enrollment-codes", json={}, headers=header)
        return answer.json()["code"]

    yield {**facts, "code": code}
    process.terminate()
    process.communicate(timeout=30)


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


def checks(ended):
    return {it["check"]: it["state"] for it in json.loads(ended.stdout)["findings"]}


def test_a_code_gives_id_and_key_and_the_doctor_finds_both_good(orchestrator, home) -> None:
    before = run("config", "set", "orchestrator_url", orchestrator["robots"], home=home)
    unknown = run("doctor", "--json", home=home)
    code = orchestrator["code"]()
    enrolled = run("enroll", code, "--name", "Desk 7", "--json", home=home)
    again = run("enroll", code, home=home)
    known = run("doctor", "--json", home=home)
    robot_id = run("config", "get", "robot_id", home=home).stdout.strip()

    assert before.returncode == 0
    assert checks(unknown)["credentials"] == "warn"
    told = json.loads(enrolled.stdout)
    assert (enrolled.returncode, told["robot_id"]) == (0, robot_id)
    assert again.returncode == 1
    assert again.stderr.count("\n") == 1
    assert checks(known)["credentials"] == "ok"
    assert run("config", "get", "robot_name", home=home).stdout == "Desk 7\n"


def test_an_invitation_file_says_everything(orchestrator, home, tmp_path) -> None:
    file = tmp_path / "invitation.json"
    said = {"code": orchestrator["code"](), "orchestrator_url": orchestrator["robots"]}
    file.write_text(json.dumps(said))

    enrolled = run("enroll", "--file", file, home=home)

    assert enrolled.returncode == 0, enrolled.stderr
    assert enrolled.stdout.startswith("this robot is ")


@pytest.mark.skipif(sys.platform == "win32", reason="files have modes elsewhere")
def test_without_a_keyring_the_key_is_in_a_file_of_this_user_only(orchestrator, home) -> None:
    surroundings = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    code, url = orchestrator["code"](), orchestrator["robots"]
    enrolled = run("enroll", code, "--orchestrator", url, home=home, **surroundings)
    file = home / "data" / "robot.key"
    settings = (home / "robot_config.json").read_text()
    key = file.read_text()

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert key not in settings + enrolled.stdout + enrolled.stderr


def test_a_clone_that_enrols_begins_anew(orchestrator, home) -> None:
    data = home / "data"
    data.mkdir(parents=True)
    (data / "identity.json").write_text('{"robot_id":"old","epoch":1,"machine":{"system":"x"}}')

    run("enroll", orchestrator["code"](), "--orchestrator", orchestrator["robots"], home=home)

    assert not (data / "identity.json").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        ((), 2, "E-USAGE-2"),
        (("CODE",), 2, "E-CFG-904"),
        (("CODE", "--orchestrator", "ws://example.org"), 2, "E-CFG-904"),
        (("CODE", "--orchestrator", "ws://127.0.0.1:9"), 1, "E-LINK-503"),
        (("--file", "nowhere.json"), 2, "E-CFG-902"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(home, arguments, code, named) -> None:
    ended = run("enroll", *arguments, home=home)

    assert ended.returncode == code
    assert ended.stderr.startswith(f"{named} "), ended.stderr
    assert ended.stderr.count("\n") == 1
