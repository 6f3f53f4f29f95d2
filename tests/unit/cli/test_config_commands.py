"""`casare-robot config` as a person sees it."""

import json

import pytest
from typer.testing import CliRunner

from casare_robot.cli.config_commands import app


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("CASARE_ROBOT_HOME", str(tmp_path))
    return tmp_path


def config(*arguments):
    return CliRunner().invoke(app, [*arguments])


def test_show_tells_value_unit_and_source_and_hides_secrets(home, monkeypatch) -> None:
    monkeypatch.setenv("SUPABASE_KEY", "eyJ-very-secret")

    shown = config("show")

    lines = [line.split() for line in shown.stdout.splitlines()]
    assert ["heartbeat_interval", "30.0", "s", "(default)"] in lines
    assert ["supabase_key", "***", "(SUPABASE_KEY)"] in lines
    assert ["remote_policy.allow_scripts", "false", "(default)"] in lines
    assert "very-secret" not in shown.output + config("show", "--json").output


def test_show_as_json_describes_each_setting(home) -> None:
    answer = json.loads(config("show", "--json").stdout)

    row = answer["settings"]["job_timeout"]
    assert (row["value"], row["unit"], row["source"]) == (3600.0, "s", "default")
    assert answer["faults"] == []


def test_a_value_that_was_set_is_got(home) -> None:
    done = config("set", "heartbeat_interval", "5")

    assert done.exit_code == 0
    assert config("get", "heartbeat_interval").stdout == "5.0\n"
    got = json.loads(config("get", "heartbeat_interval", "--json").stdout)
    assert got["source"] == str(home / "robot_config.json")


def test_a_part_of_a_policy_is_set_and_the_rest_of_the_file_stays(home) -> None:
    config("set", "robot_id", "007")
    config("set", "remote_policy.allowed_hosts", '["*.example.com"]')
    config("set", "remote_policy.allow_scripts", "true")

    written = json.loads((home / "robot_config.json").read_text("utf-8"))

    assert written == {
        "robot_id": "007",
        "remote_policy": {"allowed_hosts": ["*.example.com"], "allow_scripts": True},
    }
    assert config("get", "remote_policy.allow_scripts").stdout == "true\n"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("heartbeat_interval", "soon", "E-CFG-904"),
        ("heart_beat", "5", "E-CFG-903"),
        ("robot_id.part", "5", "E-CFG-904"),
        ("supabase_key", "k", "E-CFG-905"),
    ],
)
def test_a_wrong_change_is_refused_and_the_file_stays(home, name, value, code) -> None:
    config("set", "log_level", "DEBUG")
    before = (home / "robot_config.json").read_bytes()

    refused = config("set", name, value)

    assert refused.exit_code == 2
    assert code in refused.stderr
    assert (home / "robot_config.json").read_bytes() == before


def test_a_change_that_a_variable_hides_is_told(home, monkeypatch) -> None:
    monkeypatch.setenv("CASARE_ROBOT_LOG_LEVEL", "ERROR")

    assert "CASARE_ROBOT_LOG_LEVEL is stronger" in config("set", "log_level", "DEBUG").stderr


def test_validate_ends_with_2_and_every_fault(home) -> None:
    file = home / "other.json"
    file.write_text('{"log_level": "LOUD", "robot": 1}', "utf-8")

    wrong = config("validate", str(file), "--json")

    assert wrong.exit_code == 2
    codes = [fault["code"] for fault in json.loads(wrong.stdout)["faults"]]
    assert sorted(codes) == ["E-CFG-903", "E-CFG-904"]
    assert config("validate").exit_code == 0


def test_a_broken_file_with_a_good_copy_warns_and_does_not_validate(home) -> None:
    config("set", "robot_id", "r")
    (home / "robot_config.json").write_text("{", "utf-8")

    got = config("get", "robot_id")

    assert (got.exit_code, got.stdout) == (0, "r\n")
    assert "line 1, column 2" in got.stderr
    assert config("validate").exit_code == 2


def test_path_names_the_files(home) -> None:
    rows = json.loads(config("path", "--json").stdout)

    assert rows["user"] == {"path": str(home / "robot_config.json"), "exists": False}
    assert set(rows) == {"user", "machine", "policy", "data", "logs"}
    assert "(not there)" in config("path").stdout


def test_an_import_shows_what_changes_and_undo_goes_back(home) -> None:
    config("set", "robot_id", "old")
    older = home / "older.json"
    older.write_text('{"robot_id": "new", "connection": {"max_delay": 300, "key": "k-secret"}}')

    looked = config("import", str(older), "--dry-run")
    before = config("get", "robot_id").stdout
    done = config("import", str(older))
    after = config("get", "robot_id").stdout
    back = config("undo", "--json")
    nothing = config("import", str(home / "nowhere.json"))

    assert looked.stdout.splitlines()[:3] == [
        "- robot_id: old",
        "+ robot_id: new",
        "+ max_reconnect_delay: 300",
    ]
    assert done.stdout.startswith(looked.stdout)
    assert "connection.key: not taken over" in done.stdout
    assert "k-secret" not in done.output
    assert (before, after, config("get", "robot_id").stdout) == ("old\n", "new\n", "old\n")
    assert {it["name"] for it in json.loads(back.stdout)} == {"robot_id", "max_reconnect_delay"}
    assert nothing.exit_code == 2


def test_undo_without_an_import_is_refused(home) -> None:
    ended = config("undo")

    assert ended.exit_code == 2
    assert "E-CFG-906" in ended.output
