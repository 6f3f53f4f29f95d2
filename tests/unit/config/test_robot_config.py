"""What can be set, and the example file that says so."""

import json
from pathlib import Path
from typing import get_type_hints

import pytest

from casare_robot.config.credentials import validate_credentials
from casare_robot.config.loading import load_config
from casare_robot.config.robot_config import RobotConfig, settings
from casare_robot.domain.policy import Policy

EXAMPLE = Path(__file__).parents[3] / "robot_config.json"


def test_defaults_are_those_of_the_reference() -> None:
    config = RobotConfig()

    assert (config.max_concurrent_jobs, config.heartbeat_interval) == (1, 30.0)
    assert (config.checkpoint_enabled, config.log_level) == (True, "INFO")
    assert (config.job_timeout, config.node_timeout) == (3600.0, 120.0)


def test_only_the_local_policy_permits_scripts_and_private_addresses() -> None:
    config = RobotConfig()

    assert config.policy("local") == Policy(profile="local")
    assert config.policy("remote").profile == "remote"
    assert not config.policy("remote").allow_scripts
    assert not config.policy("remote").allow_private_addresses
    assert config.policy("anything else") == config.remote_policy


def test_every_setting_is_described_in_a_sentence() -> None:
    described = dict(settings())

    assert set(described) == set(get_type_hints(RobotConfig)) - {"sources", "expiries", "faults"}
    assert all(setting.description.endswith(".") for setting in described.values())


def test_every_duration_and_size_has_a_unit() -> None:
    units = {name: setting.unit for name, setting in settings()}
    expected = dict.fromkeys(("interval", "timeout", "delay", "after"), "s") | {
        "days": "days",
        "bytes": "bytes",
        "factor": "times",
    }

    for name, unit in units.items():
        assert unit == expected.get(name.rsplit("_", 1)[-1], "")


def test_secrets_are_in_no_text_of_the_settings() -> None:
    config = RobotConfig(supabase_key="eyJ-very-secret")

    assert "very-secret" not in f"{config!r} {config} {config.shown()}"
    assert config.shown()["supabase_key"] == "***"


def test_the_example_names_every_setting_that_is_no_secret_and_starts(places) -> None:
    example = json.loads(EXAMPLE.read_text("utf-8"))
    places.config_file.write_bytes(EXAMPLE.read_bytes())

    config = load_config(places=places, strict=True)

    assert [*example] == [name for name, setting in settings() if not setting.secret]
    assert config.robot_id == example["robot_id"]
    assert {**config.shown(), "checkpoint_dir": "data"} == {
        **example,
        **{name: "" for name, setting in settings() if setting.secret},
    }


@pytest.mark.parametrize(
    ("case", "set_", "valid"),
    [
        ("nothing", {}, False),
        ("id only", {"robot_id": "r"}, False),
        ("orchestrator", {"robot_id": "r", "orchestrator_url": "wss://o"}, True),
        ("no id", {"orchestrator_url": "wss://o"}, False),
        ("supabase", {"robot_id": "r", "supabase_url": "https://s", "supabase_key": "k"}, True),
        ("no key", {"robot_id": "r", "supabase_url": "https://s"}, False),
        (
            "a key that opens everything",
            {"robot_id": "r", "supabase_url": "https://s", "supabase_key": "sb_secret_1"},
            False,
        ),
    ],
)
def test_credentials(case, set_, valid) -> None:
    assert validate_credentials(RobotConfig(**set_)) is valid, case


def test_a_password_in_the_stores_address_is_a_secret() -> None:
    config = RobotConfig(store_url="postgresql://robot:p@ss/word@db.example/robots")

    assert config.shown()["store_url"] == "postgresql://robot:***@db.example/robots"
    assert config.secrets() == ("p@ss/word",)
    assert "p@ss" not in repr(config)


def test_a_password_in_the_orchestrators_address_is_a_secret() -> None:
    config = RobotConfig(orchestrator_url="postgresql://robot:hush@db.example/jobs")

    assert config.shown()["orchestrator_url"] == "postgresql://robot:***@db.example/jobs"
    assert config.secrets() == ("hush",)
