"""Plain settings go to the person's file, secrets to the store and nowhere else."""

import json
from datetime import UTC, datetime

import pytest

from casare_robot.config.editing import (
    change_secret,
    change_setting,
    change_settings,
    plain_secrets,
)
from casare_robot.config.loading import load_config
from casare_robot.desktop.secret_store import robot_secrets
from casare_robot.domain.errors import ConfigError, SecretStoreError

LONG = "eyJ" + "x" * 4000


def test_a_secret_of_any_length_is_kept_in_the_keyring_and_in_no_file(places) -> None:
    assert change_secret("supabase_key", LONG, places=places)

    config = load_config(places=places)

    assert config.supabase_key == LONG
    assert config.where("supabase_key") == "keyring"
    assert not places.config_file.exists()
    written = [p.read_text("latin-1") for p in places.data.rglob("*") if p.is_file()]
    assert written
    assert not any("xxxx" in text for text in written)


def test_a_secret_on_a_command_line_is_refused(places) -> None:
    with pytest.raises(ConfigError) as refused:
        change_setting("api_key", "k", places=places)

    assert refused.value.faults[0].code == "E-CFG-905"
    assert not places.config_file.exists()


def test_a_kept_secret_takes_the_plain_one_out_of_the_file(places) -> None:
    places.config_file.write_text(json.dumps({"api_key": "plain", "robot_id": "r"}))
    assert [fault.code for fault in plain_secrets(places)] == ["E-CFG-906"]

    change_secret("api_key", "kept", places=places)

    assert json.loads(places.config_file.read_text()) == {"robot_id": "r"}
    assert plain_secrets(places) == ()
    assert load_config(places=places).api_key == "kept"


def test_a_plain_secret_works_until_it_is_moved(places) -> None:
    places.config_file.write_text(json.dumps({"api_key": "plain"}))

    config = load_config(places=places)

    assert (config.api_key, config.where("api_key")) == ("plain", str(places.config_file))
    [fault] = plain_secrets(places)
    assert 'plain"' not in fault.message
    assert "casare-robot config set api_key" in fault.message


def test_variables_are_stronger_than_the_keyring_and_files_are_weaker(places, monkeypatch) -> None:
    places.config_file.write_text(json.dumps({"supabase_key": "file"}))
    robot_secrets(places.data).keep("supabase_key", "kept")
    assert load_config(places=places).supabase_key == "kept"

    monkeypatch.setenv("SUPABASE_KEY", "variable")

    config = load_config(places=places)
    assert (config.supabase_key, config.where("supabase_key")) == ("variable", "SUPABASE_KEY")
    assert load_config({"supabase_key": "said"}, places=places).supabase_key == "said"


def test_the_end_of_a_kept_secret_does_not_count_for_a_stronger_one(places, monkeypatch) -> None:
    end = datetime(2026, 12, 24, tzinfo=UTC)
    change_secret("supabase_key", "kept", places=places, expires_at=end)
    assert load_config(places=places).expiries == {"supabase_key": end}

    monkeypatch.setenv("SUPABASE_KEY", "variable")

    assert load_config(places=places).expiries == {}


def test_a_locked_keyring_is_a_fault_and_stops_only_who_is_strict(places, ring) -> None:
    places.config_file.write_text(json.dumps({"robot_id": "r"}))
    change_secret("api_key", "kept", places=places)
    ring.is_locked = True

    config = load_config(places=places)

    assert (config.robot_id, config.api_key) == ("r", "")
    assert [fault.code for fault in config.faults] == ["E-SEC-904"]
    with pytest.raises(ConfigError, match="locked"):
        load_config(places=places, strict=True)
    assert load_config(places=places, strict=True, secrets=False).api_key == ""


def test_what_is_no_setting_of_the_robot_is_not_read_from_its_store(places, ring) -> None:
    robot_secrets(places.data).keep("audit-key", "k")
    ring.is_locked = True

    assert load_config(places=places, strict=True).faults == ()


def test_a_forgotten_secret_is_gone(places) -> None:
    change_secret("api_key", "kept", places=places)

    change_secret("api_key", None, places=places)

    assert load_config(places=places).api_key == ""


def test_a_secret_that_cannot_be_kept_leaves_the_file_as_it_was(places, ring) -> None:
    change_secret("supabase_key", "kept", places=places)
    places.config_file.write_text(json.dumps({"api_key": "plain"}))
    ring.is_locked = True

    with pytest.raises(SecretStoreError):
        change_secret("api_key", "new", places=places)

    assert load_config(places=places, secrets=False).api_key == "plain"


def test_of_several_settings_all_change_or_none(places) -> None:
    places.config_file.write_text(json.dumps({"robot_id": "r", "tags": ["a"]}))
    before = places.config_file.read_bytes()

    with pytest.raises(ConfigError):
        change_settings({"robot_id": "s", "log_level": "LOUD"}, places=places)
    assert places.config_file.read_bytes() == before

    change_settings({"robot_id": "s"}, places=places, without=["tags"])
    assert json.loads(places.config_file.read_text()) == {"robot_id": "s"}
