"""Who the robot is, and whether it is a clone."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casare_robot.agent.identity import FILE, Identity, establish_identity, is_other_machine

HERE = {"system": "one", "card": "aa", "name": "desk-1"}
CLONE = {"system": "one", "card": "bb", "name": "desk-2"}


def start(folder: Path, **changes: Any) -> Identity:
    return establish_identity(folder, **{"machine": HERE, "clock": lambda: 100.0, **changes})


def test_an_id_is_made_once_and_kept(tmp_path: Path) -> None:
    first, second = start(tmp_path), start(tmp_path)

    assert first.robot_id == second.robot_id
    assert first.robot_id.startswith("robot-")
    assert first.session != second.session


def test_each_start_has_a_greater_number(tmp_path: Path) -> None:
    epochs = [start(tmp_path, clock=lambda now=now: now).epoch for now in (100, 100, 50, 200)]

    assert epochs == [100, 101, 102, 200]


def test_a_home_put_back_from_a_copy_still_counts_up(tmp_path: Path) -> None:
    start(tmp_path)
    copy = (tmp_path / FILE).read_bytes()
    newer = start(tmp_path, clock=lambda: 200.0)
    (tmp_path / FILE).write_bytes(copy)

    assert start(tmp_path, clock=lambda: 300.0).epoch > newer.epoch


@pytest.mark.parametrize(
    ("case", "now", "is_other"),
    [
        ("the same", HERE, False),
        ("a new network card", {**HERE, "card": "bb"}, False),
        ("another name", {**HERE, "name": "desk-2"}, False),
        ("a system installed anew", {**HERE, "system": "two"}, False),
        ("a clone that nobody prepared", CLONE, True),
        ("a clone with an id of its own", {**CLONE, "system": "two"}, True),
        ("nothing is known any more", {"system": "", "card": "", "name": ""}, False),
    ],
)
def test_two_different_traits_are_another_machine(
    case: str, now: dict[str, str], is_other: bool
) -> None:
    assert is_other_machine(HERE, now) is is_other, case


@given(st.dictionaries(st.sampled_from(["system", "card", "name"]), st.text()))
def test_a_machine_is_never_another_one_than_itself(traits: dict[str, str]) -> None:
    assert not is_other_machine(traits, traits)


def test_a_clone_says_so_at_every_start_until_its_id_is_confirmed(tmp_path: Path) -> None:
    original = start(tmp_path)
    clones = [start(tmp_path, machine=CLONE) for _ in range(2)]
    confirmed = start(tmp_path, machine=CLONE, is_confirmed=True)
    later = start(tmp_path, machine=CLONE)

    assert [clone.is_clone for clone in clones] == [True, True]
    assert clones[0].robot_id == original.robot_id
    assert clones[0].warnings[0].code == "E-ID-601"
    assert "enroll" in clones[0].warnings[0].message
    assert not confirmed.is_clone
    assert not later.is_clone


def test_the_settings_name_the_robot_but_do_not_confirm_a_clone(tmp_path: Path) -> None:
    start(tmp_path, robot_id="front-desk")

    clone = start(tmp_path, robot_id="front-desk", machine=CLONE)

    assert clone.robot_id == "front-desk"
    assert clone.is_clone


def test_a_damaged_identity_is_set_aside_and_told(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{")

    identity = start(tmp_path)

    assert identity.warnings[0].code == "E-ID-602"
    assert (tmp_path / f"{FILE}.damaged").exists()
    assert start(tmp_path).robot_id == identity.robot_id
