"""Small things under a name."""

import pytest

from casare_robot.domain.errors import JournalDamagedError
from casare_robot.journal.journal import Journal


def test_what_was_remembered_outlives_the_process(home):
    journal = Journal.open(home, reserve=0)
    journal.remember("pause", {"note": "lunch", "until": None})
    journal.close()

    journal = Journal.open(home, reserve=0)

    assert journal.recalled("pause") == {"note": "lunch", "until": None}
    journal.close()


async def test_a_newer_value_takes_the_place_of_the_older_one(journal):
    await journal.aremember("starts", 1)
    await journal.aremember("starts", 2)

    assert await journal.arecalled("starts") == 2


def test_nothing_is_recalled_of_what_was_never_noted_or_is_forgotten(journal):
    journal.remember("pause", 1)
    journal.remember("pause", None)

    assert journal.recalled("pause") is None
    assert journal.recalled("never") is None


def test_a_value_that_is_no_plain_data_is_refused_and_the_old_one_stays(journal):
    journal.remember("pause", 1)

    with pytest.raises(TypeError):
        journal.remember("pause", object())

    assert journal.recalled("pause") == 1


def test_a_note_that_fails_its_checksum_is_not_believed(journal, home, spoil):
    journal.remember("starts", 3)
    journal.close()
    spoil("UPDATE notes SET value = ?", b"\x04")

    journal = Journal.open(home, reserve=0)

    with pytest.raises(JournalDamagedError, match="starts"):
        journal.recalled("starts")
    journal.close()
