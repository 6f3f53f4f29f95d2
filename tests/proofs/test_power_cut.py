"""The short form of the power-cut proof."""

import logging
import random
from collections.abc import Iterator

import pytest

from casare_robot.journal.log_room import PAGE, LogRoom
from tests.proofs.fragile_disk import ApswConnection, FragileDisk
from tests.proofs.power_cut import prove


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Every cut is told to the log."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


def test_no_acknowledged_row_is_lost_in_200_power_cuts() -> None:
    tally = prove(cuts=200, synchronous="FULL", seed=7)

    assert (tally.cuts, tally.lost, tally.corrupt) == (200, 0, 0), tally.examples
    assert tally.acknowledged > 500


def test_the_proof_has_teeth_without_synchronous_full_rows_are_lost() -> None:
    tally = prove(cuts=200, synchronous="NORMAL", seed=7)

    assert tally.lost > 0
    assert tally.corrupt == 0


def test_the_proof_has_teeth_without_any_synchronisation_the_file_breaks() -> None:
    tally = prove(cuts=400, synchronous="OFF", seed=7)

    assert tally.corrupt > 0


def test_a_cut_while_room_is_made_in_the_log_leaves_what_was_folded_back() -> None:
    """The folded log is overwritten then, mostly without synchronisation."""
    for seed in range(200):
        rng = random.Random(seed)
        disk = FragileDisk(rng)
        connection = opened(disk)
        connection.execute("CREATE TABLE about (key, value)")
        for number in range(rng.randrange(3, 40)):
            row = (number, rng.randbytes(rng.choice((100, 3000))))
            connection.execute("INSERT INTO about VALUES (?, ?)", row)
            if rng.random() < 0.2:
                connection.execute("DELETE FROM about WHERE key % 3 = 0")
        kept = connection.execute("SELECT * FROM about").fetchall()
        connection.execute("PRAGMA wal_checkpoint(RESTART)")

        disk.fuse = rng.randrange(1, 60)
        LogRoom(connection, 40 * PAGE).make_all(lambda: True)
        disk.cut()

        again = opened(disk)
        assert again.execute("PRAGMA integrity_check").fetchall() == [("ok",)], seed
        assert again.execute("SELECT * FROM about").fetchall() == kept, seed


def opened(disk: FragileDisk) -> ApswConnection:
    connection = ApswConnection(disk, {})
    for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "wal_autocheckpoint=8192"):
        connection.execute(f"PRAGMA {pragma}")
    return connection
