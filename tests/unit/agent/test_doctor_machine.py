import collections
import errno
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from casare_robot.agent import doctor_machine
from casare_robot.agent.doctor import Patient
from casare_robot.config.robot_config import RobotConfig
from casare_robot.domain.errors import Fault
from casare_robot.domain.job import Job, JobId
from casare_robot.journal.journal import Journal
from casare_robot.nodes import extras

Usage = collections.namedtuple("Usage", "total used free")


def patient(folder, **facts):
    return Patient(**{"config": RobotConfig(), "folder": folder, **facts})


@pytest.mark.parametrize(
    ("free", "state"), [(5 << 30, "ok"), (500 << 20, "warn"), (50 << 20, "fail")]
)
def test_little_space_is_told_before_it_is_too_late(tmp_path, monkeypatch, free, state) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10 << 30, 0, free))

    assert doctor_machine.disk(patient(tmp_path / "not" / "there")).state == state


@pytest.mark.skipif(sys.platform != "linux", reason="a place that nobody can write")
def test_a_place_that_cannot_be_written_fails(tmp_path) -> None:
    finding = doctor_machine.disk(patient(Path("/proc/robot")))

    assert finding.state == "fail"
    assert finding.mend


@pytest.mark.parametrize(
    ("number", "mend"), [(errno.ENOSPC, "make room"), (errno.EROFS, "the right to write")]
)
def test_a_full_disk_and_a_read_only_one_are_mended_differently(
    tmp_path, monkeypatch, number, mend
) -> None:
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "write_bytes", refuse)
    monkeypatch.setattr(Path, "unlink", refuse)
    finding = doctor_machine.disk(patient(tmp_path))

    assert (finding.state, os.strerror(number) in finding.message) == ("fail", True)
    assert mend in finding.mend


def test_a_database_that_cannot_be_read_is_not_said_to_be_mended_by_a_start(tmp_path) -> None:
    (tmp_path / "journal.db").touch()
    (tmp_path / "journal.lock").mkdir()

    finding = doctor_machine.database(patient(tmp_path))

    assert finding.state == "fail"
    assert "the right to write" in finding.mend


def test_looking_at_the_disk_leaves_nothing(tmp_path) -> None:
    doctor_machine.disk(patient(tmp_path))

    assert list(tmp_path.iterdir()) == []


def test_a_sound_journal_is_told_so_and_not_changed(tmp_path) -> None:
    missing = doctor_machine.database(patient(tmp_path))
    journal = Journal.open(tmp_path)
    busy = doctor_machine.database(patient(tmp_path))
    journal.accept(Job(id=JobId("a"), workflow=b"{}"))
    journal.close()
    before = (tmp_path / "journal.db").read_bytes()
    sound = doctor_machine.database(patient(tmp_path))

    assert [it.state for it in (missing, busy, sound)] == ["ok", "ok", "ok"]
    assert "not made yet" in missing.message
    assert "a robot works with it" in busy.message
    assert sound.message.startswith("sound (SQLite ")
    assert (tmp_path / "journal.db").read_bytes() == before


def test_a_damaged_journal_fails(tmp_path) -> None:
    Journal.open(tmp_path).close()
    file = tmp_path / "journal.db"
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xaa" * (len(content) - 4096)
    file.write_bytes(content)

    finding = doctor_machine.database(patient(tmp_path))

    assert finding.state == "fail"
    assert "not sound" in finding.message


def test_what_the_workflows_seen_so_far_lack_is_told_with_its_extra(tmp_path, monkeypatch) -> None:
    file = {
        "nodes": {"s": {"node_type": "StartNode"}, "x": {"node_type": "ExcelOpenNode"}},
        "connections": [{"source": "s.exec_out", "target": "x.exec_in"}],
    }
    none = doctor_machine.extras(patient(tmp_path))
    journal = Journal.open(tmp_path)
    for number in range(3):
        journal.accept(Job(id=JobId(f"j{number}"), workflow=json.dumps(file).encode()))
    busy = doctor_machine.extras(patient(tmp_path))
    journal.close()
    whole = doctor_machine.extras(patient(tmp_path))
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    lacking = doctor_machine.extras(patient(tmp_path))

    assert (none.state, none.message) == ("ok", "no job yet")
    assert "a robot works" in busy.message
    assert (whole.state, whole.message) == ("ok", "nothing is missing for the workflow seen so far")
    assert (lacking.state, lacking.mend) == ("warn", "pip install 'casare-robot[documents]'")
    assert "documents for ExcelOpenNode" in lacking.message


def test_a_memory_that_was_set_aside_is_told_until_it_is_deleted(tmp_path) -> None:
    (tmp_path / "journal.db").write_bytes(b"no database" * 500)
    Journal.open(tmp_path).close()
    (aside,) = tmp_path.glob("journal.damaged-*")

    told = doctor_machine.database(patient(tmp_path))
    aside.unlink()
    deleted = doctor_machine.database(patient(tmp_path))

    assert (told.state, deleted.state) == ("warn", "ok")
    assert str(aside) in told.message
    assert "delete" in told.mend


def test_settings_that_are_wrong_fail_and_replaced_ones_warn(tmp_path) -> None:
    fault = Fault(code="E-CFG-904", message="log_level should be one of ...")
    good = doctor_machine.settings(patient(tmp_path))
    replaced = doctor_machine.settings(patient(tmp_path, config=RobotConfig(faults=(fault,))))
    wrong = doctor_machine.settings(patient(tmp_path, problems=("E-CFG-904 wrong",)))

    assert [it.state for it in (good, replaced, wrong)] == ["ok", "warn", "fail"]


def test_without_a_keyring_secrets_have_no_safe_place(tmp_path, monkeypatch) -> None:
    import keyring
    from keyring.backends import fail

    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    finding = doctor_machine.secrets(patient(tmp_path))
    keyring.set_keyring(before)

    assert finding.state == "warn"


@pytest.mark.skipif(sys.platform != "linux", reason="displays are named there")
def test_a_desktop_is_seen(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("DISPLAY", raising=False)
    without = doctor_machine.session(patient(tmp_path))
    monkeypatch.setenv("DISPLAY", ":7")
    with_it = doctor_machine.session(patient(tmp_path))

    assert (without.state, with_it.state) == ("warn", "ok")
    assert with_it.message == "DISPLAY :7"


def test_no_robot_and_the_traces_of_a_dead_one_are_told_apart(tmp_path) -> None:
    none = doctor_machine.robot(patient(tmp_path))
    (tmp_path / "control").mkdir()
    (tmp_path / "control" / "key").write_bytes(bytes(32))
    dead = doctor_machine.robot(patient(tmp_path))

    assert (none.state, dead.state) == ("warn", "warn")
    assert "dead" in dead.mend
