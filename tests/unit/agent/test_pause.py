"""A pause, its end, and what it survives."""

from datetime import timedelta
from pathlib import Path

from casare_robot.agent.pause import Pause
from casare_robot.journal.journal import Journal
from tests.unit.agent.conftest import Clock


def test_a_pause_survives_a_restart_with_its_end_and_note(tmp_path: Path, clock: Clock) -> None:
    until = clock() + timedelta(hours=1)
    journal = Journal.open(tmp_path)
    Pause(journal, clock=clock).begin(until, "lunch")
    journal.close()
    journal = Journal.open(tmp_path)

    pause = Pause(journal, clock=clock)
    seen = (pause.is_on, pause.until, pause.note)
    journal.close()

    assert seen == (True, until, "lunch")


def test_a_timed_pause_ends_by_itself(tmp_path: Path, clock: Clock) -> None:
    journal = Journal.open(tmp_path)
    pause = Pause(journal, clock=clock)
    pause.begin(clock() + timedelta(seconds=10))
    clock.move(10)
    journal.close()

    assert not pause.is_on
    assert pause.until is None
    assert pause.note == ""


def test_who_cannot_read_whether_it_was_paused_is_paused(tmp_path: Path, clock: Clock) -> None:
    journal = Journal.open(tmp_path)
    Pause(journal, clock=clock).begin()
    journal.writer.write_now("UPDATE notes SET value = x'00'")

    pause = Pause(journal, clock=clock)
    journal.close()

    assert pause.is_on
    assert "checksum" in pause.note


def test_going_on_is_remembered_too(tmp_path: Path, clock: Clock) -> None:
    journal = Journal.open(tmp_path)
    Pause(journal, clock=clock).begin()
    Pause(journal, clock=clock).end()

    pause = Pause(journal, clock=clock)
    journal.close()

    assert not pause.is_on
