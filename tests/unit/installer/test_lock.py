"""requirements.lock: complete, hashed, without addresses."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def plain(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement).group()).lower()


def test_everything_the_project_asks_for_is_locked() -> None:
    wanted = [*PROJECT["dependencies"]]
    for extra in PROJECT["optional-dependencies"].values():
        wanted += extra

    locked = {plain(line) for line in LOCK.splitlines() if line[:1].isalnum()}

    assert {plain(requirement) for requirement in wanted} <= locked


def test_every_locked_package_is_exact_and_hashed() -> None:
    for entry in re.split(r"\n(?=\w)", LOCK.strip()):
        assert re.match(r"[\w.-]+==[\w.!+]+ ", entry), entry
        assert "--hash=sha256:" in entry, entry


def test_the_lock_names_no_address() -> None:
    assert not re.search(r"://|--index|--extra-index|--find-links|@ ", LOCK)
