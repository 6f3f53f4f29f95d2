"""What changes while the robot works, and what waits for its next start."""

from datetime import UTC, datetime

import msgspec

from casare_robot.agent.reloading import changes
from casare_robot.config.robot_config import RobotConfig, settings

NEEDS_RESTART = {
    *("robot_id", "robot_name", "orchestrator_url", "orchestrator_dialect", "environment"),
    *("tags", "supabase_url", "supabase_key", "store_url", "max_waiting_jobs"),
    *("heartbeat_interval", "reconnect_delay", "max_reconnect_delay", "reconnect_backoff_factor"),
    *("checkpoint_dir", "node_timeout", "log_days", "log_max_bytes", "metrics_port"),
}


def test_the_settings_say_which_of_them_need_a_restart() -> None:
    assert {name for name, setting in settings() if setting.restart} == NEEDS_RESTART


def test_new_settings_hold_at_once_unless_they_need_a_restart() -> None:
    held = RobotConfig(robot_id="r0", max_concurrent_jobs=1, api_key="old")
    end = datetime(2026, 12, 1, tzinfo=UTC)
    read = msgspec.structs.replace(
        held,
        robot_id="r1",
        max_concurrent_jobs=4,
        api_key="new",
        sources={"api_key": "keyring"},
        expiries={"api_key": end},
    )

    adopted, waiting = changes(held, read)

    assert (adopted.max_concurrent_jobs, adopted.api_key, adopted.robot_id) == (4, "new", "r0")
    assert adopted.where("api_key") == "keyring"
    assert adopted.expiries == {"api_key": end}
    assert waiting == ("robot_id",)


def test_settings_that_are_as_they_were_need_nothing() -> None:
    config = RobotConfig()

    assert changes(config, RobotConfig()) == (config, ())
