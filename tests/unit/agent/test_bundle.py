import json
import stat
import sys
import zipfile
from datetime import UTC, datetime

import pytest

from casare_robot.agent.bundle import Discretion, make_parts, names_here, write_parts
from casare_robot.agent.doctor import ok
from casare_robot.config.robot_config import RobotConfig
from casare_robot.domain.job import JobError, JobId, JobStatus
from casare_robot.domain.job_history import HistoryEntry
from casare_robot.observability.log_reader import LogEntry

AT = datetime(2026, 11, 21, tzinfo=UTC)
CANARIES = ("s3cret-api-key", "sb_publishable_x1", "zoe", "DESK-7", "ada@example.org", "4711 EUR")


def parts_of(**changes):
    line = {
        "at": "2026-11-21T10:00:00Z",
        "level": "info",
        "event": "C:\\Users\\zoe\\x.json by ZOE on desk-7 with s3cret-api-key for ada@example.org",
        "variables": {"amount": "4711 EUR"},
    }
    job = HistoryEntry(
        job_id=JobId("a"),
        name="Pay 4711 EUR",
        origin="desk",
        status=JobStatus.FAILED,
        accepted_at=AT,
        changed_at=AT,
        error=JobError(code="E-NODE-001", message="4711 EUR are not there", node_id="pay"),
    )
    given = {
        "findings": [ok("disk", "1 GB free at /home/zoe/.local")],
        "log": [LogEntry(event="", line=json.dumps(line))],
        "jobs": [job],
        "metrics": {"nodes": {"zoe's node": 3}},
        "names": {"zoe": "<user>", "desk-7": "<machine>", "/home/zoe": "~"},
    }
    config = RobotConfig(
        api_key="s3cret-api-key", supabase_key="sb_publishable_x1", robot_name="DESK-7"
    )
    return {part.name: part.content.decode() for part in make_parts(config, **given | changes)}


def test_nothing_of_secrets_names_variables_and_texts_of_workflows_is_in_it() -> None:
    parts = parts_of()

    for name, content in parts.items():
        for canary in CANARIES:
            assert canary.casefold() not in content.casefold(), f"{canary} is in {name}"


def test_what_helps_is_in_it() -> None:
    parts = parts_of()

    [job] = json.loads(parts["jobs.json"])
    assert (job["status"], job["error"]["code"]) == ("failed", "E-NODE-001")
    assert json.loads(parts["settings.json"])["api_key"]["value"] == "***"
    assert json.loads(parts["versions.json"])["libraries"]["msgspec"]
    assert json.loads(parts["doctor.json"])[0]["message"] == "1 GB free at ~/.local"
    assert "<user>" in parts["log.jsonl"]
    assert "<user>'s node" in parts["metrics.json"]


def test_without_a_running_robot_and_logs_their_parts_are_missing() -> None:
    assert set(parts_of(metrics=None, log=[])) == {
        "versions.json",
        "settings.json",
        "doctor.json",
        "jobs.json",
    }


def test_names_are_replaced_as_whole_words_the_longest_first() -> None:
    discreet = Discretion([], {"al": "<user>", "al-desk": "<machine>"})

    assert discreet("al at AL-DESK has a total") == "<user> at <machine> has a total"
    assert discreet({"al": ["al", 3, None]}) == {"<user>": ["<user>", 3, None]}


def test_the_names_of_this_user_and_machine_are_known() -> None:
    assert "<machine>" in names_here().values()
    assert "~" in names_here().values()


def test_a_bundle_is_for_this_user_only_and_replaces_nothing(tmp_path) -> None:
    file = tmp_path / "b.zip"
    parts = make_parts(RobotConfig(), findings=[], log=[], jobs=[], metrics=None, names={})

    write_parts(parts, file)
    with pytest.raises(FileExistsError):
        write_parts(parts, file)

    with zipfile.ZipFile(file) as archive:
        assert archive.namelist() == [part.name for part in parts]
    assert sys.platform == "win32" or stat.S_IMODE(file.stat().st_mode) == 0o600
