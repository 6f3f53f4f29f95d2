"""Where values come from, which is strongest, and what happens to wrong ones."""

import json
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casare_robot.config.loading import get_config, load_config
from casare_robot.config.robot_config import RobotConfig
from casare_robot.domain.errors import ConfigError


def write(path, value) -> None:
    path.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")


def faults(places, **arguments):
    with pytest.raises(ConfigError) as caught:
        load_config(places=places, **arguments)
    return caught.value.faults


def test_without_any_source_all_values_are_defaults(places) -> None:
    config = load_config(places=places)

    assert config == RobotConfig(checkpoint_dir=places.data)
    assert config.where("log_level") == "default"


def test_nothing_to_read_imports_no_pydantic(tmp_path) -> None:
    code = (
        "import sys; from casare_robot.config.loading import load_config; load_config();"
        "sys.exit(any(m.startswith('pydantic') for m in sys.modules))"
    )

    ended = subprocess.run(
        [sys.executable, "-c", code], env={"CASARE_ROBOT_HOME": str(tmp_path)}, check=False
    )

    assert ended.returncode == 0


SOURCES = ("policy", "command line", "CASARE_ROBOT_ROBOT_NAME", "ROBOT_NAME", "user", "machine")


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_by=st.sets(st.sampled_from(SOURCES)))
def test_the_strongest_source_that_speaks_wins(places, monkeypatch, given_by) -> None:
    files = {
        "policy": places.policy_file,
        "user": places.config_file,
        "machine": places.machine_config_file,
    }
    with monkeypatch.context() as environment:
        for source in SOURCES:
            if source in files:
                write(files[source], {"robot_name": source} if source in given_by else {})
            elif source in given_by and source != "command line":
                environment.setenv(source, source)
        overrides = {"robot_name": "command line" if "command line" in given_by else None}

        config = load_config(overrides, places=places)

    strongest = next((source for source in SOURCES if source in given_by), "")
    assert config.robot_name == strongest
    assert config.where("robot_name") == str(files.get(strongest, strongest or "default"))


