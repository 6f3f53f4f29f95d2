"""`casare-robot config` as a person sees it."""

import json

import keyring
import pytest
from keyring.backends.fail import Keyring as Missing
from typer.testing import CliRunner

from casare_robot.cli.config_commands import app
from casare_robot.config.loading import load_config

COMMANDS = ("show", "get", "set", "unset", "reload", "import", "undo", "validate", "path")


def config(*arguments, said=""):
    return CliRunner().invoke(app, [*arguments], input=said)


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


def test_a_secret_is_asked_for_and_kept_in_the_keyring(home) -> None:
    done = config("set", "api_key", said="crpa_correct-horse\n")

    assert done.exit_code == 0
    assert done.stdout == "api_key is ***, in keyring; it holds at once\n"
    assert config("get", "api_key").stdout == "***\n"
    shown = json.loads(config("show", "--json").stdout)["settings"]["api_key"]
    assert (shown["value"], shown["source"]) == ("***", "keyring")
    assert not (home / "robot_config.json").exists()
    assert load_config().api_key == "crpa_correct-horse"


def test_without_a_keyring_a_kept_secret_comes_with_a_warning(home) -> None:
    keyring.set_keyring(Missing())

    done = config("set", "api_key", said="k")

    assert "there is no keyring here" in done.stderr
    assert load_config().where("api_key") == str(home / "data" / "secrets" / "robot.json")


def test_a_secret_is_forgotten_and_a_setting_taken_out(home) -> None:
    config("set", "api_key", said="k")
    config("set", "robot_id", "r")

    assert config("unset", "api_key").exit_code == 0
    assert config("unset", "robot_id").exit_code == 0

    assert json.loads((home / "robot_config.json").read_text()) == {}
    assert load_config().api_key == ""
    assert "E-CFG-903" in config("unset", "volume").stderr


@pytest.mark.parametrize(
    ("name", "value", "when"),
    [
        ("max_concurrent_jobs", "2", "it holds at once"),
        ("remote_policy.allow_scripts", "true", "it holds at once"),
        ("environment", "test", "it holds from the robot's next start"),
    ],
)
def test_a_change_says_from_when_on_it_holds(home, name, value, when) -> None:
    assert config("set", name, value).stdout.endswith(f"{when}\n")


def test_a_setting_without_a_value_is_refused(home) -> None:
    refused = config("set", "log_level")

    assert refused.exit_code == 2
    assert "what should log_level be?" in refused.stderr


def test_validate_warns_of_plain_secrets_and_is_content(home) -> None:
    (home / "robot_config.json").write_text('{"supabase_key": "sb_secret_horse"}')

    checked = config("validate", "--json")

    assert checked.exit_code == 0
    codes = [warning["code"] for warning in json.loads(checked.stdout)["warnings"]]
    assert codes == ["E-CRED-603", "E-CFG-906"]
    assert "horse" not in checked.output + config("validate").output


def test_reload_without_a_robot_is_told(home) -> None:
    assert config("reload").exit_code == 6


@pytest.fixture
def older(tmp_path):
    file = tmp_path / ".env"
    file.write_text("CASARE_ROBOT_ID=r1\nSUPABASE_KEY=sb_publishable_horse\nDB_PASSWORD=horse\n")
    return file


def test_an_import_is_shown_done_when_asked_for_and_undone(home, older) -> None:
    config("set", "robot_id", "r0")

    unasked = config("import", str(older), said="y\n")  # nobody at a terminal said so
    assert unasked.exit_code == 2
    assert "--yes answers that" in unasked.stderr
    assert load_config().robot_id == "r0"

    done = config("import", str(older), "--yes")
    assert done.exit_code == 0
    assert "robot_id      r0 -> r1" in done.stdout
    assert 'supabase_key  "" -> ***' in done.stdout
    assert "DB_PASSWORD   this robot does not open the orchestrator's database" in done.stdout
    assert load_config().supabase_key == "sb_publishable_horse"

    assert config("undo").exit_code == 2
    assert load_config().robot_id == "r1"
    undone = config("undo", "--yes")
    assert undone.exit_code == 0
    assert "robot_id      r1 -> r0" in undone.stdout
    assert (load_config().robot_id, load_config().supabase_key) == ("r0", "")
    assert "E-CFG-907" in config("undo", "--yes").stderr
    assert "horse" not in unasked.output + done.output + undone.output


def test_an_import_as_json_is_one_value(home, older) -> None:
    told = json.loads(config("import", str(older), "--yes", "--json").stdout)

    assert {"name": "robot_id", "before": "", "after": "r1"} in told["changes"]
    assert [left["name"] for left in told["left"]] == ["DB_PASSWORD"]
    again = config("import", str(older))
    assert (again.exit_code, "nothing changes" in again.stdout) == (0, True)


def test_every_command_works_in_the_home_it_is_given(home, tmp_path) -> None:
    other = tmp_path / "other"
    where = ("--home", str(other))

    config("set", "robot_name", "Ada", *where)
    shown = config("show", *where).stdout

    assert config("get", "robot_name", *where).stdout == "Ada\n"
    assert f"Ada  ({other / 'robot_config.json'})" in shown
    assert str(other / "data") in config("path", *where).stdout
    assert config("get", "robot_name").stdout == "\n"
    assert not (home / "robot_config.json").exists()
    assert all("--home" in config(name, "--help").stdout for name in COMMANDS)
