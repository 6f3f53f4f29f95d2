"""What older robots' settings mean here, and that nothing of them is lost in silence."""

from hypothesis import given
from hypothesis import strategies as st

from casare_robot.config import older_files
from casare_robot.config.older_files import translate_file, translate_variables
from casare_robot.config.reading import read

SAVED = {
    "robot_id": "0b2f7f9e-1111-4222-8333-444455556666",
    "robot_name": "Robot-DESK",
    "connection": {
        "url": "https://abc.supabase.co",
        "key": "***",
        "initial_delay": 2.0,
        "max_delay": 300.0,
        "backoff_multiplier": 3.0,
        "jitter": True,
        "max_reconnect_attempts": 0,
        "connection_timeout": 30.0,
        "operation_timeout": 30.0,
        "heartbeat_interval": 5.0,
    },
    "circuit_breaker": {
        "failure_threshold": 5,
        "success_threshold": 2,
        "timeout": 60.0,
        "half_open_max_calls": 3,
    },
    "job_execution": {
        "max_concurrent_jobs": 3,
        "job_poll_interval": 5.0,
        "lock_timeout": 300.0,
        "cancellation_check_interval": 2.0,
        "node_max_retries": 3,
        "node_initial_delay": 1.0,
        "node_max_delay": 30.0,
        "node_timeout": 90.0,
        "checkpoint_enabled": False,
        "checkpoint_on_every_node": True,
        "progress_reporting_enabled": True,
        "progress_update_interval": 1.0,
    },
    "observability": {
        "metrics_enabled": True,
        "resource_monitoring_enabled": True,
        "resource_sample_interval": 5.0,
        "audit_enabled": True,
        "audit_log_dir": "C:\\Users\\a\\.casare_rpa\\audit",
        "audit_max_file_size_mb": 10,
        "audit_backup_count": 5,
        "metrics_history_limit": 1000,
    },
    "offline_db_path": "C:\\Users\\a\\.casare_rpa\\offline_queue.db",
    "offline_sync_interval": 30.0,
}
"""As the robot of November 2025 saves it."""


def test_the_saved_file_of_november_2025_is_understood_whole() -> None:
    understood = translate_file(SAVED)

    assert understood.settings == {
        "robot_id": "0b2f7f9e-1111-4222-8333-444455556666",
        "robot_name": "Robot-DESK",
        "supabase_url": "https://abc.supabase.co",
        "reconnect_delay": 2.0,
        "max_reconnect_delay": 300.0,
        "reconnect_backoff_factor": 3.0,
        "heartbeat_interval": 5.0,
        "max_concurrent_jobs": 3,
        "node_timeout": 90.0,
        "checkpoint_enabled": False,
    }
    read(understood.settings, source="test")
    why = {left.name: left.why for left in understood.left}
    assert "saved masked" in why["connection.key"]
    assert not [name for name, reason in why.items() if "knows" in reason]


def test_a_file_of_the_robot_reference_is_taken_as_it_is() -> None:
    said = {"robot_id": "robot-001", "heartbeat_interval": 30, "log_level": "info"}

    understood = translate_file(said)

    assert understood.settings == {**said, "log_level": "INFO"}
    assert understood.left == ()


def test_variables_of_all_its_robots_are_understood() -> None:
    said = {
        "CASARE_ROBOT_NAME": "Desk",
        "CASARE_ROBOT_TAGS": "excel, sap,",
        "CASARE_API_URL": "https://second.example.com",
        "CASARE_ORCHESTRATOR_URL": "https://first.example.com",
        "ORCHESTRATOR_API_KEY": "crpa_1",
        "CASARE_ENABLE_CHECKPOINTING": "false",
        "CASARE_JOB_TIMEOUT": "600",
        "SUPABASE_KEY": "",
        "DB_PASSWORD": "hunter2",
        "CASARE_VERIFY_SSL": "false",
        "PATH_OF_MINE": "x",
    }

    understood = translate_variables(said)

    assert understood.settings == {
        "robot_name": "Desk",
        "tags": ["excel", "sap"],
        "orchestrator_url": "https://first.example.com",
        "api_key": "crpa_1",
        "checkpoint_enabled": "false",
        "job_timeout": "600",
    }
    why = {left.name: left.why for left in understood.left}
    assert set(why) == {"CASARE_API_URL", "DB_PASSWORD", "CASARE_VERIFY_SSL", "PATH_OF_MINE"}
    assert "cannot be switched off" in why["CASARE_VERIFY_SSL"]
    assert "hunter2" not in str(understood.left)


def test_what_its_author_fills_in_is_never_taken_over() -> None:
    url = "https://znaauaswqmurwfglantv.supabase.co"

    for understood in (
        translate_file({"supabase_url": url}),
        translate_file({"connection": {"url": f"{url}/"}}),
        translate_variables({"SUPABASE_URL": url}),
        translate_variables({"CASARE_API_URL": "https://api.casare.net"}),
    ):
        assert understood.settings == {}
        assert "author's own" in understood.left[0].why


def test_every_name_has_a_counterpart_that_exists() -> None:
    known = set(older_files._OURS)

    assert set(older_files._FROM_FILE.values()) <= known
    assert set(older_files._FROM_VARIABLE.values()) <= known
    assert not set(older_files._WHY_NOT) & {
        *older_files._FROM_FILE,
        *older_files._FROM_VARIABLE,
    }


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
names = st.sampled_from([*older_files._FROM_FILE, "connection", "job_execution"]) | st.text()


@given(said=st.dictionaries(names, json_values, max_size=5))
def test_no_file_is_too_strange_to_be_looked_at(said) -> None:
    understood = translate_file(said)

    assert set(understood.settings) <= set(older_files._OURS)