def test_the_environment_of_the_reference_is_read(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("CASARE_ROBOT_HOME", str(tmp_path))
    monkeypatch.setenv("ROBOT_ID", "robot-001")
    monkeypatch.setenv("ROBOT_NAME", "Production Robot 1")
    monkeypatch.setenv("ORCHESTRATOR_URL", "wss://orchestrator.example.com")
    monkeypatch.setenv("SUPABASE_URL", "https://xxx.supabase.co")
    monkeypatch.setenv("SUPABASE_KEY", "eyJ")
    monkeypatch.setenv("HTM_DATABASE__URL", "postgresql://db.example/robots")

    config = get_config()

    assert config.robot_id == "robot-001"
    assert config.orchestrator_url == "wss://orchestrator.example.com"
    assert config.supabase_key == "eyJ"
    assert config.store_url == "postgresql://db.example/robots"
    assert config.checkpoint_dir == tmp_path / "data"


def test_the_file_of_the_reference_is_read(places) -> None:
    said = {
        "robot_id": "robot-001",
        "robot_name": "Production Robot 1",
        "max_concurrent_jobs": 1,
        "heartbeat_interval": 30,
        "checkpoint_enabled": True,
        "log_level": "INFO",
    }
    write(places.config_file, "\ufeff" + json.dumps(said))

    config = load_config(places=places)

    assert {name: getattr(config, name) for name in said} == said


def test_parts_of_a_policy_come_from_different_sources(places, monkeypatch) -> None:
    write(places.policy_file, {"remote_policy": {"allow_scripts": False}})
    write(places.config_file, {"remote_policy": {"allow_scripts": True, "allowed_hosts": ["a.b"]}})
    monkeypatch.setenv("CASARE_ROBOT_REMOTE_POLICY", '{"max_download_bytes": 5}')

    config = load_config(places=places)

    remote = config.remote_policy
    assert (remote.allow_scripts, remote.allowed_hosts) == (False, ("a.b",))
    assert remote.max_download_bytes == 5
    assert not remote.allow_private_addresses
    assert config.where("remote_policy.allow_scripts") == str(places.policy_file)
    assert config.where("remote_policy.max_download_bytes") == "CASARE_ROBOT_REMOTE_POLICY"
    assert config.where("remote_policy.allow_private_addresses") == "default"
    assert str(places.config_file) in config.where("remote_policy")


def test_a_relative_checkpoint_folder_starts_at_the_settings(places) -> None:
    write(places.config_file, {"checkpoint_dir": "journal"})

    assert load_config(places=places).checkpoint_dir == places.config / "journal"


def test_every_fault_of_every_source_is_told_at_once(places, monkeypatch) -> None:
    write(places.config_file, {"heartbeat_intervall": 3, "log_level": "LOUD"})
    write(places.machine_config_file, "[]")
    monkeypatch.setenv("CASARE_ROBOT_MAX_CONCURRENT_JOBS", "many")
    monkeypatch.setenv("CASARE_ROBOT_NAME", "x")

    told = faults(places, overrides={"job_timeout": -1})

    assert sorted((fault.code, fault.key) for fault in told) == [
        ("E-CFG-901", None),
        ("E-CFG-903", "heartbeat_intervall"),
        ("E-CFG-903", "name"),
        ("E-CFG-904", "job_timeout"),
        ("E-CFG-904", "log_level"),
        ("E-CFG-904", "max_concurrent_jobs"),
    ]
    assert any("did you mean heartbeat_interval?" in fault.message for fault in told)
    assert any(str(places.config_file) in f.message and "'LOUD'" in f.message for f in told)


def test_broken_json_is_told_with_line_and_column(places) -> None:
    write(places.config_file, '{\n  "robot_id": "r"\n  "log_level": "INFO"\n}')

    [fault] = faults(places)

    assert fault.code == "E-CFG-901"
    assert "line 3, column 3" in fault.message


@pytest.mark.parametrize(
    "url",
    ["http://orchestrator.example.com", "ws://10.0.0.5", "wss://", "orchestrator", "ftp://x"],
)
def test_an_address_that_others_can_read_along_is_refused(places, url) -> None:
    [fault] = faults(places, overrides={"orchestrator_url": url})

    assert fault.code == "E-CFG-904"
    assert "wss://" in fault.message


@pytest.mark.parametrize(
    "url", ["wss://o.example.com/ws", "https://o", "ws://localhost:8700/ws", "http://127.0.0.1:9"]
)
def test_encrypted_and_local_addresses_are_fine(places, url) -> None:
    assert load_config({"orchestrator_url": url}, places=places).orchestrator_url == url


@pytest.mark.parametrize(
    "url",
    [
        "wss://u:s3/cr:et@o.example.com",
        "ws://s3cret@localhost:1",
        "wss://o/?token=s3cret",
        "wss://o/#s3cret",
    ],
)
def test_an_address_with_a_key_in_it_is_refused_and_the_key_not_repeated(places, url) -> None:
    [fault] = faults(places, overrides={"orchestrator_url": url})

    assert fault.code == "E-CFG-904"
    assert "'wss://" in str(fault) or "'ws://" in str(fault)
    assert not any(part in str(fault) for part in ("s3cret", "cr:et", "s3/"))


def test_a_wrong_secret_is_not_repeated(places) -> None:
    [fault] = faults(places, overrides={"supabase_key": 123456789})

    assert "123456789" not in str(fault)


def test_a_file_broken_later_is_replaced_by_its_last_good_copy(places) -> None:
    write(places.config_file, {"robot_id": "robot-7", "heartbeat_interval": 5})
    load_config(places=places)
    write(places.config_file, '{"robot_id": "robot-8", "heartbeat_interval": ')

    config = load_config(places=places)

    assert (config.robot_id, config.heartbeat_interval) == ("robot-7", 5.0)
    assert [fault.code for fault in config.faults] == ["E-CFG-901"]
    assert config.where("robot_id") == f"last good copy of {places.config_file}"
    assert [fault.code for fault in faults(places, strict=True)] == ["E-CFG-901"]


def test_a_policy_broken_later_still_holds(places) -> None:
    write(places.policy_file, {"local_policy": {"allow_scripts": False}})
    load_config(places=places)
    write(places.policy_file, {"local_policy": {"allow_scripts": "sometimes"}})

    assert not load_config(places=places).local_policy.allow_scripts


def test_a_file_that_never_was_good_stops_the_start(places) -> None:
    write(places.config_file, {"log_level": "LOUD"})

    assert [fault.code for fault in faults(places)] == ["E-CFG-904"]


def test_a_copy_that_cannot_be_kept_does_not_stop_the_start(places) -> None:
    write(places.config_file, {"robot_id": "r"})
    places.data.write_text("a file where the folder should be")

    assert load_config(places=places).robot_id == "r"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        *(("A", "flat"), ("1a", "flat"), ("Flat", "flat"), ("b", "rest"), ("REST", "rest")),
        *(
            ("1C", "postgres"),
            ("postgresql", "postgres"),
            ("1D", "envelope"),
            ("e", "supabase-tables"),
        ),
        *(("supabase", "supabase-tables"), ("auto", "auto"), ("direct_postgres", "postgres")),
    ],
)
def test_a_dialect_has_several_names(places, said, meant) -> None:
    assert load_config({"orchestrator_dialect": said}, places=places).orchestrator_dialect == meant


def test_an_unknown_dialect_is_refused_with_those_that_there_are(places) -> None:
    with pytest.raises(ConfigError, match="supabase-tables"):
        load_config({"orchestrator_dialect": "morse"}, places=places)
