"""The short form of the power-cut proof."""

import logging
from collections.abc import Iterator

import pytest

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
