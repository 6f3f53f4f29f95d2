"""The settings as fields, and back."""

from pathlib import Path

import pytest

from casare_robot.config.robot_config import RobotConfig, settings
from casare_robot.tray.views.settings_view import (
    as_file,
    changed,
    complete,
    faults_of,
    settings_pages,
    typed,
)

PERSON, POLICY = Path("/home/ada/robot_config.json"), Path("/etc/robot_policy.json")


def fields(**facts):
    config = RobotConfig(**{"checkpoint_dir": Path("/data"), **facts})
    pages = settings_pages(config, person=PERSON, policy=POLICY)
    return {field.name: field for page in pages for field in page.fields}


def test_every_setting_is_on_exactly_one_page() -> None:
    pages = settings_pages(RobotConfig(), person=PERSON, policy=POLICY)

    shown = [field.name.partition(".")[0] for page in pages for field in page.fields]
    whole = [name for name in shown if not name.endswith("_policy")]
    assert sorted({*shown}) == sorted(name for name, _ in settings())
    assert len(whole) == len(set(whole))


KINDS = [
    ("robot_name", "text"),
    ("api_key", "secret"),
    ("tags", "list"),
    ("max_concurrent_jobs", "whole"),
    ("job_timeout", "number"),
    ("keep_awake", "switch"),
    ("log_level", "choice"),
    ("notifications", "choices"),
    ("checkpoint_dir", "path"),
    ("local_policy.allow_scripts", "switch"),
    ("local_policy.allowed_hosts", "list"),
]


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_each_kind_of_setting_has_its_editor(name, kind) -> None:
    assert fields()[name].kind == kind


def test_a_secret_shows_only_whether_there_is_one() -> None:
    assert fields(api_key="hunter2")["api_key"].value is True
    assert "hunter2" not in repr(fields(api_key="hunter2"))


@pytest.mark.parametrize(
    ("source", "is_locked"),
    [
        ("default", False),
        ("keyring", False),
        ("/data/robot_secrets.json", False),
        ("ROBOT_API_KEY", True),
        (str(POLICY), True),
    ],
)
def test_a_secret_that_the_robot_keeps_can_be_changed_here(source, is_locked) -> None:
    field = fields(api_key="hunter2", sources={"api_key": source})["api_key"]

    assert bool(field.locked) is is_locked


def test_the_password_in_an_address_is_not_shown_and_stays_when_the_address_changes() -> None:
    config = RobotConfig(store_url="postgres://ada:hunter2@old.example/robots")

    shown = fields(store_url=config.store_url)["store_url"].value
    said = shown.replace("old", "new")

    assert shown == "postgres://ada:***@old.example/robots"
    assert complete({"store_url": said, "robot_name": "a"}, config) == {
        "store_url": "postgres://ada:hunter2@new.example/robots",
        "robot_name": "a",
    }


SOURCES = [
    # source                 shown                             locked because
    ("default", "", ""),
    (str(PERSON), "set here", ""),
    (str(POLICY), f"from {POLICY}", "administrator"),
    ("CASARE_ROBOT_TAGS", "from CASARE_ROBOT_TAGS", "stronger"),
    ("command line", "from command line", "stronger"),
    ("/etc/robot_config.json", "from /etc/robot_config.json", ""),
]


@pytest.mark.parametrize(("source", "shown", "why"), SOURCES)
def test_where_a_value_comes_from_is_told_and_what_is_stronger_is_locked(
    source, shown, why
) -> None:
    sources = {} if source == "default" else {"tags": source}

    field = fields(sources=sources)["tags"]

    assert field.source == shown
    assert bool(field.locked) is bool(why)
    assert why in field.locked


def test_only_what_differs_is_changed() -> None:
    known = fields(tags=("a", "b"), max_concurrent_jobs=2)

    said = {"tags": ["a", "b"], "max_concurrent_jobs": 3, "keep_awake": True}

    assert changed(known, said) == {"max_concurrent_jobs": 3}


@pytest.mark.parametrize(
    ("name", "said", "value"),
    [
        ("tags", " a, b\nc ,, ", ["a", "b", "c"]),
        ("robot_name", " Desk 7 ", "Desk 7"),
        ("max_concurrent_jobs", 3, 3),
        ("keep_awake", False, False),
    ],
)
def test_what_is_typed_becomes_a_value_of_the_file(name, said, value) -> None:
    assert typed(fields()[name], said) == value


def test_parts_of_a_policy_are_nested_in_the_file() -> None:
    values = {"log_days": 3, "local_policy.allow_scripts": False}

    assert as_file(values) == {"log_days": 3, "local_policy": {"allow_scripts": False}}


def test_what_is_wrong_is_told_where_it_is() -> None:
    faults = faults_of(
        {
            "orchestrator_url": "http://far.away",
            "notifications": ["nonsense"],
            "local_policy.max_download_bytes": "many",
            "log_days": 3,
        }
    )

    assert set(faults) == {
        "orchestrator_url",
        "notifications",
        "local_policy.max_download_bytes",
    }
    assert "wss://" in faults["orchestrator_url"]
