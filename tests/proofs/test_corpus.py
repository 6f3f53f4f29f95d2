"""What comes of every file of the corpus on this machine."""

from collections import Counter

from tests.proofs.corpus import table


async def test_every_public_file_runs_or_names_what_it_lacks():
    rows = await table()

    assert len(rows) == 84
    assert [row for row in rows if row.lacks == "?"] == []
    lacking = Counter(row.lacks for row in rows)
    assert lacking[""] >= 47
    for row in rows:
        assert (row.lacks == "Windows") == ("windows" in row.needs.replace("windows-office", ""))
