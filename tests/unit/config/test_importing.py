"""An import changes what it showed, tells no secret, and can be taken back."""

import json
import os
import stat

import pytest

from casare_robot.config.editing import change_secret
from casare_robot.config.importing import carry_out, go_back, plan_import, plan_return
from casare_robot.config.loading import load_config
from casare_robot.domain.errors import ConfigError

KEY = "sb_publishable_correct-horse"


@pytest.fixture
def older(tmp_path):
    file = tmp_path / "older" / "robot_config.json"
    file.parent.mkdir()
    said = {
        "robot_id": "r1",
        "connection": {"url": "https://abc.supabase.co", "key": KEY, "heartbeat_interval": 30},
        "job_execution": {"max_concurrent_jobs": 0, "node_timeout": 60.0},
    }
    file.write_text(json.dumps(said))
    return file


@pytest.fixture
def present(places):
    as_windows_editors_write = '\ufeff{ "robot_id": "r0",\r\n "tags": ["a"] }'
    places.config_file.write_bytes(as_windows_editors_write.encode())
    change_secret("api_key", "crpa_0", places=places)
    return places.config_file.read_bytes()


def test_a_plan_shows_what_would_change_and_changes_nothing(older, places, present) -> None:
    plan = plan_import(older, places)

    assert [(c.name, c.before, c.after) for c in plan.changes] == [
        ("robot_id", "r0", "r1"),
        ("supabase_url", "", "https://abc.supabase.co"),
        ("supabase_key", "", "***"),
        ("node_timeout", 120.0, 60.0),
    ]
    [(name, why)] = [(left.name, left.why) for left in plan.left]
    assert (name, why) == ("max_concurrent_jobs", "0 should be greater than or equal to 1")
    assert KEY not in f"{plan} {plan!r}"
    assert places.config_file.read_bytes() == present


def test_an_import_takes_over_and_keeps_the_key_out_of_files(older, places, present) -> None:
    carry_out(plan_import(older, places), places)

    config = load_config(places=places)
    assert (config.robot_id, config.tags, config.node_timeout) == ("r1", ("a",), 60.0)
    assert (config.supabase_key, config.where("supabase_key")) == (KEY, "keyring")
    assert config.api_key == "crpa_0"
    files = [*places.data.rglob("*"), places.config_file]
    assert not any(KEY in p.read_text("latin-1") for p in files if p.is_file())
    assert plan_import(older, places).changes == ()


def test_the_way_back_leads_exactly_to_where_it_was(older, places, present) -> None:
    change_secret("supabase_key", "sb_publishable_old", places=places)
    carry_out(plan_import(older, places), places)
    shown = {(c.name, str(c.before), str(c.after)) for c in plan_return(places)}
    assert ("robot_id", "r1", "r0") in shown
    assert ("supabase_key", "***", "***") in shown

    go_back(places)

    assert places.config_file.read_bytes() == present
    assert load_config(places=places).supabase_key == "sb_publishable_old"
    with pytest.raises(ConfigError, match="nothing was imported"):
        go_back(places)


def test_the_way_back_of_a_first_import_leads_to_nothing(older, places) -> None:
    carry_out(plan_import(older, places), places)

    go_back(places)

    assert not places.config_file.exists()
    assert load_config(places=places).supabase_key == ""


@pytest.mark.skipif(os.name == "nt", reason="a profile is private as it is")
def test_what_was_is_kept_for_this_user_only(older, places, present) -> None:
    carry_out(plan_import(older, places), places)

    [backup] = places.data.glob("before_import.json")
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600


def test_variables_are_read_as_they_stand(places, tmp_path) -> None:
    file = tmp_path / ".env"
    file.write_text(
        "# mine\nexport CASARE_ROBOT_ID=r2\nCASARE_ROBOT_NAME='${HOME} desk'\n"
        f'SUPABASE_KEY="{KEY}"\nCASARE_HEARTBEAT_INTERVAL=15\nCASARE_API_URL=http://10.0.0.5:8000\n'
    )

    plan = plan_import(file, places)

    assert plan.values == {
        "robot_id": "r2",
        "robot_name": "${HOME} desk",
        "supabase_key": KEY,
        "heartbeat_interval": 15.0,
    }
    [left] = plan.left
    assert left.name == "orchestrator_url"
    assert "https://" in left.why


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"{", "E-CFG-901"),
        (b"", "E-CFG-901"),
        (b"hello world", "E-CFG-901"),
        (b"\xff", "E-CFG-902"),
    ],
)
def test_a_file_that_is_none_is_told(places, tmp_path, content, code) -> None:
    file = tmp_path / "settings"
    file.write_bytes(content)

    with pytest.raises(ConfigError) as told:
        plan_import(file, places)

    assert told.value.faults[0].code == code


def test_a_missing_file_is_told(places, tmp_path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        plan_import(tmp_path / "nowhere.json", places)
