"""The short form of the proof of the audit."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.proofs.audit_edits import prove_cuts, prove_edits


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Every cut is told to the log."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


def test_each_of_300_edits_is_found(tmp_path: Path) -> None:
    tally = prove_edits(tmp_path, edits=300, entries=500, seed=7)

    assert tally.missed.total() == 0, tally.missed
    assert tally.edits.total() > 290


def test_the_proof_has_teeth_without_heads_outside_a_cut_or_signed_chain_looks_whole(
    tmp_path: Path,
) -> None:
    tally = prove_edits(tmp_path, edits=110, entries=500, seed=7, outside=False)

    assert {name for name, count in tally.missed.items() if count} == {
        "truncate",
        "replay",
        "rehash",
        "drop and rehash",
    }


def test_30_power_cuts_raise_no_alarm(tmp_path: Path) -> None:
    assert prove_cuts(tmp_path, cuts=30, seed=7) == []


def test_the_proof_has_teeth_without_synchronous_full_a_cut_raises_an_alarm(
    tmp_path: Path,
) -> None:
    assert prove_cuts(tmp_path, cuts=100, seed=7, synchronous="NORMAL")
