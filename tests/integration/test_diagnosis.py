"""logs, audit verify, doctor and bundle as a person meets them."""

import json
import logging
import zipfile

import pytest

from casare_robot.agent.audit_files import heads_file
from casare_robot.journal.journal import Journal
from casare_robot.observability.audit import AuditEventType, AuditLogger
from casare_robot.observability.audit_key import load_key
from casare_robot.observability.log_folder import LogFolder
from casare_robot.observability.log_setup import job_logging, set_up_logging
from casare_robot.observability.secret_mask import SecretMask
from tests.integration.test_command_line import GREETING, run


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def log(home):
    """A log of a robot that has seen a few things."""
    folder = LogFolder(home / "logs", max_bytes=1 << 20, max_days=14)
    setup = set_up_logging(folder, SecretMask(), level="DEBUG")
    logger = logging.getLogger("casare_robot.agent")
    logger.info("began", extra={"slots": 2})
    with job_logging("job-1"):
        logger.warning("no progress for 12 min")
    logger.debug("looked")
    setup.close()


def events(ended):
    return [json.loads(line)["event"] for line in ended.stdout.splitlines()]


def test_logs_shows_the_newest_lines_by_level_and_job(home, log) -> None:
    plain = run("logs", home=home)
    last = run("logs", "-n", "1", "--json", home=home)
    warnings = run("logs", "--level", "warning", "--json", home=home)
    of_job = run("logs", "--job", "job-1", "--json", home=home)
    wrong = run("logs", "--level", "loud", home=home)

    lines = plain.stdout.splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == [
        "info     began  slots=2",
        "warning  [job-1] no progress for 12 min",
        "debug    looked",
    ]
    assert events(last) == ["looked"]
    assert events(warnings) == events(of_job) == ["no progress for 12 min"]
    assert (wrong.returncode, wrong.stderr.split()[0]) == (2, "E-USAGE-2")


def test_logs_without_any_shows_nothing(home) -> None:
    ended = run("logs", home=home)

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_audit_verify_finds_what_was_changed(home) -> None:
    folder = home / "data"
    none = run("audit", "verify", home=home)
    journal = Journal.open(folder)
    audit = AuditLogger(journal, key=load_key(folder), session="s", heads=heads_file(folder))
    for number in range(5):
        audit.record(AuditEventType.ERROR, payload={"number": number})
    audit.close()
    journal.close()
    whole = run("audit", "verify", "--json", home=home)
    journal = Journal.open(folder)
    journal.writer.write_now(lambda db: db.execute("DELETE FROM audit WHERE seq = 3"))
    journal.close()
    changed = run("audit", "verify", home=home)
    as_json = run("audit", "verify", "--json", home=home)

    assert (none.returncode, none.stdout) == (0, "the audit is whole\n")
    assert (whole.returncode, json.loads(whole.stdout)["whole"]) == (0, True)
    assert changed.returncode == as_json.returncode == 1
    assert "E-AUD-409 " in changed.stdout
    assert json.loads(as_json.stdout)["faults"]


def test_doctor_tells_what_is_well_and_what_is_not(home) -> None:
    well = run("doctor", home=home)
    unwell = run("doctor", "--json", home=home, CASARE_ROBOT_LOG_LEVEL="LOUD")

    assert well.returncode == 0, well.stdout
    assert well.stdout.startswith("ok   settings ")
    assert "casare-robot run" in well.stdout
    told = json.loads(unwell.stdout)
    assert (unwell.returncode, told["well"]) == (1, False)
    assert [it["check"] for it in told["findings"] if it["state"] == "fail"] == ["settings"]
    assert told["findings"][0]["mend"]


def test_bundle_is_shown_and_written_only_when_agreed(home, tmp_path, log) -> None:
    run("exec", GREETING, "--job", "a", "--var", "name=Ada-the-first", home=home)
    file = tmp_path / "b.zip"

    asked = run("bundle", "--output", file, home=home)
    before = file.exists()
    written = run("bundle", "--output", file, "--yes", "--json", home=home)
    again = run("bundle", "--output", file, "--yes", home=home)

    assert asked.returncode == 2
    assert "jobs.json" in asked.stdout
    assert not before
    told = json.loads(written.stdout)
    assert written.returncode == 0
    with zipfile.ZipFile(file) as archive:
        assert archive.namelist() == [part["name"] for part in told["parts"]]
        content = b"".join(map(archive.read, archive.namelist()))
    assert b"Ada-the-first" not in content
    assert b"no progress for 12 min" in content
    assert (again.returncode, again.stderr.split()[0]) == (2, "E-USAGE-2")
