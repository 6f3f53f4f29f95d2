import json

import pytest

from casare_robot.config.importing import import_settings, undo_import
from casare_robot.config.loading import load_config
from casare_robot.desktop.places import Places
from casare_robot.domain.errors import ConfigError

OLDER = {
    "robot_id": "r-7",
    "robot_name": "Desk 7",
    "connection": {
        "url": "https://x.supabase.co",
        "key": "***",
        "initial_delay": 2.0,
        "max_delay": 300.0,
        "backoff_multiplier": 3.0,
        "jitter": True,
        "heartbeat_interval": 5.0,
    },
    "circuit_breaker": {"failure_threshold": 5},
    "job_execution": {"max_concurrent_jobs": 3, "node_timeout": 60.0, "checkpoint_enabled": True},
    "observability": {"audit_enabled": True},
}


@pytest.fixture
def places(tmp_path):
    return Places(
        config=tmp_path, data=tmp_path / "data", logs=tmp_path / "logs", machine=tmp_path / "m"
    )


@pytest.fixture
def save(tmp_path):
    def write(content, name="older.json"):
        file = tmp_path / name
        file.write_text(content if isinstance(content, str) else json.dumps(content))
        return file

    return write


def taken(done):
    return {change.name: change.after for change in done.changes}


def test_a_nested_configuration_is_taken_over(places, save) -> None:
    done = import_settings(save(OLDER), places=places, write=True)

    config = load_config(places=places)
    assert taken(done) == {
        "robot_id": "r-7",
        "robot_name": "Desk 7",
        "supabase_url": "https://x.supabase.co",
        "reconnect_delay": 2.0,
        "max_reconnect_delay": 300.0,
        "reconnect_backoff_factor": 3.0,
        "heartbeat_interval": 5.0,
        "max_concurrent_jobs": 3,
        "node_timeout": 60.0,
        "checkpoint_enabled": True,
    }
    assert (config.robot_name, config.max_concurrent_jobs) == ("Desk 7", 3)
    assert {it.name for it in done.left_out} == {
        "connection.key",
        "connection.jitter",
        "circuit_breaker.failure_threshold",
        "observability.audit_enabled",
    }


def test_secrets_are_never_written(places, save) -> None:
    file = save({"connection": {"key": "eyJ-secret"}, "api_key": "k-secret", "robot_id": "a"})
    done = import_settings(file, places=places, write=True)

    assert "secret" not in places.config_file.read_text()
    assert [it.name for it in done.left_out] == ["connection.key", "api_key"]
    assert all("secret" not in it.why.replace("a secret does", "") for it in done.left_out)


def test_a_flat_configuration_and_its_older_names_are_taken_over(places, save) -> None:
    file = save(
        {
            "control_plane_url": "wss://desk.example/ws/robot",
            "capabilities": ["browser", "desktop"],
            "tags": ["team-a", "browser"],
            "environment": "production",
        }
    )

    assert taken(import_settings(file, places=places, write=True)) == {
        "orchestrator_url": "wss://desk.example/ws/robot",
        "tags": ["browser", "desktop", "team-a"],
        "environment": "production",
    }


def test_variables_are_taken_over(places, save) -> None:
    lines = """
        # the old robot
        CASARE_ROBOT_NAME="Desk 7"
        export CASARE_CONTROL_PLANE_URL=wss://desk.example
        CASARE_MAX_CONCURRENT_JOBS=2
        CASARE_CAPABILITIES=browser,desktop
        CASARE_ROBOT_TAGS=team-a
        CASARE_JOB_TIMEOUT=600
        ROBOT_ENVIRONMENT=staging
        LOG_LEVEL=DEBUG
        CASARE_API_KEY=crpa_secret
        CASARE_WORK_DIR=C:\\work
    """
    done = import_settings(save(lines, "robot.env"), places=places, write=True)

    assert taken(done) == {
        "robot_name": "Desk 7",
        "orchestrator_url": "wss://desk.example",
        "max_concurrent_jobs": 2,
        "tags": ["browser", "desktop", "team-a"],
        "job_timeout": 600,
        "environment": "staging",
        "log_level": "DEBUG",
    }
    assert [it.name for it in done.left_out] == ["CASARE_API_KEY", "CASARE_WORK_DIR"]


def test_a_value_that_is_wrong_here_is_left_out_and_says_why(places, save) -> None:
    file = save(
        {"orchestrator_url": "ws://desk.example", "max_concurrent_jobs": 0, "robot_id": "a"}
    )
    done = import_settings(file, places=places, write=True)

    assert taken(done) == {"robot_id": "a"}
    assert [it.name for it in done.left_out] == ["orchestrator_url", "max_concurrent_jobs"]
    assert "wss://" in done.left_out[0].why


def test_what_is_set_and_not_imported_stays(places, save) -> None:
    places.config_file.write_text('{"log_level": "ERROR", "robot_id": "old"}')

    done = import_settings(save({"robot_id": "new"}), places=places, write=True)

    assert [(it.name, it.before, it.after) for it in done.changes] == [("robot_id", "old", "new")]
    assert json.loads(places.config_file.read_text()) == {"log_level": "ERROR", "robot_id": "new"}


def test_undo_goes_back_and_once_more_forward(places, save) -> None:
    before = '{"log_level":  "ERROR", "robot_id": "old"}'
    places.config_file.write_text(before)
    import_settings(save(OLDER), places=places, write=True)
    after = places.config_file.read_bytes()

    changes = undo_import(places=places)
    back = places.config_file.read_text()
    undo_import(places=places)

    assert back == before
    assert {it.name: it.after for it in changes}["robot_id"] == "old"
    assert places.config_file.read_bytes() == after


def test_undo_after_an_import_into_nothing_leaves_nothing_set(places, save) -> None:
    import_settings(save(OLDER), places=places, write=True)
    undo_import(places=places)

    assert load_config(places=places).robot_name == ""


def test_looking_changes_nothing(places, save) -> None:
    import_settings(save(OLDER), places=places, write=False)

    assert not places.config_file.exists()
    with pytest.raises(ConfigError) as nothing:
        undo_import(places=places)
    assert nothing.value.faults[0].code == "E-CFG-906"


@pytest.mark.parametrize("content", ["{", "{]", "\ufeff{}x"])
def test_a_file_that_cannot_be_read_changes_nothing(places, save, content) -> None:
    with pytest.raises(ConfigError):
        import_settings(save(content), places=places, write=True)

    assert not places.config_file.exists()
